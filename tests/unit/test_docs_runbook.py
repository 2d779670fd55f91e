"""Each alarm has its place in the runbook, and each place there its alarm."""

import re

from ivrflow.acd import breaks, watch
from ivrflow.flow.site.alarms import Alarms as OfAQueue
from ivrflow.service import archive, database, outside, synthetic
from tests.unit.pages import TOP, text_of

PAGE = text_of("docs/operating.md")

ALARMS = {
    *watch.OURS,
    breaks.ALARM,
    database.ALARM,
    archive.ROOM.name,
    outside.TRUNK_GONE,
    outside.NO_CALL,
    synthetic.ALARM,
}
"""The names of all alarms of ours."""


def test_every_alarm_is_told_what_to_do_about():
    whole = PAGE.partition("\n## When an alarm rings\n")[2].partition("\n## ")[0]
    told = re.findall(r"^### (.+)$", whole, re.M)

    assert set(told) >= ALARMS
    assert len(told) == len(set(told))


def test_no_alarm_is_raised_whose_name_stands_nowhere_else():
    """Whoever raises a new one writes its name here, and so into the runbook."""
    raised = set()
    for path in (TOP / "ivrflow").rglob("*.py"):
        text = path.read_text("utf-8")
        raised |= set(re.findall(r'\balarm="([\w ]+)"', text))
        raised |= set(re.findall(r'\bAlarm\("([\w ]+)"', text))

    assert raised <= ALARMS


def test_every_alarm_of_a_queue_is_one_that_rings():
    assert set(OfAQueue.model_fields) == watch.OURS
