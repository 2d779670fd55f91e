"""What one batch of facts and bookmarks becomes in the database: its rows.

All of it is done in one transaction, and may be done twice: a commit whose answer got
lost is tried again.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.tables import call_bookmarks, calls, facts, steps
from ivrflow.facts import (
    CallEnded,
    CallResumed,
    CallStarted,
    Connected,
    Decided,
    Fact,
    StepEntered,
    StepFailed,
)

LONGEST_TEXT = 4000
"""Characters of one text that are kept: whoever calls chooses some of them."""


DEEPEST = 50
"""Lists in lists that are kept: a server that we ask chooses how deep its answer is."""


@dataclass(eq=False, slots=True)
class Bookmark:
    """Where a call is, on its way into the database."""

    call: str
    number: int
    mark: int
    text: str
    at: float
    done: asyncio.Future[None]
    """Done when it is written, and all that was noted before it."""


async def write_facts(db: AsyncConnection, batch: Sequence[Fact]) -> None:
    """Write the facts of *batch*, and what they say about calls and steps."""
    await db.run_sync(write_batch, batch)


def write_batch(db: Connection, batch: Sequence[object]) -> None:
    """Write facts, what they say about calls and steps, and bookmarks. Blocks."""
    noted = [item for item in batch if isinstance(item, Fact)]
    _execute(db, insert(facts), [_fact_row(fact) for fact in noted])
    _insert_new(
        db, calls, {f.call: _call_row(f) for f in noted if isinstance(f, CallStarted)}
    )
    here, earlier = _outcomes(noted)
    # First those of steps that were entered in an earlier batch: the same step may be
    # entered again in this one.
    _execute(db, OF_EARLIER_STEP, earlier)
    entered = [f for f in noted if isinstance(f, StepEntered)]
    _insert_new(db, steps, {(f.call, f.number): _step_row(f) for f in entered})
    _execute(db, OF_STEP, here)
    _execute(
        db,
        OF_CALL,
        [{"this": f.call, "agent": f.agent} for f in noted if isinstance(f, Connected)],
    )
    _execute(db, OF_CALL, _ends(noted))
    _write_bookmarks(db, batch)


def _write_bookmarks(db: Connection, batch: Iterable[object]) -> None:
    """Of each call the last one; none of a call that is over."""
    rows: dict[str, dict[str, Any] | None] = {}
    for item in batch:
        if isinstance(item, CallEnded):
            rows[item.call] = None
        elif isinstance(item, Bookmark) and (text := item.text):
            # Read once: the loop empties it when a newer one comes.
            rows[item.call] = {
                "call": item.call,
                "number": item.number,
                "mark": item.mark,
                "text": text,
                "at": item.at,
            }
    _execute(db, OLD_BOOKMARK, [{"this": call} for call in rows])
    _execute(db, insert(call_bookmarks), [row for row in rows.values() if row])


OLD_BOOKMARK = delete(call_bookmarks).where(call_bookmarks.c.call == bindparam("this"))
OF_CALL = update(calls).where(calls.c.id == bindparam("this"))
# The first decision of a number counts: one that died on its way may be made again. But
# a question that is repeated is decided again in the same visit.
OPEN = or_(steps.c.outcome.is_(None), steps.c.target == "repeat")
OF_STEP = update(steps).where(
    steps.c.call == bindparam("of"),
    steps.c.number == bindparam("this"),
    OPEN,
)
_again = steps.alias("again")
OF_EARLIER_STEP = update(steps).where(
    steps.c.call == bindparam("of"),
    # A step that was entered several times: the last of them has been decided.
    steps.c.number
    == select(func.max(_again.c.number))
    .where(_again.c.call == bindparam("of"), _again.c.step == bindparam("this"))
    .scalar_subquery(),
    OPEN,
)


def _outcomes(batch: Sequence[Fact]) -> tuple[list[Any], list[Any]]:
    """Return how steps ended: of steps that *batch* enters, by number, and of others,
    by name."""
    numbers: dict[tuple[str, str], int] = {}
    here, earlier = [], []
    for fact in batch:
        if isinstance(fact, StepEntered):
            numbers[fact.call, fact.step] = fact.number
        elif isinstance(fact, Decided | StepFailed):
            number = numbers.get((fact.call, fact.step))
            if number is None:
                earlier.append({"of": fact.call, "this": fact.step, **_outcome(fact)})
            else:
                here.append({"of": fact.call, "this": number, **_outcome(fact)})
    return here, earlier


def _execute(db: Connection, statement: Any, rows: list[Any]) -> None:
    if rows:
        db.execute(statement, rows)


def _insert_new(db: Connection, table: Any, rows: dict[Any, Any]) -> None:
    """Insert *rows*, by primary key, but those that are there already.

    A commit whose answer got lost is tried again; the facts are then doubled, which
    hurts nobody, but a call or a step that is there must not stop the rest.
    """
    if not rows:
        return
    key = list(table.primary_key.columns)
    held = db.execute(select(*key).where(key[0].in_({_first(k) for k in rows})))
    known = {tuple(row) if len(key) > 1 else row[0] for row in held}
    _execute(db, insert(table), [r for k, r in rows.items() if k not in known])


def _first(key: Any) -> Any:
    return key[0] if isinstance(key, tuple) else key


def _fact_row(fact: Fact) -> dict[str, Any]:
    return {
        "at": fact.at,
        "call": fact.call[:80],
        "kind": fact.kind,
        "data": _plain(fact.details()),
    }


def _call_row(fact: CallStarted) -> dict[str, Any]:
    return {
        "id": fact.call,
        "caller": fact.caller[:80],
        "dialled": fact.dialled[:80],
        "flow": fact.flow,
        "version": fact.version,
        "started": fact.at,
    }


def _step_row(fact: StepEntered) -> dict[str, Any]:
    return {
        "call": fact.call,
        "number": fact.number,
        "at": fact.at,
        "flow": fact.flow,
        "step": fact.step,
        "verb": fact.verb,
        "place": fact.place,
    }


def _outcome(fact: Decided | StepFailed) -> dict[str, Any]:
    if isinstance(fact, Decided):
        return {"outcome": fact.outcome, "target": fact.target, "why": fact.why}
    return {"outcome": "error", "target": None, "why": fact.error}


def _ends(noted: Iterable[Fact]) -> list[dict[str, Any]]:
    """Which calls have ended, or go on: a caller whom the dialplan took away from a
    service that was frozen comes back as the same call."""
    ends: dict[str, dict[str, Any]] = {}
    for fact in noted:
        if isinstance(fact, CallEnded):
            ends[fact.call] = _end(fact)
        elif isinstance(fact, CallResumed):
            ends[fact.call] = {"this": fact.call, **dict.fromkeys(ENDING)}
    return list(ends.values())


ENDING = ("ended", "by", "cause", "last_flow", "last_step")
"""The columns that say how a call ended."""


def _end(fact: CallEnded) -> dict[str, Any]:
    return {
        "this": fact.call,
        "ended": fact.at,
        "by": fact.by,
        "cause": fact.cause,
        "last_flow": fact.flow,
        "last_step": fact.step,
    }


def _plain(value: Any, depth: int = 0) -> Any:
    """Return *value* as JSON can hold it. What it can't hold becomes its text: one odd
    value must not keep all other facts from being written."""
    if depth > DEEPEST:
        return "..."
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, str):
        # Half a surrogate pair has no place in UTF-8, nor a NUL in PostgreSQL.
        text = value[:LONGEST_TEXT].encode("utf-8", "replace").decode()
        return text.replace("\0", "�")
    if isinstance(value, dict) or hasattr(value, "items"):
        return {str(key): _plain(v, depth + 1) for key, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inside, depth + 1) for inside in value]
    return str(value)
