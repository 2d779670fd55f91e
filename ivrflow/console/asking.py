"""Requests and answers: what every part of the API does with them alike.

A part of the API is a list of routes. What it raises becomes an answer at one place,
the guard in `api`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, Protocol, runtime_checkable

from aiohttp import web

from ivrflow.flow.source import Problem

LARGEST_BODY = 16_384
"""Bytes."""


class Part(Protocol):
    """A part of the API."""

    def routes(self) -> Sequence[web.AbstractRouteDef]:
        """Its routes, in the order in which they are tried."""


@runtime_checkable
class Closing(Protocol):
    """A part of the API whose answers last: they are ended when the service ends."""

    async def close(self) -> None:
        """End them."""


class Refused(Exception):
    """The request can't be served: a status and a sentence, and all *problems*."""

    def __init__(
        self, status: int, message: str, problems: Sequence[Problem] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.problems = problems


async def body_of(request: web.Request) -> Mapping[str, Any]:
    """The request's JSON object; an empty body is an empty one."""
    try:
        text = await request.read()
    except web.RequestPayloadError:
        raise Refused(400, "the body is not what its headers say") from None
    if not text.strip():
        return {}
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise Refused(400, "the body is not JSON") from None
    if not isinstance(body, dict):
        raise Refused(400, 'the body must be a JSON object, like {"reason": "lunch"}')
    return body


def text_in(
    body: Mapping[str, Any], name: str, pattern: re.Pattern[str], like: str
) -> str:
    """The text *name* of the body, "" where it is left out."""
    value = body.get(name, "")
    if value == "":
        return ""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Refused(400, f"{name!r} must be {like}")
    return value


def told(refused: Refused) -> web.Response:
    """The answer to a request that was refused."""
    answer: dict[str, Any] = {"error": str(refused)}
    if refused.problems:
        answer["problems"] = [
            {
                "file": p.at.file,
                "line": p.at.line,
                "column": p.at.column,
                "code": p.code,
                "message": p.message,
            }
            for p in refused.problems
        ]
    return web.json_response(answer, status=refused.status)
