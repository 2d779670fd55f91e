"""The box through which requests come to a talk: it has an end, and answers for all."""

import asyncio
from types import SimpleNamespace

import pytest

from ivrflow.flow.conversation.inbox import (
    MOST,
    MOST_KEYS,
    Inbox,
    Left,
    NotNow,
    Pressed,
    Request,
)


def nobody():
    return None


async def asked(inbox, group, *acts):
    """Tasks that ask for these, each waiting for its answer."""
    tasks = [group.create_task(inbox.ask(Request(act=act))) for act in acts]
    await asyncio.sleep(0)
    return tasks


async def test_requests_come_in_order_and_are_answered():
    inbox = Inbox()
    async with asyncio.TaskGroup() as group:
        first, second = await asked(inbox, group, "hold", "resume")
        one = await inbox.next(nobody)
        one.done()
        other = await inbox.next(nobody)
        other.done()

    assert (one.act, other.act) == ("hold", "resume")
    assert (first.result(), second.result()) == (None, None)


async def test_only_so_many_wait():
    inbox = Inbox()
    async with asyncio.TaskGroup() as group:
        tasks = await asked(inbox, group, *["hold"] * MOST)
        with pytest.raises(NotNow, match="try again"):
            await inbox.ask(Request(act="hold"))
        for task in tasks:
            task.cancel()


async def test_who_does_not_wait_any_more_wants_nothing_any_more():
    inbox = Inbox()
    async with asyncio.TaskGroup() as group:
        [task] = await asked(inbox, group, "blind")
        task.cancel()
        await asyncio.wait([task])

    assert await inbox.next(nobody, asyncio.get_running_loop().time()) is None


async def test_at_the_end_everybody_is_told():
    inbox = Inbox()
    told = []

    async def ask(act):
        try:
            await inbox.ask(Request(act=act))
        except NotNow as no:
            told.append(str(no))

    async with asyncio.TaskGroup() as group:
        group.create_task(ask("hold"))
        group.create_task(ask("monitor"))
        await asyncio.sleep(0)
        await inbox.next(nobody)
        inbox.close()
    await ask("resume")

    assert told == ["the talk is over"] * 3


async def test_what_is_done_beside_the_talk_answers_for_itself():
    inbox = Inbox()
    async with asyncio.TaskGroup() as group:
        hold, ear = await asked(inbox, group, "hold", "monitor")
        await inbox.next(nobody)
        listening = await inbox.next(nobody)
        inbox.settle()
        await asyncio.sleep(0)
        settled = (hold.done(), ear.done())
        listening.done()

    assert settled == (True, False)


async def test_who_has_left_counts_before_keys_and_these_before_requests():
    inbox = Inbox()
    gone = [Left(SimpleNamespace())]
    async with asyncio.TaskGroup() as group:
        [task] = await asked(inbox, group, "hold")
        inbox.press("5")

        assert await inbox.next(lambda: gone[0]) is gone[0]
        assert await inbox.next(nobody) == Pressed("5")
        assert (await inbox.next(nobody)).act == "hold"
        task.cancel()


async def test_a_phone_that_sends_keys_for_ever_fills_no_memory():
    inbox = Inbox()
    for _ in range(10 * MOST_KEYS):
        inbox.press("1")
    count = 0
    while await inbox.next(nobody, asyncio.get_running_loop().time()) is not None:
        count += 1

    assert count == MOST_KEYS
