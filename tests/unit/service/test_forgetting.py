"""What has happened goes when its time is over, and nothing else does."""

from datetime import UTC, date

import pytest
from sqlalchemy import func, select

from ivrflow.config import BadConfig
from ivrflow.db.audit import Entry, Ledger, SqlAudit
from ivrflow.db.engine import Database
from ivrflow.db.forgetting import SqlForgetting
from ivrflow.db.history import History
from ivrflow.db.records import Records
from ivrflow.db.tables import metadata
from ivrflow.facts import CallEnded, CallStarted, StepEntered
from ivrflow.service.forgetting import Forgetting, kept_for
from tests.unit.service.test_service import SETTINGS, installed

DAY = 86_400.0
NOW = 1_764_000_000.0


class Past:
    """A database with a call a day, and what forgets them."""

    def __init__(self, database):
        self.database = database
        self.store = SqlForgetting(database)
        self.records = Records(database)

    async def call(self, days_ago, *, ended=True):
        at, name = NOW - days_ago * DAY, f"call-{days_ago}"
        self.records.note(
            CallStarted(
                at=at, call=name, caller="1", dialled="2", flow="top", version="v"
            )
        )
        self.records.note(
            StepEntered(
                at=at,
                call=name,
                flow="top",
                step="a",
                verb="say",
                place="top.yaml:2",
                number=1,
            )
        )
        if ended:
            self.records.note(
                CallEnded(
                    at=at + 60,
                    call=name,
                    by="flow",
                    cause=16,
                    flow="top",
                    step="a",
                    seconds=60.0,
                )
            )
        await self.records.flush()

    def forgetting(self, **kept):
        return Forgetting(
            self.store,
            Ledger(self.database, lambda: NOW),
            {kind: days * DAY for kind, days in kept.items()},
            clock=lambda: NOW,
            zone=lambda: UTC,
            pause=0.0,
        )

    async def facts(self):
        async def work(db):
            return await db.scalar(
                select(func.count()).select_from(metadata.tables["facts"])
            )

        return await self.database.read(work)


@pytest.fixture
async def past(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    there = Past(database)
    for days_ago in (500, 450, 401, 399, 10):
        await there.call(days_ago)
    yield there
    await database.close()


async def test_facts_go_by_their_age_and_the_list_of_calls_stays(past):
    gone = await past.forgetting(facts=400).look()

    assert gone == {"facts": 9}
    assert await past.facts() == 6
    assert len(await History(past.database).calls()) == 5
    # Without its facts a call is still told by its steps.
    assert len(await History(past.database).steps("call-500")) == 1


async def test_calls_go_with_their_steps_and_those_that_are_open_stay(past):
    await past.call(600, ended=False)

    assert await past.forgetting(calls=400).look() == {"calls": 3}
    left = {call.id for call in await History(past.database).calls()}
    assert left == {"call-399", "call-10", "call-600"}
    assert await History(past.database).steps("call-500") == []


async def test_that_something_went_stands_in_the_audit_which_goes_too_if_it_is_said(
    past,
):
    audit = SqlAudit(past.database)
    await audit.add(Entry(at=NOW - 4000 * DAY, who="ann", what="an old act"))
    await past.forgetting(facts=400, audit=3650).look()

    assert [(e.who, e.what) for e in await audit.newest()] == [
        ("retention", "audit from before 2015-11-27 went"),
        ("retention", "facts from before 2024-10-20 went"),
    ]


async def test_nothing_goes_of_what_nobody_has_set_an_end_to(past):
    assert await past.forgetting().look() == {}
    assert await past.facts() == 15
    assert await SqlAudit(past.database).newest() == []


async def test_pages_take_out_all_and_a_clock_that_was_wrong_keeps_none(past):
    await past.call(-3000)  # noted in 2034, as it seems
    await past.call(700)
    after, pages = 0, []
    while True:
        page = await past.store.forget("facts", NOW - 400 * DAY, after=after, most=2)
        pages.append(page.gone)
        if page.after is None:
            break
        after = page.after

    # The page whose last fact is young enough is the last one of this hour.
    assert sum(pages) == 9
    assert max(pages) == 2


async def test_what_will_go_is_told_at_the_start_and_what_goes_daily_is_not(
    past, caplog
):
    await past.forgetting(facts=400, calls=499.5).tell()

    [line] = [record.getMessage() for record in caplog.records]
    assert line.startswith("keep: facts from before 2024-10-20 go from in an hour on")
    assert "the first is of 2024-07-12" in line
    caplog.clear()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{facts: 7d}", "7d is too short: 35d at least"),
        ("{calls: 100d}", "at least as long as `facts`"),
        ("{facts: 100d, calls: 90d}", "at least as long as `facts`"),
    ],
)
def test_settings_that_would_forget_too_soon_are_refused(tmp_path, text, why):
    with pytest.raises(BadConfig, match=why):
        installed(tmp_path, f"{SETTINGS}keep: {text}\n")


def test_the_settings_say_how_long(tmp_path):
    settings, _ = installed(tmp_path, f"{SETTINGS}keep: {{facts: 400d, calls: 800d}}\n")

    assert kept_for(settings) == {"facts": 400 * DAY, "calls": 800 * DAY}


async def test_from_which_day_on_all_facts_are_there_is_known(past):
    assert await past.store.facts_since() is None
    await past.forgetting(facts=400, calls=400).look()

    assert await past.store.facts_since() == date(2024, 10, 20)
