"""What the API's parts for changes of the site have in common.

Every change may have an end: `"for": "4h"`, or `"until": "2026-12-24 18:00"` by the
site's clock, or a date, which lasts to its end. `"by"` says for whom the installation's
token asks, and the audit has both, `api (ann)`; a person's token says that itself.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from ivrflow.console.asking import Refused, body_of, text_in
from ivrflow.console.who import who
from ivrflow.flow.changes import CannotChange, Change, Place, Unknown
from ivrflow.flow.site import Site
from ivrflow.flow.site.ending import BadEnd, read_end
from ivrflow.flow.versions import NotReloaded, Reloaded

_BY = re.compile(r"[\w .@-]{1,40}")


class Made(Protocol):
    """A change that is live."""

    @property
    def place(self) -> Place: ...
    @property
    def before(self) -> str | None: ...
    @property
    def after(self) -> str | None: ...
    @property
    def until(self) -> float | None: ...
    @property
    def site(self) -> Reloaded: ...


class Changes(Protocol):
    """What changes the site; see `service.live_changes`."""

    @property
    def all(self) -> Mapping[Place, Change]: ...

    async def set_words(
        self, name: str, words: str, *, by: str, until: datetime | None = None
    ) -> Made: ...

    async def set_hours(
        self,
        name: str,
        dates: str,
        hours: str | None,
        *,
        by: str,
        until: datetime | None = None,
    ) -> Made: ...

    async def undo(self, place: Place, *, by: str) -> Made: ...


Body = Mapping[str, Any]
Work = Callable[[Body, str, datetime], Awaitable[Made]]
"""Makes a change: what is asked for, by whom, and what time it is."""


@dataclass(frozen=True)
class Changer:
    """A change of the site's files, from the request to its answer.

    *site* is the live version, *clock* the time in its zone.
    """

    site: Callable[[], Site]
    changes: Changes
    clock: Callable[[], datetime]

    async def made(
        self,
        request: web.Request,
        keys: tuple[str, ...],
        work: Work,
        state: Callable[[], dict[str, Any]],
    ) -> web.Response:
        """Have *work* change it, and answer with its *state* then.

        A version that comes meanwhile may not have the place any more: *state* raises
        `Unknown`, and the answer has the change alone.
        """
        body = await body_of(request)
        only(body, *keys, "by")
        now = self.clock()
        async with answering(self.site().version):
            done = await work(body, asked_by(request, body), now)
        try:
            stands = state()
        except Unknown:
            stands = {}
        return web.json_response({**stands, **told(done, now)})

    async def undone(
        self, request: web.Request, place: Place, state: Callable[[], dict[str, Any]]
    ) -> web.Response:
        """Bring back what was at *place* before, and answer as `made`."""

        async def work(_: Body, by: str, __: datetime) -> Made:
            return await self.changes.undo(place, by=by)

        return await self.made(request, (), work, state)


def asked_by(request: web.Request, body: Body) -> str:
    """Who asks, for the audit."""
    person = who(request)
    given = text_in(body, "by", _BY, "a name, such as ann")
    if given and not person.installed:
        raise Refused(
            400, f"'by' is for the installation's token; this is {person.name}"
        )
    return f"{person.name} ({given})" if given else person.name


def end_in(body: Mapping[str, Any], now: datetime) -> datetime | None:
    """The end that the body asks for; None if it does not."""
    if "for" in body and "until" in body:
        raise Refused(400, "'for' or 'until', not both")
    for name in ("for", "until"):
        if (given := body.get(name)) is None:
            continue
        if not isinstance(given, str):
            raise Refused(400, f"{name!r} must be a text, as 4h or 2026-12-24 18:00")
        try:
            return read_end(given, now)
        except BadEnd as bad:
            raise Refused(400, f"{name!r}: {bad}") from None
    return None


def only(body: Mapping[str, Any], *known: str) -> None:
    """Refuse what the body should not have: a misspelt end must not be for ever."""
    if strange := sorted(set(body) - set(known)):
        raise Refused(400, f"{strange[0]!r} is nothing to say here: {', '.join(known)}")


@asynccontextmanager
async def answering(version: str) -> AsyncIterator[None]:
    """Make answers of what is wrong with a change; *version* is the live one."""
    try:
        yield
    except Unknown as unknown:
        raise Refused(404, str(unknown)) from None
    except BadEnd as bad:
        raise Refused(400, str(bad)) from None
    except CannotChange as why:
        raise Refused(409, str(why)) from None
    except NotReloaded as refused:
        number = len(refused.problems)
        raise Refused(
            422,
            f"nothing is changed, version {version} stays: with it the site would "
            f"have {number} error{'s' if number > 1 else ''}",
            refused.problems,
        ) from None


def told(done: Made, now: datetime) -> dict[str, Any]:
    """The part of the answer that all changes have."""
    return {
        "until": time(done.until, now),
        "version": done.site.version,
        "was": done.site.was,
        "talks": {"passed": done.site.passed, "not_run": done.site.not_run},
    }


def standing(change: Change | None, now: datetime) -> dict[str, Any] | None:
    """What was changed live, as a list shows it."""
    if change is None:
        return None
    return {
        "before": change.before,
        "by": change.by,
        "at": time(change.at, now),
        "until": time(change.until, now),
    }


def time(at: float | None, now: datetime) -> str | None:
    """A time in the zone of *now*, as text."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, now.tzinfo).isoformat(timespec="seconds")
