"""Keeps the figures as of some fact, and finds them again: no start may wait for them.

A snapshot has exactly the facts in it that are stored up to one id. So it is made where
that is known: while the facts of before are folded, and when the service leaves its
calls to the next one, as of the fact that tells it. Whatever is wrong with one costs no
more than that the facts of the day are folded again.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass

from ivrflow.db.engine import Database
from ivrflow.db.figure_snapshots import DROPPED, MOST, KeptSnapshot, SqlSnapshots
from ivrflow.figures.book import Book
from ivrflow.figures.lasting import Unfit, go_on, state_of
from ivrflow.figures.snapshot import build, packed, signed, unpacked
from ivrflow.flow.world import Trouble

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Found:
    """Where a book goes on."""

    last: int
    """The id of the last fact that is in it."""
    written: bool
    """Whether all that it has to write is written."""


class Snapshots:
    """The one that is kept in *database*."""

    def __init__(self, database: Database, key: bytes, made_for: str) -> None:
        """*key* signs; what was made for another *made_for* is left alone."""
        self._rows = SqlSnapshots(database)
        self._key = key
        self._for = made_for
        self._unwritten: int | None = None
        """The last one of ours, or that we have gone on from, until its sums are."""
        build()  # as they are now: an upgrade may put others in their place

    async def take_up(
        self, book: Book, since: float, whole: float, newest: int
    ) -> Found | None:
        """Put the kept one into *book*, which is new; None, and *book* as it was, if
        there is none of use.

        It must have facts from *since* on, all sums of spans from *whole* on, and none
        stored after that of the id *newest*. Never fails.
        """
        try:
            row = await self._rows.read()
            if row is None:
                return None
            if row.last == DROPPED:
                await self._rows.forget()
                return None
            await asyncio.to_thread(self._read, row, book, since, whole, newest)
        except (Trouble, Unfit) as why:
            log.info("the facts of the day are folded, not the last snapshot: %s", why)
            return None
        except Exception:
            log.exception("the last snapshot of the figures, a fault of ours")
            return None
        self._unwritten = None if row.unwritten is None else row.last
        return Found(last=row.last, written=row.unwritten is None)

    def _read(
        self, row: KeptSnapshot, book: Book, since: float, whole: float, newest: int
    ) -> None:
        made_for = self._made_for(row.last)
        value = unpacked(row.state, made_for, self._key)
        if row.last > newest:
            raise Unfit("it has facts that are not stored")
        if not (value["last_at"] >= since and value["whole"] <= whole):
            raise Unfit("it is of another day")
        state = value["book"]
        if row.unwritten is not None:
            more = unpacked(row.unwritten, f"{made_for} unwritten", self._key)
            state = {path: {**state[path], **more[path]} for path in state}
        go_on(book, state)

    async def keep(self, book: Book, last: int, whole: float) -> None:
        """Keep *book*, which nobody changes meanwhile, and which has all facts up to
        the id *last*, and sums that are whole from *whole* on. Never fails."""
        try:
            await self._rows.keep(
                await asyncio.to_thread(self._kept, book, last, whole)
            )
        except (Trouble, Unfit) as why:
            log.info("no snapshot of the figures is kept: %s", why)
            return
        self._unwritten = last

    def _kept(self, book: Book, last: int, whole: float) -> KeptSnapshot:
        made_for = self._made_for(last)
        pending = packed(state_of(book, pending=True))
        return _bounded(
            KeptSnapshot(
                last=last,
                state=signed(state_in_bytes(book, whole), made_for, self._key),
                unwritten=signed(pending, f"{made_for} unwritten", self._key),
            )
        )

    async def keep_left(self, state: bytes, at: float) -> None:
        """Keep *state*, of `state_in_bytes`, which had all facts up to that of the
        service that has left *at* that time, and all of which is written now. Not
        where sums were dropped since: it has what was wrong with them.

        Raises `Trouble`.
        """
        last = await self._rows.left_at(at)
        if last is None:
            return
        with suppress(Unfit):
            whole = signed(state, self._made_for(last), self._key)
            left = _bounded(KeptSnapshot(last=last, state=whole, unwritten=None))
            await self._rows.keep(left, but_dropped=True)
            self._unwritten = None

    def _made_for(self, last: int) -> str:
        if not build():
            raise Unfit("there are no sources to tell of which version it is")
        return f"{build()} {self._for} {last}"

    async def written(self) -> None:
        """All that the last one had to write is written. Never fails."""
        if self._unwritten is None:
            return
        try:
            await self._rows.written(self._unwritten)
        except Trouble as trouble:
            log.debug("the next start writes sums again: %s", trouble)
            return
        self._unwritten = None


def state_in_bytes(book: Book, whole: float) -> bytes:
    """What *book* has now, but for what is still to be written: some 50 ms of work
    after 10,000 calls to 200 agents. Raises `Unfit`."""
    fold = book.live.fold
    fold.ledger.drop(whole)
    state = state_of(book, pending=False)
    return packed({"last_at": fold.last_at, "whole": whole, "book": state})


def _bounded(kept: KeptSnapshot) -> KeptSnapshot:
    if kept.size() > MOST:
        raise Unfit(f"it would have {kept.size():,} bytes")
    return kept
