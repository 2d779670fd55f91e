"""What was noted of those who waited, or were offered, when the service died.

The board and the facts have two writers, and a process may die between the two. So
when the next one reads the board, it asks here which of its facts are there already.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import islice

from sqlalchemy import Connection, func, or_, select

from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.desk.held import Ended, Fact
from ivrflow.acd.model import Waiting
from ivrflow.db.board_rows import offer_in
from ivrflow.db.engine import Database
from ivrflow.db.tables import KIND_OF_A_CALL, facts, offers
from ivrflow.facts import (
    AgentOffered,
    CallerQueued,
    Connected,
    LeftQueue,
    OfferEnded,
    TalkEnded,
)
from ivrflow.flow.world import Trouble

AT_ONCE = 500
"""Calls in one statement: databases have a limit, and this is far from any."""

JOINED, LEFT = CallerQueued.__name__, (LeftQueue.__name__, Connected.__name__)
OFFERS = (AgentOffered.__name__, Connected.__name__)
ENDS = (OfferEnded.__name__, TalkEnded.__name__)

LOOKS_BACK = 60.0
"""Seconds before the last end that the board knows, or the last joining that the facts
know: neither writer was further behind, unless the database was away."""


class SqlPast:
    """A `Past`: reads the facts of a few calls, by their index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def told(self, calls: Collection[str]) -> Mapping[Fact, float]:
        """As `Past.told`."""

        def work(db: Connection) -> dict[Fact, float]:
            found: dict[Fact, float] = {}
            for some in _in_parts(calls):
                _read(db, some, found)
            return found

        try:
            return await self._database.read_at_once(work)
        except Trouble as trouble:
            raise BoardAway(str(trouble)) from None

    async def unjoined(self, known: Collection[str]) -> Collection[Waiting]:
        """As `Past.unjoined`."""
        try:
            return await self._database.read_at_once(lambda db: _unjoined(db, known))
        except Trouble as trouble:
            raise BoardAway(str(trouble)) from None

    async def untold(self) -> Collection[Ended]:
        """As `Past.untold`."""
        try:
            return await self._database.read_at_once(_untold)
        except Trouble as trouble:
            raise BoardAway(str(trouble)) from None


def _untold(db: Connection) -> list[Ended]:
    newest = db.scalar(select(func.max(offers.c.ended)))
    if newest is None:
        return []
    last = select(offers).where(offers.c.ended >= newest - LOOKS_BACK)
    ended = {row["id"]: row for row in db.execute(last).mappings()}
    told: dict[str, set[str]] = {}
    for calls in _in_parts({str(row["call"]) for row in ended.values()}):
        rows = db.execute(
            select(facts.c.kind, facts.c.data).where(
                facts.c.call.in_(calls), KIND_OF_A_CALL.in_({*OFFERS, *ENDS})
            )
        )
        for kind, data in rows:
            told.setdefault(str(data["offer"]), set()).add(kind)
    return [
        Ended(offer_in(row), row["how"], row["ended"], told[offer])
        for offer, row in ended.items()
        if offer in told and not told[offer].intersection(ENDS)
    ]


def _unjoined(db: Connection, known: Collection[str]) -> list[Waiting]:
    newest = db.scalar(select(func.max(facts.c.at)).where(facts.c.kind == JOINED))
    if newest is None:
        return []
    rows = db.execute(
        select(facts.c.call, facts.c.at, facts.c.data)
        .where(facts.c.kind == JOINED, facts.c.at >= newest - LOOKS_BACK)
        .order_by(facts.c.id)
    )
    joined = {call: (at, data) for call, at, data in rows if call not in known}
    # Whoever was offered since was on the board: there his wait has ended.
    lately = or_(offers.c.ended.is_(None), offers.c.ended >= newest - LOOKS_BACK)
    offered: dict[str, float] = {}
    for call, at in db.execute(select(offers.c.call, offers.c.at).where(lately)):
        offered[call] = max(at, offered.get(call, at))
    told: dict[Fact, float] = {}
    for calls in _in_parts(joined):
        _read(db, calls, told)
    return [
        Waiting(
            call=call,
            queue=str(data["queue"]),
            joined=data.get("joined") or at,
            item=data.get("item", "call"),
            origin=data.get("origin", ""),
        )
        for call, (at, data) in joined.items()
        if (JOINED, call) in told and not (call in offered and offered[call] >= at)
    ]


def _read(db: Connection, calls: Collection[str], found: dict[Fact, float]) -> None:
    rows = db.execute(
        select(facts.c.call, facts.c.kind, facts.c.at, facts.c.data)
        .where(
            facts.c.call.in_(calls), KIND_OF_A_CALL.in_({JOINED, *LEFT, *OFFERS, *ENDS})
        )
        .order_by(facts.c.id)
    )
    for call, kind, at, data in rows:
        if kind == JOINED:
            found[JOINED, call] = at
        elif kind in LEFT:
            found.pop((JOINED, call), None)
        if kind in OFFERS or kind in ENDS:
            found[kind, str(data["offer"])] = at


def _in_parts(calls: Collection[str]) -> Iterator[list[str]]:
    rest = iter(sorted(calls))
    while part := list(islice(rest, AT_ONCE)):
        yield part
