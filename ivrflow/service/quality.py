"""How each call sounded, noted when it is over.

The reports of RTCP come while a call is up, for every leg that Asterisk has, ours or
not. Those of our calls are summed up, a few numbers a leg, and are a fact at the end.
"""

from __future__ import annotations

from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

from ivrflow.aio import supervise
from ivrflow.asterisk.ami.client import AmiSettings
from ivrflow.asterisk.ami.rtcp import Report, Reports
from ivrflow.config import Settings
from ivrflow.facts import (
    CallEnded,
    CallQuality,
    CallResumed,
    CallStarted,
    Fact,
    Note,
)
from ivrflow.service.watch import kept_up

LEGS = 20
"""Legs of one call that are summed up, at most: one with more has gone in circles."""


@dataclass
class _Way:
    """The reports of one end of a leg."""

    reports: int = 0
    lost: float = 0.0
    worst: float = 0.0
    jitter: float = 0.0

    def add(self, report: Report) -> None:
        self.reports += 1
        self.lost += report.lost
        self.worst = max(self.worst, report.lost)
        self.jitter = max(self.jitter, report.jitter)

    @property
    def mean(self) -> float | None:
        return self.lost / self.reports if self.reports else None


class _Leg:
    """The reports of both ends."""

    def __init__(self) -> None:
        self.heard, self.hears = _Way(), _Way()
        self.round_trip: float | None = None

    def add(self, report: Report) -> None:
        (self.heard if report.by_us else self.hears).add(report)
        if report.round_trip is not None:
            self.round_trip = max(self.round_trip or 0.0, report.round_trip)


class Quality:
    """Sums up what is reported of calls that are up; see `facts.CallQuality`."""

    def __init__(self, note: Note) -> None:
        self._note = note
        self._calls: dict[str, dict[str, _Leg]] = {}

    def hear(self, fact: Fact) -> None:
        """A `Note`: which calls begin and end."""
        match fact:
            case CallStarted() | CallResumed():
                self._calls.setdefault(fact.call, {})
            case CallEnded():
                for channel, leg in self._calls.pop(fact.call, {}).items():
                    self._note(_noted(channel, leg, fact))

    def report(self, report: Report) -> None:
        """Take one. Those of calls that are not ours are none of our business."""
        legs = self._calls.get(report.call)
        if legs is None:
            return
        if report.channel not in legs and len(legs) >= LEGS:
            return
        legs.setdefault(report.channel, _Leg()).add(report)


def _noted(channel: str, leg: _Leg, ended: CallEnded) -> CallQuality:
    heard, hears = leg.heard, leg.hears
    return CallQuality(
        at=ended.at,
        call=ended.call,
        channel=channel,
        reports=heard.reports + hears.reports,
        lost_in=heard.mean,
        worst_in=heard.worst if heard.reports else None,
        jitter_in=heard.jitter if heard.reports else None,
        lost_out=hears.mean,
        worst_out=hears.worst if hears.reports else None,
        jitter_out=hears.jitter if hears.reports else None,
        round_trip=leg.round_trip,
    )


class QualityHeard:
    """What hears the reports of one Asterisk, and sums them up."""

    def __init__(self, where: AmiSettings, note: Note) -> None:
        self._quality = Quality(note)
        self._reports = Reports(where, self._quality.report)

    @property
    def hear(self) -> Note:
        """What must hear all facts."""
        return self._quality.hear

    def works(self) -> Iterator[Coroutine[Any, Any, NoReturn]]:
        """What runs as long as the service does."""
        yield supervise("quality", lambda: kept_up(self._reports))


def quality_heard(settings: Settings, note: Note) -> QualityHeard | None:
    """It, where the settings want it (`ami: {quality: ...}`). Raises `BadConfig`."""
    ami = settings.ami
    if ami is None or ami.quality is None:
        return None
    where = AmiSettings(
        host=str(ami.host),
        port=int(ami.port),
        user=str(ami.quality.user),
        password=settings.secret(ami.quality.password_file),
    )
    return QualityHeard(where, note)
