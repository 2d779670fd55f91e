"""The rows of sounds: where each one is, and whether anybody still needs it.

A sound is needed as long as a message that can be heard, or a greeting, refers to it,
and as long as a legal hold keeps a message of it. Which of that is so stands in the
statement that lets sounds go: whoever refers to one in the meantime comes before it or
after it, never between.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, literal_column, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.message_rows import DROPPED, GONE, PLAYABLE, referred
from ivrflow.db.tables import greetings, holds, messages, sounds, transcripts
from ivrflow.flow.world.sounds import Copied, Going, InSpool
from ivrflow.voicemail.retention import RECORDING

AT_ONCE = 500
"""Ids that one question names."""

_OF_IT = or_(messages.c.sound == sounds.c.id, messages.c.intro == sounds.c.id)

_IN_SPOOL = sounds.c.recorded != literal_column("''")
"""Written out: SQLite uses the index of these only if it sees the same words."""

_BEING_RECORDED = (
    select(messages.c.id)
    .where(messages.c.sound == sounds.c.id, messages.c.state == RECORDING)
    .exists()
)

_KEPT_FOR_LAW = (
    select(messages.c.id)
    .join(
        holds,
        and_(
            holds.c.mailbox == messages.c.mailbox,
            or_(holds.c.message == "", holds.c.message == messages.c.id),
        ),
    )
    .where(_OF_IT, messages.c.state != DROPPED, holds.c.lifted.is_(None))
    .exists()
)

_GREETS = select(greetings.c.sound).where(greetings.c.sound == sounds.c.id).exists()

_DROPPED = and_(
    sounds.c.kind == "message",
    ~select(messages.c.id).where(_OF_IT, messages.c.state != DROPPED).exists(),
)
"""It was recorded as a message, and is one in no mailbox."""

_UNUSED = and_(~referred(), ~_GREETS, ~_KEPT_FOR_LAW)

_SPOKEN_NOW = and_(sounds.c.kind != "message", ~referred(), ~_GREETS)
"""A comment or greeting that nobody has said yes to: it may be recorded again."""


class SqlSounds:
    """The `SoundRows` of who moves sounds."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def in_spool(self, most: int) -> Sequence[InSpool]:
        """As `SoundRows.in_spool`."""
        wanted = and_(sounds.c.place == "switch", ~_DROPPED)
        asked = (
            select(
                sounds.c.id,
                sounds.c.recorded,
                sounds.c.ends,
                wanted.label("wanted"),
            )
            .where(
                _IN_SPOOL,
                sounds.c.place.in_(PLAYABLE),
                ~_BEING_RECORDED,
                ~_SPOKEN_NOW,
            )
            .order_by(sounds.c.at, sounds.c.id)
            .limit(most)
        )

        async def work(db: AsyncConnection) -> list[InSpool]:
            return [
                InSpool(
                    sound=row.id,
                    recorded=row.recorded,
                    ends=row.ends,
                    wanted=bool(row.wanted),
                )
                for row in await db.execute(asked)
            ]

        return await self._database.read(work)

    async def stored(self, sound: str, copied: Copied, seconds: float) -> None:
        """As `SoundRows.stored`."""
        values: dict[str, Any] = {
            "place": "store",
            "bytes": copied.size,
            "sha256": copied.sha256,
        }
        if seconds:  # 0: nobody could tell; what the talk has found out stays
            values["seconds"] = seconds
        await self._change(
            update(sounds)
            .where(sounds.c.id == sound, sounds.c.place.in_(PLAYABLE))
            .values(**values)
        )

    async def emptied(self, sound: str) -> None:
        """As `SoundRows.emptied`."""
        await self._change(
            update(sounds).where(sounds.c.id == sound).values(recorded="")
        )

    async def missing(self, sound: str) -> None:
        """As `SoundRows.missing`."""
        await self._change(_gone([sound], "switch"))

    async def let_go(self, before: datetime, most: int) -> Sequence[Going]:
        """As `SoundRows.let_go`."""
        unused = (
            select(sounds.c.id)
            .where(
                sounds.c.place.in_(PLAYABLE),
                sounds.c.at < before.timestamp(),
                _UNUSED,
            )
            .order_by(sounds.c.at, sounds.c.id)
            .limit(most)
        )

        async def look(db: AsyncConnection) -> tuple[list[str], bool]:
            marked = select(sounds.c.id).where(sounds.c.place == "going").limit(1)
            found = list(await db.scalars(unused))
            return found, await db.scalar(marked) is not None

        # All sounds are gone through: that must not hold up who writes.
        ids, some_are_marked = await self._database.read(look)
        if not ids and not some_are_marked:
            return []

        async def work(db: AsyncConnection) -> list[Going]:
            # Locked first (where rows are), then looked at once more: whoever refers to
            # one has locked it too, so by now he has done so, or will find it marked.
            locked = select(sounds.c.id).where(sounds.c.id.in_(ids)).with_for_update()
            await db.execute(locked)
            await db.execute(
                update(sounds)
                .where(sounds.c.id.in_(ids), sounds.c.place.in_(PLAYABLE), _UNUSED)
                .values(place="going")
            )
            going = await db.execute(
                select(sounds.c.id, sounds.c.recorded)
                .where(sounds.c.place == "going")
                .order_by(sounds.c.at, sounds.c.id)
                .limit(most)
            )
            return [Going(sound=row.id, recorded=row.recorded) for row in going]

        return await self._database.write(work)

    async def gone(self, ids: Iterable[str]) -> None:
        """As `SoundRows.gone`. What was written down of them is forgotten with them."""
        those = list(ids)

        async def work(db: AsyncConnection) -> None:
            await db.execute(_gone(those, "going"))
            gone = select(sounds.c.id).where(
                sounds.c.id.in_(those), sounds.c.place == GONE
            )
            await db.execute(delete(transcripts).where(transcripts.c.sound.in_(gone)))

        if those:
            await self._database.write(work)

    async def ends(self, sound: str) -> float:
        """As `SoundRows.ends`."""

        async def work(db: AsyncConnection) -> float:
            return (
                await db.scalar(select(sounds.c.ends).where(sounds.c.id == sound))
                or 0.0
            )

        return await self._database.read(work)

    async def places(self, ids: Sequence[str]) -> Mapping[str, str]:
        """As `SoundRows.places`."""

        async def work(db: AsyncConnection) -> dict[str, str]:
            found: dict[str, str] = {}
            for begin in range(0, len(ids), AT_ONCE):
                some = ids[begin : begin + AT_ONCE]
                rows = await db.execute(
                    select(sounds.c.id, sounds.c.place).where(sounds.c.id.in_(some))
                )
                found |= {row.id: row.place for row in rows}
            return found

        return await self._database.read(work)

    async def digests(self) -> Mapping[str, str]:
        """Sound -> SHA-256 of its WAV, of all that are in the store.

        "" for one that is not there (yet, or any more), and may have a file all the
        same: it is between two places. For who checks files against rows.
        """

        async def work(db: AsyncConnection) -> dict[str, str]:
            rows = await db.execute(
                select(sounds.c.id, sounds.c.place, sounds.c.sha256).where(
                    sounds.c.place != GONE
                )
            )
            return {row.id: row.sha256 if row.place == "store" else "" for row in rows}

        return await self._database.read(work)

    async def _change(self, statement: Any) -> None:
        async def work(db: AsyncConnection) -> None:
            await db.execute(statement)

        await self._database.write(work)


def _gone(ids: Sequence[str], place: str) -> Any:
    return (
        update(sounds)
        .where(sounds.c.id.in_(ids), sounds.c.place == place)
        .values(place=GONE, recorded="")
    )
