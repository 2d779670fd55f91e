"""What the API's parts for changes of the site have in common.

Every change may have an end: `"for": "4h"`, or `"until": "2026-12-24 18:00"` by the
site's clock, or a date, which lasts to its end. `"by"` says who it is that asks: the
API knows only its token, so the audit has both, `api (ann)`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any, Protocol

from ivrflow.console.asking import Refused, text_in
from ivrflow.flow.changes import CannotChange, Change, Place, Unknown
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


def asked_by(body: Mapping[str, Any]) -> str:
    """Who asks, for the audit."""
    given = text_in(body, "by", _BY, "a name, such as ann")
    return f"api ({given})" if given else "api"


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
