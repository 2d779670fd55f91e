"""A chart as Mermaid: for pages that draw it themselves, such as GitHub's.

Mermaid takes HTML in its labels, and ends a text at a quote. So all that comes from the
site goes through `_safe`, and steps are numbered: `end` and `graph` would be words of
Mermaid's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from ivrflow.draw.chart import Box, Chart, Shape, Way
from ivrflow.draw.measure import plain
from ivrflow.draw.paint import Paint

OUTLINES = {
    Shape.ENTRY: ("([", "])"),
    Shape.END: ("([", "])"),
    Shape.DECISION: ("{{", "}}"),
    Shape.DATA: ("[(", ")]"),
    Shape.FLOW: ("[[", "]]"),
    Shape.MESSAGE: (">", "]"),
    Shape.QUESTION: ("[/", "/]"),
}
"""Shape -> what stands around its text. Others are round."""

ROUND = ("(", ")")

NO_HTML = str.maketrans(dict.fromkeys("<>&`", " "))


def mermaid(charts: Sequence[Chart], paints: Sequence[Paint | None]) -> str:
    """A flowchart; several flows are subgraphs, with their calls dotted between them.

    *paints* are those of *charts*, in their order.
    """
    ids = {
        (chart.name, name): f"s{number}"
        for number, (chart, name) in enumerate(
            (chart, name) for chart in charts for name in chart.boxes
        )
    }
    lines = ["flowchart TD"]
    for number, (chart, paint) in enumerate(zip(charts, paints, strict=True)):
        title = _safe(chart.title or chart.name)
        inside = [*_boxes(chart, ids, paint), *_ways(chart, ids, paint)]
        if len(charts) > 1:
            lines.append(f'  subgraph f{number}["{title}"]')
            lines += [f"  {line}" for line in inside]
            lines.append("  end")
        else:
            # Before the diagram stands YAML, which knows no codes: JSON is YAML.
            bare = plain(chart.title or chart.name).translate(NO_HTML)
            name = json.dumps(bare, ensure_ascii=False)
            lines.insert(0, f"---\ntitle: {name}\n---")
            lines += inside
    for chart in charts:
        for box in chart.boxes.values():
            if (box.opens, ">start") in ids:
                start = ids[chart.name, box.name]
                lines.append(f"  {start} -.-> {ids[box.opens, '>start']}")
    return "\n".join(lines) + "\n"


def _boxes(
    chart: Chart, ids: dict[tuple[str, str], str], paint: Paint | None
) -> Iterator[str]:
    for box in chart.boxes.values():
        before, after = OUTLINES.get(box.shape, ROUND)
        text = _safe(_told(box))
        if paint and (shares := paint.shares(box.name)):
            text += "".join(f"<br/>{_safe(told)}" for told in shares.summary())
        yield f'  {ids[chart.name, box.name]}{before}"{text}"{after}'


def _told(box: Box) -> str:
    return f"{box.name} ({box.verb})" if box.is_step else box.says


def _ways(
    chart: Chart, ids: dict[tuple[str, str], str], paint: Paint | None
) -> Iterator[str]:
    for entry, to in chart.entries.items():
        yield f"  {ids[chart.name, entry]} --> {ids[chart.name, to]}"
    ends = 0
    for way in chart.ways:
        start, arrow = ids[chart.name, way.start], "-.->" if way.error else "-->"
        words = why(way)
        if paint:
            words = f"{words} {paint.count(way):,}".strip()
        label = f'|"{_safe(words)}"|' if words else ""
        if way.special:
            # Each has an end of its own: one for all would tie the picture in knots.
            ends += 1
            end = f'{start}e{ends}(("{_safe(way.end)}"))'
        else:
            end = ids[chart.name, way.end]
        yield f"  {start} {arrow}{label} {end}"


def why(way: Way) -> str:
    """The choices that lead along *way*, in one line: `1 Balance, failed`."""
    told = (" ".join(filter(None, (c.key, c.words))) for c in way.choices)
    return ", ".join(filter(None, told))


def _safe(text: str) -> str:
    """*text* with all that Mermaid, Markdown or HTML could read as theirs as codes."""
    return "".join(
        char if char.isalnum() or char in " ,.:;()_?!-" else f"#{ord(char)};"
        for char in plain(text)
    )
