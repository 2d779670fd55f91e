"""Look-ups over HTTP, as `data.yaml` has them: `get` asks, `post` asks with values.

What a caller enters may become a part of a path or of a query, percent-encoded, or a
value in the JSON object that a `post` sends, and nothing else: host, port and scheme
are the author's. An answer is small, quick and JSON, or it is `Trouble`; see `client`.

`timeout` is for one try; `retry` adds tries for what may be better the next moment: a
connection that fails, no answer in time, an error of the server (5xx). All tries of one
`post` have the same `Idempotency-Key`, so that a server can tell a repeat from a second
order. For a store it is the call and the step, so that it is the same too when the
service dies and its successor does the step again.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote

import msgspec
from yarl import URL

from ivrflow.flow.expression import Expression, ExpressionFault
from ivrflow.flow.rows import place, typed
from ivrflow.flow.world import Row, Trouble
from ivrflow.prompts.text import Slot
from ivrflow.secret import Masked, Secret
from ivrflow.web.addresses import Hosts
from ivrflow.web.client import Again, GuardedClient, Reply, Request, refusal

if TYPE_CHECKING:
    from ivrflow.flow.kinds import Text
    from ivrflow.flow.site.data import DataSource

TIMEOUT = 5.0
"""Seconds for a source that says nothing."""

PAUSE = 0.2
"""Seconds before another try; doubled before each further one."""

LONGEST_TEXT = 10_000
"""Characters of one value."""

BEGIN = re.compile(
    r"https?://(?P<host>[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?[/?]"
)
"""How a URL begins: no user, no password, no `${}`."""

CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class HttpLookups:
    """A flow's `Lookups` for sources with `get` and `post`.

    *secrets* are the values for `${secret.NAME}` in headers. Use it as a context
    manager in the loop that makes the calls.
    """

    def __init__(self, hosts: Hosts, secrets: Mapping[str, Secret]) -> None:
        self._client = GuardedClient(hosts)
        self._secrets = secrets

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def find(self, source: DataSource, values: Mapping[str, Any]) -> Row | None:
        """Return the object, typed as `gives` says; None for 404."""
        reply = await self._ask(source, values)
        answer = _answer(source, reply, "one JSON object")
        if answer is None:
            return None
        if not isinstance(answer, dict):
            raise _not_json(source, "one JSON object")
        return typed(source, _picked(source, answer))

    async def find_all(
        self, source: DataSource, values: Mapping[str, Any]
    ) -> Sequence[Row]:
        """Return the objects of the list, typed, at most `many`; () for 404."""
        reply = await self._ask(source, values)
        answer = _answer(source, reply, "JSON")
        if answer is None:
            return ()
        items = answer if source.rows is None else _at(answer, source.rows)
        if not isinstance(items, list):
            where = f"a list at {str(source.rows)!r}" if source.rows else "a JSON list"
            raise _not_json(source, where)
        items = items[: int(source.many or 0)]
        if not all(isinstance(item, dict) for item in items):
            raise _not_json(source, "a list of JSON objects")
        return tuple(typed(source, _picked(source, item)) for item in items)

    async def store(
        self,
        source: DataSource,
        values: Mapping[str, Any],
        *,
        key: str = "",
        look_first: bool = False,
    ) -> bool:
        """Post the values; any 2xx is a success. Always True: we see no rows there.

        *key* is the request's `Idempotency-Key`; *look_first* is left to the server,
        which knows the key.
        """
        if source.post is None:
            raise Trouble(f"{place(source)}: a store over HTTP needs `post`")
        reply = await self._ask(source, values, key)
        if not 200 <= reply.status < 300:
            raise _refused(source, reply)
        return True

    # The request ----------------------------------------------------------------------

    async def _ask(
        self, source: DataSource, values: Mapping[str, Any], key: str = ""
    ) -> Reply:
        """Ask as often as `retry` allows, until something comes back."""
        request = self._request(source, values, key)
        seconds = TIMEOUT if source.timeout is None else float(source.timeout)
        pause, tries = PAUSE, 1 + int(source.retry)
        while True:
            tries -= 1
            try:
                return await self._client.ask(place(source), request, seconds)
            except Again as failure:
                if tries <= 0:
                    raise Trouble(
                        f"{place(source)}: {request.url.host} {failure}; look whether "
                        f"it is up"
                    ) from None
            await asyncio.sleep(pause)
            pause *= 2

    def _request(
        self, source: DataSource, values: Mapping[str, Any], key: str
    ) -> Request:
        url = self._url(source, values)
        headers = self._headers(source, values)
        if source.post is None:
            return Request(method="GET", url=url, headers=headers)
        headers.setdefault("Idempotency-Key", key or secrets.token_hex(16))
        body = {str(name): _json(source, name, v) for name, v in values.items()}
        return Request(
            method="POST", url=url, headers=headers, body=_encoder.encode(body)
        )

    def _url(self, source: DataSource, values: Mapping[str, Any]) -> URL:
        verb, text = ("get", source.get) if source.get else ("post", source.post)
        if text is None:
            raise Trouble(f"{place(source)}: it has no url; give it `get` or `post`")
        first = (*text.words.parts, "")[0]
        begin = BEGIN.match(first) if isinstance(first, str) else None
        if begin is None:
            raise Trouble(
                f"{place(source)}: `{verb}` must begin with https://host/ (or http), "
                f"written out: neither values nor a password have a place there"
            )
        try:
            url = URL(_filled(source, text, values, _encoded), encoded=True)
            _ = url.host, url.port
        except ValueError:
            raise Trouble(f"{place(source)}: `{verb}` is no url") from None
        self._client.check_host(place(source), url, begin["host"])
        if {".", ".."} & set(url.raw_path.split("/")):
            raise Trouble(f"{place(source)}: a value would change the path of the url")
        return url

    def _headers(self, source: DataSource, values: Mapping[str, Any]) -> dict[str, str]:
        names = {**values, "secret": self._secrets}
        headers = {}
        for name, value in source.headers.items():
            text = _filled(source, value, names, _header)
            if CONTROL.search(text) or CONTROL.search(name):
                raise Trouble(f"{place(source)}: header {str(name)!r} is not one line")
            headers[str(name)] = text
        return headers


# The answer -------------------------------------------------------------------------


def _answer(source: DataSource, reply: Reply, wanted: str) -> Any:
    """What the reply holds; None for 404. Raises `Trouble`: it is not *wanted*."""
    if reply.status == 404:
        return None
    if reply.status != 200:
        raise _refused(source, reply)
    try:
        answer = _decoder.decode(reply.body)
    except (msgspec.MsgspecError, ValueError, ArithmeticError, RecursionError):
        answer = None
    if answer is None:
        raise _not_json(source, wanted)
    return answer


def _refused(source: DataSource, reply: Reply) -> Trouble:
    return Trouble(f"{place(source)}: {_host(source)} {refusal(reply.status)}")


def _not_json(source: DataSource, wanted: str) -> Trouble:
    return Trouble(f"{place(source)}: {_host(source)} did not answer with {wanted}")


def _host(source: DataSource) -> str:
    begin = BEGIN.match(source.get or source.post or "")
    return begin["host"] if begin else "the host"


def _at(answer: Any, way: str) -> Any:
    """What stands at a dotted way; a number counts in a list. None for nothing."""
    for name in way.split("."):
        if isinstance(answer, Mapping):
            answer = answer.get(name)
        elif isinstance(answer, list) and name.isascii() and name.isdigit():
            index = int(name) if len(name) < 6 else len(answer)
            answer = answer[index] if index < len(answer) else None
        else:
            return None
    return answer


def _picked(source: DataSource, answer: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the columns of *answer*, from where `json` says that they stand."""
    if source.json_path is None:
        return {k: v for k, v in answer.items() if not _nested(source, k, v)}
    return {str(column): _at(answer, way) for column, way in source.json_path.items()}


def _nested(source: DataSource, name: str, value: Any) -> bool:
    """True for a list or an object that no column of `gives` asks for."""
    return isinstance(value, dict | list) and name not in source.gives


def _filled(
    source: DataSource,
    text: Text,
    names: Mapping[str, Any],
    encode: Callable[[DataSource, Slot, Any], str],
) -> str:
    """Return *text* with its slots filled by *encode*; raise `Trouble`."""
    parts = []
    for part in text.words.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        try:
            value = Expression.of(part).evaluate(names)
        except ExpressionFault:
            value = None
        if value is None:
            raise Trouble(
                f"{place(source)}: there is no value for ${{{part.expression}}}; "
                + (
                    "the settings must have this secret"
                    if part.expression.startswith("secret.")
                    else "`with` must give one that is set"
                )
            )
        parts.append(encode(source, part, value))
    return "".join(parts)


def _encoded(source: DataSource, slot: Slot, value: Any) -> str:
    if isinstance(value, Secret):
        # Servers log what they are asked for: a masked number goes in a body alone.
        raise Trouble(
            f"{place(source)}: {slot.expression!r} is secret or masked: not for a url; "
            f"what is masked can be sent by `post`"
        )
    text = _written(source, slot, value)
    if not text:
        # It would ask for another thing: for all retailers, say, instead of one.
        raise Trouble(f"{place(source)}: {slot.expression!r} is empty")
    return quote(text, safe="", errors="replace")


def _header(source: DataSource, slot: Slot, value: Any) -> str:
    if isinstance(value, Secret):
        if not slot.expression.startswith("secret."):
            raise Trouble(
                f"{place(source)}: {slot.expression!r} can't be sent: a secret"
            )
        return value.reveal()
    return _written(source, slot, value)


def _written(source: DataSource, slot: Slot, value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float | Decimal) and len(str(value)) <= 1000:
        return str(value)
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    raise Trouble(
        f"{place(source)}: {slot.expression!r} is too long, or no plain value"
    )


def _json(source: DataSource, name: str, value: Any) -> Any:
    """Return *value* as JSON has it: numbers stay exact, moments are ISO texts."""
    match value:
        case None | bool() | int() | float():
            return value
        case Decimal() if value.is_finite():
            return value
        case str() if len(value) <= LONGEST_TEXT:
            return str(value)
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case Masked():
            return value.reveal()
        case Secret():
            raise Trouble(f"{place(source)}: {name!r} is a secret; it can't be sent")
    raise Trouble(f"{place(source)}: {name!r} is too long, or no plain value")
