"""Records as lines: text for people, JSON for machines.

What comes from outside (a caller's name, the answer of a server) may hold anything:
line ends that make a line of their own, escapes that colour a terminal or hide what
stands there. So what can't be seen is written as what it is, `\\x1b`, and only what
begins with a time is a line of ours: all that follows it is indented.
"""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime

from ivrflow.logs.where import Whose, whose

TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"

INDENT = "    "

_UNSEEN = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff"
    "\ud800-\udfff]"
)
"""Controls, marks of direction and others that show nothing, halves of characters."""


def seen(text: str) -> str:
    """*text* on lines, all but the first indented, and nothing in it invisible."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").expandtabs(4)
    text = _UNSEEN.sub(lambda m: m[0].encode("unicode_escape").decode(), text)
    return text.replace("\n", f"\n{INDENT}")


def covered(text: str, call: Whose | None) -> str:
    """*text* without what was entered in confidence in *call*."""
    if call is not None:
        for secret in call.hidden:
            text = secret.covered_in(text)
    return text


class TextLines(logging.Formatter):
    """Lines as they always were; what one does not say of its call stands at its end,
    as in `... [call 1731.17 flows/main.yaml:14]`."""

    def __init__(self) -> None:
        super().__init__(TEXT)

    def formatMessage(self, record: logging.LogRecord) -> str:
        return super().formatMessage(record) + _at(record.message, whose())

    def format(self, record: logging.LogRecord) -> str:
        """The line, and what was raised below it."""
        return seen(covered(super().format(record), whose()))


def _at(said: str, call: Whose | None) -> str:
    if call is None:
        return ""
    lacks = []
    if call.id not in said:
        lacks.append(f"call {call.id}")
    if call.place and call.place not in said:
        lacks.append(call.place)
    return f" [{' '.join(lacks)}]" if lacks else ""


class JsonLines(logging.Formatter):
    """An object a line: at, level, logger, message; call and place where it is about
    one; raised, with the trace, where something was."""

    def format(self, record: logging.LogRecord) -> str:
        """The object."""
        call = whose()
        found = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(
                timespec="milliseconds"
            ),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": covered(record.getMessage(), call),
        }
        if call is not None:
            found["call"] = call.id
            if call.place:
                found["place"] = call.place
        if raised := raised_in(record, self):
            found["raised"] = covered(raised, call)
        found["process"] = str(record.process)
        # Half a character is no UTF-8: as an escape it is JSON, and harms nothing.
        return json.dumps(found, ensure_ascii=not _is_text(found))


def _is_text(found: dict[str, str]) -> bool:
    try:
        for value in found.values():
            value.encode()
    except UnicodeEncodeError:
        return False
    return True


def raised_in(record: logging.LogRecord, formatter: logging.Formatter) -> str:
    """What was raised, with its trace; "" if nothing was."""
    if record.exc_info and not record.exc_text:
        record.exc_text = formatter.formatException(record.exc_info)
    return record.exc_text or ""
