"""One line on how the service is: what `systemctl status ivrflow` shows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ivrflow.acd.desk.place import Place


def at_a_glance(
    lacks: Sequence[str], *, calls: int, places: Iterable[Place], version: str
) -> str:
    """Say it: what new calls lack, how many *calls* are up, and what becomes of them.

    *places* are all who stand in line or talk, *version* the one that is live.
    """
    waiting = talking = 0
    for place in places:
        if place.waiting.item == "call":
            talking += place.connected
            waiting += not place.connected
    what = f"takes no calls: {'; '.join(lacks)}" if lacks else "takes calls"
    return (
        f"{what}; {calls} up, {waiting} in queues, {talking} with agents; "
        f"site {version}"
    )
