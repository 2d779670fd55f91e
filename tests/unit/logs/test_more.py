"""Some calls log more, and all others as before."""

import logging

import pytest

from ivrflow.logs.begin import set_up, take_back
from ivrflow.logs.more import ITS_CALLS, MORE
from ivrflow.logs.where import about
from tests.unit.logs.calls import ACall

HIS, OTHER = ACall(caller="13800138000"), ACall(id="9.9", caller="13900139000")

log = logging.getLogger("ivrflow.somewhere")


@pytest.fixture(autouse=True)
def as_it_was(capsys):
    set_up()
    yield
    for number in list(MORE.numbers):
        MORE.end(number)


def lines(capsys):
    return capsys.readouterr().err.splitlines()


def say():
    for call in (HIS, OTHER):
        with about(call):
            log.debug("in detail, %s", call.caller)
    log.debug("about nobody")
    log.debug("about one of them", extra={ITS_CALLS: True})


def test_usually_no_detail_is_logged(capsys):
    say()

    assert lines(capsys) == []


def test_of_a_number_that_was_asked_for_all_is_logged_and_of_no_other(capsys):
    MORE.add(HIS.caller, until=100)
    say()

    first, second = lines(capsys)
    assert "in detail, 13800138000 [call 1731.17" in first
    assert "about one of them" in second


def test_when_it_is_over_it_is_as_before(capsys):
    MORE.add(HIS.caller, until=100)
    assert MORE.end(HIS.caller)
    assert not MORE.end(HIS.caller)
    say()

    assert lines(capsys) == []


def test_one_that_ends_leaves_the_others(capsys):
    MORE.add(HIS.caller, until=100)
    MORE.add(OTHER.caller, until=100)
    MORE.end(OTHER.caller)
    say()

    assert len(lines(capsys)) == 2


def test_libraries_do_not_log_more(capsys):
    MORE.add(HIS.caller, until=100)
    with about(HIS):
        logging.getLogger("sqlalchemy").debug("a statement")

    assert lines(capsys) == []


# What is set up -----------------------------------------------------------------------


def test_the_level_is_that_of_the_settings(capsys):
    set_up("text", "warning")
    log.info("all is well")
    log.warning("a warning")

    (line,) = lines(capsys)
    assert "a warning" in line


def test_verbose_is_all_of_it(capsys):
    set_up("text", "error", verbose=True)
    log.debug("a detail")

    assert len(lines(capsys)) == 1


def test_set_up_twice_a_line_comes_once(capsys):
    set_up("json")
    set_up("text")
    log.warning("once")

    assert len(lines(capsys)) == 1


def test_without_a_journal_it_is_text_and_says_so(capsys, tmp_path):
    set_up("journal", journal=tmp_path / "nothing")

    (line,) = lines(capsys)
    assert "there is none here" in line


def test_taken_back_it_is_as_it_was(capsys):
    take_back()
    before = list(logging.getLogger().handlers)
    set_up()
    take_back()

    assert logging.getLogger().handlers == before
