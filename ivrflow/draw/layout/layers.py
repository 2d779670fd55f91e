"""Which layer each box stands in: every line leads down.

Boxes have the even layers, labels the odd ones between them. Lines to the same end are
one trunk from the first layer in which they could be: whoever follows a line down any
trunk comes to the same box, so nothing is lost, and one line is left where there were
ten. A label stands before its line joins the trunk, so it is never in doubt either.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ivrflow.draw.layout.model import Link, Size


class Circle(ValueError):
    """The links lead in a circle, and can't all lead down."""


@dataclass(slots=True, eq=False)
class Knot:
    """A place in a layer: a box, a label, or where a line passes."""

    layer: int
    size: Size
    box: str = ""
    """The box's name; "" for a label or a passing line."""
    above: list[Knot] = field(default_factory=list)
    below: list[Knot] = field(default_factory=list)
    place: int = 0
    """Its place in the layer, from the left."""
    x: float = 0.0
    """Its middle."""
    y: float = 0.0
    """Its upper edge."""


@dataclass(frozen=True)
class Layers:
    """The knots of each layer, and those that each link passes, ends included."""

    rows: list[list[Knot]]
    paths: list[list[Knot]]
    spine: set[tuple[int, int]]
    """Ties (ids of the upper and the lower knot) that shall be straight before others:
    of each box's lines the one that leads to most boxes."""


def back_links(names: Sequence[str], links: Sequence[Link]) -> set[int]:
    """The links that lead back up: without them there is no circle.

    Those that close a circle when one goes from the first name on, ways in the order
    given: so what an author wrote to go back is what is found.
    """
    ways: dict[str, list[tuple[int, str]]] = {name: [] for name in names}
    for number, link in enumerate(links):
        ways[link.start].append((number, link.end))
    found: set[int] = set()
    state: dict[str, bool] = {}  # True: on the way that is being gone
    for root in names:
        if root in state:
            continue
        state[root] = True
        trail = [(root, iter(ways[root]))]
        while trail:
            name, rest = trail[-1]
            for number, end in rest:
                if state.get(end):
                    found.add(number)
                elif end not in state:
                    state[end] = True
                    trail.append((end, iter(ways[end])))
                    break
            else:
                state[name] = False
                trail.pop()
    return found


def layered(sizes: Mapping[str, Size], links: Sequence[Link]) -> Layers:
    """Give each box its layer, and each line its knots. Raises `Circle`."""
    ranks = _ranks(list(sizes), links)
    boxes = {
        name: Knot(2 * ranks[name], size, box=name) for name, size in sizes.items()
    }
    rows: list[list[Knot]] = [[] for _ in range(2 * max(ranks.values()) + 1)]
    for knot in boxes.values():
        rows[knot.layer].append(knot)
    trunks: dict[tuple[str, int], Knot] = {}
    main = _main_links(list(sizes), links)
    spine: set[tuple[int, int]] = set()
    paths = []
    for number, link in enumerate(links):
        start, end = boxes[link.start], boxes[link.end]
        own = Knot(start.layer + 1, link.label or Size(0, 0))
        rows[own.layer].append(own)
        path = [start, own]
        for layer in range(own.layer + 1, end.layer):
            if (link.end, layer) not in trunks:
                trunks[link.end, layer] = Knot(layer, Size(0, 0))
                rows[layer].append(trunks[link.end, layer])
            path.append(trunks[link.end, layer])
        path.append(end)
        for upper, lower in pairwise(path):
            if lower not in upper.below:
                upper.below.append(lower)
                lower.above.append(upper)
            if number in main:
                spine.add((id(upper), id(lower)))
        paths.append(path)
    return Layers(rows, paths, spine)


def _ties(
    names: Sequence[str], links: Sequence[Link]
) -> tuple[dict[str, list[str]], dict[str, list[str]]]:
    """Which boxes lead to each box, and to which it leads."""
    into: dict[str, list[str]] = {name: [] for name in names}
    out: dict[str, list[str]] = {name: [] for name in names}
    for link in links:
        into[link.end].append(link.start)
        out[link.start].append(link.end)
    return into, out


def _main_links(names: Sequence[str], links: Sequence[Link]) -> set[int]:
    """Of each box's links the one that leads to most boxes; of equal ones the first."""
    into, out = _ties(names, links)
    leads: dict[str, set[str]] = {}
    for name in reversed(_sorted(names, into, out)):
        leads[name] = {name}.union(*(leads[end] for end in out[name]))
    best: dict[str, int] = {}
    for number, link in enumerate(links):
        known = best.get(link.start)
        if known is None or len(leads[link.end]) > len(leads[links[known].end]):
            best[link.start] = number
    return set(best.values())


def _ranks(names: Sequence[str], links: Sequence[Link]) -> dict[str, int]:
    """Each box right below the lowest that leads to it; then pulled to its ways."""
    into, out = _ties(names, links)
    order = _sorted(names, into, out)
    ranks: dict[str, int] = {}
    for name in order:
        ranks[name] = max((ranks[start] + 1 for start in into[name]), default=0)
    for name in reversed(order):
        # A box with more ways out than in stands nearer to where it leads: that makes
        # the lines shorter. What nothing leads to, an entry, above all.
        if out[name] and len(out[name]) > len(into[name]):
            ranks[name] = min(ranks[end] for end in out[name]) - 1
    least = min(ranks.values(), default=0)
    return {name: rank - least for name, rank in ranks.items()}


def _sorted(
    names: Sequence[str],
    into: Mapping[str, Sequence[str]],
    out: Mapping[str, Sequence[str]],
) -> list[str]:
    waits = {name: len(into[name]) for name in names}
    ready = [name for name in names if not waits[name]]
    for name in ready:  # grows while it is read
        for end in out[name]:
            waits[end] -= 1
            if not waits[end]:
                ready.append(end)
    if len(ready) < len(waits):
        raise Circle("these links lead in a circle; take `back_links` out before")
    return ready
