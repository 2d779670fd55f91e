"""A chart, laid out: which ways are lines and which are written, and where all stands.

Not every way is a line. What leads back up, what goes wrong, and what is no step
(`repeat`, `return`) is written in the step's box, with the name of where it leads; so
is what would cross other lines, if its target has another line by which it is found.
What remains reads from top to bottom.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ivrflow.draw.chart import Box, Chart, Way
from ivrflow.draw.layout import (
    Layout,
    Link,
    Point,
    Rect,
    Size,
    back_links,
    lay_out,
)
from ivrflow.draw.measure import width, wrap
from ivrflow.draw.paint import UNCOUNTED, Paint, Shares

BOX = 204.0
"""Width of a step's box: all are alike, so that columns can be seen."""
INSET = 12.0
BETWEEN = 18.0
"""Between a box's name and its verb, at least."""

NAME, TEXT, SMALL = 12.5, 11.5, 11.0
"""Sizes of letters."""
HEAD = 29.0
"""From the upper edge of a box to the first line below its name."""
LEADING = 15.0
"""From line to line."""
FOOT = 7.0

SAYS_LINES, NOTE_LINES = 3, 2
LABEL = 140.0
"""Room for the words of a label."""
KEY = 17.0
"""Room for a key in front of them."""

AT_ONCE = 60
"""Of so many lines one may become writing before all is laid out anew."""


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text in a box or a label."""

    text: str
    kind: str
    """says, note, way, error, label or count: its look."""
    key: str = ""
    """The key of the telephone in front of it."""
    leads: str = ""
    """The step to which it refers."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """A box in its place."""

    box: Box
    rect: Rect
    lines: tuple[Words, ...]
    heat: int
    """0 to 4: how many hang up here."""


@dataclass(frozen=True, slots=True)
class Line:
    """A way in its place."""

    way: Way
    points: Sequence[Point]
    label: Rect | None
    lines: tuple[Words, ...]
    weight: float
    """Its width in pixels."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """One flow, ready to be written as SVG."""

    chart: Chart
    boxes: tuple[Drawn, ...]
    lines: tuple[Line, ...]
    width: float
    height: float
    crossed: int
    """Crossings of lines that are left."""


def draw(chart: Chart, paint: Paint | None = None) -> Drawing:
    """Lay out *chart*; *paint* has the traffic that is shown on it."""
    ways = [
        *(Way(entry, to, ()) for entry, to in chart.entries.items()),
        *chart.ways,
    ]
    drawn = _lines_of(chart, ways)
    while True:
        plan = _Plan(chart, ways, drawn, paint)
        layout = lay_out(plan.sizes, plan.links)
        worst = _worst(plan, layout)
        if not worst:
            return plan.finished(layout)
        drawn = [way for way in drawn if way not in worst]


def _lines_of(chart: Chart, ways: Sequence[Way]) -> list[Way]:
    """The ways that may be lines: down, to a step, and no errors."""
    found = [way for way in ways if not way.special and not way.error]
    back = back_links(list(chart.boxes), [Link(w.start, w.end) for w in found])
    found = [way for number, way in enumerate(found) if number not in back]
    led_to = {way.end for way in found}
    for way in ways:
        # What only errors lead to would hang in the air.
        if way.error and not way.special and way.end not in led_to:
            links = [Link(w.start, w.end) for w in (*found, way)]
            if not back_links(list(chart.boxes), links):
                found.append(way)
                led_to.add(way.end)
    return [way for way in ways if way in found]


def _worst(plan: _Plan, layout: Layout) -> list[Way]:
    """The lines that should rather be written, a few at most; none if all are well.

    Those that cross most others, and of them the longest. One at a time in a flow of
    usual size, as what is left may then do without crossing.
    """
    left = Counter(way.end for way in plan.drawn)
    ranked = sorted(
        layout.crossings,
        key=lambda n: (layout.crossings[n], _height(layout.routes[n]), n),
        reverse=True,
    )
    found: list[Way] = []
    for number in ranked:
        way = plan.drawn[number]
        # An entry's line, and the last one to a step, stay in any case.
        if way.choices and left[way.end] > 1:
            left[way.end] -= 1
            found.append(way)
            if len(found) > len(plan.drawn) // AT_ONCE:
                break
    return found


def _height(points: Sequence[Point]) -> float:
    return points[-1][1] - points[0][1]


class _Plan:
    """What is laid out: sizes of the boxes, with their lines of text, and links."""

    def __init__(
        self,
        chart: Chart,
        ways: Sequence[Way],
        drawn: Sequence[Way],
        paint: Paint | None,
    ) -> None:
        self.chart = chart
        self.drawn = list(drawn)
        self.written = [way for way in ways if way not in drawn]
        self._paint = paint
        by_start: dict[str, list[Way]] = {name: [] for name in chart.boxes}
        for way in self.written:
            by_start[way.start].append(way)
        self.lines = {
            name: tuple(_box_lines(box, by_start[name], self._shares(name)))
            for name, box in chart.boxes.items()
        }
        self.sizes = {
            name: _box_size(box, self.lines[name]) for name, box in chart.boxes.items()
        }
        self.labels = [
            tuple(
                _label_lines(
                    way,
                    self._shares(way.start),
                    only=sum(other.start == way.start for other in ways) == 1,
                )
            )
            for way in self.drawn
        ]
        self.links = [
            Link(way.start, way.end, _label_size(lines))
            for way, lines in zip(self.drawn, self.labels, strict=True)
        ]

    def _shares(self, step: str) -> Shares | None:
        return self._paint.shares(step) if self._paint else None

    def finished(self, layout: Layout) -> Drawing:
        paint = self._paint
        boxes = [
            Drawn(
                box,
                layout.boxes[name],
                self.lines[name],
                paint.heat(name) if paint and box.is_step else 0,
            )
            for name, box in self.chart.boxes.items()
        ]
        lines = [
            Line(
                way,
                layout.routes[n],
                layout.labels[n],
                self.labels[n],
                paint.weight(way) if paint else UNCOUNTED,
            )
            for n, way in enumerate(self.drawn)
        ]
        return Drawing(
            chart=self.chart,
            boxes=tuple(boxes),
            lines=tuple(lines),
            width=layout.width,
            height=layout.height,
            crossed=layout.crossed,
        )


# Text ---------------------------------------------------------------------------------


def _box_lines(box: Box, written: Sequence[Way], shares: Shares | None) -> list[Words]:
    room = _box_width(box) - 2 * INSET
    if not box.is_step:
        return [Words(line, "entry") for line in wrap(box.says, room, SMALL, lines=2)]
    lines = [
        Words(line, "says") for line in wrap(box.says, room, TEXT, lines=SAYS_LINES)
    ]
    notes = " \u00b7 ".join(box.notes)
    lines += [
        Words(line, "note") for line in wrap(notes, room, SMALL, lines=NOTE_LINES)
    ]
    for way in written:
        kind = "error" if way.error else "way"
        why = ", ".join(
            " ".join(filter(None, (choice.key, choice.words)))
            for choice in way.choices
            if choice.key or choice.words
        )
        count = shares.told(way) if shares else ""
        end = f"\u2192 {way.end}" + (f"  {count}" if count else "")
        if why and width(f"{why} {end}", SMALL) <= room:
            end = f"{why} {end}"
        else:  # the target is never cut: it is what the line is for
            lines += [
                Words(line, kind, leads=way.end)
                for line in wrap(why, room, SMALL, lines=NOTE_LINES)
            ]
        lines.append(Words(end, kind, leads=way.end))
    if shares:
        lines += [Words(told, "count") for told in shares.summary()]
    return lines


def _box_width(box: Box) -> float:
    """A name is never cut, so a long one makes its box wider."""
    head = width(box.name, NAME, bold=True) + width(box.verb, SMALL)
    return max(BOX, round(head + 2 * INSET + BETWEEN))


def _box_size(box: Box, lines: Sequence[Words]) -> Size:
    if not box.is_step:
        widest = max((width(line.text, SMALL) for line in lines), default=0)
        return Size(round(widest) + 30, LEADING * len(lines) + 9)
    return Size(_box_width(box), HEAD + LEADING * len(lines) + (FOOT if lines else 0))


def _label_lines(way: Way, shares: Shares | None, *, only: bool) -> list[Words]:
    """The words of a line; *only* if it is all that its step leads to: then none."""
    lines: list[Words] = []
    for choice in way.choices:
        if choice.key and choice.words:
            first, *more = wrap(choice.words, LABEL, SMALL, lines=3)
            lines.append(Words(first, "label", key=choice.key))
            lines += [Words(line, "label") for line in more]
    others = [choice.words or "then" for choice in way.choices if not choice.key]
    bare = " ".join(c.key for c in way.choices if c.key and not c.words)
    if bare or (others and others != ["then"] and not (only and not lines)):
        told = wrap(", ".join(others), LABEL, SMALL, lines=3) or ("",)
        lines.append(Words(told[0], "label", key=bare))
        lines += [Words(line, "label") for line in told[1:]]
    if shares and not only and (count := shares.told(way)):
        lines.append(Words(count, "count"))
    return lines


def _label_size(lines: Sequence[Words]) -> Size | None:
    if not lines:
        return None
    inset = max(key_room(line) for line in lines)
    widest = max(width(line.text, SMALL, bold=line.kind == "count") for line in lines)
    widest += inset
    return Size(round(widest) + 14, LEADING * len(lines) + 5)


def key_room(line: Words) -> float:
    """How far the words of a line stand in, behind its key; 0 without one."""
    if not line.key:
        return 0
    return max(KEY, width(line.key, SMALL, bold=True) + 11)
