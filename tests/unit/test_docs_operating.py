"""The page for who is called at night: its lines of the log, its unit of systemd."""

import ast
import re
from functools import cache

import pytest

from tests.unit.pages import FENCE, TOP, blocks, rows, section, text_of, ticked

PAGE = text_of("docs/operating.md")
(UNIT,) = blocks(PAGE, "ini")


@cache
def texts_of_the_code():
    """All texts that stand in the code, each on one line; of f-strings their parts."""
    nodes = (
        node
        for path in (TOP / "ivrflow").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
    )
    texts = (
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    return "\n".join(re.sub(r"%[\d.]*[sdfr]", "...", text) for text in texts)


@pytest.mark.parametrize(
    "line",
    [
        line
        for cell in rows(section(PAGE, "What the log says"))
        for line in ticked(cell)
    ],
)
def test_a_line_of_the_log_that_is_explained_is_written_by_the_service(line):
    assert line in texts_of_the_code()


def test_the_unit_that_is_shown_is_the_one_that_is_shipped():
    assert text_of("packaging/systemd/ivrflow.service") == UNIT


def test_every_setting_of_the_unit_that_is_explained_is_in_it():
    named = ticked(
        " ".join(rows(section(FENCE.sub("", PAGE), "As a service of systemd")))
    )

    assert named
    assert all(name in UNIT for name in named)
