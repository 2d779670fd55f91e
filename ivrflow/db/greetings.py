"""What owners of mailboxes have spoken for who calls.

A sound is recorded before anybody refers to it: its row is made first (`begin_sound`),
and it becomes a greeting only when its owner has said that he wants it. The one that it
takes the place of is referred to by nobody then, and goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.message_rows import PLAYABLE, make_boxes, moment
from ivrflow.db.tables import greetings, sounds
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.boxes import GREETINGS, Greeting, NewSound, Speech


class Which(NamedTuple):
    """A greeting's place; *language* "": for callers of any."""

    box: str
    kind: str
    language: str

    @property
    def this(self) -> Any:
        """That a row is that of this place."""
        return and_(
            greetings.c.mailbox == self.box,
            greetings.c.kind == self.kind,
            greetings.c.language == self.language,
        )

    def __str__(self) -> str:
        spoken = f" in {self.language}" if self.language else ""
        return f"{self.kind} greeting of mailbox {self.box}{spoken}"


@dataclass(frozen=True, kw_only=True)
class NewGreeting:
    """*until* None: until it is taken off."""

    sound: str
    seconds: float
    until: datetime | None


async def begin_sound(db: AsyncConnection, new: NewSound) -> None:
    """As `Boxes.begin_sound`."""
    stored: dict[str, Any] = {}
    if new.copied is not None:
        stored = {
            "place": "store",
            "recorded": "",
            "bytes": new.copied.size,
            "sha256": new.copied.sha256,
            "seconds": new.seconds,
        }
    this = sounds.c.id == new.sound
    if await db.scalar(select(sounds.c.id).where(this)) is not None:
        if stored:
            announced = and_(this, sounds.c.place == "switch", sounds.c.recorded == "")
            await db.execute(update(sounds).where(announced).values(**stored))
        return
    values: dict[str, Any] = {
        "id": new.sound,
        "kind": new.kind,
        "place": "switch",
        "at": new.at.timestamp(),
        "ends": 0.0,
        "sha256": "",
        "recorded": new.recorded,
    }
    await db.execute(insert(sounds).values(**(values | stored)))


async def spoken(
    db: AsyncConnection, box: str, zone: tzinfo | None
) -> dict[tuple[str, str], Greeting]:
    """As `Boxes.greetings`; times are in *zone*."""
    found = await db.execute(
        select(greetings, sounds.c.seconds, sounds.c.place, sounds.c.recorded)
        .join(sounds, sounds.c.id == greetings.c.sound)
        .where(greetings.c.mailbox == box)
    )
    return {
        (row.kind, row.language): Greeting(
            speech=Speech(
                sound=row.sound,
                seconds=row.seconds or 0.0,
                place=row.place,
                recorded=row.recorded,
            ),
            at=datetime.fromtimestamp(row.at, zone),
            by=row.by,
            until=moment(row.until, zone),
        )
        for row in found
    }


async def put_on(
    db: AsyncConnection, which: Which, new: NewGreeting, *, by: str, now: datetime
) -> bool:
    """Greet with *new* from now on. False: that is so. Raises `Trouble`."""
    if which.kind not in GREETINGS:
        raise ValueError(f"{which.kind!r} is no kind of greeting")
    was = (await db.execute(select(greetings).where(which.this))).first()
    until = new.until.timestamp() if new.until is not None else None
    if was is not None and (was.sound, was.until) == (new.sound, until):
        return False
    there = (
        select(sounds.c.id)
        .where(sounds.c.id == new.sound, sounds.c.place.in_(PLAYABLE))
        .with_for_update()
    )
    if await db.scalar(there) is None:
        raise Trouble(f"sound {new.sound} can't be a greeting: it is not there")
    if new.seconds:
        await db.execute(
            update(sounds).where(sounds.c.id == new.sound).values(seconds=new.seconds)
        )
    await make_boxes(db, [which.box])
    await db.execute(delete(greetings).where(which.this))
    await db.execute(
        insert(greetings).values(
            mailbox=which.box,
            kind=which.kind,
            language=which.language,
            sound=new.sound,
            at=now.timestamp(),
            by=by[:80],
            until=until,
        )
    )
    end = "" if new.until is None else f" until {new.until.isoformat(' ', 'seconds')}"
    before = None if was is None else was.sound
    await _audit(db, which, by, now, before, f"{new.sound}{end}")
    return True


async def take_off(
    db: AsyncConnection, which: Which, *, by: str, now: datetime
) -> bool:
    """Greet as if nothing had been spoken. False: that is so."""
    was = (await db.execute(select(greetings).where(which.this))).first()
    if was is None:
        return False
    await db.execute(delete(greetings).where(which.this))
    await _audit(db, which, by, now, was.sound, None)
    return True


async def _audit(
    db: AsyncConnection,
    which: Which,
    by: str,
    now: datetime,
    before: str | None,
    after: str | None,
) -> None:
    entry = Entry(
        at=now.timestamp(), who=by, what=str(which), before=before, after=after
    )
    await add_entry(db, entry)
