"""The pulse of the service, felt by systemd: a timer in the loop all calls wait for.

What systemd hears from it, and when:

    starting    no READY yet; its patience is prolonged with each beat, as a service may
                have to wait for its database for hours, and killing it mends nothing
    standing by READY: a second one that waits for its turn has started
    serving     READY as soon as new calls can be taken. Where Asterisk is away: after
                `PATIENCE`, since a service that waits for Asterisk has started, and
                the rest of the boot waits for that
    reloading   RELOADING, then READY again
    stopping    STOPPING, and how long it takes at most

Each beat says WATCHDOG, so a loop that stands still is one that systemd does not hear
from, and is killed and started anew: its calls go on with the next one. A timer alone
does it, no task: what computes or blocks holds it up exactly as it holds up everything
else. Nothing else counts: an Asterisk or a database that is away is nothing that a
new service would mend.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from ivrflow.service.notify import Notify, status_word

log = logging.getLogger(__name__)

EVERY = 5.0
"""Seconds between two beats at most; four are to fit into the watchdog's time."""

PATIENCE = 10.0
"""Seconds that a service which serves waits until new calls can be taken."""

LOOK = 0.1
"""Seconds between two looks for that."""

PROLONGED = 60.0
"""Seconds for which a start, or a reload, may go on after each beat."""

HUNG = 0.75
"""The part of the watchdog's time after which a loop that stands still has its threads
written to the log: where it hung is not to be learned afterwards."""

READY = ("READY=1",)

Status = Callable[[], str]


def tell_where_it_hangs(seconds: float) -> None:
    """Have the stacks of all threads written to standard error after *seconds*, unless
    this is called again before. They hold names and lines of code, and no values."""
    faulthandler.dump_traceback_later(seconds, exit=False)


class Pulse:
    """Tells systemd how we are. Where nobody listens it does nothing."""

    def __init__(
        self,
        notify: Notify,
        *,
        hangs: Callable[[float], None] = tell_where_it_hangs,
    ) -> None:
        """*hangs* is told at each beat after how many seconds without another one the
        loop hangs; only where systemd has a watchdog."""
        self._notify = notify
        self._hangs = hangs
        self._every = min(EVERY, notify.watchdog / 4 or EVERY)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._doing = "starting"
        """What it does instead of serving; "" while it serves."""
        self._serving: Status = lambda: ""
        self._refused = ""
        """Why the files of the last reload were refused; "" if they were not."""
        self._prolongs = True
        """Whether systemd's patience for a start or a reload is to last."""
        self._leaves = False
        self._owed: tuple[str, ...] = ()
        """What it has become, as long as systemd has not taken that."""
        self._said = ""

    def begin(self, loop: asyncio.AbstractEventLoop) -> None:
        """Beat in *loop* from now on, for as long as it runs."""
        if self._notify.listens:
            self._loop = loop
            self._beat(loop)

    def stands_by(self) -> None:
        """It is to wait, with all loaded, until the one that serves ends."""
        self._doing = "loaded; begins when the service that has the database ends"
        self._prolongs = False
        self._become(*READY)

    def serves(self, lacks: Callable[[], Sequence[str]], status: Status) -> None:
        """It serves: ready as soon as *lacks* names nothing that new calls need, or
        after `PATIENCE`. *status* is what `systemctl status` shows, in one line."""
        self._doing, self._serving = "", status
        if self._loop is not None:
            self._tell()
            self._look(self._loop, lacks, self._loop.time() + PATIENCE)

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """The site's files are read anew while the block runs; it raises what refuses
        them."""
        self._doing, self._prolongs = "checks the new files of the site", True
        # systemd tells by the time to which of its requests this is the answer.
        now = time.monotonic_ns() // 1000
        self._become("RELOADING=1", f"MONOTONIC_USEC={now}")
        try:
            yield
        except Exception as refused:
            self._refused = f"; the new files are refused: {refused}"
            raise
        else:
            self._refused = ""
        finally:
            if not self._leaves:
                self._doing, self._prolongs = "", False
                self._become(*READY)

    def stopping(self, within: float) -> None:
        """It leaves its calls to the next one, in *within* seconds at most."""
        self._doing, self._prolongs = "leaves its calls to the next service", False
        self._leaves = True
        self._become("STOPPING=1", f"EXTEND_TIMEOUT_USEC={round(within * 1_000_000)}")

    def _beat(self, loop: asyncio.AbstractEventLoop) -> None:
        loop.call_later(self._every, self._beat, loop)
        words = []
        if self._notify.watchdog:
            words.append("WATCHDOG=1")
            self._hangs(self._notify.watchdog * HUNG)
        if self._prolongs:
            words.append(f"EXTEND_TIMEOUT_USEC={round(PROLONGED * 1_000_000)}")
        self._tell(*words)

    def _look(
        self,
        loop: asyncio.AbstractEventLoop,
        lacks: Callable[[], Sequence[str]],
        until: float,
    ) -> None:
        if self._leaves:
            return
        if lacks() and loop.time() < until:
            loop.call_later(LOOK, self._look, loop, lacks, until)
            return
        self._prolongs = False
        self._become(*READY)

    def _become(self, *words: str) -> None:
        self._owed = words
        self._tell()

    def _tell(self, *words: str) -> None:
        if not self._notify.listens:
            return
        status = self._status()
        said = (status_word(status),) if status != self._said else ()
        words = (*self._owed, *words, *said)
        if words and self._notify.tell(*words):
            self._owed, self._said = (), status

    def _status(self) -> str:
        try:
            return self._doing or f"{self._serving()}{self._refused}"
        except Exception:
            # A line for people must not cost the service its life.
            log.exception("the status for systemd")
            return self._said
