"""Counting past calls: a day that was made up, and talks that were really run."""

import asyncio
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from ivrflow.db import traffic as module
from ivrflow.db.engine import BadDatabase, Database
from ivrflow.db.records import Records
from ivrflow.db.tables import metadata, switches
from ivrflow.db.traffic import SqlTraffic
from ivrflow.facts import (
    CallEnded,
    CallStarted,
    Connected,
    Decided,
    MessageLeft,
    StepEntered,
    StepFailed,
    TransferEnded,
)
from ivrflow.flow.load import load_site
from ivrflow.flow.traffic import StepTraffic, Traffic
from ivrflow.flow.world import Trouble
from ivrflow.sim.rehearsal.read import read_tests
from ivrflow.sim.rehearsal.run import rehearse

HOTLINE = Path(__file__).parents[3] / "flows/hotline"


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db", limit=2)
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield database
    await database.close()


class Day:
    """Facts of calls, told one after the other."""

    def __init__(self, database):
        self.records = Records(database)
        self.note = self.records.note

    def begin(self, call, at=1000.0, version="v1"):
        self.call, self.at, self.number = call, at, 0
        self.note(
            CallStarted(
                at=at, call=call, caller="1", dialled="2", flow="main", version=version
            )
        )

    def enter(self, step, verb="say", flow="main", outcome="", target="", lasts=0.0):
        self.number += 1
        self.note(
            StepEntered(
                at=self.at,
                call=self.call,
                flow=flow,
                step=step,
                verb=verb,
                place="x:1",
                number=self.number,
            )
        )
        self.at += lasts
        if outcome == "error":
            self.note(
                StepFailed(at=self.at, call=self.call, step=step, place="", error="x")
            )
        if outcome:
            self.note(
                Decided(
                    at=self.at,
                    call=self.call,
                    step=step,
                    outcome=outcome,
                    target=target,
                    why="",
                )
            )

    def end(self, by):
        self.note(
            CallEnded(
                at=self.at, call=self.call, by=by, cause=16, flow="", step="", seconds=0
            )
        )


async def counted(day, database, since=0.0, until=1e9, **more):
    await day.records.flush()
    return await SqlTraffic(database).read(since, until, **more)


async def test_a_day_is_counted(database):
    day = Day(database)
    for number in range(3):  # through the menu to the end
        day.begin(f"good{number}")
        day.enter("menu", "menu", outcome="key 1", target="say", lasts=4)
        day.enter("say", outcome="then", target="bye", lasts=2 + number)
        day.enter("bye", "hangup", outcome="then", target="hangup")
        day.end("flow")
    day.begin("twice")  # comes back to the menu, and hangs up there
    day.enter("menu", "menu", outcome="key 1", target="say", lasts=4)
    day.enter("say", outcome="then", target="menu", lasts=1)
    day.enter("menu", "menu", lasts=8)
    day.end("caller")

    traffic = await counted(day, database)

    menu, say = traffic.steps["main", "menu"], traffic.steps["main", "say"]
    assert (traffic.calls, menu.visits, menu.calls) == (4, 5, 4)
    assert (menu.dropped, menu.drop_off, menu.mean) == (1, 0.2, 24 / 5)
    assert (say.visits, say.dropped, say.mean) == (4, 0, 2.5)
    assert traffic.ways["main", "menu", "key 1", "say"] == 4
    assert traffic.ways["main", "say", "then", "bye"] == 3
    assert traffic.ways["main", "say", "then", "menu"] == 1
    assert traffic.versions == {"v1": 4}


async def test_a_call_step_lasts_as_long_as_the_flow_that_it_calls(database):
    day = Day(database)
    day.begin("a")
    day.enter("pay", "call", lasts=1)
    day.enter("amount", "ask", flow="payment", outcome="then", target="ok", lasts=10)
    day.enter("ok", flow="payment", outcome="then", target="return", lasts=5)
    day.enter("bye", "hangup", lasts=2)
    day.end("flow")

    traffic = await counted(day, database)

    assert traffic.steps["main", "pay"].mean == 16
    assert traffic.steps["payment", "amount"].mean == 10
    assert traffic.steps["payment", "ok"].mean == 5
    assert traffic.steps["main", "bye"].mean == 2


async def test_a_transfer_to_a_flow_ends_all_flows_before(database):
    day = Day(database)
    day.begin("a")
    day.enter("sub", "call", lasts=1)
    day.enter("over", "transfer", flow="sub", lasts=2)
    day.enter("hello", flow="other", lasts=30)
    day.end("caller")

    traffic = await counted(day, database)

    assert traffic.steps["main", "sub"].mean == 3
    assert traffic.steps["sub", "over"].mean == 2
    assert traffic.steps["other", "hello"].mean == 30


@pytest.mark.parametrize(
    ("fact", "dropped"),
    [
        (None, 1),
        (Connected(at=1005, call="a", queue="q", agent="1", offer="o", waited=1), 0),
        (
            MessageLeft(
                at=1005, call="a", mailbox="m", message="x", seconds=3, urgent=False
            ),
            0,
        ),
        (
            TransferEnded(at=1005, call="a", step="q", to="1", how="talked", seconds=9),
            0,
        ),
        (TransferEnded(at=1005, call="a", step="q", to="1", how="busy", seconds=0), 1),
        # An earlier step's success is none of this one's.
        (Connected(at=999, call="a", queue="q", agent="1", offer="o", waited=1), 1),
    ],
    ids=["nothing", "a talk", "a message", "a transfer", "busy", "a talk before"],
)
async def test_who_has_got_something_and_hangs_up_has_not_dropped_off(
    database, fact, dropped
):
    day = Day(database)
    day.begin("a")
    day.enter("q", "queue", lasts=20)
    if fact is not None:
        day.note(fact)
    day.end("caller")

    traffic = await counted(day, database)

    assert traffic.steps["main", "q"].dropped == dropped


async def test_a_call_that_runs_is_counted_without_its_last_time(database):
    day = Day(database)
    day.begin("a")
    day.enter("menu", "menu", outcome="key 1", target="q", lasts=4)
    day.enter("q", "queue")

    traffic = await counted(day, database)

    assert traffic.steps["main", "menu"].mean == 4
    assert (traffic.steps["main", "q"].visits, traffic.steps["main", "q"].mean) == (
        1,
        None,
    )


async def test_only_calls_of_the_time_and_version_are_counted(database, monkeypatch):
    monkeypatch.setattr(module, "PAGE", 2)  # so that a page ends within equal times
    day = Day(database)
    for number in range(9):
        day.begin(f"c{number}", at=1000.0 + number // 3, version=f"v{number % 2}")
        day.enter("menu")
        day.end("flow")
    told = []

    traffic = await counted(
        day, database, 1000.0, 1002.0, told=lambda *n: told.append(n)
    )
    of_one = await counted(day, database, version="v1")

    assert (traffic.calls, traffic.steps["main", "menu"].visits) == (6, 6)
    assert told == [(2, 6), (4, 6), (6, 6), (6, 6)]
    assert of_one.versions == {"v1": 4}


def test_steps_that_are_gone_are_named():
    visits = {("main", "old"): 3, ("main", "menu"): 5, ("gone", "x"): 1}
    traffic = Traffic(steps={name: StepTraffic(visits=n) for name, n in visits.items()})

    assert traffic.unknown({"main": {"menu": ...}}) == {
        ("main", "old"): 3,
        ("gone", "x"): 1,
    }


async def _through_the_database(path, told):
    database = Database(f"sqlite:///{path}")
    try:
        await database.write(lambda db: db.run_sync(metadata.create_all))
        records = Records(database)
        for fact in told:
            records.note(fact)
        await records.flush()
        return await SqlTraffic(database).read(0, 1e11)
    finally:
        await database.close()


def test_talks_that_were_run_are_counted_as_they_went(tmp_path):
    site = load_site(HOTLINE)
    told = []
    for number, rehearsal in enumerate(read_tests(site).rehearsals):
        talk = []
        assert not rehearse(site, rehearsal, note=talk.append).failures
        # Each talk is the first call of its own small world: here they are many.
        told += [replace(fact, call=f"{number}:{fact.call}") for fact in talk]

    traffic = asyncio.run(_through_the_database(tmp_path / "ivrflow.db", told))

    ended = {fact.call: fact for fact in told if isinstance(fact, CallEnded)}
    entered = [fact for fact in told if isinstance(fact, StepEntered)]
    assert traffic.calls == len(ended) > 10
    assert traffic.versions == {site.version: len(ended)}
    assert {name: step.visits for name, step in traffic.steps.items()} == Counter(
        (fact.flow, fact.step) for fact in entered
    )
    # A question that is repeated is decided again in the same visit: its last counts.
    ways = {(s, out, to): n for (_, s, out, to), n in traffic.ways.items()}
    assert {way: n for way, n in ways.items() if way[2] != "repeat"} == Counter(
        (fact.step, fact.outcome, fact.target)
        for fact in told
        if isinstance(fact, Decided) and fact.target != "repeat"
    )
    assert not traffic.unknown({n: flow.nodes for n, flow in site.flows.items()})
    # All time that callers spent is the time of some step of the first flow.
    began = {}
    for fact in entered:
        began.setdefault(fact.call, fact)
    spent = sum(
        ended[call].at - first.at
        for call, first in began.items()
        if first.flow == "hotline"
    )
    counted = sum(
        s.seconds for (flow, _), s in traffic.steps.items() if flow == "hotline"
    )
    assert counted == pytest.approx(spent)
    by_caller = sum(fact.by == "caller" for fact in ended.values())
    assert 0 < sum(step.dropped for step in traffic.steps.values()) <= by_caller


async def test_the_database_is_only_read(database, tmp_path):
    before = (tmp_path / "ivrflow.db").stat().st_mtime_ns
    reader = Database(f"sqlite:///{tmp_path}/ivrflow.db", read_only=True)
    try:
        traffic = await SqlTraffic(reader).read(0, 1e9)
        with pytest.raises(Trouble, match="readonly"):
            await reader.write(lambda db: db.execute(switches.delete()))
    finally:
        await reader.close()

    assert traffic.calls == 0
    assert (tmp_path / "ivrflow.db").stat().st_mtime_ns == before


async def test_a_database_that_is_not_there_is_not_made(tmp_path):
    with pytest.raises(BadDatabase, match="no such file"):
        Database(f"sqlite:///{tmp_path}/none.db", read_only=True)
    assert not (tmp_path / "none.db").exists()


async def test_calls_are_counted_while_the_service_writes(database, tmp_path):
    day = Day(database)
    day.begin("a")
    day.enter("menu")
    await day.records.flush()
    reader = Database(f"sqlite:///{tmp_path}/ivrflow.db", read_only=True)
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM switches")
        try:
            traffic = await SqlTraffic(reader).read(0, 1e9)
        finally:
            await reader.close()

    assert traffic.calls == 1
