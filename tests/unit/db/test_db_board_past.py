"""What the next process reads of the facts that the last one could still note."""

from dataclasses import replace

import pytest
from sqlalchemy import insert

from ivrflow.acd.model import Agent, Offer, Presence, Waiting
from ivrflow.db.board import SqlBoard
from ivrflow.db.board_past import SqlPast
from ivrflow.db.engine import Database
from ivrflow.db.tables import facts, metadata
from ivrflow.facts import (
    AgentOffered,
    CallerQueued,
    Connected,
    LeftQueue,
    OfferEnded,
)


@pytest.fixture
async def database(tmp_path):
    made = Database(f"sqlite:///{tmp_path}/facts.db")
    await made.write(lambda db: db.run_sync(metadata.create_all))
    yield made
    await made.close()


async def note(database, told):
    rows = [
        {"at": f.at, "call": f.call, "kind": f.kind, "data": f.details()} for f in told
    ]
    await database.write(lambda db: db.execute(insert(facts), rows))


def queued(call):
    return CallerQueued(
        at=1.0, call=call, queue="sales", needs={}, priority=0.0, position=1
    )


OFFERED = {"queue": "sales", "agent": "1001", "offer": "o1"}


async def test_who_is_in_line_and_which_offers_were_told(database):
    told = [
        queued("c1"),
        AgentOffered(at=2.0, call="c1", why="", shown={}, **OFFERED),
        queued("c2"),
        LeftQueue(at=3.0, call="c2", queue="sales", how="key", waited=2.0),
        queued("c3"),
        Connected(at=4.0, call="c3", waited=3.0, **{**OFFERED, "offer": "o3"}),
        queued("another"),
    ]
    await note(database, told)

    assert await SqlPast(database).told({"c1", "c2", "c3", "c4"}) == {
        ("CallerQueued", "c1"): 1.0,
        ("AgentOffered", "o1"): 2.0,
        ("Connected", "o3"): 4.0,
    }


async def test_a_thousand_calls_are_asked_for_in_parts(database):
    assert await SqlPast(database).told({f"c{n}" for n in range(1100)}) == {}


async def test_who_joined_a_moment_before_the_end_and_never_came_to_the_board(database):
    board = SqlBoard(database)
    await board.enrol([Agent(number="1001", presence=Presence.READY)])
    await board.join(Waiting(call="served", queue="sales", joined=99.0))
    offer = Offer(id="o1", call="served", queue="sales", agent="1001", at=100.0)
    await board.claim([offer])
    await board.end_offer("o1", how="talked", at=101.0, free_at=None)
    await note(
        database,
        [
            replace(queued("long ago"), at=10.0),
            replace(queued("served"), at=99.0),
            replace(queued("left"), at=99.0),
            LeftQueue(at=99.5, call="left", queue="sales", how="key", waited=0.5),
            replace(queued("known"), at=100.0),
            replace(queued("new"), at=101.0, joined=95.0),
        ],
    )

    found = await SqlPast(database).unjoined({"known"})

    assert found == [Waiting(call="new", queue="sales", joined=95.0)]


async def test_of_what_is_over_on_the_board_the_ends_that_no_fact_tells(database):
    board = SqlBoard(database)
    here = [Agent(number=n, presence=Presence.READY) for n in ("1", "2", "3", "4")]
    await board.enrol(here)
    for n, agent in enumerate(here, 1):
        await board.join(Waiting(call=f"c{n}", queue="sales", joined=1.0))
        offer = Offer(id=f"o{n}", call=f"c{n}", queue="sales", agent=agent.number, at=2)
        await board.claim([offer])
    await board.connected("o2", at=5.0)
    for offer, how in (("o1", "no answer"), ("o2", "talked"), ("o3", "busy")):
        await board.end_offer(offer, how=how, at=9.0, free_at=None)

    def offered(n):
        of = {"queue": "sales", "agent": str(n), "offer": f"o{n}"}
        return AgentOffered(at=2.0, call=f"c{n}", why="", shown={}, **of)

    ended = OfferEnded(
        at=9.0, call="c3", queue="sales", agent="3", offer="o3", how="busy"
    )
    await note(database, [*map(offered, (1, 2, 3, 4)), ended])

    found = {end.offer.id: end for end in await SqlPast(database).untold()}
    assert found.keys() == {"o1", "o2"}
    assert (found["o1"].how, found["o1"].at) == ("no answer", 9.0)
    assert found["o2"].offer.connected == 5.0
    assert found["o2"].told == {"AgentOffered"}


async def test_a_database_without_offers_has_none_untold(database):
    assert await SqlPast(database).untold() == []
