"""Checks are made one after the other, each within its time, and summed up."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivrflow.doctor.checks import Area, Check, checks
from ivrflow.doctor.examining import examine, report, status, summary
from ivrflow.doctor.finding import (
    CannotLook,
    Elsewhere,
    State,
    error,
    note,
    ok,
    unknown,
    warning,
)
from ivrflow.doctor.reference import reference
from ivrflow.flow.reference import stale


def check(look, name="one", within=15.0):
    return Check(name, Area.MACHINE, "What it is.\n\nMore.", look, within)


def finding(*found):
    async def look(patient):
        for one in found:
            yield one

    return look


async def examined(*wanted):
    return [one async for one in examine(None, wanted)]


async def test_findings_come_in_their_order_with_the_worst_as_state():
    [one] = await examined(check(finding(ok("a"), warning("b", "c"), note("d"))))

    assert [f.said for f in one.findings] == ["a", "b", "d"]
    assert one.state is State.WARNING


async def test_a_check_that_can_not_look_says_how_it_could():
    async def look(patient):
        yield ok("so far")
        raise CannotLook("too dark", "make light")

    [one] = await examined(check(look))

    assert one.findings == (ok("so far"), unknown("too dark", "make light"))


async def test_a_check_that_another_one_explains_says_which():
    async def look(patient):
        raise Elsewhere("ari-login")
        yield

    [one] = await examined(check(look))

    assert (one.findings, one.told_by, one.state) == ((), "ari-login", None)


async def test_a_check_that_takes_too_long_is_left_and_the_next_one_made():
    left = []

    async def look(patient):
        try:
            yield ok("begun")
            await asyncio.sleep(60)
        finally:
            left.append("tidied up")

    first, second = await examined(
        check(look, within=0.05), check(finding(ok("fine")), "two")
    )

    assert "not over after" in first.findings[-1].said
    assert left == ["tidied up"]
    assert second.state is State.OK


async def test_a_fault_of_ours_ends_one_check_alone():
    async def look(patient):
        yield ok("begun")
        raise KeyError("oops")

    first, second = await examined(check(look), check(finding(ok("fine")), "two"))

    assert "a fault of ours" in first.findings[-1].said
    assert second.state is State.OK


@pytest.mark.parametrize(
    ("found", "code"),
    [
        ([ok("a"), note("b")], 0),
        ([warning("a", "b"), unknown("c", "d")], 1),
        ([warning("a", "b"), error("c", "d")], 2),
        ([ok("a"), unknown("c", "d")], 3),
    ],
)
async def test_the_exit_status_is_that_of_the_worst(found, code):
    assert status(await examined(check(finding(*found)))) == code


async def test_the_summary_counts_what_is_not_well():
    found = await examined(check(finding(ok("a"), error("b", "c"), error("d", "e"))))

    assert summary(found) == "2 errors"
    assert summary(await examined(check(finding(ok("a"))))) == "all is well"


async def test_the_report_holds_all_of_it():
    found = await examined(check(finding(warning("b", "c"))))

    told = report(found, datetime(2026, 3, 2, tzinfo=UTC))

    assert told["status"] == 1
    assert told["counts"]["warning"] == 1
    [one] = told["checks"]
    assert (one["name"], one["area"], one["title"]) == (
        "one",
        "this machine",
        "What it is",
    )
    assert one["findings"] == [{"state": "warning", "said": "b", "cure": "c"}]


@pytest.mark.parametrize("one", checks(), ids=lambda one: one.name)
def test_every_check_has_a_manual_with_a_cure(one):
    assert one.title
    assert len(one.manual.splitlines()[0]) <= 88
    assert "\nCure: " in one.manual


def test_the_written_list_is_that_of_the_checks():
    folder = Path(__file__).parents[3] / "docs/reference"

    assert stale(folder, reference()) == [], "run make reference"
