"""Hands each event to those who asked for it, in the order in which they came.

The hub is called by the task that reads from Asterisk, and a slow reader takes
Asterisk's SIP down with it. So handlers are plain functions that note something and
return. One that raises is logged and harms no other; an event that can't be read is
counted, and logged once per type.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from ivrflow.asterisk.ari.wire import event_models
from ivrflow.asterisk.ari.wire.event_models import OBJECTS, Event, Message

K = TypeVar("K", str, tuple[str, str])

log = logging.getLogger(__name__)

Handler = Callable[[Any], None]
"""Takes one event. Quick, never waits."""

TYPES: frozenset[str] = frozenset(
    name
    for name, kind in vars(event_models).items()
    if isinstance(kind, type) and issubclass(kind, Event) and kind is not Event
)
"""All types of events that Asterisk may send."""

SAID_AT_MOST = 100
"""Types of unreadable events that are logged; a flood of them fills no disk."""

FIELDS: dict[str, tuple[tuple[str, str], ...]] = {
    event: tuple(
        (kind, field)
        for kind, events in OBJECTS.items()
        for field in events.get(event, ())
    )
    for event in TYPES
}
"""Type of event -> the objects in it, as (kind, field)."""


class Kind(msgspec.Struct):
    """As much of an event as can be read of one that we don't know."""

    type: str = "?"


def key_of(kind: str, thing: Any) -> str:
    """By what an object of ARI is known: its id, or its name where it has none."""
    match kind:
        case "recording" | "device state":
            return str(thing.name)
        case "endpoint":
            return f"{thing.technology}/{thing.resource}"
        case _:
            return str(thing.id)


class Subscription:
    """A handler that listens until it is closed."""

    def __init__(self, close: Callable[[], None]) -> None:
        self._close: Callable[[], None] | None = close

    def close(self) -> None:
        """Listen no more. A second time is no error."""
        close, self._close = self._close, None
        if close is not None:
            close()


class Hub:
    """The handlers, by type of event and by object."""

    def __init__(self) -> None:
        self._decoder = msgspec.json.Decoder(event_models.AnyEvent)
        self._by_type: dict[str, list[Handler]] = {}
        self._by_object: dict[tuple[str, str], list[Handler]] = {}
        self._unreadable: set[str] = set()
        self.received = 0
        """Events so far."""
        self.undecoded = 0
        """Those among them that could not be read."""
        self.failed = 0
        """How often a handler raised."""

    def on(self, event_type: str, handler: Handler) -> Subscription:
        """Call *handler* for each event of that type."""
        if event_type not in TYPES:
            raise ValueError(
                f"ARI has no event {event_type!r}; it has {', '.join(sorted(TYPES))}"
            )
        return self._add(self._by_type, event_type, handler)

    def watch(self, kind: str, key: str, handler: Handler) -> Subscription:
        """Call *handler* for each event about one object, whatever its type.

        *kind* is channel, bridge, playback, recording, endpoint or device state; *key*
        its id or name. It may be set before the object exists.
        """
        if kind not in OBJECTS:
            raise ValueError(f"{kind!r} is none of {', '.join(OBJECTS)}")
        return self._add(self._by_object, (kind, key), handler)

    def types(self) -> frozenset[str]:
        """The types of events that somebody asked for by name."""
        return frozenset(self._by_type)

    def receive(self, text: str | bytes) -> None:
        """Read one event and hand it on. Never raises."""
        self.received += 1
        try:
            event = self._decoder.decode(text)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            self._not_read(text, error)
            return
        self.dispatch(event)

    def dispatch(self, event: Message) -> None:
        """Hand *event* to those by type, then to those of its objects. Never raises."""
        name = type(event).__name__
        if handlers := self._by_type.get(name):
            self._run(handlers, event)
        for kind, field in FIELDS.get(name, ()):
            thing = getattr(event, field)
            if thing is not None and (
                handlers := self._by_object.get((kind, key_of(kind, thing)))
            ):
                self._run(handlers, event)

    def _run(self, handlers: list[Handler], event: Message) -> None:
        for handler in tuple(handlers):  # one of them may close itself meanwhile
            try:
                handler(event)
            except Exception:
                self.failed += 1
                log.exception("a handler of %s failed", type(event).__name__)

    def _not_read(self, text: str | bytes, error: Exception) -> None:
        self.undecoded += 1
        try:
            kind = msgspec.json.decode(text, type=Kind).type[:60]
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            kind = "?"
        if kind not in self._unreadable and len(self._unreadable) < SAID_AT_MOST:
            self._unreadable.add(kind)
            # The text itself is not shown: callers' numbers and more may stand in it.
            log.warning(
                "cannot read an event of type %r (%s); such events are skipped and "
                "counted from now on",
                kind,
                error,
            )

    @staticmethod
    def _add(table: dict[K, list[Handler]], key: K, handler: Handler) -> Subscription:
        table.setdefault(key, []).append(handler)

        def close() -> None:
            table[key].remove(handler)
            if not table[key]:
                del table[key]

        return Subscription(close)
