"""What the generated operations stand on: one way to send a request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, TypeVar
from urllib.parse import quote

T = TypeVar("T")


class Call(Protocol):
    """Sends one request of ARI and decodes its answer."""

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        answer: type[T],
        parameters: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> T:
        """Return the answer as *answer*.

        *parameters* that are None are left out. Raises `Gone`, `AriError` or
        `AriAway`.
        """


class Operations:
    """The requests about one kind of thing."""

    def __init__(self, call: Call) -> None:
        self._call = call


def quoted(part: str) -> str:
    """Make *part* safe as one part of a path, "/" and ".." included.

    Dots are left alone by `quote`, so a part of dots only would climb up.
    """
    if part.strip(".") == "":
        return part.replace(".", "%2E") or "%00"
    return quote(part, safe="")
