"""What every `Lookups` does, whether it asks a database, a server or its memory."""

import asyncio
import sqlite3
from contextlib import asynccontextmanager, closing
from datetime import date
from decimal import Decimal

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ivrflow.db.lookups import SqlLookups
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.world import Trouble
from ivrflow.secret import Masked, Secret
from ivrflow.sim.memory import MemoryLookups
from ivrflow.web.addresses import Hosts
from ivrflow.web.lookups import HttpLookups

KEY = "330106123459"
ROW = {
    "id": 7,
    "name": "Li",
    "district": "north",
    "amount": 1234.5,
    "due": "2026-03-15",
    "blocked": 0,
    "note": None,
    "pin_hash": "$argon2id$...",
}
GIVES = {
    "id": "number",
    "name": "text",
    "district": {"one_of": ["north", "east"]},
    "amount": "money",
    "due": "date",
    "blocked": "yes/no",
    "note": "text",
}


class Memory:
    @asynccontextmanager
    async def holding(self, row, tmp_path):
        def answer(values):
            return row if values["card"] == KEY else None

        yield MemoryLookups({"retailers": answer}), {"database": "crm", "sql": "-"}


class Sql:
    @asynccontextmanager
    async def holding(self, row, tmp_path):
        columns = {"card": KEY, **row}
        with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
            db.execute(f"create table retailer ({', '.join(columns)})")
            marks = ", ".join("?" * len(columns))
            db.execute(f"insert into retailer values ({marks})", (*columns.values(),))
            db.commit()
        lookups = SqlLookups({"crm": f"sqlite:///{tmp_path}/crm.db"})
        sql = "select * from retailer where card = :card"
        yield lookups, {"database": "crm", "sql": sql}
        await lookups.close()


class Http:
    @asynccontextmanager
    async def holding(self, row, tmp_path):
        async def answer(request):
            if request.match_info["card"] != KEY:
                raise web.HTTPNotFound
            return web.json_response(row)

        app = web.Application()
        app.router.add_get("/retailers/{card}", answer)
        async with TestServer(app) as server:
            hosts = Hosts(["127.0.0.1"])
            async with HttpLookups(hosts, {}) as lookups:
                yield lookups, {"get": f"{server.make_url('/retailers/')}${{card}}"}


@pytest.fixture(params=[Memory, Sql, Http])
def kind(request):
    return request.param()


def source(way, gives=GIVES, **more):
    return DataSource.model_validate(
        {**way, "gives": gives, "timeout": "5s", **more}
    ).named("retailers")


async def test_a_row_comes_back_in_the_types_that_gives_promises(kind, tmp_path):
    async with kind.holding(ROW, tmp_path) as (lookups, way):
        row = await lookups.find(source(way), {"card": KEY})

    assert row == {
        "id": 7,
        "name": "Li",
        "district": "north",
        "amount": Decimal("1234.5"),
        "due": date(2026, 3, 15),
        "blocked": False,
        "note": None,
    }
    assert isinstance(row["amount"], Decimal)
    assert isinstance(row["id"], int)
    assert row["blocked"] is False


async def test_no_such_row_is_none(kind, tmp_path):
    async with kind.holding(ROW, tmp_path) as (lookups, way):
        assert await lookups.find(source(way), {"card": "330106200711"}) is None


async def test_a_column_that_gives_does_not_name_stays_outside(kind, tmp_path):
    async with kind.holding(ROW, tmp_path) as (lookups, way):
        row = await lookups.find(source(way, {"id": "number"}), {"card": KEY})

    assert row == {"id": 7}


async def test_the_verify_column_comes_along_as_it_is(kind, tmp_path):
    async with kind.holding(ROW, tmp_path) as (lookups, way):
        asked = source(way, {"id": "number"}, verify={"pin": "pin_hash"})
        row = await lookups.find(asked, {"card": KEY})

    assert row == {"id": 7, "pin_hash": "$argon2id$..."}


@pytest.mark.parametrize(
    ("column", "value", "gives"),
    [
        ("id", "seven", "number"),
        ("id", "NaN", "number"),
        ("id", "1e400", "number"),
        ("amount", "12 yuan", "money"),
        ("due", "15.3.2026", "date"),
        ("due", "2026-02-30", "date"),
        ("district", "south", {"one_of": ["north", "east"]}),
        ("blocked", "perhaps", "yes/no"),
        ("name", "x" * 10_001, "text"),
    ],
)
async def test_a_value_of_another_type_is_trouble_that_does_not_quote_it(
    kind, tmp_path, column, value, gives
):
    async with kind.holding(ROW | {column: value}, tmp_path) as (lookups, way):
        with pytest.raises(Trouble) as trouble:
            await lookups.find(source(way, {column: gives}), {"card": KEY})

    assert "retailers" in str(trouble.value)
    assert column in str(trouble.value)
    assert value not in str(trouble.value)
    assert KEY not in str(trouble.value)


async def test_a_column_that_is_not_there_is_trouble(kind, tmp_path):
    async with kind.holding(ROW, tmp_path) as (lookups, way):
        with pytest.raises(Trouble, match="no column 'level'"):
            await lookups.find(source(way, {"level": "number"}), {"card": KEY})


async def test_a_secret_is_not_looked_up_where_nothing_is_verified(kind, tmp_path):
    async with kind.holding(ROW, tmp_path) as (lookups, way):
        with pytest.raises(Trouble, match=r"'card'.*secret") as trouble:
            await lookups.find(source(way), {"card": Secret(KEY)})

    assert KEY not in str(trouble.value)


@pytest.mark.parametrize("kind", [Memory(), Sql()])
async def test_what_is_masked_is_looked_up_like_any_other_value(kind, tmp_path):
    async with kind.holding(ROW, tmp_path) as (lookups, way):
        row = await lookups.find(source(way, {"id": "number"}), {"card": Masked(KEY)})

    assert row == {"id": 7}


async def test_what_is_masked_is_no_part_of_a_url(tmp_path):
    async with Http().holding(ROW, tmp_path) as (lookups, way):
        with pytest.raises(Trouble, match="not for a url") as trouble:
            await lookups.find(source(way), {"card": Masked(KEY)})

    assert KEY not in str(trouble.value)


async def test_the_same_source_is_asked_by_many_calls_at_once(kind, tmp_path):
    async with kind.holding(ROW, tmp_path) as (lookups, way):
        asked = source(way, {"id": "number"})
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(lookups.find(asked, {"card": KEY})) for _ in range(30)
            ]

    assert [task.result() for task in tasks] == [{"id": 7}] * 30


# Lists --------------------------------------------------------------------------------

ORDERS = [{"number": f"A{n}", "sum": n} for n in range(1, 6)]
ORDER = {"number": "text", "sum": "money"}


class MemoryList:
    @asynccontextmanager
    async def holding(self, rows, tmp_path):
        yield MemoryLookups({"retailers": rows}), {"database": "crm", "sql": "-"}


class SqlList:
    @asynccontextmanager
    async def holding(self, rows, tmp_path):
        with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
            db.execute("create table orders (number, sum)")
            db.executemany("insert into orders values (:number, :sum)", rows)
            db.commit()
        lookups = SqlLookups({"crm": f"sqlite:///{tmp_path}/crm.db"})
        sql = "select number, sum from orders order by sum"
        yield lookups, {"database": "crm", "sql": sql}
        await lookups.close()


class HttpList:
    @asynccontextmanager
    async def holding(self, rows, tmp_path):
        async def answer(request):
            return web.json_response({"page": {"orders": rows}})

        app = web.Application()
        app.router.add_get("/orders", answer)
        http = HttpLookups(Hosts(["127.0.0.1"]), {})
        async with TestServer(app) as server, http as lookups:
            url = f"{server.make_url('/orders')}"
            yield lookups, {"get": url, "rows": "page.orders"}


@pytest.fixture(params=[MemoryList, SqlList, HttpList])
def list_kind(request):
    return request.param()


async def test_a_list_comes_in_its_order_and_types(list_kind, tmp_path):
    async with list_kind.holding(ORDERS[:2], tmp_path) as (lookups, way):
        rows = await lookups.find_all(source(way, ORDER, many="20"), {})

    assert list(rows) == [
        {"number": "A1", "sum": Decimal(1)},
        {"number": "A2", "sum": Decimal(2)},
    ]


async def test_of_a_longer_list_only_the_first_rows_are_read(list_kind, tmp_path):
    async with list_kind.holding(ORDERS, tmp_path) as (lookups, way):
        rows = await lookups.find_all(source(way, ORDER, many="3"), {})

    assert [row["number"] for row in rows] == ["A1", "A2", "A3"]


async def test_an_empty_list_is_no_rows(list_kind, tmp_path):
    async with list_kind.holding([], tmp_path) as (lookups, way):
        assert list(await lookups.find_all(source(way, ORDER, many="3"), {})) == []


async def test_a_row_of_a_list_that_does_not_fit_is_trouble(list_kind, tmp_path):
    wrong = [*ORDERS[:1], {"number": "A9", "sum": "much"}]
    async with list_kind.holding(wrong, tmp_path) as (lookups, way):
        with pytest.raises(Trouble, match="'sum'"):
            await lookups.find_all(source(way, ORDER, many="3"), {})


# Storing once -----------------------------------------------------------------------


class MemoryStore:
    @asynccontextmanager
    async def stores(self, tmp_path):
        lookups = MemoryLookups({"retailers": None})
        yield lookups, lambda: lookups.stored.get("retailers", [])


class SqlStore:
    @asynccontextmanager
    async def stores(self, tmp_path):
        with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
            db.execute("create table survey (call, score, note, call_step unique)")
        lookups = SqlLookups({"crm": f"sqlite:///{tmp_path}/crm.db"})

        def rows():
            with closing(sqlite3.connect(tmp_path / "crm.db")) as db:
                found = db.execute("select call, score, note from survey").fetchall()
            return [dict(zip(SURVEY, row, strict=True)) for row in found]

        yield lookups, rows
        await lookups.close()


@pytest.fixture(params=[MemoryStore, SqlStore])
def store_kind(request):
    return request.param()


SURVEY = {"call": "17.1", "score": 5, "note": None}
TABLE = {"database": "crm", "insert": "survey"}


async def test_a_key_stores_one_row_however_often_it_is_done(store_kind, tmp_path):
    async with store_kind.stores(tmp_path) as (lookups, rows):
        asked = source(TABLE, {}, once="call_step")
        new = [await lookups.store(asked, SURVEY, key="17.1.4") for _ in range(3)]

        assert new == [True, False, False]
        assert rows() == [SURVEY]


async def test_two_steps_of_one_call_store_the_same_values_twice(store_kind, tmp_path):
    async with store_kind.stores(tmp_path) as (lookups, rows):
        asked = source(TABLE, {}, once="call_step")
        for step in ("17.1.4", "17.1.9"):
            assert await lookups.store(asked, SURVEY, key=step)

        assert rows() == [SURVEY, SURVEY]


async def test_without_a_key_every_store_is_one_of_its_own(store_kind, tmp_path):
    async with store_kind.stores(tmp_path) as (lookups, rows):
        asked = source(TABLE, {}, once="call_step")
        for _ in range(2):
            assert await lookups.store(asked, SURVEY)

        assert rows() == [SURVEY, SURVEY]


async def test_a_row_with_all_these_values_is_found_before_it_is_stored_again(
    store_kind, tmp_path
):
    async with store_kind.stores(tmp_path) as (lookups, rows):
        asked = source(TABLE, {})
        new = [
            await lookups.store(asked, SURVEY, look_first=True),
            await lookups.store(asked, SURVEY, look_first=True),
            await lookups.store(asked, SURVEY | {"score": 4}, look_first=True),
            await lookups.store(asked, SURVEY),
        ]

        assert new == [True, False, True, True]
        assert rows() == [SURVEY, SURVEY | {"score": 4}, SURVEY]
