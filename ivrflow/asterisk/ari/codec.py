"""Requests and answers of ARI as bytes: values in, bytes out, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from ivrflow.asterisk.ari.errors import AlreadyThere, AriAway, AriError, Gone
from ivrflow.asterisk.ari.http import Response

T = TypeVar("T")

CURES = {
    401: "; check the user and password of ARI against Asterisk's ari.conf",
    403: "; the user in ari.conf needs read_only=no",
    413: "; an order to Asterisk may have 40 kB at most",
}
"""Status -> what to do about it."""


def encoded(
    method: str,
    parameters: Mapping[str, Any] | None,
    body: Mapping[str, Any] | None,
) -> tuple[str, bytes]:
    """Return the query and the body of a request.

    What POST and PUT say goes into the body: a request line is 4 kB at most, which a
    few sounds in a row can fill, and in a list there no comma parts anything.
    """
    given = {k: v for k, v in (parameters or {}).items() if v is not None}
    inside = {k: v for k, v in (body or {}).items() if v is not None}
    if method in ("POST", "PUT"):
        merged = given | inside
        return "", msgspec.json.encode(merged) if merged else b""
    if inside:
        raise AssertionError(f"{method} has no body")
    return "&".join(f"{k}={quote(text_of(v), safe=',')}" for k, v in given.items()), b""


def text_of(value: Any) -> str:
    """A parameter as it stands in a query."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else ",".join(map(str, _many(value)))


def _many(value: Any) -> Any:
    return value if isinstance(value, (list, tuple)) else (value,)


def message_of(body: bytes) -> str:
    """What an error answer says, in one line; it may be HTML, or nothing."""
    try:
        answer = msgspec.json.decode(body, type=dict[str, Any])
        said = str(answer.get("message") or answer.get("error") or "")
    except (msgspec.DecodeError, UnicodeError):
        said = body[:100].decode("ascii", "replace")
    return " ".join(said.split())[:200]


def decoded(where: str, what: str, response: Response, answer: type[T]) -> T:
    """Return what *response* holds as *answer*; raise what its status means.

    *where* and *what* are the address and the request, for messages. 404, 409 and 412,
    and 400 with "not found" (which only addChannel says), are one outcome, `Gone`.
    """
    status, body = response
    if status < 300:
        if answer is type(None):
            return None
        if answer is bytes:
            return body  # type: ignore[return-value]  # T is bytes here
        try:
            return msgspec.json.decode(body, type=answer)
        except (msgspec.DecodeError, UnicodeError) as error:
            raise AriError(
                f"cannot read the answer of Asterisk at {where} to {what}: {error}; "
                "is it of version 20 or later?",
                status,
            ) from None
    said = message_of(body)
    if status == 409 and "already exists" in said:
        raise AlreadyThere(f"Asterisk at {where} refused {what}: {said}", status)
    if status in (404, 409, 412) or (status == 400 and "not found" in said):
        raise Gone(f"{what}: {status} {said}")
    if status == 503:
        raise AriAway(f"Asterisk at {where} is starting: {said}", status)
    raise AriError(
        f"Asterisk at {where} refused {what}: {status} {said}{CURES.get(status, '')}",
        status,
    )
