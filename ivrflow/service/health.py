"""What watches a service hears of it: see `console.health`, `console.metrics`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ivrflow.config import BadConfig, Settings
from ivrflow.console.asking import Part
from ivrflow.console.caller_log import CallerLogRoutes
from ivrflow.console.health import Health, HealthRoutes
from ivrflow.console.metrics import SHORTEST, MetricsRoutes
from ivrflow.metrics.text import CONTENT_TYPE
from ivrflow.service.caller_log import TooMany
from ivrflow.service.clock import clock_of
from ivrflow.service.ground import Ground
from ivrflow.service.house import House
from ivrflow.service.lines import lines_of
from ivrflow.service.metrics import metrics_of
from ivrflow.service.ready import readiness_of
from ivrflow.service.staff import Staff
from ivrflow.service.telephone import Telephone


def watched(
    ground: Ground, staff: Staff, telephone: Telephone, house: House
) -> Sequence[Part]:
    """The API's parts for what watches the service. Raises `BadConfig`."""
    health = health_of(ground, staff, telephone, house)
    readiness = readiness_of(ground, telephone)
    made = metrics_of(ground, staff, readiness, health)
    return (
        HealthRoutes(health, readiness.lacks),
        MetricsRoutes(made.page, CONTENT_TYPE, _token(ground.settings)),
        CallerLogRoutes(
            telephone.caller_log,
            staff.supervision.ledger,
            lambda: clock_of(ground.site_now())(),
            TooMany,
        ),
    )


def _token(settings: Settings) -> str | None:
    """Which opens the metrics; None: this machine alone. Raises `BadConfig`."""
    if settings.metrics is None:
        return None
    token = settings.secret(settings.metrics.token_file).reveal()
    if len(token) < SHORTEST:
        path = settings.path(settings.metrics.token_file)
        raise BadConfig(
            f"{path}: the token is too short: {SHORTEST} characters at least"
        )
    return token


def health_of(
    ground: Ground, staff: Staff, telephone: Telephone, house: House
) -> Health:
    """What tells how this service is."""
    lines = lines_of(ground, staff, telephone)
    client, lag, admission = telephone.client, telephone.lag, telephone.admission
    scripts = telephone.scripts.server

    def health() -> Mapping[str, Any]:
        return {
            "asterisk": {
                "ready": client.link.ready,
                "line": client.line,
                "up_since": client.link.startup_time,
                "connection": client.link.connection,
                "found_dead": client.probe.dropped,
                "taken_by_another": client.replaced.is_set(),
                "events": client.hub.received,
                "unreadable": client.hub.undecoded,
                "failed": client.hub.failed,
            },
            "calls": {
                "up": len(telephone.live),
                "most": admission.most,
                "refused": admission.refused,
            },
            "agi": {
                "on": scripts is not None,
                "connections": scripts.connections if scripts else 0,
                "refused": scripts.refused if scripts else 0,
            },
            "adoption": dict(telephone.adoption.counts()),
            "lag": {
                "p99": round(lag.p99, 4),
                "longest": round(lag.longest, 4),
                "longest_of_ours": round(lag.longest_of_ours, 4),
                "late": lag.late,
                "heavy": lag.heavy,
            },
            "sounds": dict(house.archivists.health()),
            "lamps": dict(house.lamps.state()),
            "transcripts": {
                "made": house.transcribing is not None,
                "trouble": house.transcribing.trouble if house.transcribing else "",
            },
            "lines": [asdict(line) for line in lines],
        }

    return health
