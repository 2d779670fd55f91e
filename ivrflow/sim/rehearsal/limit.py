"""Ends a talk that takes for ever in real time.

On a clock that jumps, a flow that goes in a circle in which no time passes never comes
to an end, and no time limit inside the loop is ever reached. Only a signal gets in.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

AGAIN = 1.0
"""Seconds until it is tried again, should what is ended hang in its clean-up too."""


class TooSlow(KeyboardInterrupt):
    """The block took too long. Like Ctrl-C, so that no `except` on its way keeps it."""


@contextmanager
def real_time_limit(seconds: float) -> Iterator[None]:
    """Raise `TooSlow` in the block after *seconds*.

    Does nothing outside the main thread, and where the system has no such signal.
    """
    here = threading.current_thread() is threading.main_thread()
    if not here or not hasattr(signal, "setitimer"):
        yield
        return

    over = TooSlow(f"took longer than {seconds:g} s")
    rang = False

    def ring(*_: object) -> None:
        nonlocal rang
        rang = True
        raise over

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds, AGAIN)
    try:
        yield
    except Exception as error:
        # Struck between two steps, a loop may lose a task and be stuck as it cleans up.
        if rang:
            raise over from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
