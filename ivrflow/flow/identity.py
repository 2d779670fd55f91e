"""What `authenticate` has beside its talk: attempts that are counted, one-time codes.

An attempt is counted in the database before it is judged: against the card, as the step
says, and against the calling number, the dialled number and all calls, as the service's
settings say. What turns out right, or can't be judged, is taken back.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from ivrflow.flow.world import Against, Limit, Trouble
from ivrflow.secret import Secret, Typed

if TYPE_CHECKING:
    from ivrflow.flow.call import Call


def counted_against(
    call: Call, source: str, card: Secret, lock: Limit | None
) -> list[Against]:
    """What an attempt of *call* with *card* is counted against.

    The names in brackets are no entries of data.yaml: those have none.
    """
    limits = call.world.pin_limits
    kinds: list[tuple[str, Secret, Limit | None]] = [
        (source, card, lock),
        ("(caller)", Secret(call.channel.caller_id), limits.caller),
        ("(dialled)", Secret(call.channel.dialled), limits.dialled),
        ("(all)", Secret(""), limits.all),
    ]
    return [
        Against(name, who, limit.after, limit.within, limit.lasting)
        for name, who, limit in kinds
        if limit is not None
    ]


JUDGED = "judged"
"""The mark: when the attempt was counted that is judged just now, and its keys."""


async def about_to_judge(
    call: Call, against: list[Against], typed: Typed | None
) -> datetime:
    """The time at which an attempt is to be counted, before it is judged.

    Where callers' keys come again after a restart, the attempt does: that a process has
    counted it which died over it is taken back then, as it was one attempt. It is the
    same one if *typed*, which keys it was, is the same; None: nobody knows. Nothing may
    be playing. Raises `HungUp`, `Trouble`.
    """
    now, noted = call.world.clock(), call.marks.get(JUDGED)
    if typed is None or not against:
        return now
    if call.keys_came_again and isinstance(noted, list) and noted[1:] == [*typed]:
        now = datetime.fromisoformat(noted[0])
        await call.world.lock_outs.take_back(against, now)
    else:
        await call.mark(**{JUDGED: [now.isoformat(), *typed]})
    return now


async def attempt(
    call: Call,
    against: list[Against],
    judge: Callable[[bool], Awaitable[bool]],
    now: datetime | None = None,
) -> bool | None:
    """Count an attempt, then judge it. True right, False wrong, None locked.

    *now* is the time at which it is counted; see `about_to_judge`. *judge* is told
    whether the attempt may be right at all: it does its work in any case, so that the
    time tells nothing. Raises `Trouble`; the attempt is not counted then.
    """
    lock_outs, now = call.world.lock_outs, now or call.world.clock()
    may = await lock_outs.count_all(against, now) if against else True
    try:
        right = await judge(may)
    except Trouble:
        if may and against:
            await lock_outs.take_back(against, now)
        raise
    if not may:
        return None
    if right and against:
        await lock_outs.take_back(against, now)
    return right


@dataclass(frozen=True)
class OneTimeCode:
    """A code that was sent, known here by its hash alone. *ends* is loop time.

    One of no card is never right, and looks the same.
    """

    salt: bytes
    digest: bytes
    ends: float

    @classmethod
    def of(cls, code: Secret, valid: float) -> OneTimeCode:
        """Remember *code*, for *valid* seconds from now."""
        salt = os.urandom(16)
        ends = asyncio.get_running_loop().time() + valid
        return cls(salt, _digest(salt, code), ends)

    def matches(self, entered: Secret) -> bool:
        """True if *entered* is the code, and its time is not over."""
        same = hmac.compare_digest(self.digest, _digest(self.salt, entered))
        return same and asyncio.get_running_loop().time() < self.ends


def _digest(salt: bytes, code: Secret) -> bytes:
    return hmac.digest(salt, code.reveal().encode(), hashlib.sha256)
