"""What `ivrflow top` shows: from what the service says to the lines of a screen.

Pure: the same answers give the same lines, so tests read a screen as a person does. It
knows no terminal; each line says what it is (`Look`), and whoever paints it knows how.

What is in trouble stands first in each list, as a small screen cuts the ends off:
queues with the longest wait, agents whose phones are lost, calls that last longest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple

from ivrflow.acd.model import LEFT_BEHIND
from ivrflow.cli.live import COLUMNS as CALLS
from ivrflow.figures.sheet import Column, percent, table, width
from ivrflow.figures.sheet import clock as lasting

Row = Mapping[str, Any]


class Look(Enum):
    """What a line is, for whoever paints it."""

    PLAIN = "plain"
    TITLE = "title"
    HEAD = "head"
    BAD = "bad"
    FAINT = "faint"


class Line(NamedTuple):
    """One line of the screen, never longer than it is wide."""

    text: str
    look: Look = Look.PLAIN


class View(Enum):
    """What is shown."""

    ALL = "all"
    QUEUES = "queues"
    AGENTS = "agents"
    CALLS = "calls"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """What the service said at one moment."""

    at: str = ""
    """By the clock of this machine."""
    now: float = 0.0
    """The same in seconds since 1970."""
    health: Row = field(default_factory=dict)
    queues: Sequence[Row] = ()
    agents: Sequence[Row] = ()
    calls: Sequence[Row] = ()
    alarms: Sequence[Row] = ()
    trouble: str = ""
    """Why it can't be asked now; then the rest is what it said last."""


class _Part(NamedTuple):
    """A list of the screen: its head and its rows; or one line, that there are none."""

    view: View
    key: str
    lines: Sequence[str]


def frame(
    seen: Seen,
    *,
    width: int,
    height: int | None,
    view: View = View.ALL,
    skip: int = 0,
    keys: bool = True,
) -> list[Line]:
    """The screen, *width* by *height*; None: as high as all of it needs.

    Of a list that is shown alone *skip* rows are left out at its top. *keys*: the last
    line says which keys do what.
    """
    lines = [Line(_first(seen), Look.TITLE), *_troubles(seen)]
    parts = [part for part in _parts(seen) if view in (View.ALL, part.view)]
    if height is None:
        room = sum(len(part.lines) for part in parts)
    else:
        # A blank line before each list, and the last line of the screen.
        room = height - len(lines) - len(parts) - int(keys)
    shares = _shares([len(part.lines) for part in parts], max(0, room))
    for part, share in zip(parts, shares, strict=True):
        if not share:
            continue
        lines.append(Line(""))
        lines += _cut(part, share, skip if view is not View.ALL else 0)
    if height is not None:
        lines = lines[: height - int(keys)]
        lines += [Line("")] * (height - int(keys) - len(lines))
    if keys:
        lines.append(Line(_keys(view), Look.FAINT))
    return [Line(clipped(line.text, width), line.look) for line in lines]


def most_to_skip(seen: Seen, view: View) -> int:
    """How many rows of a list that is shown alone can be left out at its top."""
    rows = [len(part.lines) - 2 for part in _parts(seen) if part.view is view]
    return max([0, *rows])


def clipped(text: str, most: int) -> str:
    """*text*, cut where it takes more than *most* places of a terminal."""
    if width(text) <= most:
        return text
    taken, kept = 0, ""
    for sign in text:
        taken += width(sign)
        if taken > most - 1:
            break
        kept += sign
    return f"{kept}…" if most > 0 else ""


def _shares(wanted: Sequence[int], room: int) -> list[int]:
    """How many lines each list gets, of *room* in all: what it wants, if that fits.

    Who wants little gets it; the rest is parted equally.
    """
    given = [0] * len(wanted)
    for left, number in enumerate(sorted(range(len(wanted)), key=lambda n: wanted[n])):
        fair = room // (len(wanted) - left)
        given[number] = min(wanted[number], fair)
        room -= given[number]
    return given


def _cut(part: _Part, share: int, skip: int) -> list[Line]:
    """A list in *share* lines."""
    head, *rows = part.lines
    if not rows:
        return [Line(head, Look.FAINT)]
    rows = rows[skip:]
    lines = [Line(head, Look.HEAD)]
    shown = rows[: share - 1]
    if len(shown) < len(rows):
        shown = rows[: max(0, share - 2)]
        rest = len(rows) - len(shown)
        lines += [Line(row) for row in shown]
        if share > 1:
            lines.append(Line(f"... {rest} more: key {part.key}", Look.FAINT))
        return lines
    return lines + [Line(row) for row in shown]


# The head ---------------------------------------------------------------------------


def _first(seen: Seen) -> str:
    health = seen.health
    if not health:
        return f"ivrflow  {seen.at}"
    calls, lag, asterisk = health["calls"], health["lag"], health["asterisk"]
    waiting = sum(len(_people(queue)) for queue in seen.queues)
    said = [
        f"ivrflow  {seen.at}",
        f"calls {calls['up']} of {calls['most']}",
        f"waiting {waiting}",
        f"Asterisk {'up' if asterisk['ready'] else 'AWAY'}",
        f"loop {1000 * lag['p99']:.0f} ms{', HEAVY' if lag['heavy'] else ''}",
    ]
    if calls["refused"]:
        said.append(f"refused {calls['refused']}")
    return "   ".join(said)


def _troubles(seen: Seen) -> list[Line]:
    """What somebody must know, or that there is nothing."""
    lines = []
    if seen.trouble:
        lines.append(Line(f"no answer: {seen.trouble}", Look.BAD))
    if seen.alarms:
        told = " | ".join(map(_alarm, seen.alarms))
        lines.append(Line(f"ALARM {told}", Look.BAD))
    elif not seen.trouble:
        lines.append(Line("no alarm rings", Look.FAINT))
    return lines


def _alarm(alarm: Row) -> str:
    whose = alarm["queue"] or alarm["agent"] or alarm.get("what", "")
    name = str(alarm["alarm"]).replace("_", " ")
    return " ".join(filter(None, (whose, name, lasting(alarm["seconds"]))))


def _keys(view: View) -> str:
    def shown(key: str, one: View) -> str:
        return f"[{key} {one.value}]" if one is view else f"{key} {one.value}"

    views = "  ".join(shown(key, one) for key, one in KEYS.items())
    moves = "" if view is View.ALL else "   up, down"
    return f"q quit   {views}{moves}"


KEYS: Mapping[str, View] = {
    "1": View.ALL,
    "2": View.QUEUES,
    "3": View.AGENTS,
    "4": View.CALLS,
}
"""Key -> what it shows."""


# The lists --------------------------------------------------------------------------


def _people(queue: Row) -> list[Row]:
    return [one for one in queue["waiting"] if one["item"] != LEFT_BEHIND]


QUEUES: tuple[Column[Row], ...] = (
    Column("name", lambda q: q["name"], "QUEUE", left=True),
    Column("state", lambda q: q["door"]["state"], "STATE", left=True),
    Column("waiting", lambda q: len(_people(q)), "WAIT"),
    Column("longest", lambda q: q["longest_wait"] or None, "LONGEST", shown=lasting),
    Column("ready", lambda q: q["ready"], "READY"),
    Column("talking", lambda q: q["talking"], "TALK"),
    Column("wrap_up", lambda q: q["wrap_up"], "WRAP"),
    Column("not_ready", lambda q: q["not_ready"], "PAUSE"),
    Column("level", lambda q: q["service_level"]["30m"]["share"], "SL 30m", percent),
)

AGENTS: tuple[Column[Row], ...] = (
    Column("number", lambda a: a["number"], "AGENT", left=True),
    Column("name", lambda a: a["name"], "NAME", left=True),
    Column("doing", lambda a: doing(a), "DOING", left=True),
    Column("since", lambda a: a["for"], "FOR", shown=lasting),
    Column("call", lambda a: a["call"], "CALL", left=True),
    Column("queues", lambda a: " ".join(a["queues"]), "QUEUES", left=True),
)

ORDER = ("phone lost", "offered", "talking", "in another call", "wrap-up", "ready")
"""What agents do, the most interesting first; pauses come last."""


def doing(agent: Row) -> str:
    """What an agent does, in a word or two."""
    if agent["unreached"] is not None:
        return "phone lost"
    if agent["work"] != "idle":
        return str(agent["work"])
    if agent["elsewhere"]:
        return "in another call"
    if agent["presence"] == "not ready" and agent["reason"]:
        return f"pause: {agent['reason']}"
    return str(agent["presence"])


def _since(agent: Row) -> float:
    """From when on he does that; seconds since 1970."""
    if agent["unreached"] is not None:
        return float(agent["unreached"])
    idle = agent["work"] == "idle"
    return float(agent["presence_since"] if idle else agent["work_since"])


def _rank(agent: Row) -> tuple[int, str]:
    word = doing(agent)
    return (ORDER.index(word) if word in ORDER else len(ORDER), str(agent["number"]))


def _parts(seen: Seen) -> list[_Part]:
    queues = sorted(seen.queues, key=lambda q: (-q["longest_wait"], q["name"]))
    there = [
        {**agent, "for": max(0.0, seen.now - _since(agent))}
        for agent in sorted(seen.agents, key=_rank)
        if agent["presence"] != "logged out"
    ]
    calls = sorted(seen.calls, key=lambda c: -c["seconds"])
    return [
        _Part(View.QUEUES, "2", _table(QUEUES, queues, "no queues")),
        _Part(View.AGENTS, "3", _table(AGENTS, there, "nobody is signed in")),
        _Part(View.CALLS, "4", _table(CALLS, calls, "no call is up")),
    ]


def _table(columns: Sequence[Column[Any]], rows: Sequence[Row], none: str) -> list[str]:
    return table(columns, rows).splitlines() if rows else [none]
