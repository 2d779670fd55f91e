import asyncio
import sqlite3
from contextlib import closing, suppress
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import event

from ivrflow.db.lookups import SqlLookups
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.world import Trouble
from ivrflow.secret import Secret

HOSTILE = [
    "7' or '1'='1",
    "7; drop table retailer",
    '"; drop table retailer --',
    "%",
    "\0",
    "\n",
    "${7*7}",
    "🙂",
    "‮",
    "\ud800",
    "x" * 10_001,
    10**40,
    float("nan"),
    Decimal("Infinity"),
    [1, 2],
    {"a": 1},
    object(),
]


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "c r#m.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(
            "create table retailer (id integer primary key, card text, level);"
            "insert into retailer values (7, '330106123459', 1), (8, '0007', 2);"
            "create table survey (id integer primary key, call text, score integer,"
            " agent text, due text, amount numeric);"
        )
    return path


@pytest.fixture
async def lookups(path):
    lookups = SqlLookups({"crm": f"sqlite:///{path}"})
    yield lookups
    await lookups.close()


def source(**more):
    given = {
        "database": "crm",
        "sql": "select id, level from retailer where card = :card",
        "timeout": "1s",
    } | more
    return DataSource.model_validate(
        {key: value for key, value in given.items() if value is not None}
    ).named("retailers")


SURVEY = {"sql": None, "insert": "survey"}


def rows(path, table):
    with closing(sqlite3.connect(path)) as db:
        return db.execute(f"select * from {table}").fetchall()


# Finding ------------------------------------------------------------------------------


async def test_a_card_is_looked_up_as_a_secret_by_a_source_that_verifies(lookups):
    asked = source(gives={"id": "number"}, verify={"pin": "level"})

    row = await lookups.find(asked, {"card": Secret("330106123459")})
    assert row == {"id": 7, "level": "1"}


async def test_leading_zeros_stay(lookups):
    assert await lookups.find(source(), {"card": "0007"}) == {"id": 8, "level": 2}
    assert await lookups.find(source(), {"card": "7"}) is None


async def test_more_than_one_row_is_trouble_and_not_a_choice(lookups):
    asked = source(sql="select id from retailer where level > :level")
    with pytest.raises(Trouble, match="more than one row"):
        await lookups.find(asked, {"level": 0})


async def test_of_a_million_rows_two_are_read(lookups):
    endless = source(
        sql="with recursive n(i) as (select :a union all select i + 1 from n) "
        "select i from n"
    )
    with pytest.raises(Trouble, match="more than one row"):
        await lookups.find(endless, {"a": 1})


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_hostile_value_is_only_ever_a_value(lookups, path, value):
    told = ""
    try:
        assert await lookups.find(source(), {"card": value}) is None
    except Trouble as trouble:
        told = str(trouble)
    assert not told or str(value)[:20] not in told
    assert len(rows(path, "retailer")) == 2


async def test_a_value_that_is_not_set_is_trouble(lookups):
    for values in ({}, {"card": None}):
        with pytest.raises(Trouble, match=":card"):
            await lookups.find(source(), values)


@pytest.mark.parametrize(
    "sql",
    [
        "delete from retailer",
        "update retailer set level = 9",
        "insert into retailer values (9, '9', 9)",
        "drop table retailer",
        "pragma query_only = off",
        "create table x (y)",
    ],
)
async def test_a_source_that_finds_can_not_write(lookups, path, sql):
    before = rows(path, "retailer")
    with suppress(Trouble):  # some a read-only connection just ignores
        await lookups.find(source(sql=sql), {})
    with pytest.raises(Trouble):
        await lookups.find(source(sql="delete from retailer"), {})
    assert rows(path, "retailer") == before


async def test_a_slow_query_is_trouble_in_time_and_is_ended(lookups):
    slow = source(
        sql="with recursive n(i) as (select 1 union all select i + 1 from n) "
        "select count(*) from n",
        timeout="200ms",
    )
    began = asyncio.get_running_loop().time()
    async with asyncio.TaskGroup() as group:
        for _ in range(6):
            group.create_task(troubled(lookups.find(slow, {}), "within 0.2 s"))
    assert asyncio.get_running_loop().time() - began < 1.5

    assert await lookups.find(source(), {"card": "0007"}) == {"id": 8, "level": 2}


async def troubled(asked, match):
    with pytest.raises(Trouble, match=match):
        await asked


async def test_a_caller_who_hangs_up_ends_the_query(lookups):
    slow = source(
        sql="with recursive n(i) as (select 1 union all select i + 1 from n) "
        "select count(*) from n",
        timeout="60s",
    )
    began = asyncio.get_running_loop().time()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await lookups.find(slow, {})
    assert asyncio.get_running_loop().time() - began < 1


async def test_a_mistake_in_the_sql_says_where(lookups):
    with pytest.raises(
        Trouble, match=r"retailers: database 'crm'.*no such column: crd"
    ):
        await lookups.find(source(sql="select id from retailer where crd = 1"), {})


async def test_a_database_that_is_not_set_up_is_trouble_with_a_cure(lookups):
    with pytest.raises(Trouble, match=r"no database 'erp' \(they have crm\)"):
        await lookups.find(source(database="erp"), {"card": "1"})


async def test_a_file_that_is_not_there_is_not_made(tmp_path):
    lookups = SqlLookups({"crm": f"sqlite:///{tmp_path}/slip.db"})
    with pytest.raises(Trouble, match="check the path"):
        await lookups.find(source(), {"card": "1"})
    with pytest.raises(Trouble, match="check the path"):
        await lookups.store(source(**SURVEY), {"score": 5})
    await lookups.close()

    assert list(tmp_path.iterdir()) == []


# Storing ------------------------------------------------------------------------------


async def test_a_row_is_stored_with_the_columns_that_are_given(lookups, path):
    values = {"call": "17.1", "score": "5", "amount": Decimal("12.50")}
    await lookups.store(source(**SURVEY), values | {"due": date(2026, 3, 15)})

    assert rows(path, "survey") == [(1, "17.1", 5, None, "2026-03-15", 12.5)]


async def test_nothing_may_be_stored_where_nothing_is(lookups, path):
    await lookups.store(source(**SURVEY), {"call": "17.1", "agent": None})

    assert rows(path, "survey") == [(1, "17.1", None, None, None, None)]


async def test_a_column_that_the_table_has_not_is_trouble(lookups, path):
    with pytest.raises(Trouble, match="no column 'scor'; did you mean 'score'"):
        await lookups.store(source(**SURVEY), {"scor": 5})
    with pytest.raises(Trouble, match="no column"):
        await lookups.store(source(**SURVEY), {"score) values (5); --": 5})
    assert rows(path, "survey") == []


async def test_a_column_that_was_added_meanwhile_is_found(lookups, path):
    await lookups.store(source(**SURVEY), {"score": 5})
    with closing(sqlite3.connect(path)) as db:
        db.execute("alter table survey add column mood text")
    await lookups.store(source(**SURVEY), {"score": 4, "mood": "fine"})

    assert [row[-1] for row in rows(path, "survey")] == [None, "fine"]


async def test_a_table_that_is_not_there_is_trouble(lookups):
    with pytest.raises(Trouble, match="no table 'surveys'"):
        await lookups.store(source(sql=None, insert="surveys"), {"score": 5})


@pytest.mark.parametrize("value", HOSTILE)
async def test_a_hostile_value_is_stored_as_it_is_or_not_at_all(lookups, path, value):
    try:
        await lookups.store(source(**SURVEY), {"agent": value})
    except Trouble:
        assert rows(path, "survey") == []
    else:
        assert [row[3] for row in rows(path, "survey")] in ([value], [None])
    assert len(rows(path, "retailer")) == 2


async def test_a_secret_is_never_stored(lookups, path):
    with pytest.raises(Trouble, match="'call' is a secret"):
        await lookups.store(source(**SURVEY), {"call": Secret("739146")})
    assert rows(path, "survey") == []


async def test_a_locked_database_is_trouble_in_time(lookups, path):
    with closing(sqlite3.connect(path)) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        began = asyncio.get_running_loop().time()
        with pytest.raises(Trouble):
            await lookups.store(source(**SURVEY, timeout="500ms"), {"score": 5})
        assert asyncio.get_running_loop().time() - began < 2
        other.execute("ROLLBACK")

    await lookups.store(source(**SURVEY), {"score": 5})


ONCE = SURVEY | {"once": "call_step"}


@pytest.fixture
def unique(path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("alter table survey add column call_step text")
        db.execute("create unique index one on survey (call_step)")


@pytest.mark.usefixtures("unique")
async def test_a_commit_whose_answer_gets_lost_is_stored_and_once(lookups, path):
    lost = []

    def committing(connection):
        # As a server that has committed, and whose connection breaks before it says so.
        if not lost:
            lost.append(True)
            connection.exec_driver_sql("COMMIT")
            raise sqlite3.OperationalError("the connection was lost")

    event.listen(lookups._engines["crm"].stores.sync_engine, "commit", committing)

    assert not await lookups.store(source(**ONCE), {"score": 5}, key="17.1.4")
    assert lost
    assert [row[2] for row in rows(path, "survey")] == [5]


async def test_a_commit_whose_answer_gets_lost_is_trouble_where_nothing_tells(
    lookups, path
):
    def committing(connection):
        connection.exec_driver_sql("COMMIT")
        raise sqlite3.OperationalError("the connection was lost")

    event.listen(lookups._engines["crm"].stores.sync_engine, "commit", committing)

    with pytest.raises(Trouble, match="connection was lost"):
        await lookups.store(source(**SURVEY), {"score": 5})
    assert len(rows(path, "survey")) == 1


async def test_a_column_for_once_that_is_not_unique_is_trouble_with_its_cure(lookups):
    with pytest.raises(Trouble, match=r"a unique index on survey \(agent\)"):
        await lookups.store(source(**SURVEY, once="agent"), {"score": 5}, key="1")


async def test_a_column_for_once_that_is_not_there_is_trouble(lookups):
    with pytest.raises(Trouble, match="no column 'call_stop'"):
        await lookups.store(source(**SURVEY, once="call_stop"), {"score": 5}, key="1")


@pytest.mark.usefixtures("unique")
async def test_a_row_that_the_table_refuses_is_no_row_that_was_there(lookups, path):
    with closing(sqlite3.connect(path)) as db:
        db.execute("create unique index two on survey (score)")
    assert await lookups.store(source(**ONCE), {"score": 5}, key="17.1.4")

    with pytest.raises(Trouble):
        await lookups.store(source(**ONCE), {"score": 5}, key="18.1.4")
    assert len(rows(path, "survey")) == 1
