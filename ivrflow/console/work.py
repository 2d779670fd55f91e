"""The API's part for work that waits: messages, and callbacks beside them.

GET  /api/work                    all of it, the oldest promise first
GET  /api/work?queue=QUEUE        that of one queue
GET  /api/work/MESSAGE            one message's
POST /api/work/MESSAGE/take       his phone rings for it next; {"agent": "1001"}
POST /api/work/MESSAGE/done       {"disposition": "sold"}: it is dealt with
POST /api/work/MESSAGE/withdraw   nobody need deal with it
POST /api/work/MESSAGE/play       what an agent who has it may also do by a key:
                                  play, pause, again, forward, back, call-back, release

An agent sees the work of his queues, takes it, and acts on what he has. A supervisor
does so for his agents, and ends what waits in the queues that he runs. Callbacks are
listed in the same shape, and have acts of their own (`/api/callbacks`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from ivrflow.acd.desk import Desk, UnknownCaller
from ivrflow.console.asking import Refused, body_of
from ivrflow.console.audit import Ledger, noted
from ivrflow.console.changing import asked_by, only, time
from ivrflow.console.who import least, who
from ivrflow.flow.conversation.inbox import NotNow, Request
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.site import Site
from ivrflow.flow.wish import Wish
from ivrflow.flow.working.acts import Act, AtWork, OnIt
from ivrflow.flow.working.item import WorkItem, WorkState
from ivrflow.flow.world import WorkStore

LONGEST = 10.0
"""Seconds that an act waits for the talk in which the message is heard."""

KEYS: Mapping[str, tuple[str, ...]] = {
    "take": ("agent",),
    "withdraw": (),
    **{act.value: () for act in Act},
    Act.DONE.value: ("disposition",),
}


class Wishes(Protocol):
    """Wishes to be called back."""

    async def open(self, queue: str | None = None) -> list[Wish]: ...


class WorkRoutes:
    """What the API says and does about work."""

    def __init__(
        self,
        store: WorkStore,
        wishes: Wishes,
        at_work: AtWork,
        desk: Desk,
        site: Callable[[], Site],
        ledger: Ledger,
        clock: Callable[[], datetime],
    ) -> None:
        """*site* is the live version, *clock* the time in its zone."""
        self._store = store
        self._wishes = wishes
        self._at_work = at_work
        self._desk = desk
        self._site = site
        self._ledger = ledger
        self._clock = clock

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/work", self._list),
            web.get("/api/work/{message}", self._show),
            web.post("/api/work/{message}/{act}", self._act),
        ]

    @least("agent")
    async def _list(self, request: web.Request) -> web.Response:
        person, queue = who(request), request.query.get("queue")
        now = self._clock()
        messages = await self._store.open(queue)
        wishes = await self._wishes.open(queue)
        rows = [
            *map(self._message, messages),
            *(of_wish(wish, now) for wish in wishes),
        ]
        rows = [row for row in rows if person.sees_queue(row["queue"])]
        return web.json_response({"work": sorted(rows, key=lambda r: r["promised"])})

    @least("agent")
    async def _show(self, request: web.Request) -> web.Response:
        item = await self._seen(request)
        return web.json_response(self._message(item))

    async def _seen(self, request: web.Request) -> WorkItem:
        """The message of the request, which who asks may see."""
        message = request.match_info["message"]
        item = await self._store.of(message)
        if item is None:
            raise Refused(404, f"message {message[:80]!r} is no work; see /api/work")
        if not who(request).sees_queue(item.queue):
            raise Refused(403, f"only who sees queue {item.queue!r} may see its work")
        return item

    @least("agent")
    async def _act(self, request: web.Request) -> web.Response:
        act, body = request.match_info["act"], await body_of(request)
        if act not in KEYS:
            known = ", ".join(KEYS)
            raise Refused(404, f"nothing is called {act[:40]!r} with work: {known}")
        only(body, *KEYS[act], "by")
        item = await self._seen(request)
        if item.state is not WorkState.WAITING:
            raise Refused(409, f"message {item.message} is {item.state.value} already")
        one = self._at_work.of(item.message)
        if act == "take":
            await self._take(request, item, one, body)
        elif act == "withdraw":
            await self._end(request, item, WorkState.WITHDRAWN, body)
        elif one is not None and who(request).may_act_for(one.agent):
            await self._tell(request, one, act, body)
        elif act == Act.DONE.value:
            await self._end(request, item, WorkState.DONE, body)
        else:
            raise Refused(409, "you don't have this message now; take it first")
        after = await self._store.of(item.message)
        return web.json_response(self._message(after or item))

    async def _take(
        self,
        request: web.Request,
        item: WorkItem,
        one: OnIt | None,
        body: Mapping[str, Any],
    ) -> None:
        """Have an agent's phone ring for it next."""
        person = who(request)
        agent = body.get("agent", person.number)
        if not isinstance(agent, str) or not agent:
            raise Refused(400, "'agent' must be an agent's number")
        person.must_act_for(agent)
        if one is not None:
            raise Refused(409, f"agent {one.agent} has this message now")
        try:
            await self._desk.change(item.item(), agent=agent, by=person.by)
        except UnknownCaller:
            raise Refused(
                409,
                f"message {item.message} is not in line now: its queue is closed, "
                "or somebody has just given it back",
            ) from None
        except (LookupError, ValueError) as cannot:
            raise Refused(409, str(cannot)) from None
        what = f"message {item.message} in queue {item.queue}"
        await noted(self._ledger, asked_by(request, body), what, after=f"agent {agent}")

    async def _tell(
        self, request: web.Request, one: OnIt, act: str, body: Mapping[str, Any]
    ) -> None:
        """Do what the agent who has it could do by a key."""
        said = self._disposition(body)
        wanted = Request(act=act, by=who(request).by, given={"disposition": said})
        try:
            async with asyncio.timeout(LONGEST):
                await one.inbox.ask(wanted)
        except NotNow as no:
            raise Refused(409, str(no)) from None
        except TimeoutError:
            late = f"not done in {LONGEST:g} s: the agent is {one.doing}"
            raise Refused(409, late) from None
        what = f"message {one.message} with agent {one.agent}"
        await noted(self._ledger, asked_by(request, body), what, after=act)

    async def _end(
        self,
        request: web.Request,
        item: WorkItem,
        state: WorkState,
        body: Mapping[str, Any],
    ) -> None:
        """End what nobody has, or what another agent has."""
        person = who(request)
        person.must_run(item.queue)
        by, said = asked_by(request, body), self._disposition(body)
        now = self._clock().timestamp()
        if not await self._store.end(item.message, state, now, disposition=said, by=by):
            raise Refused(409, f"message {item.message} does not wait any more")

    def _disposition(self, body: Mapping[str, Any]) -> str:
        """How it has ended, of the words of the site; "" where that is left out."""
        said = body.get("disposition")
        if said is None:
            return ""
        if not isinstance(said, str):
            raise Refused(400, "'disposition' must be a word of the site's list")
        words = list(map(str, self._site().dispositions))
        if said and said not in words:
            hint = did_you_mean(said[:80], words)
            raise Refused(400, f"there is no disposition {said[:80]!r}{hint}")
        return said

    def _message(self, item: WorkItem) -> dict[str, Any]:
        one = self._at_work.of(item.message)
        return of_message(item, self._clock(), one)


def of_message(
    item: WorkItem, now: datetime, one: OnIt | None = None
) -> dict[str, Any]:
    """A message as work, times in the zone of *now*; *one* has it just now."""
    return {
        "id": item.message,
        "kind": "message",
        "queue": item.queue,
        "mailbox": item.mailbox,
        "number": item.number,
        "from": item.caller,
        "urgent": item.urgent,
        "seconds": item.seconds,
        "asked": time(item.asked, now),
        "promised": time(item.promised, now),
        "overdue": not item.in_time(now.timestamp()),
        "needs": item.need.spelled(),
        "state": item.state.value,
        "tries": item.tries,
        "not_before": time(item.not_before or None, now),
        "agent": one.agent if one is not None else "",
        "doing": one.doing if one is not None else "",
        "waits_as": item.item(),
        "disposition": item.disposition,
    }


def of_wish(wish: Wish, now: datetime) -> dict[str, Any]:
    """A callback in the same shape, times in the zone of *now*."""
    return {
        "id": wish.call,
        "kind": "callback",
        "queue": wish.queue,
        "mailbox": "",
        "number": wish.number,
        "from": wish.number,
        "urgent": False,
        "seconds": 0.0,
        "asked": time(wish.asked, now),
        "promised": time(wish.promised, now),
        "overdue": not wish.in_time(now.timestamp()),
        "needs": wish.need.spelled(),
        "state": wish.state.value,
        "tries": wish.tries,
        "not_before": time(wish.not_before or None, now),
        "agent": "",
        "doing": "",
        "waits_as": wish.item(wish.tries + 1),
        "disposition": "",
    }
