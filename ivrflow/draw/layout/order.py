"""The order in each layer, so that few lines cross.

Layer by layer, down and up again, each knot moves to the mean place of those that it is
tied to (Sugiyama's barycentre), then neighbours change places where that helps. Several
beginnings are tried, and the best one is kept. Nothing here is left to chance: the same
flow gives the same picture.
"""

from __future__ import annotations

from collections.abc import Sequence

from ivrflow.draw.layout.layers import Knot

ROUNDS = 12
"""Ways down and up; more never helped in the flows that were tried."""


def put_in_order(rows: list[list[Knot]]) -> None:
    """Sort each row of *rows*, and number its knots."""
    best: list[list[Knot]] | None = None
    least = -1
    for mirrored in (False, True):
        _begin(rows, mirrored)
        for number in range(ROUNDS):
            _sweep(rows, down=number % 2 == 0, last=number % 4 >= 2)
            _swap_neighbours(rows)
            crossed = sum(_crossings(row) for row in rows)
            if best is None or crossed < least:
                best, least = [list(row) for row in rows], crossed
            if not least:
                break
        if not least:
            break
    assert best is not None
    rows[:] = best
    for row in rows:
        _number(row)


def _number(row: Sequence[Knot]) -> None:
    for place, knot in enumerate(row):
        knot.place = place


def _begin(rows: list[list[Knot]], mirrored: bool) -> None:
    """The order in which the knots are found from the top, as the author wrote them."""
    found: dict[int, int] = {}
    todo = [knot for row in rows for knot in row if not knot.above]
    todo.reverse()
    while todo:
        knot = todo.pop()
        if id(knot) not in found:
            found[id(knot)] = len(found)
            todo += reversed(knot.below)
    for row in rows:
        row.sort(key=lambda knot: found[id(knot)], reverse=mirrored)
        _number(row)


def _sweep(rows: list[list[Knot]], *, down: bool, last: bool) -> None:
    """Sort row by row by the means; of equal ones the *last* comes first, or not."""
    for row in rows if down else reversed(rows):
        means = {
            id(knot): _mean(knot, knot.above if down else knot.below) for knot in row
        }
        if last:
            row.reverse()
        row.sort(key=lambda knot: means[id(knot)])
        _number(row)


def _mean(knot: Knot, tied: Sequence[Knot]) -> float:
    if not tied:
        return knot.place
    return sum(other.place for other in tied) / len(tied)


def _swap_neighbours(rows: list[list[Knot]]) -> None:
    """Let neighbours change places while that makes less crossings."""
    better = True
    while better:
        better = False
        for row in rows:
            for at in range(len(row) - 1):
                left, right = row[at], row[at + 1]
                if _between(left, right) > _between(right, left):
                    row[at], row[at + 1] = right, left
                    left.place, right.place = at + 1, at
                    better = True


def _between(left: Knot, right: Knot) -> int:
    """Crossings of the lines of two knots, when they stand in this order."""
    return sum(
        a.place > b.place
        for tied in ("above", "below")
        for a in getattr(left, tied)
        for b in getattr(right, tied)
    )


def _crossings(row: Sequence[Knot]) -> int:
    """Crossings between a row and the one below."""
    lines = [(knot.place, other.place) for knot in row for other in knot.below]
    lines.sort()
    return sum(
        a[1] > b[1]
        for number, a in enumerate(lines)
        for b in lines[number + 1 :]
        if a[0] != b[0]
    )
