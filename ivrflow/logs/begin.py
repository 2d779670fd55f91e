"""Makes the log what the settings say. Done twice: at the start, and with settings."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Literal, TextIO

from ivrflow.logs.journal import SOCKET, Journal, is_there
from ivrflow.logs.lines import JsonLines, TextLines
from ivrflow.logs.more import NotLess

log = logging.getLogger(__name__)

Format = Literal["text", "json", "journal"]

LEVELS = {
    "debug": logging.DEBUG,
    "info": logging.INFO,
    "warning": logging.WARNING,
    "error": logging.ERROR,
}

_ours: logging.Handler | None = None
"""What was set up here the last time."""


def set_up(
    format: Format = "text",
    level: str = "info",
    *,
    verbose: bool = False,
    journal: Path = SOCKET,
) -> None:
    """Write all that is *level* or more in this *format*; with *verbose*, all there is.

    *journal* is the socket of systemd's. What this did before is undone; handlers of
    others stay.
    """
    global _ours
    least = logging.DEBUG if verbose else LEVELS[level]
    root = logging.getLogger()
    handler = _handler(format, journal)
    handler.addFilter(NotLess(least))
    if _ours is not None:
        root.removeHandler(_ours)
        _ours.close()
    root.addHandler(handler)
    root.setLevel(least)
    _ours = handler
    if not verbose:  # eight lines at each start about plug-ins that nobody uses
        logging.getLogger("alembic").setLevel(max(least, logging.WARNING))
    if format == "journal" and not isinstance(handler, Journal):
        log.warning("logs: format: journal, and there is none here: it is text")


def take_back() -> None:
    """Undo what `set_up` did: for tests, which have a log of their own."""
    global _ours
    if _ours is not None:
        logging.getLogger().removeHandler(_ours)
        _ours.close()
        logging.getLogger().setLevel(logging.WARNING)
        _ours = None


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to what is standard error when it writes: a test may have another one."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override]  # a variable there
        """Where it writes to."""
        return sys.stderr


def _handler(format: Format, journal: Path) -> logging.Handler:
    if format == "journal" and is_there(journal):
        return Journal(journal)
    handler = _StandardError()
    handler.setFormatter(JsonLines() if format == "json" else TextLines())
    return handler
