"""The checks of the fault tests notice what they are there for."""

import json
import os
import sqlite3
import subprocess
from contextlib import closing
from dataclasses import dataclass
from types import SimpleNamespace

import pytest
from faults_rig.checks import judge
from faults_rig.course import memory_of, used_by
from faults_rig.report import Report
from faults_rig.truth import Truth

CALL, CALLER = "17.1", "13900000000"

GOOD = (
    ("StepEntered", {"step": "welcome", "number": 1}),
    ("Decided", {"step": "welcome", "flow": "hotline"}),
    ("StepEntered", {"step": "goodbye", "number": 2}),
    ("Decided", {"step": "goodbye", "flow": "hotline"}),
    ("CallEnded", {"by": "flow"}),
)


@dataclass
class Caller:
    outcome: str = "was hung up"
    number: str = CALLER
    wants: str = "menu"
    at: str = "goodbye"


@pytest.fixture
def kept(tmp_path):
    """A house whose records are as the test writes them."""
    path = tmp_path / "ivrflow.db"
    ratings = []

    def house(facts=GOOD, by="flow", step="goodbye", calls=1):
        with closing(sqlite3.connect(path)) as db:
            db.executescript(
                """
                create table calls (id, caller, ended, by, last_step);
                create table facts (id integer primary key, at, call, kind, data);
                create table messages (id, call, state);
                create table outbox (message, "to");
                create table offers (id, agent, ended);
                """
            )
            for n in range(calls):
                row = (f"{CALL}{n}", CALLER, 9.0 if by else None, by, step)
                db.execute("insert into calls values (?, ?, ?, ?, ?)", row)
            for kind, data in facts:
                db.execute(
                    "insert into facts (at, call, kind, data) values (1, ?, ?, ?)",
                    (f"{CALL}0", kind, json.dumps(data)),
                )
            db.commit()
        return SimpleNamespace(truth=Truth(path), survey=lambda: ratings)

    house.ratings = ratings
    return house


def test_a_call_that_went_to_its_end_is_fine(kept):
    assert str(judge([Caller()], kept())) == ""


@pytest.mark.parametrize("outcome", ["stuck", "refused", "unanswered"])
def test_a_caller_whom_nobody_served_is_a_lost_call(kept, outcome):
    assert judge([Caller(outcome)], kept()).lost


def test_a_caller_who_was_cut_off_is_a_lost_call(kept):
    assert judge([Caller()], kept(by="outage", step="welcome")).lost


def test_a_caller_who_is_not_on_record_is_a_lost_call(kept):
    assert judge([Caller()], kept(calls=0)).lost


def test_a_caller_who_hung_up_as_he_had_planned_is_fine(kept):
    verdict = judge([Caller("hung up", at="welcome")], kept(by="caller"))

    assert str(verdict) == ""


def test_a_call_without_an_end_is_half_done(kept):
    assert judge([Caller()], kept(by=None)).unfinished


def test_two_calls_of_one_caller_are_doubled(kept):
    assert judge([Caller()], kept(calls=2)).doubled


@pytest.mark.parametrize("twice", [0, 1, 4])
def test_what_was_noted_twice_is_doubled(kept, twice):
    facts = [*GOOD[: twice + 1], GOOD[twice], *GOOD[twice + 1 :]]

    assert judge([Caller()], kept(facts)).doubled


def test_a_step_that_was_never_entered_is_lost(kept):
    assert judge([Caller()], kept(GOOD[2:])).lost


def test_a_rating_that_was_stored_twice_is_doubled(kept):
    kept.ratings += [CALL, CALL]

    assert judge([Caller()], kept()).doubled


# What is read beside the service, and what is told -----------------------------------


def test_what_has_come_is_read_once_and_a_database_that_is_not_there_is_no_error(kept):
    house = kept()
    tail = house.truth.tail(("StepEntered", "CallEnded"))
    seen = [fact.kind for fact in next(tail)]
    assert seen == ["StepEntered", "StepEntered", "CallEnded"]
    assert next(tail) == []
    tail.close()

    nowhere = Truth(house.truth.database.with_name("none.db")).tail(("CallEnded",))
    assert next(nowhere) == []


def test_a_page_of_what_has_come_is_followed_by_the_next(kept):
    tail = kept().truth.tail(("StepEntered", "CallEnded"), page=2)
    assert [len(next(tail)) for _ in range(3)] == [2, 1, 0]
    tail.close()


def test_the_course_of_a_run_is_a_table_of_the_report():
    report = Report("short form")
    assert list(report.went()) == []
    report.courses.append(("F1", [{"at": 15, "up": 3}, {"at": 30, "up": 4}]))
    told = ["F1:", "", "| at | up |", "|---|---|", "| 15 | 3 |", "| 30 | 4 |"]
    assert list(report.went())[1:] == told


def test_what_a_process_uses_is_seen_and_one_that_is_gone_uses_nothing():
    ended = subprocess.Popen(["true"])
    ended.wait()
    assert used_by(ended.pid) == memory_of(ended.pid) == 0
    assert used_by(os.getpid()) > 0
    assert memory_of(os.getpid()) > 1
