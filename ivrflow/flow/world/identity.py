"""How a flow finds out who calls: secrets compared, and wrong entries counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from ivrflow.secret import Secret

if TYPE_CHECKING:
    from ivrflow.flow.site.data import DataSource


class Verifier(Protocol):
    """Compares secrets with hashes, off the event loop and in a bounded pool."""

    async def matches(self, entered: Secret, hashed: str | None) -> bool:
        """True if they belong together; with None False, after the same time."""

    async def hash(self, pin: Secret) -> str:
        """Return the hash of a new *pin*. Raises `Trouble`."""


class Judge(Protocol):
    """A core system that judges PINs for a source with `verify: {pin: {post: ...}}`."""

    async def right(self, source: DataSource, card: Secret, pin: Secret) -> bool:
        """True if it says that they belong together. Raises `Trouble`."""


@dataclass(frozen=True)
class Against:
    """What one attempt is counted against, and when that is locked.

    *source* is an entry of data.yaml, or what kind of limit it is in brackets: a
    calling number, a trunk, everyone. *within* and *lasting* are seconds.
    """

    source: str
    who: Secret
    after: int
    within: float
    lasting: float


@dataclass(frozen=True)
class Limit:
    """*after* wrong PINs within *within* seconds lock for *lasting* seconds."""

    after: int
    within: float
    lasting: float


@dataclass(frozen=True, kw_only=True)
class PinLimits:
    """How many wrong PINs may come, whatever cards they are for; None: any number."""

    caller: Limit | None = None
    """From one calling number; calls that withhold theirs count as one caller."""
    dialled: Limit | None = None
    """To one dialled number, which is what a trunk is to a flow."""
    all: Limit | None = None


class LockOuts(Protocol):
    """Wrong entries per card, counted over all calls; raises `Trouble`.

    Cards are kept as keyed hashes: a card number is a secret too.
    """

    async def locked(self, source: str, card: Secret, now: datetime) -> bool: ...

    async def count(
        self,
        source: str,
        card: Secret,
        now: datetime,
        *,
        after: int,
        within: float,
        lasting: float,
    ) -> bool:
        """Count an attempt before it is checked; lock the card from *after* of them on.

        True if this attempt may be checked, False while the card is locked: that and
        the counting are one act, so that many calls at once get no more attempts than
        one after the other. *within* and *lasting* are seconds.
        """

    async def count_all(self, against: Sequence[Against], now: datetime) -> bool:
        """Count one attempt against several things, in one act.

        False, and nothing is counted, while any of them is locked.
        """

    async def take_back(self, against: Sequence[Against], now: datetime) -> None:
        """The attempt that was counted at *now* was none: right, or never judged.

        A lock that only it made is taken back too. One that was not counted changes
        nothing.
        """

    async def forget(self, source: str, card: Secret) -> None:
        """The attempt was right: nothing stands against the card any more."""
