"""Hears what is logged during a talk, and keeps it from everybody else."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


class Ears(logging.Handler):
    """Hears every log message of a talk."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []
        self.warnings: list[str] = []
        self.errors: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the message, with its trace."""
        told = self.format(record)
        self.heard.append(told)
        if record.levelno >= logging.ERROR:
            self.errors.append(told)
        elif record.levelno >= logging.WARNING:
            self.warnings.append(told)


@contextmanager
def listening() -> Iterator[Ears]:
    """Hear all of our log messages, and keep them from everybody else."""
    ours, ears = logging.getLogger("ivrflow"), Ears()
    level, propagate, handlers = ours.level, ours.propagate, ours.handlers
    ours.setLevel(logging.DEBUG)
    ours.propagate, ours.handlers = False, [ears]
    try:
        yield ears
    finally:
        ours.setLevel(level)
        ours.propagate, ours.handlers = propagate, handlers
