"""What systemd is told goes to its socket, from us alone, and never holds us up."""

import os

import pytest

from ivrflow.service.notify import LONGEST_PATH, LONGEST_STATUS, Notify, status_word
from tests.systemd_rig import Systemd


@pytest.mark.parametrize("abstract", [True, False])
def test_words_reach_a_socket_in_a_folder_and_one_that_is_in_none(abstract):
    with Systemd(abstract=abstract) as systemd:
        notify = Notify.taken(systemd.environment())

        assert notify.listens
        assert notify.tell("READY=1", "STATUS=two lines = one word each")
        assert systemd.next() == {
            "READY": "1",
            "STATUS": "two lines = one word each",
        }


def test_what_systemd_says_is_taken_out_of_the_environment():
    environ = {
        "NOTIFY_SOCKET": "/run/notify",
        "WATCHDOG_USEC": "20000000",
        "WATCHDOG_PID": str(os.getpid()),
        "HOME": "/",
    }

    notify = Notify.taken(environ)

    assert (notify.address, notify.watchdog) == (b"/run/notify", 20.0)
    assert environ == {"HOME": "/"}


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"NOTIFY_SOCKET": ""},
        {"NOTIFY_SOCKET": "vsock:2:1234"},
        {"NOTIFY_SOCKET": "relative/path"},
        {"WATCHDOG_USEC": "20000000"},
    ],
)
def test_without_systemd_nothing_is_told(environ):
    notify = Notify.taken(environ)

    assert notify == Notify()
    assert not notify.listens
    assert not notify.tell("READY=1")


def test_a_path_that_no_socket_can_have_is_told_in_the_log(caplog):
    longest = "/" + "x" * (LONGEST_PATH - 1)

    assert Notify.taken({"NOTIFY_SOCKET": longest}).listens
    assert not Notify.taken({"NOTIFY_SOCKET": longest + "x"}).listens
    assert "too long" in caplog.text


@pytest.mark.parametrize("more", [{"WATCHDOG_PID": "1"}, {"WATCHDOG_USEC": "soon"}])
def test_a_watchdog_for_another_process_or_of_no_number_is_none(more):
    environ = {"NOTIFY_SOCKET": "@x", "WATCHDOG_USEC": "20000000"} | more

    assert Notify.taken(environ) == Notify(b"\0x")


def test_a_systemd_that_is_gone_is_told_in_vain_and_nobody_fails():
    with Systemd(abstract=False) as systemd:
        notify = Notify.taken(systemd.environment())

    assert not notify.tell("READY=1")


def test_a_systemd_that_reads_nothing_holds_nobody_up():
    with Systemd() as systemd:
        notify = Notify.taken(systemd.environment())
        # Its queue has an end, which the kernel sets; sending more does not wait.
        told = 0
        while notify.tell("WATCHDOG=1") and told < 100_000:
            told += 1

        assert 0 < told < 100_000
        systemd.next()
        assert notify.tell("WATCHDOG=1")


def test_a_status_is_one_line_and_no_word_of_its_own_comes_in_with_it():
    assert status_word("\n site stays:\nSTOPPING=1") == "STATUS=site stays:"
    assert len(status_word("x" * 5000)) == len("STATUS=") + LONGEST_STATUS
    with Systemd() as systemd:
        Notify.taken(systemd.environment()).status("3 calls up\nREADY=1")

        assert systemd.next() == {"STATUS": "3 calls up"}


def test_words_that_are_no_utf8_are_sent_all_the_same():
    with Systemd() as systemd:
        Notify.taken(systemd.environment()).status("file \udcff of the site")

        assert systemd.next() == {"STATUS": "file ? of the site"}
