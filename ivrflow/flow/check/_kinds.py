"""Tools of the rules: what is known of a value before any call runs.

A `Type` is as exact as the site's files allow and lenient beyond: where nobody declared
anything, it is unknown, and what is unknown fits everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any

from ivrflow.flow.formula.values import number

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

SELF = ""
"""In `Type.secret`: the value itself."""

NONE = "none"
DIGITS = "digits"
"""An entry: a text that keeps leading zeros, and a number beside numbers."""
MOMENT = "moment"
"""A date with its time, such as `call.started`."""
RECORD = "record"
LIST = "list"

CALLED = {
    NONE: "none",
    "text": "a text",
    "number": "a number",
    "money": "an amount of money",
    "yes/no": "yes or no",
    "date": "a date",
    "time": "a time",
    "duration": "a duration",
    "phone": "a phone number",
    DIGITS: "an entry of digits",
    MOMENT: "a date with its time",
    RECORD: "a record",
    LIST: "a list",
}
"""Kind -> what messages call it."""

NUMBERS = frozenset(("number", "money", "duration", DIGITS, "phone"))
"""Kinds that count as a number beside a number."""

TEXTS = frozenset(("text", "phone", DIGITS))

Columns = Mapping[str, "Type"]


@dataclass(frozen=True)
class Type:
    """What is known of a value."""

    columns: Columns | None = None
    """Its columns if it is a record of a known kind; None if nobody knows."""
    secret: frozenset[str] = frozenset()
    """Secret columns; `SELF` if the value itself is secret."""
    kind: str = ""
    """One of `CALLED`; "" if nobody knows."""
    values: frozenset[str] | None = None
    """All texts that it can be, where `one_of:` or the flow itself says so."""
    items: Type | None = None
    """What a list holds, if that is known."""
    masked: frozenset[str] = frozenset()
    """Masked columns; `SELF` if the value itself is masked."""

    def __or__(self, other: Type) -> Type:
        """What it is when it may be either. What is not set changes nothing."""
        secret, masked = self.secret | other.secret, self.masked | other.masked
        for one, two in ((self, other), (other, self)):
            if one.kind == NONE:
                return replace(two, secret=secret, masked=masked)
        columns = None
        if self.columns is not None and other.columns is not None:
            columns = {
                name: self.columns.get(name, ANY) | other.columns.get(name, ANY)
                for name in (*self.columns, *other.columns)
            }
        known = self.values is not None and other.values is not None
        values = (self.values or frozenset()) | (other.values or frozenset())
        items = self.items if self.items == other.items else None
        return Type(
            columns,
            secret,
            _either(self.kind, other.kind),
            values if known else None,
            items,
            masked,
        )

    def member(self, name: str) -> Type:
        """What the column *name* holds."""
        inside = (self.columns or {}).get(name, ANY)
        if SELF in self.secret or name in self.secret:
            inside = replace(inside, secret=inside.secret | {SELF})
        if SELF in self.masked or name in self.masked:
            inside = replace(inside, masked=inside.masked | {SELF})
        return inside

    @property
    def unknown(self) -> bool:
        return self.kind in ("", NONE)

    @property
    def numeric(self) -> bool:
        """True if it counts as a number, as far as is known."""
        if self.kind == "text" and self.values:
            return all(number(value) is not None for value in self.values)
        return self.unknown or self.kind in NUMBERS

    @property
    def called(self) -> str:
        return CALLED.get(self.kind, "something")


def _either(one: str, two: str) -> str:
    if one == two:
        return one
    return "text" if {one, two} <= TEXTS else ""


ANY = Type()
NOT_SET = Type(kind=NONE)
ITSELF = frozenset((SELF,))
A_SECRET = Type(secret=ITSELF)
YES_NO = Type(kind="yes/no")
A_NUMBER = Type(kind="number")
A_TEXT = Type(kind="text")


def text_of(values: Iterable[str]) -> Type:
    """A text that is one of *values*."""
    return Type(kind="text", values=frozenset(map(str, values)))


def record(columns: Columns, secret: frozenset[str] = frozenset()) -> Type:
    return Type(columns, secret, RECORD)


def may_compare(left: Type, right: Type, *, order: bool) -> bool:
    """True if the two can be compared; *order* stands for `<` and its like."""
    if left.unknown or right.unknown:
        return True
    kinds = {left.kind, right.kind}
    if order and kinds & {"yes/no", RECORD, LIST}:
        return False
    if (left.numeric and right.numeric) or kinds <= TEXTS:
        return True
    for one, two in ((left, right), (right, left)):
        if one.kind in _READ and two.kind == "text" and two.values:
            return all(_reads(_READ[one.kind], value) for value in two.values)
    return left.kind == right.kind


_READ: dict[str, Callable[[str], Any]] = {
    "date": date.fromisoformat,
    MOMENT: datetime.fromisoformat,
    "time": time.fromisoformat,
}


def _reads(read: Callable[[str], object], value: str) -> bool:
    try:
        read(value)
    except ValueError:
        return False
    return True


def fits(given: Type, wanted: Type) -> bool:
    """True if *given* may be handed in where *wanted* is declared."""
    if given.unknown or wanted.unknown or given.kind == wanted.kind:
        return True
    if wanted.kind in ("number", "money", "duration"):
        return given.numeric and given.kind != "phone"
    return {given.kind, wanted.kind} <= TEXTS


def built_in(site: Site) -> dict[str, Type]:
    """The names that are always there."""
    moment, day = Type(kind=MOMENT), Type(kind="date")
    hours = record({"open": YES_NO, "opens": moment, "closes": moment})
    weekdays = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    languages = [str(language) for language in site.settings.languages]
    return {
        "call": record(
            {
                "id": A_TEXT,
                "from": Type(kind="phone"),
                "to": Type(kind="phone"),
                "started": moment,
                "step": A_TEXT,
                "agent": A_TEXT,
                "waited": Type(kind="duration"),
            }
        ),
        "queue": record(
            {
                "name": A_TEXT,
                "title": A_TEXT,
                "position": A_NUMBER,
                "ahead": A_NUMBER,
                "wait": ANY,
                "waited": Type(kind="duration"),
            }
        ),
        "now": record({"hour": A_NUMBER, "date": day, "weekday": text_of(weekdays)}),
        "agent": record({"number": Type(kind=DIGITS), "name": A_TEXT}),
        "language": text_of(languages) if languages else A_TEXT,
        "hours": record({str(name): hours for name in site.hours}),
        "switch": record({str(name): YES_NO for name in site.switches}),
    }
