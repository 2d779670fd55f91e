"""What goes out to people and systems outside: how it is written, and when it is tried.

A flow puts a letter into the outbox and goes on; whoever delivers it comes back as
often as it takes. So a letter arrives at least once, perhaps twice, and says by its key
which one it is. The words come from the site's prompts as they do for a caller, but
written and not spelled: `1234.50`, not "one thousand two hundred thirty-four fifty".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from ivrflow.flow.expression import Expression, ExpressionFault
from ivrflow.flow.kinds import Sayable
from ivrflow.flow.world import Trouble
from ivrflow.prompts.text import Slot
from ivrflow.secret import Masked, Secret

if TYPE_CHECKING:
    from ivrflow.flow.call import Call
    from ivrflow.prompts.catalogue import Catalogue
    from ivrflow.prompts.text import Words

FIRST_PAUSE = 30.0
LONGEST_PAUSE = 3600.0
MOST_TRIES = 50
"""With the pauses about two days: after that nobody waits for it any more."""

EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[A-Za-z0-9.-]{1,255}")
SMS = re.compile(r"\+?[0-9]{3,15}")
LONGEST_SUBJECT = 200


class Undeliverable(Trouble):
    """Refused for good: trying again is of no use."""


class NotYet(Trouble):
    """It has to wait for something, and that is no failed try.

    *seconds* until it is looked at again.
    """

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


@dataclass(frozen=True, kw_only=True)
class About:
    """The message of a mailbox that a notice is about. *at* is seconds since 1970."""

    message: str
    mailbox: str
    caller: str
    at: float
    seconds: float
    urgent: bool


@dataclass(frozen=True, kw_only=True)
class Parcel:
    """One row of the outbox, on its way. *at* is seconds since 1970."""

    key: str
    channel: str
    to: str
    at: float
    tries: int
    """How often it has been tried before."""
    subject: str = ""
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    call: str = ""
    attach: str = ""
    about: About | None = None


class Deliveries(Protocol):
    """The outbox as whoever delivers sees it; raises `Trouble`. Times: see `Parcel`."""

    async def take(
        self, channels: Collection[str], now: float, *, most: int, lease: float
    ) -> Sequence[Parcel]:
        """Take what is due on these *channels*, the oldest first.

        Nobody else gets them for *lease* seconds; after that they are due again, in
        case whoever took them has died with them.
        """

    async def renew(self, key: str, until: float) -> None:
        """Whoever has taken it has it until then, as he is still at it."""

    async def sent(self, key: str, now: float) -> None:
        """It was handed over."""

    async def later(self, key: str, due: float, why: str) -> None:
        """It failed, and is tried again at *due*."""

    async def put_off(self, key: str, due: float, why: str) -> None:
        """It waits for something until *due*: that it was taken counts as no try."""

    async def give_up(self, key: str, now: float, why: str) -> None:
        """It failed for good."""

    async def last(self, parcel: Parcel) -> bool:
        """Whether nobody else needs the message of *parcel* to be told of it.

        All other letters about it on the same channel are sent, and nobody is still to
        be called.
        """

    async def waiting(self) -> Mapping[str, int]:
        """Return channel -> how many wait."""


def pause_after(tries: int) -> float:
    """Seconds until the next try, after *tries* that failed (1 and more)."""
    return min(FIRST_PAUSE * 2.0 ** min(tries - 1, 20), LONGEST_PAUSE)


def written(call: Call, what: Sayable | str, **more: object) -> str:
    """*what*, a prompt or a text, in the caller's language, as it is written.

    *more* are values for this once. Raises `Trouble` for a value that is not set, or
    that is a secret and not among *more*.
    """
    names = call.names(**more)
    catalogue, language = call.site.catalogue, call.language
    if isinstance(what, Sayable) and what.text is not None:
        return _filled(catalogue, language, what.text.words, names, more)
    return _prompt(catalogue, language, str(what), names, more)


def prompt_written(
    catalogue: Catalogue, language: str, name: str, names: Mapping[str, object]
) -> str:
    """The prompt *name* as it is written where there is no call, with these *names*.

    Raises `Trouble` as `written` does.
    """
    return _prompt(catalogue, language, name, names, {})


def _prompt(
    catalogue: Catalogue,
    language: str,
    name: str,
    names: Mapping[str, object],
    more: Mapping[str, object],
) -> str:
    texts = catalogue.texts(name, language)
    first = [words for path, words in texts if path[:1] in ((), ("first",))]
    return "".join(_filled(catalogue, language, one, names, more) for one in first)


def _filled(
    catalogue: Catalogue,
    language: str,
    words: Words,
    names: Mapping[str, object],
    more: Mapping[str, object],
) -> str:
    parts = []
    for part in words.parts:
        if isinstance(part, str):
            parts.append(part)
            continue
        try:
            value = Expression.of(part).evaluate(names)
        except ExpressionFault as fault:
            raise Trouble(str(fault)) from None
        if isinstance(value, Secret) and part.expression in more:
            value = value.reveal()
        parts.append(_written(catalogue, language, part, value))
    return "".join(parts).strip()


def _written(catalogue: Catalogue, language: str, slot: Slot, value: object) -> str:
    if value is None:
        raise Trouble(f"${{{slot.expression}}} is not set, so nothing can be written")
    if slot.filter == "word":
        table = catalogue.table(slot.argument, language) or {}
        found = table.get(str(value))
        if found is None:
            raise Trouble(
                f"the table {slot.argument!r} has no word for ${{{slot.expression}}}"
            )
        return found.text
    if slot.filter == "money" and isinstance(value, int | float | Decimal):
        return f"{value:.2f} {catalogue.currency}"
    return plain(slot.expression, value)


def plain(name: str, value: object) -> str:
    """*value* as a person reads it; raise `Trouble` for a secret, or for a record."""
    match value:
        case Masked():
            return str(value)
        case Secret():
            raise Trouble(f"{name!r} is a secret: it can't be sent")
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(" ", "minutes")
        case time():
            return value.isoformat("minutes")
        case timedelta():
            return f"{value.total_seconds():g} s"
        case str() | int() | Decimal() | date():
            return str(value)
        case float():
            return f"{value:g}"
    raise Trouble(f"{name!r} is no single value: it can't be written")


def json_value(name: str, value: object) -> Any:
    """*value* as JSON has it; raise `Trouble` for a secret, or for a record."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime):
        return value.isoformat()
    return plain(name, value)
