"""Some numbers' calls log more, for a time that ends by itself.

For a caller who says that it never works: with all of a busy house at debug level,
nobody would find his lines, and the log would hold what callers do, which it must not.
So while a number is in `MORE`, loggers of ivrflow let through what is less than the
level, and the handler throws away all of it but the lines of those calls.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from types import MappingProxyType

from ivrflow.logs.where import whose

OURS = "ivrflow"
"""The logger above all of ours."""

ITS_CALLS = "its_calls"
"""`extra={ITS_CALLS: True}`: this line is about such a call, whatever its task is."""


class More:
    """The numbers. There is one of them, as there is one root of all loggers."""

    def __init__(self) -> None:
        self._numbers: dict[str, float] = {}

    @property
    def numbers(self) -> Mapping[str, float]:
        """Number -> until when, as it was said to `add`."""
        return MappingProxyType(self._numbers)

    def add(self, number: str, until: float) -> None:
        """Log more in calls of *number*; it is for the caller to end it then."""
        self._numbers[number] = until
        logging.getLogger(OURS).setLevel(logging.DEBUG)

    def end(self, number: str) -> bool:
        """Log in them as in all others; whether they were logged otherwise."""
        was = self._numbers.pop(number, None) is not None
        if not self._numbers:
            logging.getLogger(OURS).setLevel(logging.NOTSET)  # the root's counts
        return was

    def has(self, number: str) -> bool:
        """Whether this number's calls log more."""
        return number in self._numbers


MORE = More()


class NotLess(logging.Filter):
    """Lets through what is *least* or more, and in calls of `MORE` everything."""

    def __init__(self, least: int) -> None:
        super().__init__()
        self._least = least

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether *record* is written."""
        if record.levelno >= self._least or getattr(record, ITS_CALLS, False):
            return True
        call = whose()
        return call is not None and MORE.has(call.caller)
