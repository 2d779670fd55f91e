"""Which numbers may be dialled, as settings and site have it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from ivrflow.config import BadConfig, Settings
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.site import Site
from ivrflow.flow.world import Switches


def fit_outbound(settings: Settings, site: Site) -> None:
    """Raise `BadConfig` if *site* lacks the timetable in which we may dial."""
    said = settings.outbound
    if said is not None and said.hours is not None and said.hours not in site.hours:
        hint = did_you_mean(said.hours, site.hours)
        raise BadConfig(
            f"outbound: hours.yaml of the site has no timetable {str(said.hours)!r}"
            f"{hint}"
        )


def dial_guard(
    settings: Settings, site: Site, seconds: Callable[[], float], switches: Switches
) -> DialGuard:
    """Which numbers may be dialled; raises `BadConfig`."""
    said = settings.outbound
    fit_outbound(settings, site)

    def is_open(site: Site, name: str) -> bool:
        timetable = site.hours.get(name)
        if timetable is None:
            return False
        return timetable.now_at(datetime.now(site.settings.zone), switches).open

    rules = None
    if said is not None:
        rules = OutboundRules(
            endpoint=str(said.endpoint),
            prefixes=tuple(map(str, said.prefixes)),
            hand_over=str(said.hand_over or ""),
            at_once=int(said.at_once),
            per_minute=int(said.per_minute),
            hours=str(said.hours or ""),
            longest=float(said.longest),
        )
    return DialGuard(rules, seconds=seconds, is_open=is_open)
