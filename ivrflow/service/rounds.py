"""What makes its rounds beside the calls, at its own pace, and has no part in them."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from ivrflow.aio import supervise
from ivrflow.asterisk.ari.endpoints import Endpoints
from ivrflow.asterisk.ari.pressing import PressingPhone
from ivrflow.db.forgetting import SqlForgetting
from ivrflow.service import outside, synthetic
from ivrflow.service.forgetting import Forgetting, kept_for
from ivrflow.service.ground import Ground
from ivrflow.service.names import random_name
from ivrflow.service.outside import Outside
from ivrflow.service.staff import Staff
from ivrflow.service.synthetic import SyntheticCalls
from ivrflow.service.telephone import Telephone


@dataclass(frozen=True, kw_only=True)
class Rounds:
    """Those who make them."""

    outside: Outside
    """Watches trunks, and whether anybody calls."""
    synthetic: SyntheticCalls | None
    """Calls the house itself; None where the settings want none."""
    forgetting: Forgetting
    """Takes out what is kept long enough."""

    def works(self) -> Sequence[Coroutine[Any, Any, NoReturn]]:
        """What runs for as long as the service does."""
        works = [
            supervise("outside", self.outside.run),
            supervise("forgetting", self.forgetting.run),
        ]
        if self.synthetic is not None:
            works.append(supervise("synthetic", self.synthetic.run))
        return works


def rounds_of(ground: Ground, staff: Staff, telephone: Telephone) -> Rounds:
    """Build them, and let them hear facts. Raises `BadConfig`."""
    supervision = staff.supervision
    watching = Outside(
        outside.limits_of(ground.settings, ground.site_now()),
        outside.Around(
            site=ground.site_now,
            doors=supervision.doors,
            switches=staff.switches,
            there=Endpoints(telephone.client).there,
            standing=supervision.standing,
            clock=ground.clock,
            note=ground.note,
        ),
    )
    ground.listeners.join(watching.hear)
    return Rounds(
        outside=watching,
        synthetic=_synthetic(ground, staff, telephone),
        forgetting=Forgetting(
            SqlForgetting(ground.database),
            supervision.ledger,
            kept_for(ground.settings),
            clock=ground.clock,
            zone=lambda: ground.site_now().settings.zone,
        ),
    )


def _synthetic(
    ground: Ground, staff: Staff, telephone: Telephone
) -> SyntheticCalls | None:
    wanted = synthetic.wanted_of(ground.settings)
    if wanted is None:
        return None
    calls = SyntheticCalls(
        wanted,
        synthetic.Around(
            phone=PressingPhone(telephone.client, telephone.switch),
            ready=lambda: telephone.client.link.ready,
            standing=staff.supervision.standing,
            clock=ground.clock,
            new_id=random_name,
            note=ground.note,
        ),
    )
    ground.listeners.join(calls.hear)
    return calls
