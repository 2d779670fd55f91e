"""The API's part for words: what prompts say, other words, the old ones again.

GET    /api/wording                   all words that wording.yaml lets change
PUT    /api/wording/LANGUAGE/NAME     {"words": "...", "until": "2026-12-24 18:00"}
DELETE /api/wording/LANGUAGE/NAME     the words from before the change
DELETE /api/wording/LANGUAGE/NAME/announcement      what was spoken for it by phone

NAME is that of the recording: `outage_notice`, `enter_card.silent.1`,
`main_menu.balance`. An answer says what callers hear: new words have no recording.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from aiohttp import web

from ivrflow.console.asking import Refused, body_of
from ivrflow.console.changing import (
    Body,
    Changer,
    Changes,
    Made,
    answering,
    asked_by,
    end_in,
    only,
    standing,
    time,
)
from ivrflow.console.who import least, who
from ivrflow.flow.changes import Place, changeable, phrase_of, wording_of
from ivrflow.flow.site import Site
from ivrflow.flow.world import Announcements


class Recordings(Protocol):
    """What is recorded of the live version."""

    @property
    def speaks(self) -> bool:
        """Whether a voice says what no recording does."""

    def unrecorded(self, site: Site, name: str) -> tuple[str, ...]:
        """The recordings of the words *name* that there are not."""


@dataclass(frozen=True)
class Heard:
    """What callers hear of words: what was spoken for them, else their recordings."""

    announcements: Announcements
    recordings: Recordings


class WordingRoutes:
    """What the API says and does about words."""

    def __init__(
        self,
        site: Callable[[], Site],
        changes: Changes,
        heard: Heard,
        clock: Callable[[], datetime],
    ) -> None:
        """*site* is the live version, *clock* the time in its zone."""
        self._site = site
        self._changes = changes
        self._heard = heard
        self._clock = clock
        self._changer = Changer(site, changes, clock)

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        place = "/api/wording/{language}/{name}"
        return [
            web.get("/api/wording", self._list),
            web.put(place, self._set),
            web.delete(place, self._undo),
            web.delete(f"{place}/announcement", self._take_off),
        ]

    @least("agent")
    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response(
            {
                "wording": [
                    self._state(name) for name in sorted(changeable(self._site()))
                ]
            }
        )

    def _state(self, name: str) -> dict[str, Any]:
        site, now = self._site(), self._clock()
        wording = wording_of(site, name)
        return {
            "name": name,
            "title": {str(k): str(v) for k, v in wording.title.items()},
            "who": str(wording.who),
            "words": str(phrase_of(site, name).words.text),
            "changed": standing(self._changes.all.get(Place(name)), now),
            **self._played(name, now),
        }

    def _played(self, name: str, now: datetime) -> dict[str, Any]:
        """What is played for the words *name*."""
        spoken = self._heard.announcements.on(name, now.timestamp())
        silent = self._heard.recordings.unrecorded(self._site(), name)
        announcement, warning = None, None
        if spoken is not None:
            end = time(spoken.until, now)
            announcement = {"by": spoken.by, "seconds": spoken.seconds, "until": end}
            warning = (
                f"callers hear the announcement of {spoken.by}, not these words, until "
                f"{end or 'it is taken off'}"
            )
        elif silent:
            hear = (
                "a voice that speaks" if self._heard.recordings.speaks else "nothing of"
            )
            warning = (
                f"no recording says these words: callers hear {hear} "
                f"{', '.join(silent)} until one is made (`ivrflow sounds build`), an "
                "announcement is spoken by phone, or the old words are back"
            )
        return {
            "announcement": announcement,
            "unrecorded": list(silent),
            "warning": warning,
        }

    @least("agent")
    async def _set(self, request: web.Request) -> web.Response:
        name = await self._named(request)

        async def work(body: Body, by: str, now: datetime) -> Made:
            words = body.get("words")
            if not isinstance(words, str):
                raise Refused(400, "'words' must be the text that is said")
            end = end_in(body, now)
            return await self._changes.set_words(name, words, by=by, until=end)

        keys = ("words", "for", "until")
        return await self._changer.made(request, keys, work, lambda: self._state(name))

    @least("agent")
    async def _undo(self, request: web.Request) -> web.Response:
        name = await self._named(request)
        return await self._changer.undone(
            request, Place(name), lambda: self._state(name)
        )

    @least("agent")
    async def _take_off(self, request: web.Request) -> web.Response:
        name, body = await self._named(request), await body_of(request)
        only(body, "by")
        now = self._clock()
        if self._heard.announcements.on(name, now.timestamp()) is None:
            raise Refused(404, f"no announcement is on for {name!r}")
        by = asked_by(request, body)
        await self._heard.announcements.take_off(name, by=by, now=now)
        async with answering(self._site().version):
            return web.json_response(self._state(name))

    async def _named(self, request: web.Request) -> str:
        """The name of the words, for whoever may change them."""
        name = f"{request.match_info['language']}/{request.match_info['name']}"
        async with answering(self._site().version):
            phrase_of(self._site(), name)
            meant = str(wording_of(self._site(), name).who)
        who(request).must_be(meant, f"the words {name!r}")
        return name
