"""The manual of the checker: every code has a page, and its examples are true."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from manual_site import site_of
from small_site import write

import ivrflow
from ivrflow.cli import main
from ivrflow.flow.load import check_site
from ivrflow.flow.manual import pages
from ivrflow.flow.source import Severity

PAGES = pages()
SHOWN = [code for code, page in PAGES.items() if page.wrong]


def found(tmp_path, example):
    return check_site(write(tmp_path, site_of(example))).problems


@pytest.mark.parametrize("code", SHOWN)
def test_the_wrong_example_has_the_mistake(tmp_path, code):
    assert code in [problem.code for problem in found(tmp_path, PAGES[code].wrong)]


@pytest.mark.parametrize("code", SHOWN)
def test_the_right_example_is_right(tmp_path, code):
    problems = found(tmp_path, PAGES[code].right)

    assert code not in [problem.code for problem in problems]
    assert [str(p) for p in problems if p.severity is Severity.ERROR] == []


def test_every_rule_shows_a_mistake_and_its_cure():
    from ivrflow.flow.check import rules

    for rule in rules():
        page = PAGES[rule.__doc__.split(":")[0]]
        # A note tells of something that is no mistake.
        assert page.wrong or page.title.endswith("(a note)."), rule.__name__


def test_every_code_that_the_program_knows_has_its_page():
    package = Path(ivrflow.__file__).parent
    texts = [
        path.read_text("utf-8")
        for room in ("flow", "prompts")
        for path in (package / room).rglob("*.py")
    ]
    codes = set(re.findall(r'"([YFPTDSHQ][0-9]{3})"', "\n".join(texts)))

    assert codes - set(PAGES) == set()


def test_a_page_is_printed():
    result = CliRunner().invoke(main, ["check", "--explain", "F022"])

    assert result.exit_code == 0
    assert result.output.startswith("F022: a circle in which nothing waits")
    assert "Right:\n\n    greet: {say: hello}\n" in result.output


def test_an_unknown_code_names_those_that_are_like_it():
    result = CliRunner().invoke(main, ["check", "--explain", "f02"])

    assert result.exit_code == 2
    assert "there is no code F02; did you mean F020 or F021 or F022?" in result.output
