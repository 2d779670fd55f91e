"""The API's part for tokens of persons: for admins.

GET    /api/tokens          all that ever were, without what is secret in them
POST   /api/tokens          {"name": "2001", "role": "supervisor"}: the token, this once
DELETE /api/tokens/ID       revoked at once; ID may be a name: all of that person's
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from aiohttp import web

from ivrflow.console.asking import Refused, body_of, text_in
from ivrflow.console.changing import asked_by, only
from ivrflow.flow.site import Site
from ivrflow.secret import Secret
from ivrflow.tokens import NAME, ROLES, BadToken, Role, number_for

E = TypeVar("E", bound="Entry", covariant=True)


class Entry(Protocol):
    """A token, as a list shows it; times are seconds since 1970."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def role(self) -> Role: ...
    @property
    def number(self) -> str: ...
    @property
    def at(self) -> float: ...
    @property
    def by(self) -> str: ...
    @property
    def used(self) -> float | None: ...
    @property
    def revoked(self) -> float | None: ...


class AllTokens(Protocol[E]):
    """The tokens of persons. All raise `Trouble`."""

    async def all(self) -> Sequence[E]: ...

    async def new(
        self, name: str, role: Role, number: str, *, by: str, at: float
    ) -> tuple[E, Secret]: ...

    async def revoke(self, what: str, *, by: str, at: float) -> Sequence[E]: ...


class TokenRoutes:
    """What the API says and does about tokens. *clock* is seconds since 1970."""

    def __init__(
        self,
        site: Callable[[], Site],
        tokens: AllTokens[Entry],
        clock: Callable[[], float],
    ) -> None:
        self._site = site
        self._tokens = tokens
        self._clock = clock

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes."""
        return [
            web.get("/api/tokens", self._list),
            web.post("/api/tokens", self._new),
            web.delete("/api/tokens/{what}", self._revoke),
        ]

    async def _list(self, _: web.Request) -> web.Response:
        listed = [_plain(entry) for entry in await self._tokens.all()]
        return web.json_response({"tokens": listed})

    async def _new(self, request: web.Request) -> web.Response:
        body = await body_of(request)
        only(body, "name", "role", "by")
        name = text_in(body, "name", NAME, "an agent's number, or a name like ann")
        role = body.get("role")
        if role not in ROLES:
            raise Refused(400, f"'role' must be {', '.join(ROLES)}")
        if not name:
            raise Refused(400, "'name' says whose it is: an agent's number, or a name")
        try:
            number = number_for(map(str, self._site().agents), name, role)
        except BadToken as bad:
            raise Refused(400, str(bad)) from None
        by = asked_by(request, body)
        entry, token = await self._tokens.new(
            name, role, number, by=by, at=self._clock()
        )
        return web.json_response({**_plain(entry), "token": token.reveal()})

    async def _revoke(self, request: web.Request) -> web.Response:
        what, body = request.match_info["what"], await body_of(request)
        only(body, "by")
        by = asked_by(request, body)
        revoked = await self._tokens.revoke(what, by=by, at=self._clock())
        if not revoked:
            raise Refused(404, f"no token counts that is called {what[:80]!r}")
        return web.json_response({"revoked": [_plain(entry) for entry in revoked]})


def _plain(entry: Entry) -> Mapping[str, Any]:
    names = ("id", "name", "role", "number", "at", "by", "used", "revoked")
    return {name: getattr(entry, name) for name in names}
