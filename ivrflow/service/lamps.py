"""The message-waiting lamps of mailboxes: on while there is something new.

The counts in the database are the truth, and a lamp is a picture of them. So nobody
tells a lamp of a change: all counts are read in one query, after each fact about a
message and every half minute (the command line and an import change mailboxes without a
fact), and what differs from what was shown is sent. Many changes at once are one look.
What Asterisk has been told is forgotten with each connection: one that was started anew
knows nothing of it any more. And one that was not may show what a mailbox had that was
taken away while the service was down: lamps that are named as ours go off then.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from typing import NoReturn, Protocol

from ivrflow.facts import (
    Fact,
    MessageDeleted,
    MessageForwarded,
    MessageGone,
    MessageHeard,
    MessageLeft,
    MessageMarked,
    MessageMoved,
    MessageRestored,
    VersionTaken,
)
from ivrflow.flow.site import Site
from ivrflow.flow.world import Trouble
from ivrflow.voicemail.order import Counts

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two looks, if nothing happens."""

CALM = 0.5
"""Seconds between two looks, whatever happens."""

OURS = "@ivrflow"
"""How lamps end that we have named ourselves, and nobody else lights."""

CHANGES = (
    MessageDeleted,
    MessageForwarded,
    MessageGone,
    MessageHeard,
    MessageLeft,
    MessageMarked,
    MessageMoved,
    MessageRestored,
    VersionTaken,
)
"""Facts after which a lamp may be wrong."""


class Lamps(Protocol):
    """The lamps of a switch."""

    async def why_off(self) -> str:
        """Why it shows nothing; "" if it does. Raises `Trouble`: it can't be asked."""

    async def shown(self) -> Mapping[str, tuple[int, int]]:
        """Lamp -> how many new and old messages it shows. Raises `Trouble`."""

    async def show(self, lamp: str, *, new: int, old: int) -> None:
        """Let *lamp* show so many messages.

        Raises `Trouble` if it may be tried again, `ValueError` for a lamp that the
        switch does not take.
        """


class NoLamps:
    """A switch whose lamps are left alone."""

    def __init__(self, why: str) -> None:
        self._why = why

    async def why_off(self) -> str:
        return self._why

    async def shown(self) -> Mapping[str, tuple[int, int]]:
        """None that we know of."""
        return {}

    async def show(self, lamp: str, *, new: int, old: int) -> None:
        """Nothing is shown."""


class Counted(Protocol):
    """What of the mailboxes a lamp shows: see `Boxes`."""

    async def all_counts(self, boxes: Collection[str]) -> Mapping[str, Counts]: ...


class LampKeeper:
    """Keeps lamps true: `run`. *site* gives the live version."""

    def __init__(self, lamps: Lamps, boxes: Counted, site: Callable[[], Site]) -> None:
        self._lamps = lamps
        self._boxes = boxes
        self._site = site
        self._news = asyncio.Event()
        self._shown: dict[str, tuple[int, int]] = {}
        """Lamp -> what it was told last: new, old."""
        self._there = False
        """Whether it is known on this connection if lamps show anything."""
        self._why: str | None = None
        self._told: str | None = None
        self._trouble = ""

    def hear(self, fact: Fact) -> None:
        """Take a fact; as a `Note` it never waits."""
        if isinstance(fact, CHANGES):
            self._news.set()

    async def returned(self) -> None:
        """There is a new connection: whatever the lamps show, they are told again."""
        self._there = False
        # Another one: a look that is on notes what it has told to the one before.
        self._shown = {}
        self._news.set()

    def state(self) -> Mapping[str, object]:
        """How it stands, for who watches the service."""
        if self._why is None:
            return {"on": False, "why": "Asterisk has not been asked yet", "shown": 0}
        return {"on": not self._why, "why": self._why, "shown": len(self._shown)}

    async def run(self) -> NoReturn:
        """Look, for ever."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(EVERY):
                    await self._news.wait()
            self._news.clear()  # before looking: what comes meanwhile is not lost
            await self.look()
            await asyncio.sleep(CALM)

    async def look(self) -> None:
        """Let the lamps show what is there now, as far as that is possible."""
        try:
            await self._look()
            self._trouble = ""
        except Trouble as trouble:
            if str(trouble) != self._trouble:
                log.warning("lamps stay as they are for now: %s", trouble)
            self._trouble = str(trouble)

    async def _look(self) -> None:
        wanted, shown = _lamps(self._site()), self._shown
        if not self._there:
            self._why = await self._lamps.why_off()
            if not self._why:
                shown |= await self._left(wanted)
            self._there = shown is self._shown  # else: see `returned`
            self._tell(wanted)
        if self._why:
            return
        counts = await self._boxes.all_counts(list(wanted.values()))
        for lamp, box in wanted.items():
            its = counts.get(box, Counts())
            await self._show(shown, lamp, (its.new, its.old))
        for lamp in shown.keys() - wanted.keys():
            await self._show(shown, lamp, (0, 0))  # no mailbox has it any more
            del shown[lamp]

    async def _left(self, wanted: Collection[str]) -> Mapping[str, tuple[int, int]]:
        """What lamps of ours show that no mailbox has any more."""
        return {
            lamp: counts
            for lamp, counts in (await self._lamps.shown()).items()
            if lamp.endswith(OURS) and lamp not in wanted
        }

    async def _show(
        self, shown: dict[str, tuple[int, int]], lamp: str, counts: tuple[int, int]
    ) -> None:
        """Let *lamp* show *counts*, if not *shown* says that it does."""
        if shown.get(lamp) == counts:
            return
        new, old = counts
        try:
            await self._lamps.show(lamp, new=new, old=old)
        except ValueError as refused:
            log.warning("the lamp %s is left alone: %s", lamp, refused)
        # Refused or not: it is not sent again before something changes.
        shown[lamp] = counts

    def _tell(self, wanted: Collection[str]) -> None:
        """Say once that lamps are off, where somebody may miss them."""
        if self._why and self._why != self._told and wanted:
            log.warning("message-waiting lamps are off: %s", self._why)
        self._told = self._why


def _lamps(site: Site) -> Mapping[str, str]:
    """Lamp -> its mailbox; of two that want one lamp the first has it."""
    lamps: dict[str, str] = {}
    for name, box in site.mailboxes.items():
        if box.lamp_of:
            lamps.setdefault(box.lamp_of, str(name))
    return lamps
