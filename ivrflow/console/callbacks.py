"""The API's part for callbacks: who was promised a call, and take one off the list.

GET    /api/callbacks                    all who wait to be called, first one first
GET    /api/callbacks?queue=QUEUE        those of one queue
DELETE /api/callbacks/CALL/QUEUE         nobody calls any more; in the audit log
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from ivrflow.console.asking import Refused, body_of
from ivrflow.console.changing import asked_by, only, time
from ivrflow.console.who import least, who
from ivrflow.facts import Note
from ivrflow.flow.wish import Wish, WishState


class Wishes(Protocol):
    """Wishes to be called back."""

    async def open(self, queue: str | None = None) -> list[Wish]: ...

    async def end(
        self, wish: Wish, state: WishState, now: float, *, by: str = ""
    ) -> bool: ...


class CallbackRoutes:
    """What the API says and does about callbacks."""

    def __init__(
        self, wishes: Wishes, note: Note, clock: Callable[[], datetime]
    ) -> None:
        """*clock* is the time in the zone of the live version."""
        self._wishes = wishes
        self._note = note
        self._clock = clock

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/callbacks", self._list),
            web.delete("/api/callbacks/{call}/{queue}", self._take_off),
        ]

    @least("supervisor")
    async def _list(self, request: web.Request) -> web.Response:
        now, person = self._clock(), who(request)
        wishes = await self._wishes.open(request.query.get("queue"))
        return web.json_response(
            {
                "callbacks": [
                    state_of(wish, now)
                    for wish in wishes
                    if person.sees_queue(wish.queue)
                ]
            }
        )

    @least("supervisor")
    async def _take_off(self, request: web.Request) -> web.Response:
        call, queue = request.match_info["call"], request.match_info["queue"]
        person = who(request)
        person.must_run(queue)
        body = await body_of(request)
        only(body, "by")
        now = self._clock()
        at = now.timestamp()
        found = [one for one in await self._wishes.open(queue) if one.call == call]
        by = asked_by(request, body)
        if not found or not await self._wishes.end(
            found[0], WishState.TAKEN_BACK, at, by=by
        ):
            raise Refused(
                404, f"nobody waits to be called for call {call!r} in queue {queue!r}"
            )
        [wish] = found
        self._note(wish.told_ended(at, WishState.TAKEN_BACK, by=person.by))
        return web.json_response(state_of(wish, now) | {"state": "taken back"})


def state_of(wish: Wish, now: datetime) -> dict[str, Any]:
    """A wish as the API and the command show it, times in the zone of *now*."""
    return {
        "call": wish.call,
        "queue": wish.queue,
        "number": wish.number,
        "state": wish.state.value,
        "since": time(wish.since, now),
        "asked": time(wish.asked, now),
        "due": time(wish.due, now),
        "promised": time(wish.promised, now),
        "overdue": not wish.in_time(now.timestamp()),
        "tries": wish.tries,
        "not_before": time(wish.not_before or None, now),
    }
