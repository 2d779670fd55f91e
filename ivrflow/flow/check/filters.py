"""F033: a value that its filter can't say.

`${name | money}` of a text, `${day | digits}` of a date, a record, yes or no without
words: the call would go the way of an error in the middle of a sentence. Take the
filter that fits, or declare the column's type in data.yaml. A table of `word` must have
words for every value that `one_of:` allows.

Wrong:

    find: {lookup: order, with: {id: 5}, save: order, not_found: hangup, error: hangup}
    tell: {say: "It is ${order.state | money}."}
                         ^

Right:

    find: {lookup: order, with: {id: 5}, save: order, not_found: hangup, error: hangup}
    tell: {say: "It is ${order.state}."}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._kinds import DIGITS, LIST, MOMENT, RECORD, Type
from ivrflow.flow.check._types import silently
from ivrflow.flow.check._values import Use, names_for, uses
from ivrflow.flow.source import Problem
from ivrflow.prompts.text import Slot

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

CODE = "F033"

SAYS = {
    "number": ("number", "money", DIGITS),
    "count": ("number", DIGITS),
    "ordinal": ("number", DIGITS),
    "money": ("number", "money", DIGITS),
    "digits": ("text", "number", "phone", DIGITS),
    "phone": ("text", "number", "phone", DIGITS),
    "date": ("date", MOMENT),
    "time": ("time", MOMENT),
    "duration": ("duration", "number", DIGITS),
    "minutes": ("duration", "number", LIST, DIGITS),
}
"""Filter -> the kinds that it can say."""


def check(site: Site) -> Iterator[Problem]:
    for use in uses(site):
        slot = use.slot
        if slot is None or not use.said:
            continue
        expression = use.expression
        kind = silently(expression.tree, names_for(site, use))
        fault = _fault(kind, slot)
        if fault:
            message = f"{expression.source!r} is {kind.called}: {fault}"
            yield Problem(expression.place(0), CODE, message)
        elif slot.filter == "word" and kind.values is not None:
            yield from _without_words(site, use, slot, kind)


def _fault(kind: Type, slot: Slot) -> str:
    """Why a value of this kind can't be said, with the cure; "" if it can."""
    if kind.unknown:
        return ""
    if slot.filter in SAYS:
        if kind.kind in SAYS[slot.filter]:
            return ""
        fitting = [name for name, kinds in SAYS.items() if kind.kind in kinds]
        cure = f"; take {' or '.join(fitting)}" if fitting else ""
        if kind.kind == "text":
            cure += ", or declare its type in data.yaml"
        return f"the filter {slot.filter!r} can't say that{cure}"
    if kind.kind in (RECORD, LIST):
        return "name the column that is to be said"
    if kind.kind == "yes/no" and slot.filter != "word":
        return "write `{if: ..., say: ...}`, or the filter `word TABLE`"
    return ""


def _without_words(site: Site, use: Use, slot: Slot, kind: Type) -> Iterator[Problem]:
    catalogue = site.catalogue
    for language in catalogue.languages:
        table = catalogue.table(slot.argument, language)
        lacking = sorted((kind.values or frozenset()) - set(table or ()))
        if table is not None and lacking:
            message = (
                f"the table {slot.argument!r} has no words for {lacking[0]!r} in "
                f"{language}; {use.expression.source!r} can be that"
            )
            yield Problem(use.expression.place(0), CODE, message)
