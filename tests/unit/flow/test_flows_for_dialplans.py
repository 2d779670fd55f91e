"""Flows that a dialplan runs: what is handed in, and what comes back."""

from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_site import check

from ivrflow.flow.handed_in import READS
from ivrflow.flow.results import LONGEST, as_text
from ivrflow.flow.scripts import BadScript, Script, read_script
from ivrflow.secret import Masked, Secret


def test_a_flow_and_its_values_are_asked_for_as_in_a_url():
    assert read_script("flow/top") == Script(flow="top")
    assert read_script("/flow/top/") == Script(flow="top")
    asked = read_script("flow/top?from=+4930%2B1&name=%E6%9D%8E%20x&empty=&a=b=c")
    assert dict(asked.given) == {
        "from": "+4930+1",
        "name": "李 x",
        "empty": "",
        "a": "b=c",
    }


@given(st.text(max_size=200))
def test_whatever_is_asked_for_is_read_or_refused(asked):
    try:
        script = read_script(asked)
    except BadScript:
        return
    assert all(value.isprintable() for value in script.given.values())


def test_values_are_read_as_what_the_flow_takes():
    read = {
        "text": ("007", "007"),
        "phone": ("+86138", "+86138"),
        "number": ("-3.50", Decimal("-3.50")),
        "money": ("12", Decimal(12)),
        "yes/no": ("no", False),
        "date": ("2026-03-02", date(2026, 3, 2)),
        "time": ("09:30", time(9, 30)),
        "duration": ("90", timedelta(seconds=90)),
    }
    assert read.keys() == READS.keys()
    for kind, (text, value) in read.items():
        assert READS[kind](text) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("number", "1e9"),
        ("number", "9" * 21),
        ("number", "NaN"),
        ("money", "1,5"),
        ("yes/no", "true"),
        ("date", "tomorrow"),
        ("time", "25:00"),
        ("duration", "5s"),
    ],
)
def test_what_is_none_of_them_is_refused(kind, text):
    with pytest.raises(ValueError):  # noqa: PT011  # each kind says it in its words
        READS[kind](text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (7, "7"),
        (Decimal("1.50"), "1.50"),
        ("two\nlines\r\0", "two lines  "),
        (date(2026, 3, 2), "2026-03-02"),
        (timedelta(minutes=1.5), "90"),
        (Secret("1234"), None),
        (Masked("6222000011112222"), None),
        ({"a": 1}, None),
        ([1], None),
        ("李" * LONGEST, "李" * (LONGEST // 3)),
    ],
)
def test_results_are_one_line_of_text_and_never_secret(value, text):
    assert as_text(value) == text


MAIN = "flows/main.yaml"


def test_the_checker_says_where_a_dialplans_call_leaves_it(tmp_path):
    found = check(tmp_path, (MAIN, "flow: main\n", "flow: main\nagi: yes\n"))
    notes = [p for p in found.problems if p.code == "F035"]

    assert notes
    assert "leaves its dialplan here" in notes[0].message


def test_a_flow_for_dialplans_takes_no_row_of_a_table(tmp_path):
    found = check(tmp_path, ("flows/sub.yaml", "flow: sub\n", "flow: sub\nagi: yes\n"))
    (wrong,) = [p for p in found.problems if p.code == "F036"]

    assert "'person'" in wrong.message
