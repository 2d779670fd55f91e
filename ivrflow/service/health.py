"""How the service is, told from its parts: see `console.health`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from ivrflow.console.health import Health
from ivrflow.service.ground import Ground
from ivrflow.service.house import House
from ivrflow.service.lines import lines_of
from ivrflow.service.staff import Staff
from ivrflow.service.telephone import Telephone


def health_of(
    ground: Ground, staff: Staff, telephone: Telephone, house: House
) -> Health:
    """What tells how this service is."""
    lines = lines_of(ground, staff, telephone)
    client, lag, admission = telephone.client, telephone.lag, telephone.admission

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
