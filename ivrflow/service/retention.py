"""Once an hour: messages that were kept for as long as their mailbox says go.

Which may go is decided where their rows are; here is when it is asked, and what is told
of it. Rules that are new begin to count a day later, and the log says at once how much
will go then: whoever upgrades a site, or writes `keep` for the first time, can still
take it back. A mailbox that is full is named too, once: its callers are turned away,
and after an upgrade nobody has filled it but the years before.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import NoReturn, Protocol

from ivrflow.db.retention import Cleared, NewRules
from ivrflow.facts import MessageGone, Note
from ivrflow.flow.world import Trouble
from ivrflow.voicemail.retention import Keep

log = logging.getLogger(__name__)

EVERY = 3600.0
"""Seconds between two looks."""

PAUSE = 0.2
"""Seconds between two pages: whoever has years to throw away has time for it."""


class Rules(Protocol):
    """What is asked of `SqlRetention`. Raises `Trouble`."""

    async def enrol(self, keeps: Mapping[str, Keep]) -> Sequence[NewRules]: ...

    async def full(self, most: Mapping[str, int]) -> Mapping[str, int]: ...

    async def clear(
        self, box: str, *, after: tuple[float, str] | None = None
    ) -> Cleared: ...


class Retention:
    """Throws messages away as long as `run` runs."""

    def __init__(
        self,
        rules: Rules,
        keeps: Callable[[], Mapping[str, Keep]],
        *,
        most: Callable[[], Mapping[str, int]],
        clock: Callable[[], float],
        note: Note,
        pause: float = PAUSE,
    ) -> None:
        """*keeps* are the mailboxes of the live version, *most* is how many messages
        each of them holds; *clock* is for facts."""
        self._rules = rules
        self._keeps = keeps
        self._most = most
        self._full: set[str] = set()
        """Mailboxes of which the log has told that they are full."""
        self._clock = clock
        self._note = note
        self._pause = pause

    async def run(self) -> NoReturn:
        """Look at once, and then every hour. What fails is tried by the next look."""
        while True:
            try:
                await self.look()
            except Trouble as trouble:
                log.warning("old messages stay, until in an hour: %s", trouble)
            await asyncio.sleep(EVERY)

    async def look(self) -> int:
        """Enrol all mailboxes, throw away what is over; return how many messages."""
        keeps = self._keeps()
        for new in await self._rules.enrol(keeps):
            _tell(new)
        gone = 0
        for box, keep in keeps.items():
            if keep != Keep():
                gone += await self._clear(box)
        await self._tell_of_full_ones()
        return gone

    async def _tell_of_full_ones(self) -> None:
        most = self._most()
        for box, count in (await self._rules.full(most)).items():
            if box in self._full:
                continue
            self._full.add(box)
            log.warning(
                "mailbox %s is full: it has %d messages and holds %d, so callers can "
                "leave none. Delete some, or write a greater `most` in mailboxes.yaml",
                box,
                count,
                most[box],
            )

    async def _clear(self, box: str) -> int:
        gone = 0
        after: tuple[float, str] | None = None
        while True:
            page = await self._rules.clear(box, after=after)
            at = self._clock()
            for one in page.gone:
                self._note(
                    MessageGone(at=at, call="", mailbox=box, message=one.message)
                )
            gone += len(page.gone)
            after = page.last
            if after is None:
                break
            await asyncio.sleep(self._pause)
        if gone:
            log.info(
                "mailbox %s: %d messages were kept long enough, and went", box, gone
            )
        return gone


def _tell(new: NewRules) -> None:
    if not new.over:
        return
    log.warning(
        "mailbox %s: from %s on messages go that were kept for as long as its `keep` "
        "says: %d by then. To keep them, change `keep` in mailboxes.yaml before, or "
        "put them on hold with `ivrflow voicemail hold`",
        new.mailbox,
        new.since.isoformat(" ", "minutes"),
        new.over,
    )
