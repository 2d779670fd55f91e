"""Drawings as one page that needs nothing else: search, folding, the lines of YAML.

It is opened from a disk, sent by mail and shown by servers that nobody looks after. So
it loads nothing, and its policy (CSP) forbids that too: the only script and the only
style that run are those whose hashes stand there. What the site's files say is escaped
here, and put in as text by the script.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ivrflow.draw.chart import Box
from ivrflow.draw.drawing import Drawing
from ivrflow.draw.measure import plain
from ivrflow.draw.mermaid import why
from ivrflow.draw.paint import Paint, percent, seconds
from ivrflow.draw.svg import about_chart, embedded, head_lines, style


@dataclass(frozen=True, kw_only=True)
class Page:
    """What the page shows besides its drawings."""

    title: str
    language: str
    """Of the prompts, as in HTML's `lang`."""
    texts: Mapping[str, str]
    """File of the site -> its text: excerpts of it are shown."""
    note: str = ""
    """A line beside the title: which calls are painted."""
    warning: str = ""
    folder: Path | None = None
    """The site's folder, if steps shall link to their line in VS Code."""


def html(
    drawings: Sequence[Drawing], paints: Sequence[Paint | None], page: Page
) -> str:
    """The whole page; *paints* are those of *drawings*."""
    css = style() + _own("page.css")
    script = _own("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(css)}; script-src {_hash(script)}; "
        "base-uri 'none'; form-action 'none'"
    )
    data = [
        step
        for drawing, paint in zip(drawings, paints, strict=True)
        for step in _steps(drawing, paint, page)
    ]
    note = f'<span class="note">{_safe(page.note)}</span>' if page.note else ""
    warning = f'<span class="warn">{_safe(page.warning)}</span>' if page.warning else ""
    return "\n".join(
        [
            "<!DOCTYPE html>",
            f'<html lang="{_safe(page.language)}">',
            "<head>",
            '<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="referrer" content="no-referrer">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>{_safe(page.title)}</title>",
            f"<style>{css}</style>",
            "</head>",
            "<body>",
            f"<header><h1>{_safe(page.title)}</h1>",
            '<input id="search" type="search" aria-label="Search" autocomplete="off" '
            'placeholder="Search steps, words, YAML  /">',
            '<span id="found" role="status"></span>',
            '<button id="farther" aria-label="smaller">\u2212</button>',
            '<button id="closer" aria-label="larger">+</button>',
            '<button id="fit">Fit</button>',
            '<button id="unfold">Unfold all</button>',
            note,
            warning,
            "</header>",
            "<main>",
            *(_section(drawing) for drawing in drawings),
            "</main>",
            "<aside><p>Click a step to see how it is written. The circle below a step "
            "folds what only that step leads to. Hold Ctrl and turn the wheel to zoom, "
            "drag to move.</p></aside>",
            f'<script type="application/json" id="steps">{_json(data)}</script>',
            f"<script>{script}</script>",
            "</body>",
            "</html>",
            "",
        ]
    )


def excerpt(text: str, line: int, below: int) -> list[str]:
    """The lines of a step that begins in *line*, up to the one *below*; 0: the end.

    Lines count from 1. Blank lines and comments at the end belong to what follows.
    """
    lines = text.split("\n")[line - 1 : below - 1 if below else None]
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("#")):
        lines.pop()
    if not lines:
        return []
    indent = len(lines[0]) - len(lines[0].lstrip())
    for number, other in enumerate(lines[1:], start=1):
        # Whatever follows the steps stands further left than they do.
        if other.strip() and len(other) - len(other.lstrip()) < indent:
            return excerpt("\n".join(lines[:number]), 1, 0)
    return [other[indent:].rstrip() for other in lines]


def _section(drawing: Drawing) -> str:
    chart = drawing.chart
    title = chart.title or chart.name
    about = about_chart(chart)
    heads = "".join(
        f'<p class="head">{_safe(line)}</p>' for line in head_lines(drawing)
    )
    return (
        f'<details open data-flow="{_safe(chart.name)}"><summary>{_safe(title)}'
        f"<small>{_safe(about)}</small></summary>{heads}"
        f"{embedded(drawing, title)}</details>"
    )


def _steps(
    drawing: Drawing, paint: Paint | None, page: Page
) -> Iterator[dict[str, Any]]:
    """What the script knows of each step."""
    chart = drawing.chart
    for box in chart.boxes.values():
        if not box.is_step:
            continue
        yaml = excerpt(page.texts.get(box.file, ""), box.line, box.below)
        ways = [way for way in chart.ways if way.start == box.name]
        counts = paint.count if paint else None
        leads = [
            [
                way.end,
                ", ".join(
                    filter(None, [why(way), f"{counts(way):,}" if counts else ""])
                ),
            ]
            for way in ways
        ]
        comes = [[way.start, why(way)] for way in chart.ways if way.end == box.name]
        step = {
            "flow": chart.name,
            "step": box.name,
            "verb": box.verb,
            "about": ", ".join([box.verb, *box.notes]),
            "file": box.file,
            "line": box.line,
            "link": _link(page, box),
            "says": box.says,
            "opens": box.opens,
            "yaml": yaml,
            "ways": leads,
            "from": comes,
            "told": _traffic(box, paint),
            "others": [
                f"{outcome}: {target}, {count:,}"
                for outcome, target, count in paint.others(box.name, chart.ways)
            ]
            if paint
            else [],
        }
        words = [chart.name, box.name, box.verb, box.says, *box.notes, *yaml]
        step["search"] = "\n".join(words).lower()
        yield step


def _traffic(box: Box, paint: Paint | None) -> list[str]:
    if paint is None:
        return []
    if paint.shares(box.name) is None:
        return ["not counted: it runs when the call is over"]
    here = paint.step(box.name)
    told = [f"{here.visits:,} visits by {here.calls:,} calls"]
    if here.dropped:
        share = percent(here.dropped, here.visits)
        told.append(f"{here.dropped:,} callers hung up here ({share})")
    if here.mean is not None:
        told.append(f"{seconds(here.mean)} on average")
    if not box.reached:
        told.append("nothing leads here")
    return told


def _link(page: Page, box: Box) -> str:
    """Where VS Code opens the step; "" if pages shall not name the folder."""
    if page.folder is None:
        return ""
    return f"vscode://file{quote((page.folder / box.file).as_posix())}:{box.line}"


def _own(name: str) -> str:
    return (files("ivrflow.draw") / name).read_text("utf-8")


def _hash(text: str) -> str:
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


def _json(value: object) -> str:
    """*value* for a script element: nothing in it can end the element."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    # Half a surrogate pair, as a byte that is no text leaves it, has no place in UTF-8.
    return text.encode("utf-8", "replace").decode()


def _safe(text: str) -> str:
    return escape(plain(text), quote=True)
