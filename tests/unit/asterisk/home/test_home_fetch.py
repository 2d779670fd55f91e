import io
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from ivrflow.asterisk.home.fetch import (
    FetchFailed,
    Order,
    fetch,
)
from ivrflow.packages import debian
from ivrflow.packages.progress import Progress
from tests.unit.asterisk.home.home_programs import program

QUIET = Progress(io.StringIO())


def machine(folder, apt="exit 100"):
    """Put an apt-get, dpkg and dpkg-deb into *folder*; return a PATH with them."""
    for name, body in {
        "apt-get": apt,
        "dpkg": "echo amd64",
        "dpkg-deb": "exit 2",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def whole(folder, name="22.10.1-forky-amd64"):
    """An Asterisk that was fetched before."""
    libraries = folder / name / "usr/lib/x86_64-linux-gnu"
    (libraries / "asterisk/modules").mkdir(parents=True)
    (libraries / "asterisk/modules/res_websocket_client.so").touch()
    program(libraries / "ld-linux-x86-64.so.2", "Asterisk 22.10.1")
    program(folder / name / "usr/sbin/asterisk", "")
    return folder / name


def test_a_machine_without_apt_is_told_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FetchFailed, match=r"no apt-get here.*IVRFLOW_ASTERISK"):
        fetch(tmp_path / "cache", progress=QUIET)


def test_a_failed_download_says_why_and_leaves_nothing(tmp_path, monkeypatch):
    apt = "echo 'Get:1 x'; echo 'E: Could not connect to m.example'; exit 100"
    monkeypatch.setenv("PATH", machine(tmp_path / "bin", apt))
    order = Order(mirror="http://m.example/debian")
    with pytest.raises(FetchFailed, match=r"(?s)cannot read forky.*connect.*network"):
        fetch(tmp_path / "cache", order, QUIET)
    assert [path.name for path in (tmp_path / "cache").iterdir()] == ["lock"]


def test_ctrl_c_leaves_nothing(tmp_path):
    path = machine(tmp_path / "bin", "exec sleep 60")
    cache = tmp_path / "cache"
    code = (
        "import signal, sys; from pathlib import Path;"
        "from ivrflow.asterisk.home.fetch import Order, fetch;"
        # A test's process may have been started with Ctrl-C switched off.
        "signal.signal(signal.SIGINT, signal.default_int_handler);"
        "fetch(Path(sys.argv[1]), Order(mirror='http://m.example/debian'))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, str(cache)],
        env={**os.environ, "PATH": path},
        stderr=subprocess.DEVNULL,
    ) as fetching:
        while not list(cache.glob(".building-*/apt/debian.sources")):
            assert fetching.poll() is None
            time.sleep(0.02)
        time.sleep(0.2)
        fetching.send_signal(signal.SIGINT)
        assert fetching.wait(10) != 0
    assert [path.name for path in cache.iterdir()] == ["lock"]


def test_too_full_a_disk_is_said_before_the_download(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", machine(tmp_path / "bin"))
    monkeypatch.setattr(debian, "SPACE", 10**18)
    with pytest.raises(FetchFailed, match=r"MB left, \d+ are needed; make room"):
        fetch(tmp_path / "cache", progress=QUIET)


def test_a_folder_that_cannot_be_written_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", machine(tmp_path / "bin"))
    (tmp_path / "file").touch()
    with pytest.raises(FetchFailed, match=r"cannot write below .*IVRFLOW_CACHE"):
        fetch(tmp_path / "file" / "cache", progress=QUIET)


def test_a_mirror_that_would_be_another_field_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", machine(tmp_path / "bin"))
    for mirror in ("m.example", "http://m/debian\nTrusted: yes", "http://m/x y"):
        with pytest.raises(FetchFailed, match="is no mirror"):
            fetch(tmp_path / "cache", Order(mirror=mirror), QUIET)


def test_one_that_is_here_is_not_fetched_again(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", machine(tmp_path / "bin"))
    root = whole(tmp_path / "cache")
    assert fetch(tmp_path / "cache", progress=QUIET).data == root / "usr/share/asterisk"


def test_what_a_killed_process_left_is_swept_away(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", machine(tmp_path / "bin"))
    whole(tmp_path / "cache")
    (tmp_path / "cache/.building-1/root").mkdir(parents=True)
    fetch(tmp_path / "cache", progress=QUIET)
    assert not (tmp_path / "cache/.building-1").exists()


def test_who_comes_second_waits_and_takes_what_the_first_fetched(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", machine(tmp_path / "bin"))
    cache = tmp_path / "cache"
    cache.mkdir()
    heard, got = io.StringIO(), []
    with debian._alone(cache, QUIET):
        second = threading.Thread(
            target=lambda: got.append(fetch(cache, progress=Progress(heard)))
        )
        second.start()
        while "another process" not in heard.getvalue():
            time.sleep(0.01)
        whole(cache)
    second.join(10)
    assert [asterisk.version for asterisk in got] == ["Asterisk 22.10.1"]


def test_setuid_programs_lose_their_bit(tmp_path):
    program(tmp_path / "su", "").chmod(0o4755)
    debian._tame(tmp_path)
    assert (tmp_path / "su").stat().st_mode & 0o7777 == 0o755
