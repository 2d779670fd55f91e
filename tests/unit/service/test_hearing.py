"""Who hears facts, and in which order."""

from ivrflow.facts import AlarmCleared, ServiceBegan
from ivrflow.service.hearing import Hearing

FIRST = ServiceBegan(at=1.0, version="v1")
FOLLOWS = AlarmCleared(at=1.0, alarm="a", queue="", agent="1", seconds=1.0)


def test_a_fact_that_follows_from_another_comes_after_it_to_everybody():
    early, late = [], []
    hearing = Hearing()

    def answers(fact):
        if fact is FIRST:
            hearing.note(FOLLOWS)

    hearing.join(early.append, answers, late.append)
    hearing.note(FIRST)

    assert early == late == [FIRST, FOLLOWS]


def test_an_ear_that_fails_keeps_nobody_from_hearing(caplog):
    heard = []
    hearing = Hearing()

    def fails(fact):
        raise ValueError("no")

    hearing.join(fails, heard.append)
    hearing.note(FIRST)
    hearing.note(FOLLOWS)

    assert heard == [FIRST, FOLLOWS]
    assert caplog.text.count("a fault of ours") == 2
    caplog.clear()
