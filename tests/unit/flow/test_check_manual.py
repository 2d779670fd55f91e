"""The manual of the checker: every code has a page, and its examples are true."""

import re
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner
from manual_site import places_of, site_of
from small_site import write

import ivrflow
from ivrflow.cli import main
from ivrflow.flow.check.calendar_ends import decreed_until
from ivrflow.flow.load import check_site
from ivrflow.flow.manual import pages
from ivrflow.flow.source import Severity

PAGES = pages()

IN_A_TEST_OF_ITS_OWN = {
    "Y015": "a file that may not be read",
    "Y018": "more files than anybody wants to read here",
    "P020": "recordings are no text",
}
"""Codes whose manual shows no example, and why."""

SHOWN = [code for code in PAGES if code not in IN_A_TEST_OF_ITS_OWN]


def found(tmp_path, code, example):
    today = date(2026, 3, 1)
    if code == "T015":
        last = decreed_until("CN", date.today())
        today = last.replace(month=12, day=1)
    return check_site(write(tmp_path, site_of(example)), today=today).problems


@pytest.mark.parametrize("code", SHOWN)
def test_the_wrong_example_has_this_mistake_at_this_place_and_no_other(tmp_path, code):
    page = PAGES[code]

    problems = found(tmp_path, code, page.wrong)

    grave = {p.code for p in problems if p.severity is not Severity.NOTE}
    assert grave <= {code}, [str(p) for p in problems]
    of_this = [p for p in problems if p.code == code]
    assert {(p.at.file, p.at.line, p.at.column) for p in of_this} == places_of(
        page.wrong
    ), [str(p) for p in of_this]
    assert of_this
    assert {p.severity for p in of_this} == {page.severity}


@pytest.mark.parametrize("code", SHOWN)
def test_the_right_example_is_right(tmp_path, code):
    problems = found(tmp_path, code, PAGES[code].right)

    wrong = [p for p in problems if p.severity is not Severity.NOTE or p.code == code]
    assert [str(p) for p in wrong] == []
    assert places_of(PAGES[code].right) == set()


def test_every_code_shows_a_mistake_and_its_cure():
    for code, page in PAGES.items():
        shows = code not in IN_A_TEST_OF_ITS_OWN
        assert bool(page.wrong) is bool(page.right) is shows, code


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
    import_code = CliRunner().invoke(main, ["check", "--explain", "I003"])
    assert "`ivrflow queue import` say all in their messages" in import_code.output

    result = CliRunner().invoke(main, ["check", "--explain", "f02"])

    assert result.exit_code == 2
    assert "there is no code F02; did you mean F020 or F021 or F022?" in result.output
