"""Asks the service how it is, again and again, beside the screen.

In a thread: a service that hangs must not keep the keys of who watches it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from ivrflow.cli.changing import why_not
from ivrflow.cli.installed import NoService, ask_service, local, now
from ivrflow.cli.top.frame import Row, Seen
from ivrflow.config import Settings

PATIENCE = 5.0
"""Seconds for each answer."""


class CannotSee(Exception):
    """The service did not say how it is. Says why."""


def seen(settings: Settings) -> Seen:
    """How the service is now; raises `CannotSee`."""
    health = _told(settings, "health")
    at = now()
    try:
        return Seen(
            at=_time(at),
            now=at,
            health=health,
            queues=_told(settings, "queues")["queues"],
            agents=_told(settings, "agents")["agents"],
            calls=_told(settings, "calls")["calls"],
            alarms=_told(settings, "alarms")["alarms"],
        )
    except KeyError as lacks:
        raise CannotSee(f"it is of another version: {lacks} is missing") from None


def _told(settings: Settings, what: str) -> Row:
    try:
        answer = ask_service(settings, f"/api/{what}", method="GET", patience=PATIENCE)
    except NoService as away:
        raise CannotSee(str(away)) from None
    if answer.status != 200:
        raise CannotSee(why_not(answer.body, answer.status))
    return answer.body


def _time(at: float) -> str:
    """The time of day: whoever looks at a screen knows which day it is."""
    return local(at).rpartition(" ")[2]


class Looking:
    """The newest that is known, while `looking` runs."""

    def __init__(self, settings: Settings, every: float) -> None:
        self._settings = settings
        self._every = every
        self.seen = Seen(trouble="it is asked for the first time")
        self._over = threading.Event()

    def run(self) -> None:
        """Look until it is over."""
        while not self._over.is_set():
            try:
                self.seen = seen(self._settings)
            except CannotSee as why:
                self.seen = replace(self.seen, trouble=str(why), at=_time(now()))
            self._over.wait(self._every)

    def end(self) -> None:
        """Look no more, once the answer is there that is waited for."""
        self._over.set()


@contextmanager
def looking(settings: Settings, every: float) -> Iterator[Looking]:
    """Look every *every* seconds while the block runs."""
    watch = Looking(settings, every)
    # A daemon: nobody who presses q waits for a service that hangs.
    threading.Thread(target=watch.run, name="looking", daemon=True).start()
    try:
        yield watch
    finally:
        watch.end()
