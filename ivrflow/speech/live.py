"""Speech last: what a running service says though nobody has recorded it.

A text is spoken by a process of its own, and the caller waits for it, `within` seconds
at most; then the call goes on without it, and the log says so once. Nothing of it runs
in the event loop but the handing over.

What is the site's own words is kept in the cache for all calls, and spoken beforehand
when a version goes live. Words with a caller's values in them (names, amounts) lie in a
file with a random name for as long as that call lasts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import shutil
import tempfile
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ivrflow.aio import finish
from ivrflow.prompts.measure import ENDINGS
from ivrflow.speech.cache import Cache
from ivrflow.speech.process import Ended, Order, ask, worker
from ivrflow.speech.provider import LONGEST_TEXT, Line, Voice, key_of

log = logging.getLogger(__name__)

CLIP = "speech:"
"""How the names of spoken clips begin."""

RATE = 8000

OF_CALLS = "calls"
"""The folder in the cache with what is spoken for one call only."""

MOST_WAITING = 200
"""Texts that wait for a voice at most; what comes then is not said."""

MOST_AHEAD = 20_000
"""Texts that are spoken beforehand, at most."""

AGAIN_AFTER = 60.0
"""Seconds after which a text that could not be spoken is tried again."""

ONE = 60.0
"""Seconds in which a worker must have spoken one text; else it is ended."""

MOST_TOLD = 100
"""Different complaints that are logged: a program may put a new number into each."""

TRIM_EVERY = 200
"""New sounds after which the cache's size is looked at."""


@dataclass(eq=False)
class _Order:
    """A text to be spoken. *done* has the file, or None."""

    text: str
    language: str
    path: Path
    done: asyncio.Future[Path | None]
    key: str = ""
    """Of the site's own words; "" for a call's."""


@dataclass(frozen=True, kw_only=True)
class SpeechRules:
    """How a service speaks; *most* are bytes, *within* seconds."""

    voices: Mapping[str, Voice]
    cache: Path
    most: int = 500_000_000
    within: float = 3.0
    processes: int = 1


class LiveSpeech:
    """The voices of a running service. All but `run` is for the event loop's calls."""

    def __init__(self, rules: SpeechRules) -> None:
        self._rules = rules
        self._cache = Cache(rules.cache, rules.most)
        self._kept: dict[str, Path] = {}
        """Key -> the file of words that are kept."""
        self._orders: dict[str, _Order] = {}
        """What is being spoken, or waits for it, by its clip's name."""
        self._now: deque[_Order] = deque()
        self._ahead: deque[_Order] = deque()
        self._work = asyncio.Semaphore(0)
        self._failed: dict[str, float] = {}
        self._told: set[str] = set()
        self._new = 0

    @property
    def waiting(self) -> tuple[int, int]:
        """Texts that callers wait for, and those that are spoken ahead."""
        return len(self._now), len(self._ahead)

    # What a call uses -----------------------------------------------------------------

    @asynccontextmanager
    async def call(self) -> AsyncIterator[CallSpeech]:
        """The voice of one call; what was spoken for it alone is gone afterwards."""
        one = CallSpeech(self)
        try:
            yield one
        finally:
            await finish(self._forget(one))

    def ready(self, clip: str) -> asyncio.Future[str | None]:
        """The clip's file without its ending, as soon as it is there; None: never."""
        now = asyncio.get_running_loop()
        found: asyncio.Future[str | None] = now.create_future()
        kept = self._kept.get(clip.removeprefix(CLIP))
        order = self._orders.get(clip)
        if kept is not None:
            found.set_result(_place(kept))
        elif order is None:
            found.set_result(None)
        elif order.done.done():
            path = order.done.result()
            found.set_result(_place(path) if path else None)
        else:
            self._wait_for(order, found)
        return found

    def _wait_for(self, order: _Order, found: asyncio.Future[str | None]) -> None:
        def late() -> None:
            if not found.done():
                self._tell(
                    f"late {order.language}",
                    f"speech in {order.language} takes longer than "
                    f"{self._rules.within:g} s: callers do not hear such texts; "
                    "raise speech: within, or record them",
                )
                found.set_result(None)

        def spoken(done: asyncio.Future[Path | None]) -> None:
            if not found.done():
                path = None if done.cancelled() else done.result()
                found.set_result(_place(path) if path else None)

        loop = asyncio.get_running_loop()
        timer = loop.call_later(self._rules.within, late)
        order.done.add_done_callback(spoken)
        found.add_done_callback(lambda _: timer.cancel())

    def want(self, text: str, language: str, call: CallSpeech | None) -> str | None:
        """Order *text*; return its clip, None if it can't be spoken.

        *call* is whose words they are, None for the site's own.
        """
        voice = self._voice(language)
        if voice is None:
            self._tell(
                f"no voice {language}",
                f"nobody has recorded some texts in {language}, and no voice speaks "
                "it: callers do not hear them; name one in speech: voices",
            )
            return None
        if len(text) > LONGEST_TEXT:
            self._tell("long", f"a text of {len(text)} characters is too long to speak")
            return None
        if call is None:
            return self._want_kept(text, voice, self._now)
        path = self._rules.cache / OF_CALLS / f"{secrets.token_hex(16)}{ENDINGS[RATE]}"
        clip = CLIP + path.stem
        order = self._order(text, voice, path)
        self._orders[clip] = order
        return clip if self._queue(order, self._now) else None

    def ahead(self, texts: Iterable[tuple[str, str]]) -> None:
        """Have the site's own *texts*, (language, words), spoken while there is time.

        What was ordered by an earlier version and is not spoken yet is left out.
        """
        for order in self._ahead:
            self._orders.pop(CLIP + order.key, None)
            order.done.cancel()
        self._ahead.clear()
        for language, text in texts:
            voice = self._voice(language)
            if voice is not None and len(text) <= LONGEST_TEXT:
                self._want_kept(text, voice, self._ahead)

    def _want_kept(self, text: str, voice: Voice, queue: deque[_Order]) -> str | None:
        key = key_of(voice, Line(text=text), RATE)
        clip, now = CLIP + key, asyncio.get_running_loop().time()
        if key in self._kept:
            return clip
        failed = self._failed.get(key)
        if failed is not None and now - failed < AGAIN_AFTER:
            return None
        known = self._orders.get(clip)
        if known is not None:
            if queue is self._now and known in self._ahead:
                self._ahead.remove(known)  # a caller waits for it now
                self._now.append(known)
            return clip
        order = self._order(text, voice, self._cache.path(key, RATE), key)
        self._orders[clip] = order
        return clip if self._queue(order, queue) else None

    def _order(self, text: str, voice: Voice, path: Path, key: str = "") -> _Order:
        done = asyncio.get_running_loop().create_future()
        return _Order(text, voice.language, path, done, key)

    def _queue(self, order: _Order, queue: deque[_Order]) -> bool:
        if len(queue) >= (MOST_WAITING if queue is self._now else MOST_AHEAD):
            self._orders.pop(CLIP + (order.key or order.path.stem), None)
            self._tell(
                "full",
                f"{len(queue)} texts wait to be spoken: further ones are left out; "
                "raise speech: processes, or record the prompts",
            )
            return False
        queue.append(order)
        self._work.release()
        return True

    def _voice(self, language: str) -> Voice | None:
        voices = self._rules.voices
        return voices.get(language) or voices.get(language.partition("-")[0])

    def _tell(self, what: str, message: str) -> None:
        """Say it once: the log is not to be filled by each call."""
        if what not in self._told and len(self._told) < MOST_TOLD:
            self._told.add(what)
            log.warning("%s (said once)", message)

    async def _forget(self, call: CallSpeech) -> None:
        paths = []
        for clip in call.own:
            order = self._orders.pop(clip, None)
            if order is not None:
                order.text = ""
                order.done.cancel()
                with contextlib.suppress(ValueError):
                    self._now.remove(order)
                paths.append(order.path)
        if paths:
            await asyncio.to_thread(_remove, paths)

    # What speaks ----------------------------------------------------------------------

    async def run(self) -> None:
        """Speak for ever: the processes that do it live as long as this runs."""
        await asyncio.to_thread(self._look)
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(self._rules.processes):
                    group.create_task(self._works(), name=f"speech {number}")
        finally:
            # A worker that is ended may just have kept what no call waits for any more.
            await finish(asyncio.to_thread(_remove_all, self._rules.cache / OF_CALLS))

    def _look(self) -> None:
        """Find what is kept, and remove what calls of before have left."""
        _remove_all(self._rules.cache / OF_CALLS)
        prepare(self._rules.cache)
        self._cache.trim()
        found = self._rules.cache.glob(f"??/*{ENDINGS[RATE]}")
        self._kept = {p.stem: p for p in found if not p.name.startswith(".")}

    async def _works(self) -> None:
        """One worker, started anew when it ends or hangs."""
        while True:
            order = await self._next()
            try:
                async with worker(self._rules.voices) as process:
                    while True:
                        await self._speak(order, process)
                        order = await self._next()
            except (Ended, OSError) as ended:
                self._fail(order, f"the process that speaks ended: {ended}")

    async def _next(self) -> _Order:
        while True:
            await self._work.acquire()
            queue = self._now or self._ahead
            if queue:
                return queue.popleft()

    async def _speak(self, order: _Order, process: asyncio.subprocess.Process) -> None:
        if order.done.cancelled():
            return
        try:
            async with asyncio.timeout(ONE):
                why = await ask(
                    process,
                    Order(
                        text=order.text,
                        language=order.language,
                        rate=RATE,
                        path=str(order.path),
                        own=bool(order.key),
                    ),
                )
        except TimeoutError:
            raise Ended(f"it took more than {ONE:g} s") from None
        if why:
            self._fail(order, why)
            return
        if order.done.cancelled():  # the call is over: its words go at once
            await asyncio.to_thread(_remove, [order.path])
            return
        if order.key:
            self._kept[order.key] = order.path
            self._orders.pop(CLIP + order.key, None)
        order.done.set_result(order.path)
        self._new += bool(order.key)
        if self._new >= TRIM_EVERY:
            self._new = 0
            await asyncio.to_thread(self._cache.trim)
            kept = dict(self._kept)
            gone = await asyncio.to_thread(_gone, kept)
            for key in gone:
                self._kept.pop(key, None)

    def _fail(self, order: _Order, why: str) -> None:
        self._tell(
            f"failed {order.language} {why}",
            f"speech in {order.language}: {why}; callers do not hear what nobody has "
            "recorded",
        )
        if order.key:
            if len(self._failed) > MOST_AHEAD:
                self._failed.clear()
            self._failed[order.key] = asyncio.get_running_loop().time()
            self._orders.pop(CLIP + order.key, None)
        if not order.done.done():
            order.done.set_result(None)


@dataclass(eq=False)
class CallSpeech:
    """The voice of one call."""

    speech: LiveSpeech
    own: dict[str, str] = field(default_factory=dict)
    """Clip -> nothing but its name; what was spoken for this call alone."""
    _known: dict[tuple[str, str], str] = field(default_factory=dict)

    def spoken(self, words: str, language: str, own_words: bool) -> str | None:
        """The clip that says *words*; as `prompts.sentence.Spoken`."""
        if own_words:
            return self.speech.want(words, language, None)
        if (words, language) in self._known:
            return self._known[words, language]
        clip = self.speech.want(words, language, self)
        if clip is not None:
            self.own[clip] = clip
            self._known[words, language] = clip
        return clip


def prepare(cache: Path) -> None:
    """Make the folders of *cache*; raises OSError where nothing can be written.

    Blocks.
    """
    of_calls = cache / OF_CALLS
    of_calls.mkdir(parents=True, exist_ok=True)
    # Asterisk, another user, opens a file by its name; nobody else can list them.
    of_calls.chmod(0o711)
    for folder in (cache, of_calls):
        # Tried, and not asked for: a full or read-only disk has rights enough.
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"-")


def _place(path: Path) -> str:
    return str(path.absolute().with_suffix(""))


def _remove_all(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)


def _gone(kept: Mapping[str, Path]) -> list[str]:
    return [key for key, path in kept.items() if not path.exists()]
