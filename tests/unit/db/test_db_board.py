"""What the board of the database says when it can't: the rest is in the contract."""

import sqlite3
from contextlib import closing

import pytest
from sqlalchemy import text

from ivrflow.acd.desk.acts import Claim, Connect, Join
from ivrflow.acd.desk.board import BoardAway, BoardRefuses
from ivrflow.acd.model import Agent, Offer, Presence, Waiting
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Refused
from tests.unit.db.tables_made import database_in


@pytest.fixture
async def database(tmp_path):
    async with database_in(tmp_path, limit=1.0) as database:
        yield database


@pytest.fixture
def board(database):
    return SqlBoard(database)


def waiting(call):
    return Waiting(call=call, queue="sales", joined=1.0)


async def test_a_database_that_is_locked_is_away_and_nothing_is_done(board, tmp_path):
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as other:
        other.isolation_level = None
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(BoardAway, match="locked"):
            await board.write([Join(waiting("c1"))])
        other.execute("ROLLBACK")

    assert await board.waiting() == []


async def test_what_the_database_never_takes_is_refused_with_all_beside_it(board):
    with pytest.raises(BoardRefuses):
        await board.write([Join(waiting("c1")), Join(waiting(None))])
    assert await board.waiting() == []


OFFERED = text(
    "INSERT INTO offers (id, queue, at, who, alone, agent, call, connected) "
    "VALUES ('again', 'sales', 6.0, '', :alone, :agent, :call, :connected)"
)


@pytest.mark.parametrize(
    ("agent", "call", "alone", "connected"),
    [
        ("1", "c2", True, None),  # the agent rings already
        ("2", "c1", True, None),  # somebody rings for the call, alone
        ("2", "c3", False, 6.0),  # somebody talks with the caller
    ],
)
async def test_the_indexes_take_no_second_offer_whatever_the_code_does(
    board, database, agent, call, alone, connected
):
    await board.enrol([Agent(number=n) for n in ("1", "2", "3")])
    for number in ("1", "3"):
        await board.set_presence(number, Presence.READY, at=0)
    made = [
        Offer(id="o1", agent="1", call="c1", queue="sales", at=5.0),
        Offer(id="o3", agent="3", call="c3", queue="sales", at=5.0, alone=False),
    ]
    calls = [Join(waiting(call)) for call in ("c1", "c2", "c3")]
    assert all(await board.write([*calls, *map(Claim, made), Connect("o3", 5.5)]))

    row = {"agent": agent, "call": call, "alone": alone, "connected": connected}

    def past_all_conditions(db):
        db.execute(OFFERED, row)

    with pytest.raises(Refused, match="IntegrityError"):
        await database.write_at_once(past_all_conditions)
