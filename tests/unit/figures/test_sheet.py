"""Rows as a table, as CSV and as JSON."""

import csv

import pytest

from ivrflow.figures.sheet import Column, comma_separated, plain, table

COLUMNS = [
    Column("name", lambda row: row[0], "name", left=True),
    Column("calls", lambda row: row[1], "calls"),
    Column("more", lambda row: row[2]),
]


def test_chinese_names_take_two_places_each():
    shown = table(COLUMNS, [("客服", 12, ""), ("sales", 3, "")])

    assert shown.splitlines() == ["name   calls", "客服      12", "sales      3"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+4930", "-1", "@SUM(A1)", "\t=1", '=cmd|"/c calc"!A1']
)
def test_no_cell_begins_as_a_formula_does(text):
    lines = comma_separated(COLUMNS, [(text, -5, None)])
    _, (name, calls, more) = csv.reader(lines.splitlines())

    assert name == f"'{text}"
    assert (calls, more) == ("-5", "")


def test_what_is_several_is_one_cell_in_csv_and_whole_in_json():
    rows = [("a", 1.00049, {"key": 2, "full": 1}), ("b", None, ("x", "y"))]

    assert comma_separated(COLUMNS, rows).splitlines() == [
        "name,calls,more",
        "a,1.0,key=2 full=1",
        "b,,x y",
    ]
    assert plain(COLUMNS, rows)[0] == {
        "name": "a",
        "calls": 1.0,
        "more": {"key": 2, "full": 1},
    }


def test_a_table_moves_nobody_s_cursor():
    assert "\x1b" not in table(COLUMNS, [("\x1b[2Jboo", 1, "")])
