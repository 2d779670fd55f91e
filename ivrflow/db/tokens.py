"""Tokens of persons: asked from memory in each request, kept as keyed hashes.

Commands make and revoke them without the service too; it reads them again every two
seconds. When one was used last is written now and then, to the minute: a request must
not wait for that.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NoReturn, Protocol, cast

from sqlalchemy import bindparam, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from ivrflow.db.audit import Entry, add_entry
from ivrflow.db.engine import Database
from ivrflow.db.tables import tokens
from ivrflow.flow.world import Trouble
from ivrflow.secret import Secret
from ivrflow.tokens import PURPOSE, Holder, Role, id_of, new_token

log = logging.getLogger(__name__)

LOOK_EVERY = 2.0
"""Seconds until a token that was made or revoked elsewhere is known here."""

MOST_REFUSED = 100
"""Entries for the audit that wait for the next look: nobody fills it with his tries."""

USED_EVERY = 60.0
"""Seconds between two notes that a token is in use."""


class Hashes(Protocol):
    """Makes keyed hashes; see `hashing.Hasher`."""

    def known_as(self, purpose: str, secret: Secret) -> str: ...


@dataclass(frozen=True, kw_only=True)
class TokenEntry:
    """A token as a list shows it. Times are seconds since 1970."""

    id: str
    name: str
    role: Role
    number: str
    at: float
    by: str
    used: float | None
    revoked: float | None

    @property
    def holder(self) -> Holder:
        """Whose it is."""
        return Holder(id=self.id, name=self.name, role=self.role, number=self.number)


class SqlTokens:
    """The tokens of persons. What waits raises `Trouble`."""

    def __init__(self, database: Database, hashes: Hashes) -> None:
        self._database = database
        self._hashes = hashes
        self._known: dict[str, tuple[str, TokenEntry]] = {}
        """Id -> hash and entry, of those that count."""
        # A look that began before a token was revoked must not bring it back.
        self._turn = asyncio.Lock()
        self._used: dict[str, float] = {}
        """Id -> when it was used, where that is not written yet."""
        self._refused: list[Entry] = []
        """What the audit lacks yet."""

    def holder(self, token: str, now: float) -> Holder | None:
        """Whose *token* is; None if it is nobody's, or revoked. Never waits."""
        known = self._known.get(id_of(token) or "")
        if known is None:
            return None
        right, entry = known
        if not hmac.compare_digest(self._hashed(token), right):
            return None
        self._used[entry.id] = now
        return entry.holder

    def refused(self, address: str, now: float) -> None:
        """Many wrong tokens came from *address*: for the audit. Never waits."""
        if len(self._refused) < MOST_REFUSED:
            what = f"wrong tokens from {address[:60]}"
            self._refused.append(Entry(at=now, who="api", what=what, after="refused"))

    async def new(
        self, name: str, role: Role, number: str, *, by: str, at: float
    ) -> tuple[TokenEntry, Secret]:
        """Make a token, audited, and return it: it is nowhere else afterwards."""
        token_id, text = new_token()
        entry = TokenEntry(
            id=token_id,
            name=name,
            role=role,
            number=number,
            at=at,
            by=by,
            used=None,
            revoked=None,
        )
        hashed = self._hashed(text)

        async def work(db: AsyncConnection) -> None:
            await db.execute(
                insert(tokens).values(
                    id=token_id,
                    hash=hashed,
                    name=name,
                    role=role,
                    number=number,
                    at=at,
                    by=by[:80],
                )
            )
            after = f"{name}, role {role}"
            what = f"token {token_id}"
            await add_entry(db, Entry(at=at, who=by, what=what, after=after))

        async with self._turn:
            await self._database.write(work)
            self._known[token_id] = (hashed, entry)
        return entry, Secret(text)

    async def revoke(self, what: str, *, by: str, at: float) -> Sequence[TokenEntry]:
        """Revoke the token with the id *what*, or all of who is called so; audited.

        Returns what was revoked: nothing where nothing counts under that name.
        """
        async with self._turn:
            entries = await revoke_tokens(self._database, what, by=by, at=at)
            for entry in entries:
                self._known.pop(entry.id, None)
        return entries

    async def all(self) -> list[TokenEntry]:
        """All tokens that ever were, the newest first."""
        return await all_tokens(self._database)

    async def refresh(self) -> None:
        """Read which tokens count."""

        async def work(db: AsyncConnection) -> dict[str, tuple[str, TokenEntry]]:
            found = await db.execute(select(tokens).where(tokens.c.revoked.is_(None)))
            return {row.id: (row.hash, _entry(row)) for row in found}

        async with self._turn:
            self._known = await self._database.read(work)

    async def run(self) -> NoReturn:
        """Refresh for ever, and write now and then which tokens are in use."""
        away, turn = False, 0.0
        while True:
            await asyncio.sleep(LOOK_EVERY)
            turn += LOOK_EVERY
            try:
                await self.refresh()
                await self.write_refused()
                if turn >= USED_EVERY:
                    turn = 0.0
                    await self.write_used()
                away = False
            except Trouble as trouble:
                if not away:
                    log.warning("%s; tokens stay as they are", trouble)
                away = True

    async def write_refused(self) -> None:
        """Write into the audit from where many wrong tokens came."""
        entries = list(self._refused)
        if not entries:
            return

        async def work(db: AsyncConnection) -> None:
            for entry in entries:
                await add_entry(db, entry)

        await self._database.write(work)
        del self._refused[: len(entries)]

    async def write_used(self) -> None:
        """Write when tokens were used."""
        used = dict(self._used)
        if not used:
            return

        async def work(db: AsyncConnection) -> None:
            await db.execute(
                update(tokens)
                .where(tokens.c.id == bindparam("this"))
                .values(used=bindparam("now")),
                [{"this": token, "now": at} for token, at in used.items()],
            )

        await self._database.write(work)
        for token, at in used.items():
            if self._used[token] == at:  # not used again meanwhile
                del self._used[token]

    def _hashed(self, text: str) -> str:
        return self._hashes.known_as(PURPOSE, Secret(text))


async def all_tokens(database: Database) -> list[TokenEntry]:
    """All tokens that ever were, the newest first; raises `Trouble`."""

    async def work(db: AsyncConnection) -> list[TokenEntry]:
        found = await db.execute(select(tokens).order_by(tokens.c.at.desc()))
        return [_entry(row) for row in found]

    return await database.read(work)


async def revoke_tokens(
    database: Database, what: str, *, by: str, at: float
) -> Sequence[TokenEntry]:
    """Revoke them, see `SqlTokens.revoke`; a running service looks by itself."""

    async def work(db: AsyncConnection) -> list[TokenEntry]:
        found = await db.execute(
            update(tokens)
            .where(
                or_(tokens.c.id == what, tokens.c.name == what),
                tokens.c.revoked.is_(None),
            )
            .values(revoked=at)
            .returning(tokens)
        )
        entries = [_entry(row) for row in found]
        for entry in entries:
            said = Entry(
                at=at,
                who=by,
                what=f"token {entry.id}",
                before=f"{entry.name}, role {entry.role}",
                after="revoked",
            )
            await add_entry(db, said)
        return entries

    return await database.write(work)


def _entry(row: object) -> TokenEntry:
    fields = {name: getattr(row, name) for name in TokenEntry.__dataclass_fields__}
    return TokenEntry(**{**fields, "role": cast("Role", fields["role"])})
