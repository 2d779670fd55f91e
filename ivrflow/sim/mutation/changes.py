"""What is changed at a spot, and into what: one function for each kind of value.

Each change is one that somebody could make by mistake, and that is no nonsense: a
target becomes another step, never a word that no step has. What the checker refuses at
first sight would say nothing about the talks.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from ivrflow.flow.kinds import (
    DigitsRange,
    Duration,
    DurationRange,
    Expression,
    FlowName,
    Key,
    MailboxName,
    Name,
    Number,
    PromptName,
    QueueName,
    Sayable,
    SourceName,
    SwitchName,
    Target,
    Text,
    TimetableName,
    Whole,
)
from ivrflow.flow.site import Site
from ivrflow.flow.site.hours import Dates, Ranges
from ivrflow.flow.site.settings import Language
from ivrflow.sim.mutation.mutant import Edit, Mutant
from ivrflow.sim.mutation.spots import Spot

Change = tuple[str, str]
"""The kind of a change, and what is to stand there, quotes included."""

TURNED = {">=": ">", ">": ">=", "<=": "<", "<": "<=", "==": "!=", "!=": "=="}
_COMPARISON = re.compile(r"(?<![<>=!])(>=|<=|==|!=|>|<)(?!=)")
_WHOLE = re.compile(r"(?<![\w.'-])\d+(?![\w.'-])")
_COLUMN = re.compile(r"\b([a-z]\w*)\.([a-z]\w*)\b")
_DURATION = re.compile(r"([0-9.]+)\s?(ms|s|m|h|d)")
_SLOT = re.compile(r"\$\{([^}]*)\}")
_TIME = re.compile(r"(\d\d?):(\d\d)")

BUILT_IN = ("call", "queue", "now", "hours", "switch", "agent")
STAYS = ("next", "previous", "again")
"""Targets that mean the list of a `browse` step."""


@dataclass(frozen=True)
class Names:
    """What may be meant instead of what is written."""

    site: Site
    own_prompts: frozenset[str] = frozenset()

    def another(self, than: str, known: Collection[str], salt: str) -> str | None:
        """One of *known*, always the same one for the same *salt*; None if no other.

        So each run has the same mutants, and a change elsewhere leaves them alone.
        """
        others = sorted({str(one) for one in known} - {str(than)})
        if not others:
            return None
        digest = sha256(f"{salt}\n{than}".encode()).digest()
        return others[int.from_bytes(digest[:4], "big") % len(others)]

    def other_column(self, column: str, salt: str) -> str | None:
        """Another column of the look-up that gives *column*; None if there is none."""
        for source in self.site.data.values():
            columns = [str(name) for name in source.gives]
            if column in columns:
                return self.another(column, columns, salt)
        return None


def mutants(
    site: Site, found: Collection[Spot], own_prompts: Collection[str]
) -> Iterator[Mutant]:
    """Every change at these spots, in their order.

    *own_prompts* are the prompts that the site writes itself.
    """
    names = Names(site, frozenset(own_prompts))
    tables = _tables_of_keys(found)
    for spot in found:
        for kind, now in _changes(spot, names, tables):
            if now != spot.written.raw:
                yield _mutant(spot, kind, now)
        if isinstance(spot.value, Key):
            table = tables[spot.source.file, *spot.path[:-1]]
            below = table[table.index(spot) + 1 :]
            yield from (_swapped(spot, other) for other in below[:1])


def _mutant(spot: Spot, kind: str, now: str) -> Mutant:
    written = spot.written
    return Mutant(
        file=spot.source.file,
        line=spot.mark.line,
        column=spot.mark.column,
        kind=kind,
        what=spot.what,
        was=written.raw,
        now=now,
        edits=(Edit(written.start, written.end, now),),
        near=spot.near,
    )


def _swapped(spot: Spot, other: Spot) -> Mutant:
    """Two keys of a menu, each in the other one's place."""
    one, two = spot.written, other.written
    return replace(
        _mutant(spot, "key", two.raw),
        was=f"{one.raw} and {two.raw}",
        now=f"{two.raw} and {one.raw}",
        edits=(Edit(one.start, one.end, two.raw), Edit(two.start, two.end, one.raw)),
    )


Tables = Mapping[tuple[str, ...], Sequence[Spot]]
"""The table in which keys stand -> these keys."""


def _tables_of_keys(found: Collection[Spot]) -> Tables:
    tables: dict[tuple[str, ...], list[Spot]] = {}
    for spot in found:
        if isinstance(spot.value, Key):
            table = (spot.source.file, *spot.path[:-1])
            tables.setdefault(table, []).append(spot)
    return tables


def _changes(spot: Spot, names: Names, tables: Tables) -> Iterator[Change]:
    value = spot.value
    if isinstance(value, Key):
        table = tables[spot.source.file, *spot.path[:-1]]
        used = {other.written.raw for other in table}
        # The highest free key: one that nobody presses by chance, as always-keys are 0
        # and 9.
        free = [key for key in "87654321" if key not in used]
        yield from (("key", key) for key in free[:1])
    elif spot.others:
        words = [word for word in spot.others if word != _bare(spot)]
        yield from (("choice", word) for word in words[:1])
    else:
        for of, change in _BY_KIND.items():
            if isinstance(value, of):
                yield from change(spot, names)
                return


def _bare(spot: Spot) -> str:
    return spot.written.raw.strip("\"'")


def _target(spot: Spot, names: Names) -> Iterator[Change]:
    if spot.value in STAYS:
        other = {"next": "previous", "previous": "next", "again": "next"}
        yield "target", other[str(spot.value)]
        return
    steps = [str(step) for step in names.site.flows[spot.flow].nodes]
    salt = f"{spot.source.file} {spot.what}"
    own = spot.near.partition(".")[2]
    another = names.another(str(spot.value), {*steps} - {own}, salt)
    if another is not None:
        yield "target", another
    if spot.value != "hangup":
        yield "target", "hangup"


def _prompt(spot: Spot, names: Names) -> Iterator[Change]:
    salt = f"{spot.source.file} {spot.what}"
    other = names.another(_bare(spot), names.own_prompts, salt)
    if other is not None:
        yield "prompt", other


def _expression(spot: Spot, names: Names) -> Iterator[Change]:
    raw = spot.written.raw
    quote, inside = _unquoted(raw)
    condition = spot.path[-1] in ("if", "check") or _COMPARISON.search(inside)
    for changed in _changed_expression(inside, names, spot.what):
        yield ("condition" if condition else "value"), f"{quote}{changed}{quote}"
    if condition:
        yield "condition", f"{quote}not ({inside}){quote}"


def _unquoted(raw: str) -> tuple[str, str]:
    quoted = raw[:1] in "\"'" and len(raw) > 1
    return (raw[0], raw[1:-1]) if quoted else ("", raw)


def _changed_expression(inside: str, names: Names, salt: str) -> Iterator[str]:
    """*inside* with one sign, word, number or column of it changed."""
    for found in _COMPARISON.finditer(inside):
        yield _with(inside, found, TURNED[found[1]])
    for found in re.finditer(r"\b(and|or)\b", inside):
        yield _with(inside, found, "or" if found[1] == "and" else "and")
    for found in _WHOLE.finditer(inside):
        yield _with(inside, found, str(int(found[0]) + 1))
    for found in _COLUMN.finditer(inside):
        other = names.other_column(found[2], salt)
        if found[1] not in BUILT_IN and other is not None:
            yield _with(inside, found, f"{found[1]}.{other}")


def _with(text: str, found: re.Match[str], new: str) -> str:
    return text[: found.start()] + new + text[found.end() :]


def _text(spot: Spot, names: Names) -> Iterator[Change]:
    raw = spot.written.raw
    quote, inside = _unquoted(raw)
    if spot.path[-1] == "language" and inside in names.site.settings.languages:
        other = names.another(inside, names.site.settings.languages, spot.what)
        yield from (("value", one) for one in [other] if one)
    elif _SLOT.search(inside):
        for slot in _SLOT.finditer(inside):
            for changed in _changed_expression(slot[1], names, spot.what):
                yield "value", f"{quote}{_with(inside, slot, f'${{{changed}}}')}{quote}"
    elif re.fullmatch(r"\w+", inside, re.ASCII):
        yield "value", f"{quote}{inside}x{quote}"


def _whole(spot: Spot, names: Names) -> Iterator[Change]:
    number = int(spot.value)  # type: ignore[call-overload]  # it is one
    yield "limit", str(number + 1)
    if number > 0:
        yield "limit", str(number - 1)


def _number(spot: Spot, names: Names) -> Iterator[Change]:
    number = float(spot.value)  # type: ignore[arg-type]  # it is one
    yield "limit", f"{number + 1:g}"


def _duration(spot: Spot, names: Names) -> Iterator[Change]:
    found = _DURATION.fullmatch(_bare(spot))
    if found is not None:
        for factor in (2, 0.5):
            yield "limit", f"{float(found[1]) * factor:g}{found[2]}"


def _range(spot: Spot, names: Names) -> Iterator[Change]:
    """`4..8`, `12`, `2s..120s`: one end at a time, by one."""
    bare = _bare(spot)
    for found in re.finditer(r"\d+", bare):
        yield "limit", _with(bare, found, str(int(found[0]) + 1))
        if int(found[0]) > 1:
            yield "limit", _with(bare, found, str(int(found[0]) - 1))


def _hours(spot: Spot, names: Names) -> Iterator[Change]:
    bare = _bare(spot)
    for found in _TIME.finditer(bare):
        minutes = int(found[1]) * 60 + int(found[2]) + 30
        later = f"{minutes // 60:02d}:{minutes % 60:02d}"
        yield "hours", f'"{_with(bare, found, later)}"'
    yield "hours", "closed" if bare != "closed" else "00:00-24:00"


def _dates(spot: Spot, names: Names) -> Iterator[Change]:
    bare = _bare(spot)
    first = bare.partition("..")[0]
    later = date.fromisoformat(first) - timedelta(days=1)
    yield "hours", bare.replace(first, later.isoformat(), 1)


def _named(known: Callable[[Site], Collection[Any]]) -> Callable[..., Iterator[Change]]:
    """The change of a name into another one of its sort."""

    def change(spot: Spot, names: Names) -> Iterator[Change]:
        salt = f"{spot.source.file} {spot.what}"
        other = names.another(_bare(spot), [*map(str, known(names.site))], salt)
        if other is not None and "${" not in _bare(spot):
            yield "name", other

    return change


def _renamed(spot: Spot, names: Names) -> Iterator[Change]:
    yield "name", f"{_bare(spot)}_x"


_BY_KIND: dict[type, Callable[[Spot, Names], Iterator[Change]]] = {
    Target: _target,
    Sayable: _prompt,
    PromptName: _prompt,
    Expression: _expression,
    Language: _named(lambda site: site.settings.languages),
    QueueName: _named(lambda site: site.queues),
    MailboxName: _named(lambda site: site.mailboxes),
    TimetableName: _named(lambda site: site.hours),
    SourceName: _named(lambda site: site.data),
    SwitchName: _named(lambda site: site.switches),
    FlowName: _named(lambda site: site.flows),
    Name: _renamed,
    Text: _text,
    Duration: _duration,
    DurationRange: _range,
    DigitsRange: _range,
    Whole: _whole,
    Number: _number,
    Ranges: _hours,
    Dates: _dates,
}
"""What is changed in a value of each sort; what is not here is left alone: titles,
addresses, SQL, the words of prompts."""
