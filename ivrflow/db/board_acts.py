"""Each act on the board as SQL.

What must not be done twice stands in the WHERE of the statement that does it, so that
of two who want the same agent the database lets one change the row, and the other one
changes none; behind that stand the unique indexes on live offers.

The statements are made once: to build one anew takes longer than to run it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    Boolean,
    Connection,
    Float,
    String,
    and_,
    bindparam,
    case,
    delete,
    exists,
    insert,
    or_,
    select,
    update,
)

from ivrflow.acd.desk.acts import (
    Able,
    Act,
    Choose,
    Claim,
    Connect,
    Count,
    End,
    FreeAt,
    Join,
    Leave,
)
from ivrflow.acd.model import Presence, Work
from ivrflow.db.board_rows import offer_row, waiting_row
from ivrflow.db.tables import agents, offers, queue_entries

this = bindparam("this", type_=String)
at = bindparam("now", type_=Float)

other = offers.alias()
"""Another offer than the one in question."""

LIVE = offers.c.ended.is_(None)
TALKING = and_(other.c.ended.is_(None), other.c.connected.is_not(None))


def do(db: Connection, act: Act) -> bool:
    """Do *act* in the transaction of *db*; return what it answers."""
    return DOES[type(act)](db, act)


# The line -----------------------------------------------------------------------------

JOINED = update(queue_entries).where(queue_entries.c.call == this)
JOINS = insert(queue_entries)
LEAVES = delete(queue_entries).where(queue_entries.c.call == this)


def _join(db: Connection, act: Join) -> bool:
    row = waiting_row(act.waiting)
    changed = {name: value for name, value in row.items() if name != "call"}
    if db.execute(JOINED, {"this": row["call"], **changed}).rowcount == 0:
        db.execute(JOINS, row)
    return True


def _leave(db: Connection, act: Leave) -> bool:
    db.execute(LEAVES, {"this": act.call})
    return True


# Offers -------------------------------------------------------------------------------

TAKES = (
    update(agents)
    .where(
        agents.c.number == bindparam("agent"),
        agents.c.presence == Presence.READY.value,
        agents.c.work.not_in((Work.OFFERED.value, Work.TALKING.value)),
        agents.c.free_at <= at,
        # Should a row ever contradict itself, this offer fails, and not, by the index,
        # all that is written with it.
        ~exists().where(offers.c.agent == agents.c.number, LIVE),
        exists().where(queue_entries.c.call == bindparam("for_call")),
        # The others of its round may ring too, while none of them is connected.
        ~exists().where(
            other.c.call == bindparam("for_call"),
            other.c.ended.is_(None),
            or_(
                bindparam("is_alone", type_=Boolean),
                other.c.alone,
                other.c.connected.is_not(None),
            ),
        ),
        ~exists().where(other.c.id == this),
    )
    .values(work=Work.OFFERED.value, work_since=at)
)
OFFERS = insert(offers)
WON = select(offers.c.id).where(offers.c.id == this, LIVE)


def _claim(db: Connection, act: Claim) -> bool:
    offer = act.offer
    asked = {
        "this": offer.id,
        "agent": offer.agent,
        "for_call": offer.call,
        "is_alone": offer.alone,
        "now": offer.at,
    }
    if db.execute(TAKES, asked).rowcount == 1:
        db.execute(OFFERS, offer_row(offer))
        return True
    # Perhaps it was made live by a first try whose answer was lost.
    return db.execute(WON, {"this": offer.id}).first() is not None


CONNECTS = (
    update(offers)
    .where(
        offers.c.id == this,
        LIVE,
        offers.c.connected.is_(None),
        ~exists().where(other.c.call == offers.c.call, TALKING),
    )
    .values(connected=at)
    .returning(offers.c.agent, offers.c.call)
)
WAS_CONNECTED = select(offers.c.id).where(
    offers.c.id == this, offers.c.connected.is_not(None)
)
TALKS = (
    update(agents)
    .where(agents.c.number == this)
    .values(work=Work.TALKING.value, work_since=at)
)


def _connect(db: Connection, act: Connect) -> bool:
    asked = {"this": act.offer, "now": act.at}
    row = db.execute(CONNECTS, asked).first()
    if row is None:
        return db.execute(WAS_CONNECTED, {"this": act.offer}).first() is not None
    db.execute(TALKS, {"this": row.agent, "now": act.at})
    db.execute(LEAVES, {"this": row.call})
    return True


ENDS = (
    update(offers)
    .where(offers.c.id == this, LIVE)
    .values(ended=at, how=bindparam("as_how"))
    .returning(offers.c.agent)
)
FREES = update(agents).where(agents.c.number == this)


def _end(db: Connection, act: End) -> bool:
    asked = {"this": act.offer, "now": act.at, "as_how": act.how}
    row = db.execute(ENDS, asked).first()
    if row is not None:
        freed: dict[str, Any] = {"work": Work.IDLE.value, "work_since": act.at}
        if act.free_at is not None:
            freed |= {"work": _after(act.free_at, act.at), "free_at": act.free_at}
        if act.tally is not None:
            freed |= act.tally._asdict()
        db.execute(FREES, {"this": row.agent, **freed})
    return True


# Agents -------------------------------------------------------------------------------

CHANGES = update(agents).where(agents.c.number == this)
# Without a change of mind the time stays, and with it the place among the idle. The old
# values in the row are what CASE looks at.
SINCE = case(
    (
        and_(
            agents.c.presence == bindparam("chosen"),
            agents.c.reason == bindparam("for_reason"),
        ),
        agents.c.presence_since,
    ),
    else_=at,
)
CHOOSES = CHANGES.values(presence_since=SINCE)
CHOOSES_INSTEAD = CHOOSES.where(agents.c.presence == bindparam("instead_of"))


def _choose(db: Connection, act: Choose) -> bool:
    asked: dict[str, Any] = {
        "this": act.agent,
        "now": act.at,
        "chosen": act.presence.value,
        "for_reason": act.reason,
        "presence": act.presence.value,
        "reason": act.reason,
    }
    sits_at = "" if act.presence is Presence.LOGGED_OUT else act.sits_at
    if sits_at is not None:
        asked["sits_at"] = sits_at
    chooses = CHOOSES
    if act.instead_of is not None:
        chooses, asked["instead_of"] = CHOOSES_INSTEAD, act.instead_of.value
    return db.execute(chooses, asked).rowcount == 1


FREE_AT = update(agents).where(
    agents.c.number == this,
    ~exists().where(offers.c.agent == agents.c.number, LIVE),
)


def _free_at(db: Connection, act: FreeAt) -> bool:
    work = _after(act.free_at, act.at)
    freed = {"work": work, "work_since": act.at, "free_at": act.free_at}
    db.execute(FREE_AT, {"this": act.agent, **freed})
    return True


def _able(db: Connection, act: Able) -> bool:
    said: dict[str, Any] = {"live": True}
    if act.queues is not None:
        said["queues"] = sorted(act.queues)
    if act.skills is not None:
        said["skills"] = dict(act.skills)
    db.execute(CHANGES, {"this": act.agent, **said})
    return True


def _count(db: Connection, act: Count) -> bool:
    db.execute(CHANGES, {"this": act.agent, **act.tally._asdict()})
    return True


def _after(free_at: float, at: float) -> str:
    return str((Work.WRAP_UP if free_at > at else Work.IDLE).value)


DOES: dict[type[Any], Callable[[Connection, Any], bool]] = {
    Join: _join,
    Leave: _leave,
    Claim: _claim,
    Connect: _connect,
    End: _end,
    Choose: _choose,
    FreeAt: _free_at,
    Able: _able,
    Count: _count,
}
