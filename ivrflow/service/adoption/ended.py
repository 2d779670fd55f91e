"""The calls that are over: those that ended here, and those that ended meanwhile.

A call that is open in the database and nowhere else has ended while nobody was there to
see it. Its end is noted now, and what its flow does at the end of a call is done. One
that has just ended here is none of them: the database only has not heard of it yet.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterable

from ivrflow.aio import beside
from ivrflow.db.bookmarks import Open, OpenCall
from ivrflow.facts import CallEnded, Note
from ivrflow.flow.bookmark import Bookmark, Seal, read_bookmark
from ivrflow.service.adoption.needs import Look, Parts

log = logging.getLogger(__name__)

AT_ONCE = 20
"""Calls whose end is noted at the same time: their flows may have something to do."""

REMEMBERED = 20_000
"""Calls that ended here, of which the database may not know yet."""


class EndedCalls:
    """Knows which calls are over, and ends those that nobody has ended."""

    def __init__(self, seal: Seal, note: Note) -> None:
        self._seal = seal
        self._note = note
        self._ended: OrderedDict[str, None] = OrderedDict()

    def ended(self, call: str) -> None:
        """It has ended here."""
        self._ended[call] = None
        if len(self._ended) > REMEMBERED:
            self._ended.popitem(last=False)

    def goes_on(self, call: str) -> None:
        """It is not over after all."""
        self._ended.pop(call, None)

    def gone(self, known: Open, look: Look, parts: Parts) -> list[OpenCall]:
        """The calls that are open in the database, and nowhere else."""
        return [
            call
            for call in known.calls.values()
            if call.call not in look.there
            and call.call not in self._ended
            and not parts.is_up(call.call)
            and not self._elsewhere(call, look)
        ]

    def _elsewhere(self, call: OpenCall, look: Look) -> bool:
        mark = self._bookmark(call)
        return mark is not None and mark.of_channel in look.there

    def told_by(self, known: Open, parts: Parts) -> Callable[[str], bool]:
        """What tells of a call whether it is over, as *known* has it."""

        def over(call: str) -> bool:
            if parts.is_up(call):
                return False
            return call in self._ended or call not in known.calls

        return over

    async def end(
        self, gone: Iterable[OpenCall], at: float, by: str, parts: Parts
    ) -> None:
        """Note that they have ended, as of *at*, and do what their flows do then."""
        turn = asyncio.Semaphore(AT_ONCE)

        async def end(call: OpenCall) -> None:
            async with turn:
                await self._end_one(call, max(at, call.started), by, parts)

        async with beside() as ends:
            for call in gone:
                ends.create_task(end(call))

    async def _end_one(self, call: OpenCall, at: float, by: str, parts: Parts) -> None:
        bookmark = self._bookmark(call)
        try:
            if bookmark is not None and not bookmark.elsewhere:
                await parts.end(bookmark, at, by)
                return
        except Exception:
            log.exception("call %s: its end is noted without its flow", call.call)
        if call.call not in self._ended:
            self._note(
                CallEnded(
                    at=at,
                    call=call.call,
                    by=by,
                    cause=0,
                    flow=call.flow,
                    step="",
                    seconds=at - call.started,
                )
            )

    def _bookmark(self, call: OpenCall) -> Bookmark | None:
        return read_bookmark(call.bookmark, self._seal) if call.bookmark else None
