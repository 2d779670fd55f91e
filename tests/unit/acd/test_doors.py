"""Queues that are closed or diverted from outside their files."""

import asyncio

import pytest

from ivrflow.acd.doors import OPEN, Door, Doors, InCircle, Way


class Away(Exception):
    pass


class Kept:
    """A store in memory that can be away."""

    def __init__(self, rows=()):
        self.rows = dict(rows)
        self.away = False

    async def all(self):
        return dict(self.rows)

    async def put(self, queues, door, *, by, at):
        if self.away:
            raise Away
        for queue in queues:
            self.rows.pop(queue, None)
            if door.state != "open":
                self.rows[queue] = door


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


def doors(kept=None):
    facts, clock = [], Clock()
    made = Doors(kept or Kept(), clock=clock, note=facts.append, away=Away)
    return made, facts, clock


CLOSED = Door(state="closed", by="ann", at=100.0)


def to_queue(name):
    return Door(state="diverted", to=Way("queue", name), by="ann", at=100.0)


def test_way_is_written_as_facts_have_it():
    assert str(Way("queue", "sales")) == "queue sales"
    assert str(Way("flow", "survey")) == "flow survey"
    assert str(Way("number", "01012345")) == "01012345"


async def test_what_the_store_refuses_has_not_happened():
    kept = Kept()
    kept.away = True
    found, facts, _ = doors(kept)

    with pytest.raises(Away):
        await found.set(["sales"], CLOSED)

    assert found.of("sales") == OPEN
    assert facts == []


async def test_door_is_open_from_its_very_end_on():
    found, _, clock = doors()
    await found.set(["sales"], Door(state="closed", by="ann", at=100.0, until=160.0))

    clock.now = 159.9
    assert found.of("sales").state == "closed"
    clock.now = 160.0
    assert found.of("sales") == OPEN


async def test_end_that_can_not_be_written_opens_for_callers_all_the_same(
    monkeypatch, caplog
):
    kept = Kept()
    found, facts, clock = doors(kept)
    await found.set(["sales"], Door(state="closed", by="ann", at=100.0, until=160.0))
    kept.away, clock.now = True, 161.0
    monkeypatch.setattr("ivrflow.acd.doors.AGAIN_AFTER", 0.01)
    monkeypatch.setattr("ivrflow.acd.doors.LOOK_EVERY", 0.01)
    async with asyncio.TaskGroup() as group:
        run = group.create_task(found.run())
        await asyncio.sleep(0.05)
        assert found.of("sales") == OPEN
        assert len(facts) == 1
        kept.away = False
        async with asyncio.timeout(5):
            while kept.rows:
                await asyncio.sleep(0.01)
        run.cancel()

    assert [fact.state for fact in facts] == ["closed", "open"]


class SlowKept(Kept):
    """A store that takes its time."""

    async def put(self, queues, door, *, by, at):
        await asyncio.sleep(0.01)
        await super().put(queues, door, by=by, at=at)


async def test_end_does_not_open_what_is_just_closed_anew(monkeypatch):
    kept = SlowKept()
    found, _, clock = doors(kept)
    monkeypatch.setattr("ivrflow.acd.doors.LOOK_EVERY", 0.01)
    await found.set(["sales"], Door(state="closed", by="ann", at=100.0, until=160.0))
    clock.now = 161.0
    async with asyncio.TaskGroup() as group:
        closing = group.create_task(found.set(["sales"], CLOSED))
        await asyncio.sleep(0)
        run = group.create_task(found.run())
        await closing
        await asyncio.sleep(0.05)
        run.cancel()

    assert found.of("sales") == CLOSED
    assert kept.rows == {"sales": CLOSED}


async def test_two_who_divert_at_once_make_no_circle():
    found, _, _ = doors(SlowKept())
    done = await asyncio.gather(
        found.set(["a"], to_queue("b")),
        found.set(["b"], to_queue("a")),
        return_exceptions=True,
    )

    assert [type(one) for one in done] == [type(None), InCircle]
    assert list(found.all) == ["a"]


async def test_who_hangs_up_while_it_is_written_leaves_memory_and_store_at_one():
    kept = SlowKept()
    found, _, _ = doors(kept)
    task = asyncio.get_running_loop().create_task(found.set(["sales"], CLOSED))
    await asyncio.sleep(0.001)
    task.cancel()
    await asyncio.wait([task])

    assert kept.rows == {"sales": CLOSED} == dict(found.all)


async def test_who_waits_for_a_change_hears_of_it_and_of_no_other_queue_s():
    found, _, _ = doors()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(found.change("sales", OPEN))
        await asyncio.sleep(0)
        await found.set(["service"], CLOSED)
        await asyncio.sleep(0)
        assert not waiting.done()
        await found.set(["sales", "other"], CLOSED)

    assert waiting.result() == CLOSED


async def test_who_stops_waiting_for_a_change_leaves_nothing_behind():
    found, _, _ = doors()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await found.change("sales", OPEN)

    await found.set(["sales"], CLOSED)
    assert found.of("sales") == CLOSED


async def test_change_that_has_happened_already_is_told_at_once():
    found, _, _ = doors()
    await found.set(["sales"], CLOSED)

    assert await found.change("sales", OPEN) == CLOSED


async def test_circle_of_three_queues_is_refused():
    found, _, _ = doors()
    await found.set(["a"], to_queue("b"))
    await found.set(["b"], to_queue("c"))

    with pytest.raises(InCircle, match="'a', which leads to 'b'"):
        await found.set(["c"], to_queue("a"))
    with pytest.raises(InCircle):
        await found.set(["c"], to_queue("c"))
    await found.set(["c"], Door(state="diverted", to=Way("flow", "a"), by="ann"))


async def test_what_was_done_before_a_restart_holds():
    found, facts, _ = doors(Kept({"sales": CLOSED}))
    await found.began()

    assert found.of("sales") == CLOSED
    assert facts == []
