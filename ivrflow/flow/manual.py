"""The manual of the checker's codes: what each finds, and how it is mended.

A rule's manual is the docstring of its module: its code and title, what it means, an
example with the mistake and one without. Codes that are found while the files are read,
before any rule runs, have theirs in `check/_reading.py` and `check/_building.py`.

In an example, a line with nothing but `^` points at the mistake in the line above it,
as `ivrflow check` does; a tab is shown as ␉, a control character as ␇. Each example is
run by a test, which finds this code at these places and nothing else.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from ivrflow.flow.check import _building, _reading, rules
from ivrflow.flow.source import Severity

_EXAMPLES = re.compile(
    r"^(?:Wrong|Told):\n\n(?P<wrong>.*?)^(?:Right|Not told):\n\n(?P<right>.*)",
    re.M | re.S,
)


@dataclass(frozen=True)
class Page:
    """The manual page of one code."""

    code: str
    title: str
    """What is wrong, in a few words."""
    text: str
    """What it means and what to do, in paragraphs."""
    wrong: str = ""
    """An example with the mistake, in YAML, and a mark below it."""
    right: str = ""
    """The same without the mistake."""

    @property
    def severity(self) -> Severity:
        """How bad it is; the title says so where it is no error."""
        for severity in (Severity.WARNING, Severity.NOTE):
            if self.title.endswith(f"(a {severity.value})."):
                return severity
        return Severity.ERROR

    @property
    def examples(self) -> tuple[tuple[str, str], ...]:
        """Both examples with their heads; a note tells of nothing that is wrong."""
        if self.severity is Severity.NOTE:
            return ("Told:", self.wrong), ("Not told:", self.right)
        return ("Wrong:", self.wrong), ("Right:", self.right)

    def __str__(self) -> str:
        parts = [f"{self.code}: {self.title}", self.text]
        for head, example in self.examples:
            if example:
                parts += [head, textwrap.indent(example.rstrip("\n"), "    ")]
        return "\n\n".join(part for part in parts if part)


@cache
def pages() -> Mapping[str, Page]:
    """Code -> its page, sorted by code."""
    found = [_page(str(rule.__doc__)) for rule in rules()]
    found += [_page(text) for text in (*_reading.MANUAL, *_building.MANUAL)]
    return {page.code: page for page in sorted(found, key=lambda page: page.code)}


def _page(text: str) -> Page:
    head, _, rest = text.partition("\n")
    code, _, title = head.partition(": ")
    examples = _EXAMPLES.search(rest)
    prose = rest[: examples.start()] if examples else rest
    return Page(
        code,
        title,
        prose.strip("\n"),
        _example(examples["wrong"]) if examples else "",
        _example(examples["right"]) if examples else "",
    )


def _example(text: str) -> str:
    return textwrap.dedent(text).strip("\n") + "\n"
