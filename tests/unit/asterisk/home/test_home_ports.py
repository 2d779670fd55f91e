import socket
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import replace

import pytest

from ivrflow.asterisk.home.failed import AsteriskFailed
from ivrflow.asterisk.home.ports import (
    begins_to_listen,
    chosen,
    free_port,
    free_ports,
)

HOST = "127.0.0.1"

CHOOSES = """
import random, sys
from ivrflow.asterisk.home.ports import free_ports
random.seed(6)
ports = free_ports(outbound=True)
print(ports.ari, ports.events, ports.ami, ports.sip, flush=True)
sys.stdin.read()
"""
"""A process that chooses ports, as any other one that throws the same dice would."""


@contextmanager
def another():
    """The ports that another process has chosen, while it lives."""
    with subprocess.Popen(
        [sys.executable, "-c", CHOOSES],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield [int(port) for port in process.stdout.readline().split()]
        process.stdin.close()


def test_free_ports_differ_and_are_below_those_that_the_kernel_gives_away():
    ports = free_ports(outbound=True)
    listening = {ports.ari, ports.events, ports.ami, ports.sip}
    first, last = ports.rtp
    assert len(listening) == 4
    assert max(listening | {last}) < 32768
    assert not any(first <= port <= last for port in listening)


def test_asterisk_looks_for_us_only_if_it_is_to():
    assert free_ports().events == 0


def test_free_ports_can_be_taken():
    ports = free_ports()
    with socket.create_server((HOST, ports.ari)):
        pass


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(AsteriskFailed, match="no address of this machine"):
        free_ports("192.0.2.7")


def test_two_processes_that_choose_at_once_get_different_ports():
    with another() as one, another() as two:
        assert len({*one, *two}) == 8


def test_what_another_process_has_chosen_can_be_had_when_it_has_ended():
    mine = free_ports()
    with (
        another() as (ari, *_),
        pytest.raises(AsteriskFailed, match=f"ARI .*:{ari}: "),
        chosen(replace(mine, ari=ari), HOST),
    ):
        pass
    with chosen(replace(mine, ari=ari), HOST) as had:
        assert had.ari == ari


def test_an_asterisk_of_our_own_that_is_about_to_start_has_its_ports():
    ports = free_ports()
    with (
        begins_to_listen(ports, HOST),
        pytest.raises(AsteriskFailed, match="of this process"),
        begins_to_listen(ports, HOST),
    ):
        pass


def test_the_ports_of_one_that_was_killed_are_there_for_the_one_that_follows_it():
    ports = free_ports()
    with chosen(ports, HOST) as had:
        with begins_to_listen(had, HOST):
            pass
        with chosen(had, HOST) as again, begins_to_listen(again, HOST):
            assert again is had


def test_ports_that_were_chosen_for_a_block_are_let_go_with_it():
    with chosen(None, HOST) as ports:
        pass
    code = f"from ivrflow.asterisk.home import ports; exit(ports._reserve({ports.sip}))"
    done = subprocess.run([sys.executable, "-c", code], check=False)
    assert done.returncode == 1


def test_a_port_that_somebody_uses_is_named():
    with socket.create_server((HOST, free_port())) as other:
        ports = replace(free_ports(), ami=other.getsockname()[1])
        with (
            pytest.raises(AsteriskFailed, match=f"AMI can't listen on .*:{ports.ami}"),
            begins_to_listen(ports, HOST),
        ):
            pass
