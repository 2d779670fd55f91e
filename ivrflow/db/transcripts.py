"""The words of messages: who waits for an ear, and what was heard.

One row for each sound that somebody wants to read. Whoever takes it has it for a while
only: a process that dies with it loses nothing, since it is due again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, RowMapping, case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.engine import Database
from ivrflow.db.message_rows import WAITING, referred
from ivrflow.db.tables import sounds, transcripts
from ivrflow.flow.world.boxes import Speech
from ivrflow.flow.world.transcripts import (
    DONE,
    FAILED,
    LEASE,
    PAUSE_OF_DEAD,
    ToTranscribe,
    Transcript,
)

LONGEST_WORDS = 100_000
"""Characters that are kept: hours of speech."""
LONGEST_ERROR = 500


class SqlTranscripts:
    """The `Transcripts` of whoever writes words down."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.news = asyncio.Event()

    async def ask(self, sound: str, language: str, now: float) -> bool:
        """As `Transcripts.ask`."""

        async def work(db: AsyncConnection) -> bool:
            return await put_transcript(db, sound, language, now, again=True)

        asked = await self._database.write(work)
        self.news.set()
        return asked

    async def due(self, now: float, most: int = 1) -> Sequence[ToTranscribe]:
        """As `Transcripts.due`. What still lies in the switch's spool comes later."""
        first = (
            select(transcripts.c.sound)
            .join(sounds, sounds.c.id == transcripts.c.sound)
            .where(
                transcripts.c.state == WAITING,
                transcripts.c.due <= now,
                sounds.c.place == "store",
                referred(),
            )
            .order_by(transcripts.c.due, transcripts.c.sound)
            .limit(most)
        )

        async def look(db: AsyncConnection) -> bool:
            return (await db.execute(first.limit(1))).first() is not None

        async def work(db: AsyncConnection) -> list[ToTranscribe]:
            taken = await db.scalars(
                # The condition stands in the update: of two that take, one gets it.
                update(transcripts)
                .where(transcripts.c.sound.in_(first), transcripts.c.due <= now)
                .values(due=now + LEASE, tries=transcripts.c.tries + 1, error="")
                .returning(transcripts.c.sound)
            )
            ids = list(taken)
            found = await db.execute(
                select(
                    transcripts.c.sound,
                    transcripts.c.language,
                    transcripts.c.tries,
                    sounds.c.seconds,
                    sounds.c.place,
                    sounds.c.recorded,
                )
                .join(sounds, sounds.c.id == transcripts.c.sound)
                .where(transcripts.c.sound.in_(ids))
                .order_by(transcripts.c.at, transcripts.c.sound)
            )
            return [_to_do(row) for row in found.mappings()]

        # Mostly there is nothing: who only looks holds up no writer.
        if not await self._database.read(look):
            return []
        return await self._database.write(work)

    async def done(self, sound: str, words: str, *, by: str, now: float) -> bool:
        """As `Transcripts.done`."""

        async def work(db: AsyncConnection) -> bool:
            done = await db.execute(
                update(transcripts)
                .where(transcripts.c.sound == sound, transcripts.c.state != DONE)
                .values(
                    state=DONE,
                    words=words[:LONGEST_WORDS],
                    by=by[:80],
                    due=None,
                    error="",
                    at=now,
                )
            )
            return bool(done.rowcount)

        return await self._database.write(work)

    async def failed(
        self, sound: str, why: str, *, due: float | None, counts: bool = True
    ) -> None:
        """As `Transcripts.failed`."""
        tries = transcripts.c.tries

        async def work(db: AsyncConnection) -> None:
            await db.execute(
                update(transcripts)
                .where(transcripts.c.sound == sound, transcripts.c.state != DONE)
                .values(
                    state=FAILED if due is None else WAITING,
                    due=due,
                    tries=tries if counts else tries - 1,
                    error=why[:LONGEST_ERROR],
                )
            )

        await self._database.write(work)

    async def release(self, now: float) -> None:
        """As `Transcripts.release`."""

        async def work(db: AsyncConnection) -> None:
            await db.execute(
                update(transcripts)
                .where(
                    transcripts.c.state == WAITING,
                    transcripts.c.due > now,
                    transcripts.c.tries > 0,
                    # It was taken and neither failed nor was done.
                    transcripts.c.error == "",
                )
                .values(
                    due=case((transcripts.c.tries > 1, now + PAUSE_OF_DEAD), else_=now)
                )
            )

        await self._database.write(work)

    async def of(self, wanted: Sequence[str]) -> Mapping[str, Transcript]:
        """As `Transcripts.of`."""

        async def work(db: AsyncConnection) -> dict[str, Transcript]:
            found = await db.execute(
                select(transcripts).where(transcripts.c.sound.in_(wanted))
            )
            return {row.sound: _transcript(row) for row in found}

        return await self._database.read(work)


async def put_transcript(
    db: AsyncConnection, sound: str, language: str, now: float, *, again: bool = False
) -> bool:
    """Have *sound* written down. False: that is so already, or it is done.

    *again*: also one that has failed for good.
    """
    known = await db.execute(select(transcripts).where(transcripts.c.sound == sound))
    row = known.first()
    if row is None:
        await db.execute(
            insert(transcripts).values(
                sound=sound,
                state=WAITING,
                language=language,
                words="",
                by="",
                tries=0,
                due=now,
                error="",
                at=now,
            )
        )
        return True
    if not again or row.state != FAILED:
        return False
    await db.execute(
        update(transcripts)
        .where(transcripts.c.sound == sound)
        .values(state=WAITING, language=language, tries=0, due=now, error="", at=now)
    )
    return True


def _to_do(row: RowMapping) -> ToTranscribe:
    return ToTranscribe(
        speech=Speech(
            sound=row["sound"],
            seconds=row["seconds"] or 0.0,
            place=row["place"],
            recorded=row["recorded"],
        ),
        language=row["language"],
        tries=row["tries"] - 1,
    )


def _transcript(row: Row[Any]) -> Transcript:
    return Transcript(
        sound=row.sound,
        state=row.state,
        words=row.words,
        language=row.language,
        error=row.error,
    )
