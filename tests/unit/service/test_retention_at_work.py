"""When old messages are thrown away, and what is told of it."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime

from ivrflow.db.retention import Cleared, NewRules
from ivrflow.facts import MessageGone
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.boxes import Placed
from ivrflow.service.retention import EVERY, Retention
from ivrflow.sim.clock import run
from ivrflow.voicemail.retention import Keep

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
DAY = Keep(new=86400.0)


def old(message):
    return Placed(
        message=message,
        mailbox="box",
        state="new",
        folder="",
        urgent=False,
        at=NOON,
    )


class Rules:
    """Two pages of a mailbox, and how often they were looked at."""

    def __init__(self, *new):
        self.new, self.asked, self.away = list(new), [], False
        self.taken = {}
        self.pages = {
            None: Cleared(gone=[old("a")], last=(1.0, "a")),
            (1.0, "a"): Cleared(gone=[old("b")], last=None),
        }

    async def enrol(self, keeps):
        if self.away:
            raise Trouble("the database is away")
        new, self.new = self.new, []
        return new

    async def full(self, most):
        return {box: n for box, n in self.taken.items() if n >= most[box]}

    async def clear(self, box, *, after=None):
        self.asked.append((box, after))
        return self.pages[after]


def retention(rules, facts=None, **keeps):
    noted = [] if facts is None else facts
    return Retention(
        rules,
        lambda: keeps,
        most=lambda: dict.fromkeys(("box", "other"), 100),
        clock=lambda: 17.0,
        note=noted.append,
    )


async def test_all_pages_of_a_mailbox_that_throws_away_are_cleared_and_told():
    rules, facts = Rules(), []
    gone = await retention(rules, facts, box=DAY, ever=Keep()).look()

    assert gone == 2
    assert rules.asked == [("box", None), ("box", (1.0, "a"))]
    assert facts == [
        MessageGone(at=17.0, call="", mailbox="box", message=message)
        for message in ("a", "b")
    ]


async def test_new_rules_are_told_before_anything_goes(caplog):
    new = [
        NewRules(mailbox="box", since=NOON, over=7),
        NewRules(mailbox="other", since=NOON, over=0),
    ]
    with caplog.at_level(logging.WARNING):
        await retention(Rules(*new)).look()

    [told] = caplog.messages
    assert "mailbox box: from 2026-03-02 12:00" in told
    assert "7 by then" in told


async def test_a_mailbox_that_turns_callers_away_is_named_once_with_the_cure(caplog):
    rules = Rules()
    rules.taken = {"box": 120, "other": 99}
    office = retention(rules)
    await office.look()

    [told] = caplog.messages
    assert "mailbox box is full: it has 120 messages and holds 100" in told
    assert "`most` in mailboxes.yaml" in told
    rules.taken["other"] = 100
    await office.look()
    assert ["mailbox other" in said for said in caplog.messages] == [False, True]


def test_it_looks_again_every_hour_whatever_fails(caplog):
    rules = Rules()
    rules.away = True

    async def hours():
        with suppress(TimeoutError):
            async with asyncio.timeout(2.5 * EVERY):
                await retention(rules, box=DAY).run()

    run(hours())
    assert len(caplog.messages) == 3
