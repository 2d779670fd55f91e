"""The account of a call, made of its facts: steps, lines, where the time went."""

from datetime import datetime

import pytest

from ivrflow.facts import (
    AgentOffered,
    CallEnded,
    CallerQueued,
    CallStarted,
    Connected,
    Decided,
    LeftQueue,
    NeedsWidened,
    OfferEnded,
    Said,
    StepEntered,
    StepFailed,
)
from ivrflow.flow.why.account import account_of
from ivrflow.flow.why.told import in_colour, told
from ivrflow.flow.why.waited import waits

BEGAN = 1_772_416_800.0
TEXTS = {
    "flows/top.yaml": "flow: top\nsteps:\n  ask:\n    menu: m\n  bye: {hangup: yes}"
}


def at(moment, kind, /, **details):
    return kind(at=BEGAN + moment, call="c1", **details)


def started(**more):
    about = {"caller": "1", "dialled": "2", "flow": "top", "version": "abcd"}
    return at(0, CallStarted, **about, **more)


def entered(seconds, step, line, number):
    place = f"flows/top.yaml:{line}"
    return at(
        seconds,
        StepEntered,
        flow="top",
        step=step,
        verb="menu",
        place=place,
        number=number,
    )


def ended(seconds, by="flow"):
    about = {"cause": 16, "flow": "top", "step": "bye", "seconds": seconds}
    return at(seconds, CallEnded, by=by, **about)


def way(step, target, **more):
    return at(4, Decided, step=step, outcome="then", target=target, why="", **more)


def text(facts, texts=TEXTS, paint=None):
    account = account_of(facts, texts)
    return "\n".join(told(account, *([paint] if paint else [])))


TALK = [
    started(),
    entered(1, "ask", 3, 1),
    at(1, Said, prompt="m", words="Press 1.", language="en"),
    way("ask", "bye", written="flows/top.yaml:5:3"),
    entered(4, "bye", 5, 2),
    ended(6),
]


def test_each_step_has_its_seconds_its_line_and_what_happened():
    ask, bye = account_of(TALK, TEXTS).steps

    assert (ask.at, ask.seconds, ask.line) == (1, 3, "ask: menu: m")
    assert [one.words for one in ask.happened] == ['says m: "Press 1."', "-> bye: then"]
    assert ask.happened[1].line == "bye: {hangup: yes}"
    assert (bye.seconds, bye.line) == (2, "bye: {hangup: yes}")


def test_a_call_that_is_up_is_told_as_far_as_it_has_come():
    account = account_of(TALK[:-1], TEXTS)

    assert account.seconds is None
    assert account.steps[-1].seconds is None
    shown = text(TALK[:-1])
    assert "still up" in shown
    assert "it is there now" in shown


def test_without_the_texts_of_its_version_there_are_no_lines_and_that_is_said():
    shown = text(TALK, None)

    assert "the texts of version abcd are not in the database" in shown
    assert "{hangup: yes}" not in shown
    assert "-> bye: then" in shown


def test_a_place_that_the_texts_do_not_have_has_no_line():
    facts = [started(), entered(1, "ask", 99, 1), ended(2)]

    assert account_of(facts, TEXTS).steps[0].line == ""
    assert account_of(facts, {}).steps[0].line == ""


def test_without_its_beginning_a_call_can_not_be_told():
    with pytest.raises(ValueError, match="beginning was not recorded"):
        account_of(TALK[1:], TEXTS)


def test_its_time_is_that_of_the_site_where_it_is_known():
    local = started(local="2026-03-02T10:00:00+08:00")

    account = account_of([local], TEXTS)

    assert account.started.utcoffset().total_seconds() == 8 * 3600
    assert account_of([started()], TEXTS).started == datetime.fromtimestamp(BEGAN)


def test_signs_that_a_terminal_obeys_are_not_passed_on():
    said = at(1, Said, prompt="m", words="\x1b[2Jgone", language="en")
    shown = text([started(), entered(1, "ask", 3, 1), said])

    assert "\x1b" not in shown
    assert "gone" in shown
    assert "\x1b[1;36mask\x1b[0m" in text(TALK, paint=in_colour)


def test_what_went_wrong_is_in_it():
    failed = at(2, StepFailed, step="ask", place="flows/top.yaml:3", error="away")

    assert "FAILED: away" in text([started(), entered(1, "ask", 3, 1), failed])


QUEUED = {"queue": "q", "needs": {}, "priority": 0}
OFFER = {"queue": "q", "offer": "o"}


def test_the_time_in_a_line_is_taken_apart():
    facts = [
        at(0, CallerQueued, **QUEUED, position=2, agents={"talking": 2, "free": 1}),
        at(20, AgentOffered, **OFFER, agent="1001", why=""),
        at(40, OfferEnded, **OFFER, agent="1001", how="no answer"),
        at(62, AgentOffered, **OFFER, agent="1003", why=""),
        at(65, Connected, **OFFER, agent="1003", waited=65),
    ]

    [why] = waits(facts).values()

    assert why == (
        "waited 65 s: 20 s until agent 1001 was free (1 free, none of them with the "
        "skills or for this, 2 talking, number 2 in line), 20 s agent 1001 rang and "
        "did not answer, 22 s until agent 1003 was free, 3 s agent 1003 rang"
    )


def test_a_wait_in_vain_and_one_that_was_widened_are_told_too():
    vain = [
        at(0, CallerQueued, **QUEUED, position=1, agents={"logged out": 3}),
        at(30, LeftQueue, queue="q", how="timeout", waited=30),
    ]
    widened = [
        at(0, CallerQueued, **QUEUED, position=1),
        at(10, NeedsWidened, queue="q", needs={}, after=10),
        at(10, AgentOffered, **OFFER, agent="1", why=""),
        at(12, Connected, **OFFER, agent="1", waited=12),
    ]

    assert list(waits(vain).values()) == [
        "waited 30 s: 30 s nobody was free (3 logged out)"
    ]
    assert list(waits(widened).values()) == [
        "waited 12 s: 10 s with all needs, 2 s agent 1 rang"
    ]
