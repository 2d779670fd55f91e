"""Who hears facts, and in which order."""

from ivrflow.facts import AlarmCleared, ServiceBegan
from ivrflow.service.listeners import Listeners

FIRST = ServiceBegan(at=1.0, version="v1")
FOLLOWS = AlarmCleared(at=1.0, alarm="a", queue="", agent="1", seconds=1.0)


def test_a_fact_that_follows_from_another_comes_after_it_to_everybody():
    early, late = [], []
    listeners = Listeners()

    def answers(fact):
        if fact is FIRST:
            listeners.note(FOLLOWS)

    listeners.join(early.append, answers, late.append)
    listeners.note(FIRST)

    assert early == late == [FIRST, FOLLOWS]


def test_an_ear_that_fails_keeps_nobody_from_hearing(caplog):
    heard = []
    listeners = Listeners()

    def fails(fact):
        raise ValueError("no")

    listeners.join(fails, heard.append)
    listeners.note(FIRST)
    listeners.note(FOLLOWS)

    assert heard == [FIRST, FOLLOWS]
    assert caplog.text.count("a fault of ours") == 2
    caplog.clear()
