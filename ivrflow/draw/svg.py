"""A drawing as SVG: one file, no fonts, scripts or pictures from elsewhere.

Text is text, so it can be searched, copied and read aloud. Colours follow the reader's
light or dark screen, and paper gets the light ones.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from importlib.resources import files

from ivrflow.draw.chart import OVERVIEW, Chart, Shape
from ivrflow.draw.drawing import (
    INSET,
    LEADING,
    SMALL,
    Drawing,
    Drawn,
    Line,
    Words,
    key_room,
)
from ivrflow.draw.layout import Point, Rect
from ivrflow.draw.measure import plain, width

MARGIN = 28.0
CORNER = 7.0
"""Radius of a line's bends."""
TITLE = 64.0
"""Room for the title above the first box."""
ALWAYS = 20.0
"""Room for each further line of the head."""
LEGEND = 44.0
EDGE = 14.0
"""Around an embedded picture."""
DOT = " \u00b7 "

LEGEND_WORDS = {
    Shape.TALK: "says",
    Shape.QUESTION: "asks",
    Shape.DECISION: "decides",
    Shape.DATA: "finds, stores",
    Shape.FLOW: "another flow",
    Shape.PEOPLE: "people",
    Shape.MESSAGE: "messages",
    Shape.END: "ends",
}


def style() -> str:
    """The style sheet of all pictures."""
    return (files("ivrflow.draw") / "picture.css").read_text("utf-8")


def svg(drawings: Sequence[Drawing], *, note: str = "") -> str:
    """The whole file, flows below each other; *note* stands under the first title."""
    panels = [panel_size(drawing) for drawing in drawings]
    full = max((w for w, _ in panels), default=0) + 2 * MARGIN
    height = sum(h for _, h in panels) + MARGIN * (len(panels) + 1) + LEGEND
    titles = [drawing.chart.title or drawing.chart.name for drawing in drawings]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {full:g} {height:g}" '
        f'width="{full:g}" height="{height:g}" role="img" '
        'aria-labelledby="ivrflow-title ivrflow-desc">',
        f'<title id="ivrflow-title">{_safe(", ".join(titles))}</title>',
        f'<desc id="ivrflow-desc">{_safe(describe(drawings))}</desc>',
        f"<style>{style()}</style>",
        f'<rect class="ground" width="{full:g}" height="{height:g}"/>',
    ]
    y = MARGIN
    for drawing, (_, high) in zip(drawings, panels, strict=True):
        parts.append(f'<g transform="translate({MARGIN:g} {y:g})">')
        parts += panel(drawing, note=note)
        parts.append("</g>")
        note = ""
        y += high + MARGIN
    parts += legend(MARGIN, y + 8, full - 2 * MARGIN)
    parts.append("</svg>")
    return "\n".join(parts) + "\n"


def describe(drawings: Sequence[Drawing]) -> str:
    """The picture in words, for those who can't see it."""
    told = []
    for drawing in drawings:
        chart = drawing.chart
        steps = [box for box in chart.boxes.values() if box.is_step]
        told.append(
            f"Flow {chart.name}: {len(steps)} steps. "
            + " ".join(
                f"{way.start} leads to {way.end}"
                + (f" ({', '.join(sorted(way.outcomes))})." if way.outcomes else ".")
                for way in chart.ways
            )
        )
    return " ".join(told)


def panel_size(drawing: Drawing) -> tuple[float, float]:
    """Width and height of one flow with its head."""
    head = TITLE + ALWAYS * len(head_lines(drawing))
    widest = max([300.0, *(width(t, SMALL) for t in head_lines(drawing))])
    return max(drawing.width, widest), head + drawing.height


def panel(drawing: Drawing, *, note: str = "") -> Iterator[str]:
    """One flow with its head; its upper left corner is at 0, 0."""
    chart = drawing.chart
    full, _ = panel_size(drawing)
    yield _text(0, 16, chart.title or chart.name, "title")
    about = about_chart(chart) + (DOT + note if note else "")
    yield _text(0, 37, about, "sub")
    y = 37.0
    for line in head_lines(drawing):
        y += ALWAYS
        yield _text(0, y, line, "sub")
    left = max((full - drawing.width) / 2, 0)
    yield f'<g transform="translate({left:g} {y + TITLE - 37:g})">'
    yield from picture(drawing)
    yield "</g>"


def about_chart(chart: Chart) -> str:
    """Which flow it is, and where it stands."""
    if chart.name == OVERVIEW:
        return chart.file
    return f"flow {chart.name}, {chart.file}"


def head_lines(drawing: Drawing) -> list[str]:
    """What holds everywhere in the flow, in words."""
    chart = drawing.chart
    always = [f"{key} \u2192 {target}" for key, target in chart.always]
    if chart.on_error:
        always.append(f"any error \u2192 {chart.on_error}")
    return ["always: " + DOT.join(always)] if always else []


def embedded(drawing: Drawing, label: str) -> str:
    """The picture of one flow for a page that has the style sheet and the head."""
    full, height = drawing.width + 2 * EDGE, drawing.height + 2 * EDGE
    return "\n".join(
        [
            f'<svg viewBox="{-EDGE:g} {-EDGE:g} {full:g} {height:g}" '
            f'width="{full:g}" height="{height:g}" role="group" '
            f'aria-label="{_safe(label)}">',
            f"<desc>{_safe(describe([drawing]))}</desc>",
            *picture(drawing),
            "</svg>",
        ]
    )


def picture(drawing: Drawing) -> Iterator[str]:
    """Lines, labels and boxes, without any head."""
    # Thick lines first: a thin one beside them stays visible.
    for line in sorted(drawing.lines, key=lambda line: -line.weight):
        yield from _line(line)
    for line in drawing.lines:
        if line.label is not None:
            yield from _label(line, line.label)
    for drawn in drawing.boxes:
        yield from _box(drawn)


def legend(x: float, y: float, room: float) -> Iterator[str]:
    """What the shapes mean, in one row."""
    yield '<g class="legend" aria-hidden="true">'
    for shape, words in LEGEND_WORDS.items():
        rect = Rect(x, y, 26, 15)
        yield _outline(shape, rect)
        yield _text(x + 33, y + 11.5, words, "sub")
        x += 33 + width(words, SMALL) + 22
        if x > room:
            break
    yield "</g>"


# Boxes --------------------------------------------------------------------------------


def _box(drawn: Drawn) -> Iterator[str]:
    box, rect = drawn.box, drawn.rect
    kinds = ["step"]
    if not box.reached:
        kinds.append("lost")
    if drawn.heat:
        kinds.append(f"heat{drawn.heat}")
    yield (
        f'<g class="{" ".join(kinds)}" transform="translate({rect.x:g} {rect.y:g})" '
        f'data-step="{_safe(box.name)}" data-rect="{_corners(rect)}">'
    )
    if box.is_step:
        yield f"<title>{_safe(_told(drawn))}</title>"
    yield _outline(box.shape, Rect(0, 0, rect.width, rect.height))
    if not box.is_step:
        for number, line in enumerate(drawn.lines):
            y = 15.5 + LEADING * number
            yield _text(rect.width / 2, y, line.text, "entry-words", anchor="middle")
        yield "</g>"
        return
    yield _text(INSET, 19, box.name, "name")
    fold = 6 if box.shape is Shape.MESSAGE else 0
    yield _text(rect.width - INSET - fold, 19, box.verb, "verb", anchor="end")
    for number, line in enumerate(drawn.lines):
        yield _words(line, INSET, 36.5 + LEADING * number)
    yield "</g>"


def _corners(rect: Rect) -> str:
    """For the page's script, which closes gaps where branches are folded."""
    return f"{rect.x:g},{rect.y:g},{rect.width:g},{rect.height:g}"


def _told(drawn: Drawn) -> str:
    """What a pointer that rests on the box is told."""
    box = drawn.box
    told = f"{box.name}: {box.verb}, {box.file}:{box.line}"
    return told if box.reached else f"{told}; nothing leads here"


def _outline(shape: Shape, rect: Rect) -> str:
    """The shape of a box: questions, decisions, data and ends are told apart by it."""
    x, y, w, h = rect.x, rect.y, rect.width, rect.height
    look = f'class="box {shape.value}"'
    if shape in (Shape.END, Shape.ENTRY):
        return _rounded(rect, min(h / 2, 17), look)
    if shape is Shape.DECISION:
        cut = min(11.0, h / 3)
        points = (
            (x + cut, y),
            (x + w - cut, y),
            (x + w, y + cut),
            (x + w, y + h - cut),
            (x + w - cut, y + h),
            (x + cut, y + h),
            (x, y + h - cut),
            (x, y + cut),
        )
        return f'<path {look} d="{_closed(points)}"/>'
    if shape is Shape.MESSAGE:
        cut = min(12.0, h / 2)
        corners = (
            (x, y),
            (x + w - cut, y),
            (x + w, y + cut),
            (x + w, y + h),
            (x, y + h),
        )
        fold = f"M{x + w - cut:g} {y:g}v{cut:g}h{cut:g}"
        return f'<path {look} d="{_closed(corners)}"/><path {look} d="{fold}"/>'
    if shape is Shape.FLOW:
        bars = f"M{x + 5:g} {y:g}v{h:g}M{x + w - 5:g} {y:g}v{h:g}"
        return (
            _rounded(rect, 2, look) + f'<path class="bars {shape.value}" d="{bars}"/>'
        )
    if shape is Shape.QUESTION:
        bar = Rect(x, y + 6, 3.5, h - 12)
        return _rounded(rect, 8, look) + _rounded(bar, 1.5, 'class="bar question"')
    if shape is Shape.DATA:
        return _rounded(rect, 2, look)
    return _rounded(rect, 8, look)


def _rounded(rect: Rect, radius: float, look: str) -> str:
    return (
        f'<rect {look} x="{rect.x:g}" y="{rect.y:g}" width="{rect.width:g}" '
        f'height="{rect.height:g}" rx="{radius:g}"/>'
    )


def _closed(points: Sequence[Point]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "Z"


# Lines --------------------------------------------------------------------------------


def _line(line: Line) -> Iterator[str]:
    kinds = "line error" if line.way.error else "line"
    ends = f'data-from="{_safe(line.way.start)}" data-to="{_safe(line.way.end)}"'
    points = [(x, y) for x, y in line.points]
    x, y = points[-1]
    reach = 7 + line.weight
    points[-1] = (x, y - reach + 1)  # the tip ends at the box, whatever the width
    half = 3 + line.weight * 0.7
    raw = " ".join(f"{x:g},{y:g}" for x, y in line.points)
    yield f'<g class="way" {ends} data-points="{raw}">'
    yield (f'<path class="{kinds}" stroke-width="{line.weight:g}" d="{bent(points)}"/>')
    tip = ((x, y - 0.5), (x - half, y - reach), (x + half, y - reach))
    yield f'<path class="{kinds.replace("line", "tip", 1)}" d="{_closed(tip)}"/></g>'


def bent(points: Sequence[Point]) -> str:
    """A line along *points* with rounded corners."""
    parts = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        radius = min(CORNER, _length(before, here) / 2, _length(here, after) / 2)
        (x1, y1), (x2, y2) = _toward(here, before, radius), _toward(here, after, radius)
        parts.append(f"L{x1:g} {y1:g}Q{here[0]:g} {here[1]:g} {x2:g} {y2:g}")
    parts.append(f"L{points[-1][0]:g} {points[-1][1]:g}")
    return "".join(parts)


def _length(one: Point, two: Point) -> float:
    return abs(one[0] - two[0]) + abs(one[1] - two[1])


def _toward(here: Point, there: Point, by: float) -> Point:
    """The point *by* pixels from *here* toward *there*, rounded."""
    whole = _length(here, there) or 1.0
    return (
        round(here[0] + (there[0] - here[0]) * by / whole, 2),
        round(here[1] + (there[1] - here[1]) * by / whole, 2),
    )


def _label(line: Line, rect: Rect) -> Iterator[str]:
    ends = f'data-from="{_safe(line.way.start)}" data-to="{_safe(line.way.end)}"'
    yield (
        f'<g class="label" transform="translate({rect.x:g} {rect.y:g})" {ends} '
        f'data-rect="{_corners(rect)}">'
    )
    yield _rounded(Rect(0, 0, rect.width, rect.height), 6, 'class="plate"')
    inset = max(key_room(words) for words in line.lines)
    for number, words in enumerate(line.lines):
        y = 13.5 + LEADING * number
        if inset:
            yield _words(words, 7 if words.key else 7 + inset, y)
        else:
            yield _words(words, rect.width / 2, y, middle=True)
    yield "</g>"


# Text ---------------------------------------------------------------------------------


def _words(line: Words, x: float, y: float, *, middle: bool = False) -> str:
    leads = f' data-leads="{_safe(line.leads)}"' if line.leads else ""
    anchor = "middle" if middle else ""
    if not line.key:
        return _text(x, y, line.text, line.kind, anchor=anchor, more=leads)
    room = key_room(line)
    wide = room - 5
    cap = _rounded(Rect(x, y - 10.5, wide, 13.5), 3, 'class="cap"') + _text(
        x + wide / 2, y, line.key, "key", anchor="middle"
    )
    return cap + (_text(x + room, y, line.text, "label") if line.text else "")


def _text(
    x: float, y: float, words: str, kind: str, *, anchor: str = "", more: str = ""
) -> str:
    at = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{x:g}" y="{y:g}" class="t-{kind}"{at}{more}>{_safe(words)}</text>'


def _safe(text: str) -> str:
    """*text* for XML: escaped, on one line, without signs that XML can't hold."""
    return escape(plain(text), quote=True)
