"""A channel, bridge or playback as an object, for those who know ari-py."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Protocol

from ivrflow.asterisk.ari.hub import Handler, Hub, Subscription
from ivrflow.asterisk.ari.wire.event_models import OBJECTS


class Listener(Protocol):
    """The part of the client that a handle needs."""

    hub: Hub

    def on_event(self, event_type: str, handler: Handler) -> Subscription: ...


class Handle:
    """One object with its requests and events.

    Each request of its repository is a method here, with the id filled in:
    `await client.channel(id).answer()` is `await client.channels.answer(id)`. A program
    that wants its types checked calls the repository.
    """

    def __init__(
        self, client: Listener, kind: str, repository: object, id: str
    ) -> None:
        self._client = client
        self._kind = kind
        self._repository = repository
        self.id = id

    def on_event(
        self, event_type: str, handler: Callable[[Handle, Any], None]
    ) -> Subscription:
        """Call `handler(self, event)` for each event of that type about this object."""
        if event_type not in OBJECTS[self._kind]:
            raise ValueError(
                f"no {self._kind} stands in {event_type!r}; there is one in "
                f"{', '.join(OBJECTS[self._kind])}"
            )

        def mine(event: Any) -> None:
            if type(event).__name__ == event_type:
                handler(self, event)

        # Asked for by type too, so that the filter in Asterisk lets it through.
        typed = self._client.on_event(event_type, _nothing)
        watch = self._client.hub.watch(self._kind, self.id, mine)

        def close() -> None:
            typed.close()
            watch.close()

        return Subscription(close)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("_"):
            raise AttributeError(name)
        return functools.partial(getattr(self._repository, name), self.id)

    def __repr__(self) -> str:
        return f"<{self._kind} {self.id}>"


def _nothing(_: Any) -> None:
    """A handler for those who only want the filter open."""
