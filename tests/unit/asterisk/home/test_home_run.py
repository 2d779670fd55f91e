import socket

import pytest

from ivrflow.asterisk.home import run
from ivrflow.asterisk.home.run import AsteriskFailed, free_ports


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
    with socket.create_server(("127.0.0.1", ports.ari)):
        pass


def test_an_address_of_another_machine_is_refused():
    with pytest.raises(AsteriskFailed, match="no address of this machine"):
        free_ports("192.0.2.7")


def test_the_last_words_are_those_of_the_logs(tmp_path):
    assert "has no log" in run._last_words(tmp_path)
    (tmp_path / "messages.log").write_text("one\ntwo\n")
    assert run._last_words(tmp_path, 1) == ";\n  messages.log: two"


def test_a_users_own_file_is_not_replaced_by_a_link(tmp_path):
    for name in ("theirs", "ours"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "sound.wav").write_text(name)
    run._link_all(tmp_path / "theirs", tmp_path / "ours")
    assert (tmp_path / "ours/sound.wav").read_text() == "ours"
