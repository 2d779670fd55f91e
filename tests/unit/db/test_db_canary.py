"""What must never be in the database, and what the database must never take."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import insert

from ivrflow.acd.model import Agent, Offer, Presence, Waiting
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Database, Refused
from ivrflow.db.lock_outs import SqlLockOuts
from ivrflow.db.records import Records
from ivrflow.db.tables import metadata, offers
from ivrflow.facts import Logged
from ivrflow.hashing import Hasher
from ivrflow.secret import Secret

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
CARD = "330106123459"
PIN = "739146"


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield database
    await database.close()


async def test_no_page_of_the_database_holds_a_card_or_a_pin(database, tmp_path):
    lock_outs = SqlLockOuts(database, Hasher(Secret("5e" * 32)))
    await lock_outs.count(
        "retailers", Secret(CARD), NOON, after=1, within=60, lasting=60
    )
    records = Records(database)
    data = {"pin": Secret(PIN), "deep": [{"card": Secret(CARD)}]}
    records.note(Logged(at=1.0, call="17.1", step="note", data=data))
    await records.flush()

    files = list(tmp_path.iterdir())
    assert any(b"retailers" in file.read_bytes() for file in files)
    for file in files:
        assert CARD.encode() not in file.read_bytes()
        assert PIN.encode() not in file.read_bytes()


@pytest.mark.parametrize("same", ["agent", "call"])
async def test_the_database_itself_has_no_place_for_a_second_live_offer(database, same):
    one = {"id": "o1", "call": "c1", "queue": "q", "agent": "a1", "at": 1.0, "who": ""}
    two = one | {"id": "o2", "call": "c2", "agent": "a2"} | {same: one[same]}
    await database.write(lambda db: db.execute(insert(offers).values(one)))

    with pytest.raises(Refused):
        await database.write(lambda db: db.execute(insert(offers).values(two)))
    await database.write(
        lambda db: db.execute(insert(offers).values(two | {"ended": 2.0}))
    )


async def test_a_row_that_contradicts_itself_spoils_no_other_claim(database):
    board = SqlBoard(database)
    agents = [Agent(number=n, queues=frozenset({"q"})) for n in ("a1", "a2")]
    await board.enrol(agents)
    for agent in agents:
        await board.set_presence(agent.number, Presence.READY, at=1.0)
    for call in ("c1", "c2"):
        await board.join(Waiting(call=call, queue="q", joined=1.0))
    # a1 says idle, and is in a live offer all the same.
    stray = {"id": "o0", "call": "c0", "queue": "q", "agent": "a1", "at": 1, "who": ""}
    await database.write(lambda db: db.execute(insert(offers).values(stray)))

    won = await board.claim(
        [
            Offer(id="o1", call="c1", queue="q", agent="a1", at=2.0),
            Offer(id="o2", call="c2", queue="q", agent="a2", at=2.0),
        ]
    )
    assert won == {"o2"}
