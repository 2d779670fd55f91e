"""Pulls what is placed together: lines get shorter, and none gets a new bend.

What stands on one straight line moves as one. Each such block goes to the median of
where its other lines want it, as far as its neighbours let it; that never makes the
lines longer in all, so a few rounds settle it.
"""

from __future__ import annotations

from collections.abc import Sequence

from ivrflow.draw.layout.layers import Knot, Layers
from ivrflow.draw.layout.place import gap

ROUNDS = 10
SAME = 0.5
"""Pixels within which knots count as standing on one line."""


def tighten(layers: Layers) -> None:
    """Move the knots of *layers*; their order in each row stays."""
    rows = layers.rows
    for _ in range(ROUNDS):
        moved = False
        for block in _blocks(rows):
            by = _wanted(block, layers.spine)
            by = _free(block, rows, by)
            if abs(by) > SAME:
                moved = True
                for knot in block:
                    knot.x += by
        if not moved:
            break
    least = min((k.x - k.size.width / 2 for row in rows for k in row), default=0.0)
    for row in rows:
        for knot in row:
            knot.x = round(knot.x - least, 2)


def _blocks(rows: Sequence[Sequence[Knot]]) -> list[list[Knot]]:
    """What stands on one straight line, from the top."""
    seen: set[int] = set()
    found = []
    for row in rows:
        for knot in row:
            if id(knot) in seen:
                continue
            block, todo = [], [knot]
            while todo:
                one = todo.pop()
                if id(one) in seen:
                    continue
                seen.add(id(one))
                block.append(one)
                tied = (*one.above, *one.below)
                todo += [other for other in tied if abs(other.x - one.x) <= SAME]
            found.append(block)
    return found


def _wanted(block: Sequence[Knot], spine: set[tuple[int, int]]) -> float:
    """How far the block would go: to the median of its ties, main ones twice."""
    inside = {id(knot) for knot in block}
    pulls: list[float] = []
    for knot in block:
        for other in knot.above:
            if id(other) not in inside:
                pulls += [other.x - knot.x] * (
                    2 if (id(other), id(knot)) in spine else 1
                )
        for other in knot.below:
            if id(other) not in inside:
                pulls += [other.x - knot.x] * (
                    2 if (id(knot), id(other)) in spine else 1
                )
    if not pulls:
        return 0.0
    pulls.sort()
    low, high = pulls[(len(pulls) - 1) // 2], pulls[len(pulls) // 2]
    # All between the two medians is as short; the nearest of it costs least.
    return low if low > 0 else high if high < 0 else 0.0


def _free(block: Sequence[Knot], rows: Sequence[Sequence[Knot]], by: float) -> float:
    """As much of *by* as the neighbours leave."""
    inside = {id(knot) for knot in block}
    for knot in block:
        row = rows[knot.layer]
        if by > 0 and knot.place + 1 < len(row):
            other = row[knot.place + 1]
            if id(other) not in inside:
                by = min(by, max(other.x - knot.x - gap(knot, other), 0.0))
        elif by < 0 and knot.place > 0:
            other = row[knot.place - 1]
            if id(other) not in inside:
                by = max(by, -max(knot.x - other.x - gap(other, knot), 0.0))
    return by
