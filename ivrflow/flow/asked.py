"""What was looked up and stored, noted for whoever asks later why a call went so.

A row that a flow may see is noted as the flow sees it: without the columns that prove
who calls, and without any value that is a secret itself. So an old call can be told,
and be made a test, though the data have changed long since.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ivrflow.facts import MOST_ROWS, LookedUp, Stored
from ivrflow.flow.call import Call, shown_value
from ivrflow.flow.world import Row, Trouble
from ivrflow.secret import NO_CHANCE, Secret

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource


async def look_up(
    call: Call, source: DataSource, values: Mapping[str, Any], *, quiet: bool = False
) -> Row | None:
    """Return the one row of *source*, as it came; None if there is none.

    Raises `Trouble`. *quiet* notes that there was a row, and not what was in it.
    """
    began = call.world.seconds()
    try:
        row = await call.world.lookups.find(source, values)
    except Trouble as trouble:
        _note(call, source, values, began, why=str(trouble))
        raise
    _note(call, source, values, began, () if row is None else (row,), quiet=quiet)
    return row


async def look_up_all(
    call: Call, source: DataSource, values: Mapping[str, Any], *, quiet: bool = False
) -> Sequence[Row]:
    """Return the rows of a source with `many`; else as `look_up`."""
    began = call.world.seconds()
    try:
        rows = await call.world.lookups.find_all(source, values)
    except Trouble as trouble:
        _note(call, source, values, began, why=str(trouble))
        raise
    _note(call, source, values, began, rows, quiet=quiet)
    return rows


async def store(call: Call, source: DataSource, values: Mapping[str, Any]) -> None:
    """Store a row in *source*. Raises `Trouble`.

    When the step is done again because the service died in it, the row is stored once:
    by its key where `once` gives that a column, else by the call's id where that is one
    of its values. With neither, nobody can tell, and it is stored again: a wish that is
    there twice is seen by somebody, one that is lost by nobody.
    """
    began = call.world.seconds()
    # What is noted where a hang-up, or a secret that must be asked again, ends it.
    way, why = "error", "given up before it was done"
    ours = any(isinstance(value, str) and value == call.id for value in values.values())
    doubtful = call.resuming and source.insert is not None and source.once is None
    try:
        stored = await call.world.lookups.store(
            source, values, key=call.deed, look_first=doubtful and ours
        )
        way, why = "stored" if stored else "stored before", ""
    except Trouble as trouble:
        why = str(trouble)
        raise
    finally:
        call.note(
            Stored,
            step=call.step_name,
            source=str(source.name),
            way=way,
            seconds=call.world.seconds() - began,
            why=why,
            doubtful=doubtful and not ours,
        )


def _note(
    call: Call,
    source: DataSource,
    values: Mapping[str, Any],
    began: float,
    rows: Sequence[Row] = (),
    *,
    why: str = "",
    quiet: bool = False,
) -> None:
    secrets = {v.reveal() for v in values.values() if isinstance(v, Secret)}
    way = "error" if why else "row" if rows else "not found"
    call.note(
        LookedUp,
        step=call.step_name,
        source=str(source.name),
        way=way,
        seconds=call.world.seconds() - began,
        asked={name: shown_value(value) for name, value in values.items()},
        rows=()
        if quiet
        else tuple(_seen(call, source, row, secrets) for row in rows[:MOST_ROWS]),
        found=len(rows),
        why=why,
    )


def _seen(
    call: Call, source: DataSource, row: Row, secrets: Collection[str]
) -> Mapping[str, object]:
    """*row* without what proves who calls, and without what it was asked with in
    secret: a table of customers has the card's number in a column of its own, perhaps
    as a number without its zeros, or inside an account's. So may one of orders, that is
    asked with something else."""
    return {
        name: _kept(value, typed=bool(source.gives))
        for name, value in row.items()
        if name not in source.hash_columns
        and not isinstance(value, Secret)
        and not any(_tells(str(value), secret) for secret in secrets)
        and not any(entered.stands_in(str(value)) for entered in call.hidden)
    }


def _tells(text: str, secret: str) -> bool:
    inside = len(secret) >= NO_CHANCE and secret.lstrip("0") in text
    return inside or text.lstrip("0") == secret.lstrip("0")


def _kept(value: object, *, typed: bool) -> object:
    """*value* as a fact holds it, and as it is read again: by `gives`, if *typed*."""
    if isinstance(value, Decimal) and not typed:
        return float(value)  # a text would stay one
    if isinstance(value, timedelta):
        seconds = value.total_seconds()
        return int(seconds) if seconds.is_integer() else seconds
    return shown_value(value)
