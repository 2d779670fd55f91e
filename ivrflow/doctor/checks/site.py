"""The site: whether it can start.

The same look as `ivrflow check`: flows, prompts, hours, queues, agents, mailboxes. A
site with an error never starts; with warnings it does, and callers may notice.

Cure: `ivrflow check FOLDER` shows each problem with its line, and `ivrflow check
--explain CODE` has a page about it.
"""

from __future__ import annotations

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.flow.source import Severity

AREA = Area.SETTINGS

WITHIN = 60.0

MOST = 10
"""Errors that are told one by one."""

CALENDAR = "T015"
"""Told by the check `calendar`."""


async def look(patient: Patient) -> Findings:
    report = await patient.report()
    settings = await patient.settings()
    folder = settings.path(settings.site).resolve()
    again = f"mend it; `ivrflow check {folder}` shows where"
    errors = report.of(Severity.ERROR)
    for problem in errors[:MOST]:
        yield error(f"{folder}/{problem}", again)
    if len(errors) > MOST:
        yield error(f"{folder}: {len(errors) - MOST} more errors", again)
    warnings = [p for p in report.of(Severity.WARNING) if p.code != CALENDAR]
    if warnings:
        number = len(warnings)
        yield warning(
            f"{folder}: {number} warning{'s' if number > 1 else ''}, the first of them "
            f"{warnings[0]}",
            f"`ivrflow check {folder}` shows them all",
        )
    if report.site is not None and not warnings:
        flows = len(report.site.flows)
        yield ok(f"{folder}: {flows} flow{'s' if flows != 1 else ''}, no problems")
