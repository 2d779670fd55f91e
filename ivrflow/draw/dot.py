"""A chart as DOT, for Graphviz and what else reads it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ivrflow.draw.chart import Box, Chart, Shape
from ivrflow.draw.measure import plain, wrap
from ivrflow.draw.mermaid import why
from ivrflow.draw.paint import Paint

LOOKS = {
    Shape.ENTRY: 'shape=plaintext, style=""',
    Shape.TALK: 'shape=box, fillcolor="#eaf5ff", color="#79b8f3"',
    Shape.QUESTION: 'shape=box, fillcolor="#e3eefc", color="#2f81e0"',
    Shape.DECISION: 'shape=octagon, fillcolor="#fff4e5", color="#e0922f"',
    Shape.DATA: 'shape=box, style=filled, fillcolor="#f5edff", color="#b48bea"',
    Shape.FLOW: 'shape=box, peripheries=2, fillcolor="#f5edff", color="#8250df"',
    Shape.PEOPLE: 'shape=box, fillcolor="#e2f8e7", color="#3fa65a"',
    Shape.MESSAGE: 'shape=note, style=filled, fillcolor="#fffbdb", color="#cfa21d"',
    Shape.END: 'shape=oval, fillcolor="#eceff2", color="#6e7781"',
}


def dot(charts: Sequence[Chart], paints: Sequence[Paint | None]) -> str:
    """A digraph; several flows are clusters. *paints* are those of *charts*."""
    lines = [
        "digraph ivrflow {",
        '  graph [rankdir=TB, fontname="Helvetica"]',
        '  node [fontname="Helvetica", fontsize=11, style="rounded,filled"]',
        '  edge [fontname="Helvetica", fontsize=10, color="#848d97"]',
    ]
    for number, (chart, paint) in enumerate(zip(charts, paints, strict=True)):
        lines.append(f"  subgraph cluster_{number} {{")
        lines.append(f"    label={_quoted(chart.title or chart.name)}")
        lines += [f"    {line}" for line in _inside(chart, paint)]
        lines.append("  }")
    names = {chart.name for chart in charts}
    for chart in charts:
        for box in chart.boxes.values():
            if box.opens in names:
                start, end = _id(chart, box.name), _quoted(f"{box.opens}.>start")
                lines.append(f"  {start} -> {end} [style=dotted]")
    return "\n".join([*lines, "}"]) + "\n"


def _inside(chart: Chart, paint: Paint | None) -> Iterator[str]:
    for box in chart.boxes.values():
        yield f"{_id(chart, box.name)} [label={_label(box, paint)}, {LOOKS[box.shape]}]"
    for entry, to in chart.entries.items():
        yield f"{_id(chart, entry)} -> {_id(chart, to)}"
    ends = 0
    for way in chart.ways:
        end = _id(chart, way.end)
        if way.special:
            ends += 1
            end = _id(chart, f">{way.end} {ends}")
            yield f'{end} [label={_quoted(way.end)}, shape=plaintext, style=""]'
        words = why(way)
        more = [f"label={_quoted(words)}"] if words else []
        if paint:
            count = paint.count(way)
            more = [f"label={_quoted(f'{words} {count:,}'.strip())}"]
            more.append(f"penwidth={paint.weight(way):g}")
        if way.error:
            more.append('style=dashed, color="#c98f70"')
        yield f"{_id(chart, way.start)} -> {end} [{', '.join(more)}]"


def _label(box: Box, paint: Paint | None) -> str:
    if not box.is_step:
        return _quoted(box.says)
    lines = [f"{box.name} ({box.verb})", *wrap(box.says, 200, 11, lines=3)]
    if paint and (shares := paint.shares(box.name)):
        lines += shares.summary()
    return '"' + "\\n".join(_quoted(line)[1:-1] for line in lines) + '"'


def _id(chart: Chart, name: str) -> str:
    return _quoted(f"{chart.name}.{name}")


def _quoted(text: str) -> str:
    r"""*text* in quotes; a backslash is doubled, so that `\N` is no name of a node."""
    safe = plain(text).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{safe}"'
