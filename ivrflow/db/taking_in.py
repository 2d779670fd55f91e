"""What another system has kept for its mailboxes, taken in: messages, greetings, PINs.

Each is taken once, however often it is brought: a message by its id, which whoever
brings it makes of what it was there; a greeting and a PIN only where the mailbox has
none, since what its owner did here is newer. A message that was removed here since is
known by its row, and a greeting that was taken off by that of its sound: neither comes
back.

A sound's row is there before its file and refers to nothing: who is killed between the
two leaves what the janitor removes after an hour.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.message_rows import make_boxes
from ivrflow.db.tables import greetings, mailboxes, messages, sounds
from ivrflow.flow.world import Trouble
from ivrflow.flow.world.sounds import Copied

AT_ONCE = 500
"""Ids that one question is about."""


@dataclass(frozen=True, kw_only=True)
class Brought:
    """A sound of another system, as it lies in the store."""

    sound: str
    kind: str
    """message, comment, greeting or name."""
    seconds: float
    copied: Copied


@dataclass(frozen=True, kw_only=True)
class OldMessage:
    """A message of another system. Times are seconds since 1970."""

    message: str
    """Its id, the same each time it is brought."""
    mailbox: str
    speech: Brought
    comment: Brought | None
    state: str
    """new, old or deleted."""
    folder: str
    """"": the inbox; else one of `voicemail.order.FOLDERS`."""
    urgent: bool
    at: float
    caller: str
    dialled: str
    language: str = ""
    data: Mapping[str, str] = field(default_factory=dict)


class SqlTakingIn:
    """Takes in; each method is one act. Raises `Trouble`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def known(self, ids: Sequence[str]) -> frozenset[str]:
        """Which of these messages were taken in before, whatever became of them."""

        async def work(db: AsyncConnection) -> frozenset[str]:
            found: set[str] = set()
            for begin in range(0, len(ids), AT_ONCE):
                some = ids[begin : begin + AT_ONCE]
                query = select(messages.c.id).where(messages.c.id.in_(some))
                found.update(await db.scalars(query))
            return frozenset(found)

        return await self._database.read(work)

    async def begin(self, kinds: Mapping[str, str], now: float) -> bool:
        """Make rows for the sounds that are about to be put into the store.

        *kinds*: sound -> its kind. False: one of them is just being removed.
        """

        async def work(db: AsyncConnection) -> bool:
            query = select(sounds.c.id, sounds.c.place).where(sounds.c.id.in_(kinds))
            places = {row.id: row.place for row in await db.execute(query)}
            if "going" in places.values():
                return False
            for sound, kind in kinds.items():
                # Anew, so that it has its hour without anybody who refers to it.
                values = {"place": "store", "at": now, "recorded": ""}
                if sound in places:
                    mine = update(sounds).where(sounds.c.id == sound)
                    await db.execute(mine.values(**values))
                    continue
                values |= {"id": sound, "kind": kind, "ends": 0.0, "sha256": ""}
                await db.execute(insert(sounds).values(**values, seconds=0.0))
            return True

        return await self._database.write(work)

    async def message(self, one: OldMessage, now: float, entry: Entry) -> bool:
        """Take in a message whose sounds are in the store. False: it was before.

        What was heard or deleted there counts as heard or deleted now: from now on runs
        the time for which it is kept.
        """

        async def work(db: AsyncConnection) -> bool:
            known = select(messages.c.id).where(messages.c.id == one.message)
            if await db.scalar(known) is not None:
                return False
            await make_boxes(db, [one.mailbox])
            await _lie(db, one.speech, *filter(None, [one.comment]))
            await db.execute(
                insert(messages).values(
                    id=one.message,
                    mailbox=one.mailbox,
                    call="",  # none of ours: no fact tells of it
                    caller=one.caller[:80],
                    at=one.at,
                    data=dict(one.data),
                    state=one.state,
                    seconds=one.speech.seconds,
                    urgent=one.urgent,
                    sound=one.speech.sound,
                    intro=one.comment.sound if one.comment else "",
                    folder=one.folder,
                    language=one.language,
                    dialled=one.dialled[:80],
                    heard=None if one.state == "new" else now,
                    deleted=now if one.state == "deleted" else None,
                )
            )
            await add_entry(db, entry)
            return True

        return await self._database.write(work)

    async def greeted(self, box: str) -> Collection[tuple[str, str]]:
        """(kind, language) of the greetings that this mailbox has."""

        async def work(db: AsyncConnection) -> set[tuple[str, str]]:
            query = select(greetings.c.kind, greetings.c.language)
            found = await db.execute(query.where(greetings.c.mailbox == box))
            return {(row.kind, row.language) for row in found}

        return await self._database.read(work)

    async def was_used(self, sound: str) -> bool:
        """Whether something here has ever referred to *sound*, as `begin` named it.

        Who was killed before that has made its row, and put a file there perhaps.
        """
        query = select(sounds.c.id).where(sounds.c.id == sound, sounds.c.sha256 != "")

        async def work(db: AsyncConnection) -> bool:
            return await db.scalar(query) is not None

        return await self._database.read(work)

    async def greeting(
        self,
        box: str,
        kind: str,
        language: str,
        speech: Brought,
        now: float,
        entry: Entry,
    ) -> bool:
        """Greet with a sound that is in the store. False: this box has such a one."""

        async def work(db: AsyncConnection) -> bool:
            known = select(greetings.c.sound).where(
                greetings.c.mailbox == box,
                greetings.c.kind == kind,
                greetings.c.language == language,
            )
            if await db.scalar(known) is not None:
                return False
            await make_boxes(db, [box])
            await _lie(db, speech)
            await db.execute(
                insert(greetings).values(
                    mailbox=box,
                    kind=kind,
                    language=language,
                    sound=speech.sound,
                    at=now,
                    by=entry.who[:80],
                )
            )
            await add_entry(db, entry)
            return True

        return await self._database.write(work)

    async def without_pin(self) -> Collection[str]:
        """The mailboxes that have rows and never had a PIN."""

        async def work(db: AsyncConnection) -> set[str]:
            return set(await db.scalars(select(mailboxes.c.name).where(_PINLESS)))

        return await self._database.read(work)

    async def boxes(self, names: Collection[str]) -> None:
        """See that these mailboxes have rows: a service has perhaps not begun yet."""

        async def work(db: AsyncConnection) -> None:
            await make_boxes(db, names)

        await self._database.write(work)

    async def pin(
        self, box: str, hashed: str, *, must_change: bool, fixed: bool, entry: Entry
    ) -> bool:
        """Open *box* by this PIN. False: it has one, or had: that was taken away."""

        async def work(db: AsyncConnection) -> bool:
            given = await db.execute(
                update(mailboxes)
                .where(mailboxes.c.name == box, _PINLESS)
                .values(
                    pin_hash=hashed,
                    pin_set=entry.at,
                    must_change=must_change,
                    fixed=fixed,
                )
            )
            if given.rowcount == 0:
                return False
            await add_entry(db, entry)
            return True

        return await self._database.write(work)


_PINLESS = mailboxes.c.pin_set.is_(None)


async def _lie(db: AsyncConnection, *brought: Brought) -> None:
    """Note of sounds what is known since they lie in the store."""
    for one in brought:
        noted = await db.execute(
            update(sounds)
            .where(sounds.c.id == one.sound, sounds.c.place == "store")
            .values(
                seconds=one.seconds,
                bytes=one.copied.size,
                sha256=one.copied.sha256,
            )
        )
        if noted.rowcount == 0:
            raise Trouble("its sound was removed meanwhile; import again")
