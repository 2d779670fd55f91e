"""Where all stands in a picture of boxes and lines, in layers from top to bottom.

A layered drawing after Sugiyama: `layers` puts each box below those that lead to it,
`order` sorts each layer so that few lines cross, `place` finds the x of each (Brandes
and Köpf), `tighten` pulls all together, `route` leads the lines between the layers.
Labels are knots of the layers themselves, with room of their own: so no label can lie
on a box, a line or another one.

Pure and without chance: the same graph gives the same picture, to the pixel.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from ivrflow.draw.layout.layers import Circle, Knot, Layers, back_links, layered
from ivrflow.draw.layout.model import Layout, Link, Point, Rect, Size
from ivrflow.draw.layout.order import put_in_order
from ivrflow.draw.layout.place import place
from ivrflow.draw.layout.route import Channel, channels, route
from ivrflow.draw.layout.tighten import tighten

__all__ = [
    "Circle",
    "Layout",
    "Link",
    "Point",
    "Rect",
    "Size",
    "back_links",
    "lay_out",
]


def lay_out(sizes: Mapping[str, Size], links: Sequence[Link]) -> Layout:
    """Place boxes of these *sizes* and the *links* between them.

    The links must not lead in a circle (`Circle`; see `back_links`), nor twice from one
    box to the same one. Takes some hundredths of a second for 40 boxes.
    """
    if not sizes:
        return Layout(boxes={}, labels=(), routes=(), width=0, height=0, crossings={})
    layers = layered(sizes, links)
    put_in_order(layers.rows)
    place(layers)
    tighten(layers)
    spaces = channels(layers)
    height = _place_rows(layers, spaces)
    knots = [knot for row in layers.rows for knot in row]
    routes = [route(path, spaces) for path in layers.paths]
    return Layout(
        boxes={knot.box: _rect(knot) for knot in knots if knot.box},
        labels=[
            _rect(path[1]) if path[1].size.width else None for path in layers.paths
        ],
        routes=routes,
        width=max(knot.x + knot.size.width / 2 for knot in knots),
        height=height,
        crossings=crossings(routes, [(link.start, link.end) for link in links]),
    )


def _place_rows(layers: Layers, spaces: Sequence[Channel]) -> float:
    """Set the y of rows and channels; return where the picture ends."""
    y = 0.0
    for number, row in enumerate(layers.rows):
        for knot in row:
            knot.y = y
        y += max((knot.size.height for knot in row), default=0.0)
        if number < len(spaces):
            spaces[number].top = y
            y += spaces[number].height
    return y


def _rect(knot: Knot) -> Rect:
    size = knot.size
    return Rect(round(knot.x - size.width / 2, 2), knot.y, size.width, size.height)


def crossings(
    routes: Sequence[Sequence[Point]], ends: Sequence[tuple[str, str]]
) -> dict[int, int]:
    """How many lines each line crosses; lines that share an end may touch."""
    level = []
    upright = []
    for number, points in enumerate(routes):
        for (x1, y1), (x2, y2) in pairwise(points):
            if y1 == y2:
                level.append((number, min(x1, x2), max(x1, x2), y1))
            else:
                upright.append((number, x1, y1, y2))
    met = set()
    for one, low, high, y in level:
        for two, x, top, bottom in upright:
            if one == two or low >= x or x >= high or top >= y or y >= bottom:
                continue
            (start, end), (other_start, other_end) = ends[one], ends[two]
            if start != other_start and end != other_end:
                met.add((one, two))
    pairs = {frozenset(pair) for pair in met}
    found: dict[int, int] = {}
    for pair in pairs:
        for number in pair:
            found[number] = found.get(number, 0) + 1
    return found
