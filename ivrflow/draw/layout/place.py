"""The x of each knot: lines as straight as can be, boxes above the middle of theirs.

Brandes and Köpf, "Fast and simple horizontal coordinate assignment" (2001): knots are
bound into upright blocks, each with the median of those it is tied to, in four ways
(from above and below, from left and right); each way gives a drawing, and the middle of
the four is taken. Blocks are pushed together over the graph of all that must stand side
by side, as wide as each box is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ivrflow.draw.layout.layers import Knot, Layers

Row = Sequence[Knot]

BOX_GAP, LABEL_GAP, LINE_GAP = 26.0, 12.0, 16.0
"""Pixels between two boxes, two labels, and where lines pass."""


def place(layers: Layers) -> None:
    """Set the `x` of each knot."""
    rows = layers.rows
    ties = _Ties(layers.spine, _conflicts(rows))
    drawings = []
    for up in (True, False):
        for left in (True, False):
            drawings.append(_drawing(rows, ties, up=up, left=left))
    widths = [_extent(rows, drawing) for drawing in drawings]
    narrowest = min(range(4), key=lambda n: widths[n][1] - widths[n][0])
    low, high = widths[narrowest]
    for number, drawing in enumerate(drawings):
        left = number % 2 == 0
        shift = low - widths[number][0] if left else high - widths[number][1]
        for key in drawing:
            drawing[key] += shift
    for row in rows:
        for knot in row:
            four = sorted(drawing[id(knot)] for drawing in drawings)
            knot.x = (four[1] + four[2]) / 2
    _keep_apart(rows)


def gap(left: Knot, right: Knot) -> float:
    """From middle to middle, at least, of two neighbours in a row."""
    if left.box and right.box:
        between = BOX_GAP
    elif left.size.width and right.size.width:
        between = LABEL_GAP
    else:
        between = LINE_GAP
    return (left.size.width + right.size.width) / 2 + between


def _extent(rows: Sequence[Row], xs: dict[int, float]) -> tuple[float, float]:
    edges = [
        (xs[id(k)] - k.size.width / 2, xs[id(k)] + k.size.width / 2)
        for row in rows
        for k in row
    ]
    return min(e[0] for e in edges), max(e[1] for e in edges)


def _passes(knot: Knot) -> bool:
    """True for a stretch of a long line: what must be straight before all else."""
    return not knot.box and not knot.size.width


def _conflicts(rows: Sequence[Row]) -> set[tuple[int, int]]:
    """Ties that cross a stretch of a long line: they may not bend it."""
    found = set()
    for upper in rows:
        ties = [(above, below) for above in upper for below in above.below]
        for a in ties:
            if not (_passes(a[0]) and _passes(a[1])):
                continue
            for b in ties:
                crosses = (a[0].place - b[0].place) * (a[1].place - b[1].place) < 0
                if crosses and not (_passes(b[0]) and _passes(b[1])):
                    found.add((id(b[0]), id(b[1])))
    return found


@dataclass(frozen=True)
class _Ties:
    """Which ties are wanted straight before others, and which must not be."""

    spine: set[tuple[int, int]]
    barred: set[tuple[int, int]]

    def wanted(self, knot: Knot, *, up: bool) -> Sequence[Knot]:
        """Those with which *knot* may be bound: of its main ones, if it has any."""
        if up:
            main = [k for k in knot.above if (id(k), id(knot)) in self.spine]
            return main or knot.above
        main = [k for k in knot.below if (id(knot), id(k)) in self.spine]
        return main or knot.below


@dataclass
class _Blocks:
    """Which block a knot belongs to, named by the first knot of the block."""

    root: dict[int, int] = field(default_factory=dict)
    next: dict[int, int] = field(default_factory=dict)


def _drawing(
    rows: Sequence[Row],
    ties: _Ties,
    *,
    up: bool,
    left: bool,
) -> dict[int, float]:
    """One of the four: bound with what is above (*up*), pushed to the *left*."""
    ordered = [list(row) if left else list(reversed(row)) for row in rows]
    if not up:
        ordered.reverse()
    blocks = _bound(ordered, ties, up=up, left=left)
    xs = _pushed(ordered, blocks.root)
    sign = 1 if left else -1
    return {key: sign * x for key, x in xs.items()}


def _bound(
    ordered: Sequence[Row],
    ties: _Ties,
    *,
    up: bool,
    left: bool,
) -> _Blocks:
    blocks = _Blocks()
    for row in ordered:
        for knot in row:
            blocks.root[id(knot)] = blocks.next[id(knot)] = id(knot)
    for row in ordered:
        border: int | None = None  # no tie may cross the one before it
        for knot in row:
            tied = ties.wanted(knot, up=up)
            places = sorted(tied, key=lambda k: k.place, reverse=not left)
            if not places:
                continue
            middle = (len(places) - 1) / 2
            for at in {int(middle), int(middle + 0.5)}:
                other = places[at]
                if blocks.next[id(knot)] != id(knot):
                    break
                tie = (id(other), id(knot)) if up else (id(knot), id(other))
                place_of = other.place if left else -other.place
                if tie in ties.barred or (border is not None and place_of <= border):
                    continue
                blocks.next[id(other)] = id(knot)
                blocks.root[id(knot)] = blocks.root[id(other)]
                blocks.next[id(knot)] = blocks.root[id(knot)]
                border = place_of
    return blocks


def _pushed(ordered: Sequence[Row], root: dict[int, int]) -> dict[int, float]:
    """Each block as far left as it can be, then right again where that is free."""
    after: dict[int, dict[int, float]] = {r: {} for r in root.values()}
    before: dict[int, dict[int, float]] = {r: {} for r in root.values()}
    for row in ordered:
        for one, two in pairwise(row):
            a, b = root[id(one)], root[id(two)]
            apart = gap(one, two)
            if apart > after[a].get(b, -1.0):
                after[a][b] = before[b][a] = apart
    order = _topological(after, before)
    xs: dict[int, float] = {}
    for block in order:
        xs[block] = max((xs[b] + d for b, d in before[block].items()), default=0.0)
    for block in reversed(order):
        if after[block]:
            xs[block] = max(xs[block], min(xs[b] - d for b, d in after[block].items()))
    return {key: xs[block] for key, block in root.items()}


def _topological(
    after: dict[int, dict[int, float]], before: dict[int, dict[int, float]]
) -> list[int]:
    waits = {block: len(before[block]) for block in after}
    ready = [block for block in after if not waits[block]]
    for block in ready:  # grows while it is read
        for other in after[block]:
            waits[other] -= 1
            if not waits[other]:
                ready.append(other)
    assert len(ready) == len(after), "blocks cross each other"
    return ready


def _keep_apart(rows: Sequence[Row]) -> None:
    """The middle of four drawings keeps all apart but for rounding; make sure."""
    for row in rows:
        for one, two in pairwise(row):
            two.x = max(two.x, one.x + gap(one, two))
