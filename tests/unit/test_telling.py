"""Facts in words, as people read them in a talk, a log and `ivrflow why`."""

from __future__ import annotations

import pytest

from ivrflow.acd.model import need
from ivrflow.facts import CallerMoved
from ivrflow.telling import needs_told, told


@pytest.mark.parametrize(
    ("needs", "told"),
    [
        (need({}), "anyone"),
        (need({"district=north": 1, "billing": 3}), "billing 3, district north"),
        (
            need({"mail": 2}, any=[{"french": 1}, {"lang=en": 3}], none={"trainee": 1}),
            "mail 2, one of (french 1; lang en at 3), not (trainee 1)",
        ),
    ],
)
def test_needs_are_told_in_words(needs, told):
    assert needs_told(needs.spelled()) == told


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (
            {"to": "sales", "priority": 1e6, "agent": "1002"},
            "taken for agent 1002 by 2001, before all in sales",
        ),
        (
            {"to": "sales", "priority": 10},
            "2001 gives the caller another priority in sales: 10",
        ),
        (
            {"to": "sales", "priority": 1e6},
            "2001 gives the caller another priority in sales: first",
        ),
        (
            {"to": "night", "priority": 1e6},
            "2001 moves the caller from sales to night",
        ),
    ],
)
def test_what_a_supervisor_does_to_a_caller_is_told(change, words):
    assert told(CallerMoved(at=0, queue="sales", by="2001", **change)) == words
