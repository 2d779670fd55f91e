"""The reference pages, written from the models and rules themselves.

    python -m ivrflow.flow.reference docs/reference

A page can't be out of date without a test telling: `make check` compares. What stands
in a page is said where the key is declared: mend it there and write the pages again.
"""

from __future__ import annotations

import re
import sys
import textwrap
import types
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivrflow.flow.kind import Kind, Part
from ivrflow.flow.kinds import Expression, Outcome, Target
from ivrflow.flow.load import check_site
from ivrflow.flow.manual import Page, pages
from ivrflow.flow.measures import Number, Whole
from ivrflow.flow.model import Node
from ivrflow.flow.site.agents import Agents
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.site.flow import Head
from ivrflow.flow.site.hours import Hours
from ivrflow.flow.site.mailboxes import Mailboxes
from ivrflow.flow.site.numbers import Number as DialledNumber
from ivrflow.flow.site.queues import Queues
from ivrflow.flow.site.settings import Settings
from ivrflow.flow.site.switches import Switch
from ivrflow.flow.site.wording import Wording
from ivrflow.flow.step import VERBS, Step
from ivrflow.shipped import shipped

MADE = "<!-- Written by `python -m ivrflow.flow.reference docs/reference`. -->\n"

FAMILIES = {
    "Y": "Reading the files",
    "F": "Flows",
    "P": "Prompts",
    "T": "Timetables",
    "D": "Data",
    "S": "Secrets",
    "H": "The way to a person",
    "Q": "Queues, mailboxes and agents",
}
"""First letter of a code -> what its family is about."""

FILES: Mapping[str, tuple[str, type[BaseModel]]] = {
    "site.yaml": ("The site as a whole.", Settings),
    "numbers.yaml": ("Dialled number -> what answers it.", DialledNumber),
    "flows/*.yaml": ("The head of a flow; its steps are on their own page.", Head),
    "hours.yaml": ("Name -> timetable. Beside these keys, days with hours.", Hours),
    "switches.yaml": ("Name -> switch.", Switch),
    "wording.yaml": ("Prompt -> who may change its words live.", Wording),
    "data.yaml": ("Name -> look-up or store.", DataSource),
    "queues.yaml": ("Name -> queue, and what all queues share.", Queues),
    "agents.yaml": ("Who answers.", Agents),
    "mailboxes.yaml": (
        "Name -> mailbox, and the keys by which all are heard.",
        Mailboxes,
    ),
}
"""File of a site -> what it holds, and the model of an entry."""


def reference() -> dict[str, str]:
    """File name -> text of every page."""
    return {"steps.md": steps(), "data.md": data(), "checks.md": checks()}


# Steps ----------------------------------------------------------------------------


def steps() -> str:
    """Every verb with its keys, its ways out and an example."""
    examples = _examples()
    parts = [
        MADE,
        "# Steps\n",
        "Every verb of a flow with its keys, its ways out and an example. How a talk "
        "is designed is told in [flows.md](../flows.md).\n",
        "Every step may also have `then` (the step that follows; left out, the next "
        "one in the file) and `on_error` (where it goes when something unexpected "
        "happens). An outcome that is left out goes the step's `on_error`, then the "
        "flow's; without both, the caller hears an apology and the call ends.\n",
        " ".join(f"[{verb}](#{verb})" for verb in sorted(VERBS)) + "\n",
    ]
    for verb in sorted(VERBS):
        parts.append(_step(verb, VERBS[verb], examples.get(verb, "")))
    return "\n".join(parts)


def _step(verb: str, step: type[Step], example: str) -> str:
    fields = {
        name: info
        for name, info in step.model_fields.items()
        if name not in ("then", "on_error")
    }
    outcomes = {n: i for n, i in fields.items() if _holds(i.annotation, Outcome)}
    keys = {name: info for name, info in fields.items() if name not in outcomes}
    lines = [f"## {verb}\n", _prose(step), *tables(keys)]
    ways = [(info.alias or name, info) for name, info in outcomes.items()]
    if ways:
        lines += ["| outcome | when |", "|---|---|"]
        lines += [f"| `{name}` | {info.description} |" for name, info in ways]
        lines.append("")
    if example:
        lines += ["```yaml", example, "```", ""]
    return "\n".join(lines)


def _examples() -> dict[str, str]:
    """Verb -> the step of the shipped flows that shows most of its keys."""
    best: dict[str, tuple[int, str]] = {}
    for folder in sorted(shipped("flows").iterdir(), key=_sample_first):
        site = check_site(folder).site
        if site is None:
            continue  # no site, or one whose own tests tell what is wrong with it
        found: dict[str, tuple[int, str]] = {}
        for flow in site.flows.values():
            text = (folder / flow.file).read_text("utf-8").split("\n")
            for node in flow.nodes.values():
                count = len(node.step.model_fields_set)
                if count > found.get(node.verb, (0, ""))[0]:
                    found[node.verb] = (count, _source(text, node))
        best = {**found, **best}
    return {verb: text for verb, (_, text) in best.items()}


def _sample_first(folder: Path) -> tuple[bool, str]:
    return folder.name != "hotline", folder.name


def _source(text: list[str], node: Node) -> str:
    """The lines of a step: those that are indented deeper than its name."""
    first = node.at.line - 1
    indent = node.at.column - 1
    lines = [text[first]]
    for line in text[first + 1 :]:
        if line.strip() and len(line) - len(line.lstrip()) <= indent:
            break
        lines.append(line)
    return textwrap.dedent("\n".join(lines)).rstrip()


# Files ----------------------------------------------------------------------------


def data() -> str:
    """Every file of a site with its keys."""
    parts = [
        MADE,
        "# The files of a site\n",
        "Every key of every file. Prompts (`prompts/*.yaml`), texts and what they may "
        "hold are told in [flows.md](../flows.md).\n",
    ]
    for file, (what, model) in FILES.items():
        # A docstring of one line only says whose model it is.
        prose = [_prose(model)] if "\n" in str(model.__doc__).strip() else []
        parts += [f"## {file}\n", f"{what}\n", *prose, *tables(_fields(model))]
    return "\n".join(parts)


def _fields(model: type[BaseModel]) -> dict[str, FieldInfo]:
    return dict(model.model_fields)


# Checks ---------------------------------------------------------------------------


def checks() -> str:
    """Every code of the checker with its manual."""
    parts = [
        MADE,
        "# What the checker finds\n",
        "`ivrflow check` names each problem by a code that never changes its meaning; "
        "`ivrflow check --explain F022` prints one of these pages. The examples are "
        "steps of a flow, or files that begin with their name; a `^` points at the "
        "mistake above it.\n",
    ]
    for letter, family in FAMILIES.items():
        found = [page for page in pages().values() if page.code.startswith(letter)]
        if found:
            parts.append(f"## {family}\n")
            parts += [_page(page) for page in found]
    return "\n".join(parts)


def _page(page: Page) -> str:
    lines = [f"### {page.code}: {page.title}\n", f"{page.text}\n"]
    for head, example in page.examples:
        if example:
            lines += [f"{head}\n", "```yaml", example.rstrip("\n"), "```", ""]
    return "\n".join(lines)


# Models as tables -----------------------------------------------------------------


def _prose(model: type[BaseModel]) -> str:
    return textwrap.dedent(f"    {model.__doc__ or ''}").strip() + "\n"


def tables(fields: Mapping[str, FieldInfo]) -> Iterator[str]:
    """A table of keys, and one for each table that stands in one of them."""
    if not fields:
        return
    inside: dict[str, type[BaseModel]] = {}
    yield "| key | what stands there | left out | what for |"
    yield "|---|---|---|---|"
    for name, info in fields.items():
        key = info.alias or name
        told = info.description or ""
        for model in _parts_in(info.annotation):
            inside[key] = model
        what = _cell(_written(info.annotation))
        yield f"| `{key}` | {what} | {_cell(_default(info))} | {_cell(told)} |"
    yield ""
    for key, model in inside.items():
        yield f"In `{key}`: {_prose(model)}"
        yield from tables(_fields(model))


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**must be given**"
    value = info.default
    if info.default_factory is not None or value is None or value == ():
        return ""
    if isinstance(value, bool):
        return "`yes`" if value else "`no`"
    written = f"{value:g}" if isinstance(value, float) else str(value)
    if isinstance(value, float) and not isinstance(value, Number):
        written += "s"
    written = {"*": "star", "#": "hash"}.get(written, written)
    return f"`{written}`" if written else ""


def _written(annotation: Any) -> str:
    """What may be written there, in an author's words."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        known = {Number: "a number", Whole: "a whole number"}
        return known.get(annotation, _written(arguments[0]))
    if origin in (Union, types.UnionType):
        wanted = [one for one in arguments if one is not type(None)]
        return " or ".join(dict.fromkeys(map(_written, wanted)))
    if origin is Literal:
        return " ".join(f"`{word}`" for word in arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return f"{_bare(arguments[0])} -> {_bare(arguments[1])}"
    if origin in (list, tuple):
        return f"a list: {_bare(arguments[0])}"
    if isinstance(annotation, type):
        if issubclass(annotation, Kind):
            return annotation.what
        if issubclass(annotation, Part):
            short = f"`{annotation.short}` or " if annotation.short else ""
            return f"{short}a table"
        if annotation is bool:
            return "`yes` or `no`"
        if issubclass(annotation, int):
            return "a whole number"
    return "a table"


def _bare(annotation: Any) -> str:
    """The same inside a list or a table, without its article."""
    return re.sub(r"^an? ", "", _written(annotation))


def _parts_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inside in get_args(annotation):
        yield from _parts_in(inside)


def _holds(annotation: Any, kind: type[Target | Expression]) -> bool:
    return annotation is kind or any(_holds(a, kind) for a in get_args(annotation))


def stale(folder: Path, pages: Mapping[str, str]) -> list[str]:
    """The pages in *folder* that say something else than *pages*."""
    return [
        name
        for name, text in pages.items()
        if not (folder / name).is_file() or (folder / name).read_text("utf-8") != text
    ]


def main(
    arguments: list[str],
    made: Callable[[], Mapping[str, str]] = reference,
    module: str = "ivrflow.flow.reference",
) -> None:
    """Write all pages that are *made* into a folder; `--check`: say which are stale.

    *module* is what somebody runs to write them.
    """
    folder = Path(arguments[-1])
    pages = made()
    if "--check" in arguments:
        if found := stale(folder, pages):
            sys.exit(
                f"{', '.join(found)} out of date; write them again: "
                f"python -m {module} {folder}"
            )
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in pages.items():
        (folder / name).write_text(text, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
