"""Where each caller is in the flow, read from the service's facts as they are kept.

A caller of flesh and blood hears what is said and answers. To hear, a robot would have
to take in the sound of hundreds of calls; here one reader looks at the database for all
of them. It is beside the service: it goes on while the service is dead.
"""

import asyncio
from contextlib import closing
from dataclasses import dataclass, field

from faults_rig.truth import Truth

LOOK = 0.05
"""Seconds between two looks."""

KINDS = ("CallStarted", "StepEntered", "CallResumed", "Said", "Connected", "CallEnded")


@dataclass
class Place:
    """Where one caller is. *news* is set whenever something has changed."""

    call: str = ""
    step: str = ""
    said: str = ""
    """What was said last, in this step."""
    connected: bool = False
    resumed: int = 0
    again: int = 0
    """How often something was said anew after a restart, or as an entry was wrong: who
    hears nothing has noticed nothing, and goes on with what he does."""
    again_at: float = 0.0
    """When that was the last time, as the service says."""
    steps: set = field(default_factory=set)
    """All steps that were entered."""
    silent: bool = False
    """Whether nothing was said since the last restart."""
    ended: str = ""
    """By whom the call was ended, as the service says."""
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def changes(self, look, was, within=None):
        """Wait until *look* sees something else; False if it doesn't in that time."""
        try:
            async with asyncio.timeout(within):
                while look() == was:
                    self.news.clear()
                    await self.news.wait()
        except TimeoutError:
            return False
        return True


class Follow:
    def __init__(self, truth: Truth):
        self._truth = truth
        self._places = {}
        self._calls = {}

    def of(self, caller) -> Place:
        return self._places.setdefault(caller, Place())

    async def run(self):
        """Look for ever."""
        with closing(self._truth.tail(KINDS)) as tail:
            # A page at a time; it takes a millisecond, so not in a thread.
            for facts in tail:
                for fact in facts:
                    self._take(fact)
                await asyncio.sleep(LOOK)

    def _take(self, fact):
        if fact.kind == "CallStarted":
            self._calls[fact.call] = self.of(fact.data["caller"])
        place = self._calls.get(fact.call)
        if place is None:
            return
        place.call = fact.call
        match fact.kind:
            case "StepEntered":
                place.step, place.said = fact.data["step"], ""
                place.connected = False
                place.steps.add(place.step)
            case "CallResumed":
                place.resumed += 1
                place.silent = True
            case "Said":
                # `enter_card.wrong` asks for the card once more, and so does a prompt
                # that is heard again after a restart.
                name, _, asks_again = fact.data["prompt"].partition(".")
                if place.silent or asks_again:
                    place.again += 1
                    place.again_at = fact.at
                place.silent = False
                place.said = name
            case "Connected":
                place.connected = True
            case "CallEnded":
                place.ended = fact.data["by"]
        place.news.set()
