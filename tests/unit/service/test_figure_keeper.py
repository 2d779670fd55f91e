"""The figures that a running service keeps are those that its facts give."""

import asyncio
import resource
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import update

from ivrflow.acd.desk.state import AgentState
from ivrflow.db.engine import Database
from ivrflow.db.record_rows import write_facts
from ivrflow.db.reports import SqlReports
from ivrflow.db.self_check import check_day, fold_days, rebuild
from ivrflow.db.tables import call_records, metadata, queue_figures
from ivrflow.facts import (
    AdoptionEnded,
    CallEnded,
    CallerQueued,
    CallResumed,
    FactsLost,
    SelfChecked,
    ServiceBegan,
    ServiceEnded,
)
from ivrflow.figures import book
from ivrflow.figures.fold import Fold
from ivrflow.figures.limits import Limits
from ivrflow.figures.live import Live
from ivrflow.figures.period import Period
from ivrflow.service import figures
from ivrflow.service.figures import Around, FigureKeeper
from tests.calls.test_storm import an_hour
from tests.unit.acd.floor import EPOCH
from tests.unit.figures.day import Day

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 11, 20, 9, tzinfo=ZONE).timestamp()
DAY = date(2026, 11, 20)
AFTER = MORNING + 24 * 3600


class Service:
    """A keeper with its database, whose clock a test sets."""

    def __init__(self, folder):
        self.now = MORNING
        self.noted = []
        self.agents = ()
        self.zone = ZONE
        self.key = b"k" * 32
        self.path = folder / "queue_log"
        self.database = Database(f"sqlite:///{folder}/ivrflow.db")
        self.keeper = None

    async def begin(self, **more):
        around = Around(
            clock=lambda: self.now,
            zone=self.zone,
            limits=lambda _: Limits(),
            agents=lambda: self.agents,
            note=self.noted.append,
        )
        self.keeper = FigureKeeper(self.database, around, self.path, key=self.key)
        await self.keeper.begin()
        await self.hear([ServiceBegan(at=self.now, version="v1", **more)])

    async def hear(self, facts):
        """Facts are noted, and stored some time later."""
        for fact in facts:
            self.now = max(self.now, fact.at)
            self.keeper.note(fact)
        await self.store(facts)

    async def store(self, facts):
        if facts:
            await self.database.write(lambda db: write_facts(db, facts))

    async def write(self):
        await self.keeper.write()
        await self.keeper.file.flush()


@pytest.fixture
async def service(tmp_path):
    made = Service(tmp_path)
    await made.database.write(lambda db: db.run_sync(metadata.create_all))
    await made.begin()
    await made.keeper.restore()
    yield made
    await made.database.close()


@pytest.fixture(scope="module")
def hour():
    """Made before a loop runs: it has one of its own, on virtual time."""
    return an_hour(1)[0]


def busy_day():
    day = Day(MORNING + 60).agent(0, "1001", queues=("sales",))
    for n in range(30):
        day.served(60 * n + 5, f"c{n}", "1001", f"o{n}", wait=4 + n / 7, talk=30)
    day.starts(2000, "a1").queued(2000, "a1").leaves(2031.5, "a1").ends(2032, "a1")
    return day.agent(4000, "1001", "logged out", queues=("sales",)).facts


async def killed(service, facts):
    """It is killed and begins again: calls of which *facts* have no end go on."""
    await service.begin(adopts=True)
    ended = {fact.call for fact in facts if isinstance(fact, CallEnded)}
    up = sorted({fact.call for fact in facts if fact.call} - ended)
    about = {"flow": "main", "step": "wait", "number": 2}
    await service.hear([CallResumed(at=service.now, call=c, **about) for c in up])
    await service.keeper.restore()
    await service.write()  # while it is open what of before is still on
    await service.hear([AdoptionEnded(at=service.now, over_at=service.now)])


async def at_midnight(service):
    service.now = AFTER
    return await service.keeper.check(DAY)


async def test_a_day_that_was_heard_is_the_day_that_is_stored(service):
    await service.hear(busy_day())
    checked = await at_midnight(service)

    assert list(checked.differences) == []
    assert checked.compared > 130
    (noted,) = service.noted
    assert isinstance(noted, SelfChecked)
    assert (noted.day, noted.differences) == ("2026-11-20", 0)
    log = service.path.read_text()
    assert (log.count("|ENTERQUEUE|"), log.count("|CONNECT|")) == (31, 30)
    assert log.count("|ABANDON|1|1|32") == 1


@pytest.mark.parametrize("seldom", [0, 1000, figures.SELDOM])
async def test_a_day_in_which_it_is_killed_again_and_again_agrees_everywhere(
    hour, service, monkeypatch, seldom
):
    """And has the figures of the same day without, however often they are kept."""
    monkeypatch.setattr(figures, "SELDOM", seldom)
    facts = [replace(fact, at=fact.at - EPOCH + MORNING) for fact in hour]
    heard = 0
    for n in range(700, len(facts), 700):
        await service.hear(facts[heard:n])
        heard = n
        # Some of what it heard is written, some is not.
        await (service.keeper.write() if n % 3 else service.keeper.file.flush())
        await killed(service, facts[:n])
    await service.hear(facts[heard:])
    checked = await at_midnight(service)
    calm = Fold()
    for fact in facts:
        calm.note(fact)

    assert list(checked.differences) == []
    assert checked.holes == calm.holes
    (total,) = {k.queue: calm.total(k.queue) for k in calm.ledger.queues}.values()
    assert service.keeper.live.fold.total() == total


async def test_an_hour_of_a_desk_agrees_everywhere_to_the_last_call(hour, service):
    """Reports, wallboard, queue_log and records, of 300 callers and 5 agents."""
    facts = [replace(fact, at=fact.at - EPOCH + MORNING) for fact in hour]
    await service.hear(facts)
    checked = await at_midnight(service)

    assert list(checked.differences) == []
    period = Period(first=DAY, last=DAY, zone=ZONE)
    (row,) = await SqlReports(service.database).queues(period)
    figures = row.figures
    log = service.path.read_text().splitlines()

    def lines(*events):
        return sum(line.split("|")[4] in events for line in log)

    at_door = len([f for f in facts if f.kind == "LeftQueue"]) + figures.answered
    assert figures.offered == 300 == at_door
    entered = sum(isinstance(fact, CallerQueued) for fact in facts)
    assert lines("ENTERQUEUE") == entered
    assert lines("CONNECT") == figures.answered
    assert lines("COMPLETEAGENT", "COMPLETECALLER") == figures.of.handled
    assert lines("ABANDON") == figures.abandoned


async def test_a_restart_at_noon_leaves_the_morning_as_it_was(service):
    facts = busy_day()
    await service.hear(facts[:100])
    await service.write()
    cut_off = Day(service.now + 1).starts(0, "lost").queued(0, "lost").facts
    await service.hear(cut_off)  # no second is left to write what comes of it

    service.now += 30
    await service.begin()  # killed: nobody heard an end
    await service.hear(facts[100:])  # and calls come before the morning is read
    await service.keeper.restore()
    service.now = facts[-1].at
    today = service.keeper.live.queue("sales", service.now)

    assert (today.offered, today.answered, today.waiting) == (32, 30, 0)
    assert today.of.flowed == {"lost": 1}
    assert list((await at_midnight(service)).differences) == []


async def test_a_restart_that_is_tried_twice_counts_once(service):
    facts = busy_day()
    await service.hear(facts)
    service.now += 30
    await service.begin()
    await service.keeper.restore()
    await service.keeper.restore()  # as after the database was away

    assert service.keeper.live.queue("sales", service.now).offered == 31
    assert list((await at_midnight(service)).differences) == []


async def test_time_that_nobody_told_is_nobody_s(service):
    """A service that died wrote what agents did up to then; no fact says until when."""
    day = Day(MORNING).agent(60, "1001", queues=("sales",))
    await service.hear(day.facts)
    service.now = MORNING + 3600
    await service.write()
    service.now += 600
    await service.begin()
    await service.keeper.restore()
    await service.write()

    his = await SqlReports(service.database).agents(
        Period(first=DAY, last=DAY, zone=ZONE)
    )
    assert his == []
    assert list((await at_midnight(service)).differences) == []


async def test_a_service_that_is_stopped_tells_until_when(service):
    await service.hear(Day(MORNING).agent(60, "1001", queues=("sales",)).facts)
    await service.hear([ServiceEnded(at=MORNING + 3600)])
    service.now = MORNING + 7200
    await service.write()

    (his,) = await SqlReports(service.database).agents(
        Period(first=DAY, last=DAY, zone=ZONE)
    )
    assert his.figures.signed_in == 3540
    assert list((await at_midnight(service)).differences) == []


async def test_what_is_changed_behind_our_back_is_named(service, caplog):
    await service.hear(busy_day())
    service.now = AFTER
    await service.write()

    async def tamper(db):
        wanted = queue_figures.c.sums.contains('"offered":31')
        more = '{"offered":32}'
        await db.execute(update(queue_figures).where(wanted).values(sums=more))
        one = call_records.c.call == "c7"
        await db.execute(update(call_records).where(one).values(talk=31.0))

    await service.database.write(tamper)
    lines = service.path.read_text().splitlines(keepends=True)
    service.path.write_text("".join(lines[:10] + lines[11:]))
    checked = await service.keeper.check(DAY)
    told = "\n".join(checked.differences)

    assert "queue sales, 2026-11-20 00:00+08:00 for 1440 min: offered is 32" in told
    assert "call records: c7: talk is 31.00, the facts say 30.00" in told
    assert f"queue_log: missing: {lines[10].strip()}" in told
    assert "wallboard" not in told
    assert service.noted[-1].differences == len(checked.differences)
    assert "ivrflow report rebuild --from 2026-11-20" in caplog.text
    caplog.clear()


async def test_a_day_can_be_made_again_of_its_facts(service):
    await service.store(busy_day())  # an older version kept facts and no figures
    fresh = await fold_days(service.database, DAY, DAY, ZONE, now=AFTER)
    await rebuild(service.database, fresh)
    await rebuild(service.database, fresh)
    checked = await check_day(service.database, DAY, ZONE, now=AFTER)

    assert list(checked.differences) == []
    period = Period(first=DAY, last=DAY, zone=ZONE, by="1h")
    rows = await SqlReports(service.database).queues(period)
    assert [row.figures.offered for row in rows] == [31]


async def test_facts_that_a_commit_doubled_count_once(service):
    facts = busy_day()
    await service.hear(facts[:50])
    await service.store(facts[:50])
    await service.hear(facts[50:])

    assert list((await at_midnight(service)).differences) == []


async def test_a_hole_in_the_facts_is_told_with_its_size(service, caplog):
    facts = busy_day()
    await service.hear(facts[:50])
    for fact in facts[50:53]:
        service.keeper.note(fact)  # heard, and never stored
    await service.store([FactsLost(at=facts[52].at, count=3)])
    await service.hear(facts[53:])
    checked = await at_midnight(service)

    assert checked.lost == 3
    assert checked.differences
    assert "3 facts could not be stored" in caplog.text
    caplog.clear()


async def test_yesterday_is_checked_once_and_in_the_quiet_hours(service):
    await service.hear(busy_day())
    for hour in (3.9, 4.1, 4.5, 9.0):
        service.now = MORNING + (hour - 9 + 24) * 3600
        await service.keeper.check_in_time()
    assert [(f.kind, f.day) for f in service.noted] == [("SelfChecked", "2026-11-20")]

    await service.store(service.noted)
    service.now = MORNING + (4.8 - 9 + 24) * 3600
    await service.begin()
    await service.keeper.restore()
    await service.keeper.check_in_time()
    assert len(service.noted) == 1


def agent(number, presence):
    return AgentState(
        number=number,
        name="",
        presence=presence,
        reason="lunch" if presence == "not ready" else "",
        presence_since=MORNING - 60,
        work="idle",
        work_since=0.0,
        free_at=None,
        address="",
        queues=("sales",),
        call="",
    )


async def test_agents_are_called_over_when_a_day_begins(service):
    service.agents = [agent("1001", "not ready"), agent("1002", "logged out")]
    for _ in range(2):
        service.keeper.roll_call()
    assert [(f.agent, f.reason) for f in service.noted] == [("1001", "lunch")]

    await service.hear([service.noted[0]])
    service.now += 600
    his = service.keeper.live.agents(service.now)["1001"].of
    assert his.paused == {"lunch": 600}

    service.now = MORNING + 16 * 3600
    service.keeper.roll_call()
    assert len(service.noted) == 2


async def test_who_is_no_agent_any_more_is_signed_out(service):
    day = Day(MORNING).agent(0, "1001").agent(0, "gone").agent(0, "talks")
    day.starts(1, "c1").queued(1, "c1").rings(2, "c1", "talks", "o1")
    await service.hear(day.talks(5, "c1", "talks", "o1").facts)
    service.agents = [agent("1001", "ready")]
    service.keeper.roll_call()
    seen, out = service.noted

    assert seen.agent == "1001"
    assert (out.agent, out.presence, out.by) == ("gone", "logged out", "service")
    await service.hear(service.noted)
    there = {a.number for a in service.keeper.live.agents_now() if a.state}
    assert there == {"1001", "talks"}  # two who talk are not parted in the figures


async def test_the_wallboard_follows_each_fact(service):
    day = Day(MORNING).agent(0, "1001").starts(10, "c1").queued(10, "c1")
    day.starts(12, "c2").queued(12, "c2").rings(15, "c1", "1001", "o1")
    await service.hear(day.facts)
    live = service.keeper.live

    assert (live.queue("sales", service.now).waiting) == 2
    assert live.waiting()["sales"] == [MORNING + 10, MORNING + 12]
    assert [(a.number, a.state, a.call) for a in live.agents_now()] == [
        ("1001", "ring", "c1")
    ]
    await service.hear(Day(MORNING).talks(35, "c1", "1001", "o1").facts)
    await service.hear(Day(MORNING).leaves(62, "c2").facts)
    assert live.service_level("sales", 900, service.now) == (0, 2)
    assert live.service_level("sales", 10, service.now) == (0, 1)
    assert live.service_level("sales", 900, service.now + 3700) == (0, 0)


async def test_a_log_that_can_t_be_written_keeps_its_lines(service, caplog):
    file, folder = service.keeper.file, service.path.parent / "later"
    file.path = folder / "queue_log"
    await service.hear(busy_day()[:40])
    await file.flush()
    assert "lines of a day can be made again" in caplog.text
    caplog.clear()

    await asyncio.to_thread(folder.mkdir)
    await file.flush()
    assert file.path.read_text().count("ENTERQUEUE") > 3


async def test_a_log_is_opened_anew_when_it_was_rotated(service):
    file = service.keeper.file
    file.add(["1|one"])
    await file.flush()
    service.path.rename(service.path.with_name("queue_log.1"))
    file.add(["2|two"])
    await file.flush()

    assert service.path.read_text() == "2|two\n"


async def test_a_log_that_two_write_at_once_has_each_line_once(service):
    file = service.keeper.file
    file.add([f"1|{number}" for number in range(1000)])
    await asyncio.gather(file.flush(), file.flush())

    lines = service.path.read_text().splitlines()
    assert len(lines) == len(set(lines)) == 1001  # the first: that it began


async def test_what_a_full_disk_took_half_of_is_written_once(service, caplog):
    file = service.keeper.file
    await file.flush()
    before = service.path.read_text()
    lines = [f"1|{number}" for number in range(1000)]
    file.add(lines)
    usual = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2003, usual[1]))
    try:
        await file.flush()
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, usual)
    assert service.path.read_text() == before
    await file.flush()

    assert service.path.read_text().splitlines()[1:] == lines
    assert "is written again; 0 lines lost" in caplog.text
    caplog.clear()


async def test_a_stored_fact_that_can_t_be_folded_keeps_no_service_from_beginning(
    service, monkeypatch, caplog
):
    await service.hear(busy_day()[:40])
    await service.begin()
    folded = Live.note

    def note(live, fact):
        if isinstance(fact, CallerQueued):
            raise ValueError("no")
        folded(live, fact)

    monkeypatch.setattr(Live, "note", note)
    await service.keeper.restore()

    assert "this fact is left out" in caplog.text
    caplog.clear()


async def test_a_stored_fact_that_can_t_be_folded_is_left_out_by_all_alike(
    service, caplog
):
    facts = busy_day()
    broken = CallerQueued(
        at=facts[40].at, call="odd", queue=["d"], needs={}, priority=0, position=1
    )
    await service.hear([*facts[:40], broken, *facts[40:]])
    checked = await at_midnight(service)
    fresh = await fold_days(service.database, DAY, DAY, ZONE, now=AFTER)
    period = Period(first=DAY, last=DAY, zone=ZONE, by="1h")

    assert (list(checked.differences), checked.left_out) == ([], 1)
    assert "1 facts could not be folded" in checked.told()[1]
    assert fresh.left_out == 1
    assert await SqlReports(service.database).timeline(period, AFTER)
    assert caplog.text.count("this fact is left out") == 4
    caplog.clear()


async def test_a_check_that_fails_by_a_fault_of_ours_is_not_tried_all_night(
    service, monkeypatch, caplog
):
    tried = []

    async def fails(day):
        tried.append(day)
        raise ValueError("no")

    monkeypatch.setattr(service.keeper, "check", fails)
    service.now = datetime(2026, 11, 21, 4, 30, tzinfo=ZONE).timestamp()
    await service.keeper.check_in_time()
    await service.keeper.check_in_time()

    assert tried == [DAY]
    assert "a fault of ours" in caplog.text
    caplog.clear()


async def test_records_that_wait_for_the_database_have_an_end(
    service, monkeypatch, caplog
):
    monkeypatch.setattr(book, "ROOM", 1)
    await service.hear(busy_day())
    await service.keeper.write()

    assert "records of calls had no room" in caplog.text
    caplog.clear()
