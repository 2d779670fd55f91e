"""An offer from its claim to its end, as the desk's books keep it."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from ivrflow.acd.desk.place import Place
from ivrflow.acd.model import Offer


@dataclass(eq=False, slots=True)
class Live:
    """An offer that is not over."""

    offer: Offer
    place: Place
    why: str
    """Why this agent."""
    since: float
    """From when on the agent was free and the caller could have had him."""
    rang: bool = False
    """Whether the phone was ordered to ring: an offer that never did is no fact."""
    stopped: str = ""
    """How it is to end as soon as the board has it, before the phone could ring; "" if
    it may go on."""
    again: bool = False
    """Whether the phone rings since an earlier life of the service, or they talk."""
    end_told: bool = False
    """Whether its end was told before: the two talk on, whatever was taken for it."""
    seated: bool = True
    """Whether the engine has the agent in it: not one of an earlier life whose agent
    is not known yet."""
    over: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it is over."""
