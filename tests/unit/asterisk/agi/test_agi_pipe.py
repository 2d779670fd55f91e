"""The program that Asterisk starts: a real one, between a pipe and a socket."""

import os
import signal
import socket
import subprocess
import sys

import pytest

from ivrflow.asterisk.agi.pipe import asked_for
from ivrflow.flow.scripts import read_script


@pytest.fixture
def service():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(20)
        yield listening


def started(service, *words, port=None):
    port = port or service.getsockname()[1]
    return subprocess.Popen(
        [
            sys.executable,
            *("-m", "ivrflow", "agi", "--connect", f"127.0.0.1:{port}"),
            *words,
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def accepted(service):
    line, _ = service.accept()
    line.settimeout(20)
    return line, line.makefile("rb")


def said(program, text):
    program.stdin.write(text)
    program.stdin.flush()


def test_it_asks_for_the_flow_and_hands_lines_both_ways(service):
    with started(service, "balance", "card=62 22&x", "name=李") as program:
        line, heard = accepted(service)
        said(program, b"agi_request: ivrflow\nagi_arg_1: agi\n\n")
        assert heard.readline() == b"agi_network: yes\n"
        asked = heard.readline().decode().removeprefix("agi_network_script: ")
        script = read_script(asked.strip())
        assert script.flow == "balance"
        assert dict(script.given) == {"card": "62 22&x", "name": "李"}
        assert heard.readline() == b"agi_request: ivrflow\n"
        assert heard.readline() == b"agi_arg_1: agi\n"
        assert heard.readline() == b"\n"
        line.sendall(b"ANSWER\n")
        assert program.stdout.readline() == b"ANSWER\n"
        said(program, b"200 result=0\n")
        assert heard.readline() == b"200 result=0\n"
        heard.close()
        line.close()
        assert program.wait(20) == 0, "the service has had enough: the dialplan goes on"
        assert program.stderr.read() == b""


def test_a_hang_up_is_a_line_of_its_own_between_two_others(service):
    with started(service, "balance") as program:
        line, heard = accepted(service)
        said(program, b"agi_request: x\n\n200 resu")
        for _ in range(4):
            heard.readline()
        program.send_signal(signal.SIGHUP)
        assert heard.readline() == b"HANGUP\n"
        said(program, b"lt=-1\n")
        assert heard.readline() == b"200 result=-1\n"
        program.stdin.close()
        assert heard.readline() == b"", "Asterisk has closed its side"
        assert program.wait(20) == 0
        heard.close()
        line.close()


def test_a_service_that_is_not_there_is_named_with_the_cure(service):
    port = service.getsockname()[1]
    service.close()
    with started(service, "balance", port=port) as program:
        _, wrong = program.communicate(timeout=20)

    assert program.returncode == 1
    assert f"no ivrflow listens for AGI at 127.0.0.1:{port}" in wrong.decode()
    assert "agi: in its settings" in wrong.decode()


def test_what_is_asked_for_is_one_line_whatever_is_handed_in():
    hostile = os.fsdecode(b"a\nb\r\xff ?&=%#")
    asked = asked_for("f\n", [f"x={hostile}"])

    assert asked.isascii()
    assert asked.isprintable()
    assert read_script(asked).given["x"].startswith("ab")
