"""Runs the checks one after the other, each within its time, and sums up.

One after the other, because a doctor who asks fifty things at once of a machine that is
ill makes it worse, and because what comes first often explains what comes later: a
check that can't look because of another one says so, and nothing more.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ivrflow import __version__
from ivrflow.doctor.checks import Check
from ivrflow.doctor.finding import CannotLook, Elsewhere, Finding, State, unknown
from ivrflow.doctor.patient import Patient

log = logging.getLogger(__name__)

EXIT = {State.ERROR: 2, State.WARNING: 1, State.UNKNOWN: 3}
"""What a command ends with, as monitoring plugins do; 0 for all other states."""


@dataclass(frozen=True)
class Examined:
    """A check that was made, or could not be."""

    check: Check
    findings: tuple[Finding, ...]
    seconds: float
    told_by: str = ""
    """Not made, or not to its end: this other check tells why."""

    @property
    def state(self) -> State | None:
        """The worst that was found; None: nothing was looked at."""
        found = {finding.state for finding in self.findings}
        return next((state for state in State if state in found), None)


async def examine(patient: Patient, checks: Iterable[Check]) -> AsyncIterator[Examined]:
    """Make the *checks*, and yield each when it is over."""
    clock = asyncio.get_running_loop().time
    for check in checks:
        began, findings, told_by = clock(), list[Finding](), ""
        try:
            async with (
                asyncio.timeout(check.within),
                aclosing(check.look(patient)) as found,
            ):
                async for finding in found:
                    findings.append(finding)
        except Elsewhere as elsewhere:
            told_by = elsewhere.told_by
        except CannotLook as cannot:
            findings.append(unknown(cannot.said, cannot.cure))
        except TimeoutError:
            findings.append(
                unknown(
                    f"not over after {check.within:.0f} s",
                    f"try again when less goes on here: "
                    f"ivrflow doctor --only {check.name}",
                )
            )
        except Exception as fault:
            log.debug("check %s failed", check.name, exc_info=True)
            findings.append(
                unknown(
                    f"a fault of ours in this check: {type(fault).__name__}",
                    f"report it, with what `ivrflow doctor --only {check.name} "
                    "--verbose` prints",
                )
            )
        yield Examined(check, tuple(findings), clock() - began, told_by)


def counted(examined: Iterable[Examined]) -> Counter[State]:
    """How many findings there are of each state."""
    return Counter(finding.state for one in examined for finding in one.findings)


def status(examined: Iterable[Examined]) -> int:
    """What a command ends with: 0 well, 1 warnings, 2 errors, 3 could not look.

    The worst of them; that something could not be looked at counts where nothing else
    is wrong.
    """
    count = counted(examined)
    return next((code for state, code in EXIT.items() if count[state]), 0)


def summary(examined: Sequence[Examined]) -> str:
    """How it is, in one line."""
    count = counted(examined)
    words = {
        State.ERROR: ("error", "errors"),
        State.WARNING: ("warning", "warnings"),
        State.UNKNOWN: ("could not be looked at", "could not be looked at"),
        State.NOTE: ("note", "notes"),
    }
    parts = [
        f"{number} {one if number == 1 else many}"
        for state, (one, many) in words.items()
        if (number := count[state])
    ]
    skipped = sum(bool(check.told_by) for check in examined)
    if skipped:
        parts.append(f"{skipped} not made because of these")
    return ", ".join(parts) or "all is well"


def report(examined: Sequence[Examined], at: datetime) -> Mapping[str, Any]:
    """All of it as JSON; *at* is when. Holds no secrets."""
    count = counted(examined)
    return {
        "ivrflow": __version__,
        "at": at.isoformat(timespec="seconds"),
        "status": status(examined),
        "summary": summary(examined),
        "counts": {state.value: count[state] for state in State},
        "checks": [
            {
                "name": one.check.name,
                "area": one.check.area.value,
                "title": one.check.title,
                "seconds": round(one.seconds, 3),
                "state": one.state.value if one.state else None,
                "told_by": one.told_by or None,
                "findings": [
                    {"state": f.state.value, "said": f.said, "cure": f.cure}
                    for f in one.findings
                ],
            }
            for one in examined
        ],
    }
