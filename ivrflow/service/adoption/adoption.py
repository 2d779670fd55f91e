"""Takes over the calls that are up, at the start and whenever Asterisk comes back.

Asterisk goes on without us: callers hear music, phones ring, people talk. Each look
at it (at the start, after each reconnect, every 30 s, always the same) tells which
channels there are and which of them nobody here runs:

    both here and there     nothing is to be done
    there only              handed to the door: it goes on by its bookmark, or begins
    in the database only    it has ended while nobody was there: its end is noted

Who was handed over claims what is his: the agent's phone, the bridge, the recording.
When all have had time for that, the desk gives up what nobody has claimed, and phones
and bridges that belong to no call are cleared away. Never sooner: two who talk would be
parted by it.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import NoReturn

from ivrflow.aio import beside
from ivrflow.asterisk.ari.channel import AriChannel
from ivrflow.asterisk.ari.errors import AriAway, AriError, Gone
from ivrflow.db.bookmarks import Open
from ivrflow.facts import AdoptionEnded, CallEnded, CallResumed, CallStarted, Fact, Note
from ivrflow.flow.bookmark import Bookmark, read_bookmark
from ivrflow.flow.world import Trouble
from ivrflow.service.adoption.ended import EndedCalls
from ivrflow.service.adoption.needs import Asked, Look, Parts, Start, Store
from ivrflow.service.door import Found

log = logging.getLogger(__name__)

EVERY = 30.0
"""Seconds between two looks."""

BEAT = 2.0
"""Seconds between two notes that Asterisk is there: what ends while no service is
there is taken to have ended soon after the last one."""

MOMENT = 1.0
"""Seconds for a call to claim what is his, once it goes on. On a busy machine of two
cores 109 callers were back in their steps 0.4 s after the look."""

LONGEST = 10.0
"""Seconds until all calls must have begun to go on; the machine may be very busy."""

SOON = 60.0
"""A call that ended while nobody was there has ended at most so many seconds after the
last service was alive: of one that is stopped over a weekend no talk lasts 60 hours."""

READING = 1.0
"""Seconds for the database to tell its bookmarks: callers wait for it."""

RESTARTED, MEANWHILE = "pbx restart", "outage"
"""`CallEnded.by` of those that are over."""


class Adoption:
    """Hears of looks (`found`) and of facts (`hear`), and acts in `run`."""

    def __init__(
        self,
        start: Start,
        store: Store,
        *,
        clock: Callable[[], float],
        note: Note,
    ) -> None:
        self._start = start
        self._store = store
        self._clock = clock
        self._note = note
        self._parts: Parts
        self._looks: deque[Look] = deque()
        self._news = asyncio.Event()
        self._awaited: set[str] = set()
        """Channels that were handed over and have not begun to go on."""
        self._nobody_awaited = asyncio.Event()
        self._handed_at = 0.0
        """When that was, in seconds since 1970."""
        self._to_claim = False
        """Whether somebody was handed over who has had no moment yet."""
        self._ended = EndedCalls(start.seal, note)
        self._counts: Counter[str] = Counter()
        self._told_of: Counter[str] = Counter()
        self._last: _Handed | None = None
        self._handed = asyncio.Event()
        self._compared = False
        """Whether the calls of before were compared with those in Asterisk."""
        self._startup_time = start.before.startup_time
        self.over = asyncio.Event()
        """Set when the calls of before are taken over, or known to be over."""

    def counts(self) -> Mapping[str, int]:
        """How many calls were taken over since the start, and what became of them."""
        names = ("adopted", "resumed", "begun", "ended", "reaped")
        return {name: self._counts[name] for name in names}

    # What is heard --------------------------------------------------------------------

    def found(self, look: Look) -> None:
        """Take what was found; never waits."""
        self._looks.append(look)
        self._news.set()

    def hear(self, fact: Fact) -> None:
        """Take a fact: a `Note`."""
        match fact:
            case CallResumed():
                self._begun(fact.call, "resumed")
            case CallStarted() if fact.at >= self._handed_at:
                # Else its beginning is told again, as it died with the last service.
                self._begun(fact.call, "begun")
            case CallEnded():
                self._begun(fact.call, "")
                self._ended.ended(fact.call)

    def _begun(self, call: str, how: str) -> None:
        if how == "resumed":
            self._ended.goes_on(call)
        if call not in self._awaited:
            return
        self._awaited.discard(call)
        if how:
            self._counts[how] += 1
        if not self._awaited:
            self._nobody_awaited.set()

    # What is done ---------------------------------------------------------------------

    async def run(self, switch: Asked, parts: Parts) -> NoReturn:
        """Act upon looks, and have *switch* look now and then, for ever."""
        self._parts = parts
        async with beside(
            self._look_often(switch), self._beat(), self._settle_often(switch)
        ):
            while True:
                await self._news.wait()
                self._news.clear()  # before reading: what comes meanwhile counts
                while self._looks:
                    await self._hand_over(self._looks.popleft())
        raise AssertionError  # `while True` has no end

    async def _look_often(self, switch: Asked) -> NoReturn:
        while True:
            await asyncio.sleep(EVERY)
            try:
                await switch.look()
            except (AriAway, AriError, Gone) as error:
                log.debug("no look at Asterisk: %s", error)  # the link tells it

    async def _beat(self) -> NoReturn:
        await self.over.wait()
        while True:
            now = self._clock()
            await self._store.seen(self._start.app, self._startup_time, now)
            await asyncio.sleep(BEAT)

    # Those that go on -----------------------------------------------------------------

    async def _hand_over(self, look: Look) -> None:
        known = await self._known()
        kept = {} if known is None else self._by_channel(known, look)
        away = 0.0
        if not self.over.is_set() and self._start.before.alive:
            away = max(0.0, self._clock() - self._start.before.alive)
        self._handed_at = self._clock()
        for channel in look.callers:
            self._counts["adopted"] += 1
            text = kept.get(channel.id, "")
            mark = self._of(channel, channel.remembered) or self._of(channel, text)
            call = mark.call if mark is not None else channel.id
            self._await(channel, call)
            try:
                self._parts.take(channel, Found(kept=text, away=away))
            except Exception:
                log.exception("call %s could not be taken over", call)
                self._begun(call, "")
        self._last = _Handed(look, known, asyncio.get_running_loop().time())
        self._handed.set()

    async def _known(self) -> Open | None:
        """What the database knows; None: it is away."""
        try:
            async with asyncio.timeout(READING):
                return await self._store.open()
        except (Trouble, TimeoutError) as trouble:
            log.warning(
                "calls go on by what their channels know alone: %s",
                trouble or "the database is too slow",
            )
            return None

    def _by_channel(self, known: Open, look: Look) -> dict[str, str]:
        """Channel -> bookmark. Of a call that we made they have different ids."""
        kept = dict(known.bookmarks)
        for call, text in known.bookmarks.items():
            mark = self._read(text) if call not in look.there else None
            if mark is not None:
                kept[mark.of_channel] = text
        return kept

    def _read(self, text: str) -> Bookmark | None:
        return read_bookmark(text, self._start.seal) if text else None

    def _of(self, channel: AriChannel, text: str) -> Bookmark | None:
        """As the door sees it: another channel's bookmark, however true, is none."""
        mark = self._read(text)
        return mark if mark is not None and mark.of_channel == channel.id else None

    def _await(self, channel: AriChannel, call: str) -> None:
        """Wait for *call* to go on, to begin, or to be gone."""
        self._awaited.add(call)
        self._to_claim = True
        self._nobody_awaited.clear()
        channel.gone.add_done_callback(lambda _: self._begun(call, ""))

    async def _until_going_on(self) -> None:
        """Wait until all who were handed over go on, and have had their moment."""
        try:
            async with asyncio.timeout(LONGEST):
                while self._awaited:
                    await self._nobody_awaited.wait()
        except TimeoutError:
            log.error(
                "%d calls have not gone on after %.0f s, among them %s",
                len(self._awaited),
                LONGEST,
                ", ".join(sorted(self._awaited)[:5]),
            )
            self._awaited.clear()
        if self._to_claim:
            self._to_claim = False
            await asyncio.sleep(MOMENT)

    async def _settle_often(self, switch: Asked) -> NoReturn:
        while True:
            await self._handed.wait()
            await self._until_going_on()
            if self._awaited or self._to_claim:
                continue  # others came meanwhile
            self._handed.clear()
            assert self._last is not None
            await self._settle(self._last, switch)

    async def _settle(self, handed: _Handed, switch: Asked) -> None:
        """All have claimed what is theirs: give up the rest."""
        now, look = self._clock(), handed.look
        over_at = now
        if not self._compared and self._start.before.alive:
            over_at = min(now, self._start.before.alive + SOON)
        restarted = self._startup_time not in ("", look.startup_time)
        self._startup_time = look.startup_time
        if not self.over.is_set():
            await _safely("phones", self._parts.claim())
        await _safely("what nobody has claimed", self._reap(switch))
        await _safely("the desk", self._parts.adopted(over_at))
        # Last, as it may take: flows of calls that are over have steps to run, and
        # nobody in line shall wait for them. Nor does a call end that is still in line.
        if handed.known is not None:
            gone = self._ended.gone(handed.known, look, self._parts)
            self._counts["ended"] += len(gone)
            by = RESTARTED if restarted else MEANWHILE
            await self._ended.end(gone, over_at, by, self._parts)
            over = self._ended.told_by(handed.known, self._parts)
            await _safely("what calls left", self._parts.settle(over))
            self._compared = True
        self._tell(over_at, asyncio.get_running_loop().time() - handed.at)
        self.over.set()

    async def _reap(self, switch: Asked) -> None:
        try:
            self._counts["reaped"] += await switch.reap()
        except (AriAway, AriError, Gone) as error:
            log.warning("what belongs to no call is cleared away later: %s", error)

    # What is told ---------------------------------------------------------------------

    def _tell(self, over_at: float, seconds: float) -> None:
        new, self._told_of = self._counts - self._told_of, Counter(self._counts)
        if self.over.is_set() and not new:
            return
        told = AdoptionEnded(
            at=self._clock(),
            over_at=over_at,
            adopted=new["adopted"],
            resumed=new["resumed"],
            begun=new["begun"],
            ended=new["ended"],
            reaped=new["reaped"],
            seconds=round(seconds, 3),
        )
        self._note(told)
        log.info(
            "adopted %d calls in %.2f s: %d resumed, %d begun; %d ended meanwhile, "
            "%d legs and bridges reaped",
            told.adopted,
            seconds,
            told.resumed,
            told.begun,
            told.ended,
            told.reaped,
        )


@dataclass(frozen=True)
class _Handed:
    """A look whose callers are handed over; *at* is the loop's time."""

    look: Look
    known: Open | None
    at: float


async def _safely(what: str, work: Awaitable[None]) -> None:
    """What goes wrong here must not keep the rest from being put in order."""
    try:
        await work
    except Trouble as trouble:
        log.warning("%s: put in order at the next look: %s", what, trouble)
    except Exception:
        log.exception("%s: a fault of ours; the next look tries again", what)
