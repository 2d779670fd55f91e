"""How the lines go between two rows: down, across, down.

What leaves one box is one net with one stem, and what flows into one trunk is one net
as well. Each net has a track of its own in the space between the rows, unless nets lie
side by side. Which one is above the other is what decides how often they cross, so
that is tried out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ivrflow.draw.layout.layers import Knot, Layers
from ivrflow.draw.layout.model import Point

TRACK = 11.0
"""Pixels from track to track."""
MARGIN = 10.0
"""Pixels above the first track and below the last one."""
ARROW = 8.0
"""More below the last track, where lines end in boxes."""
STRAIGHT = 0.6
"""Pixels that a line may be off and is still drawn without a step."""
NEAR = 3.0
"""Upright stretches that are nearer than this run into one another."""
OVERLAP = 50
"""What such an overlap costs, in crossings."""

Tie = tuple[int, int]


@dataclass(eq=False)
class Net:
    """Lines that share a track: one above and many below, or the other way."""

    tops: list[Knot] = field(default_factory=list)
    bottoms: list[Knot] = field(default_factory=list)
    track: int = -1
    """Counted from above; -1: it goes straight down and needs none."""

    @property
    def xs(self) -> list[float]:
        return [knot.x for knot in (*self.tops, *self.bottoms)]

    @property
    def straight(self) -> bool:
        return max(self.xs) - min(self.xs) <= STRAIGHT

    def spans(self, x: float) -> bool:
        return min(self.xs) - NEAR < x < max(self.xs) + NEAR

    def crosses(self, x: float) -> bool:
        """True if its level stretch crosses an upright line at *x*."""
        return min(self.xs) + STRAIGHT < x < max(self.xs) - STRAIGHT


@dataclass
class Channel:
    """The space between two rows."""

    nets: dict[Tie, Net]
    tracks: int
    height: float
    top: float = 0.0
    """The y where it begins; set when the rows are placed."""

    def level(self, net: Net) -> float:
        """The y of a net's level stretch."""
        return self.top + MARGIN + TRACK * net.track


def channels(layers: Layers) -> list[Channel]:
    """The space below each row but the last one, tracks dealt out."""
    return [
        _channel(upper, boxes_above=number % 2 == 0)
        for number, upper in enumerate(layers.rows[:-1])
    ]


def _channel(upper: Sequence[Knot], *, boxes_above: bool) -> Channel:
    by_end: dict[int, Net] = {}
    nets: dict[Tie, Net] = {}
    for top in upper:
        for bottom in top.below:
            net = by_end.setdefault(id(top if boxes_above else bottom), Net())
            if top not in net.tops:
                net.tops.append(top)
            if bottom not in net.bottoms:
                net.bottoms.append(bottom)
            nets[id(top), id(bottom)] = net
    bent = [net for net in by_end.values() if not net.straight]
    tracks = _deal_out(bent)
    ends = any(knot.box for net in by_end.values() for knot in net.bottoms)
    height = MARGIN * 2 + TRACK * (tracks - 1) if tracks else MARGIN
    height += ARROW if ends else 0
    return Channel(nets, tracks, height)


def _deal_out(nets: list[Net]) -> int:
    """Give each net its track; return how many tracks there are."""
    order = sorted(nets, key=lambda net: (min(net.xs), max(net.xs)))
    better = True
    rounds = 0
    while better and rounds < 2 * len(order) + 2:
        better = False
        rounds += 1
        for at in range(len(order)):
            best, least = at, 0
            # What it would change to move this net up or down past its neighbours.
            for step in (-1, 1):
                change, other = 0, at + step
                while 0 <= other < len(order):
                    one, two = order[at], order[other]
                    if step < 0:
                        change += _cost(one, two) - _cost(two, one)
                    else:
                        change += _cost(two, one) - _cost(one, two)
                    if change < least:
                        best, least = other, change
                    other += step
            if best != at:
                order.insert(best, order.pop(at))
                better = True
    for number, net in enumerate(order):
        above = [one.track for one in order[:number] if _touch(one, net)]
        net.track = max(above, default=-1) + 1
    return max((net.track + 1 for net in nets), default=0)


def _touch(one: Net, two: Net) -> bool:
    return min(one.xs) - 2 * NEAR < max(two.xs) and min(two.xs) - 2 * NEAR < max(one.xs)


def _cost(upper: Net, lower: Net) -> int:
    """Crossings, if *upper* has the track above *lower*."""
    if not _touch(upper, lower):
        return 0
    found = sum(lower.spans(knot.x) for knot in upper.bottoms)
    found += sum(upper.spans(knot.x) for knot in lower.tops)
    for knot in upper.bottoms:
        if any(abs(knot.x - other.x) < NEAR for other in lower.tops):
            found += OVERLAP
    return found


def route(path: Sequence[Knot], spaces: Sequence[Channel]) -> list[Point]:
    """The corners of one line, from the start's lower edge to the end's upper one."""
    first, last = path[0], path[-1]
    points: list[Point] = [(first.x, first.y + first.size.height)]
    for upper, lower in pairwise(path):
        channel = spaces[upper.layer]
        net = channel.nets[id(upper), id(lower)]
        if net.track >= 0 and abs(upper.x - lower.x) > 0:
            y = channel.level(net)
            points += [(upper.x, y), (lower.x, y)]
        elif abs(upper.x - lower.x) > 0:
            y = channel.top + channel.height / 2
            points += [(upper.x, y), (lower.x, y)]
    points.append((last.x, last.y))
    return [
        point
        for n, point in enumerate(points)
        if n in (0, len(points) - 1) or not _between(points[n - 1 : n + 2])
    ]


def _between(three: Sequence[Point]) -> bool:
    """True if the middle one of three points is no corner."""
    (x1, y1), (x2, y2), (x3, y3) = three
    return x1 == x2 == x3 or y1 == y2 == y3
