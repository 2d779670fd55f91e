"""Reads the documentation's pages: sections, tables, code that stands in them."""

import re
import textwrap
from pathlib import Path

TOP = Path(__file__).parents[2]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


def text_of(name):
    return (TOP / name).read_text("utf-8")


def blocks(text, language):
    """The fenced blocks of a language, without the indent of their fence."""
    return [textwrap.dedent(m[3]) for m in FENCE.finditer(text) if m[2] == language]


def section(text, heading):
    """What stands below a heading, down to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}$\n(.*?)(?=^#|\Z)", text, re.M | re.S)
    assert found, f"there is no heading {heading!r}"
    return found[1]


def rows(text, column=0):
    """One column of the tables in *text*, without their heads."""
    cells = [
        re.split(r"(?<!\\)\|", line.strip().strip("|"))
        for line in text.splitlines()
        if line.lstrip().startswith("|")
    ]
    rules = [n for n, row in enumerate(cells) if set("".join(row)) <= set("-: ")]
    heads = {n - 1 for n in rules}
    return [
        row[column].strip()
        for n, row in enumerate(cells)
        if n not in heads and n not in rules
    ]


def ticked(text):
    return re.findall(r"`([^`]+)`", text)
