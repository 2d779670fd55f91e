"""The commands that a script sends to Asterisk: these, and no others.

An AGI command is a line of words, and whoever gets a line end into a word writes a
command of his own: with `EXEC System` he would own the machine, whatever Asterisk's
`live_dangerously` says. So there is one place where lines are made, `line_of`. It
refuses what could end a line or a word, and Asterisk's `EXEC` and `GET FULL VARIABLE`,
which work expressions out, have no function here.

Asterisk reads a command into a buffer and cuts off what is longer: 22.10.1 after 8,191
bytes, by its sources older ones after 2,047. So that is refused too, or half a value
would be set.
"""

from __future__ import annotations

import re
from enum import Enum

LONGEST = 2047
"""Bytes of a line with its end, so that no Asterisk cuts it."""

LONGEST_READ = 1023
"""Bytes of a variable's value that `get_variable` can bring: Asterisk cuts off what is
longer (measured on 22.10.1)."""

KEYS = "0123456789*#ABCD"
"""Every key of a telephone, as those that end a sound."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
"""A variable's name: no brackets, or it would be a function's."""

_PLACE = re.compile(r"[A-Za-z0-9_+*#.-]{1,79}")
"""A context or an extension."""

_CLASS = re.compile(r"[A-Za-z0-9_.-]{1,79}")
"""A class of music."""


class BadCommand(ValueError):
    """This can't be said to Asterisk: it would be more than one command, or none."""


class Verb(Enum):
    """The commands that there are."""

    ANSWER = "ANSWER"
    CHANNEL_STATUS = "CHANNEL STATUS"
    GET_VARIABLE = "GET VARIABLE"
    HANGUP = "HANGUP"
    NOOP = "NOOP"
    RECORD_FILE = "RECORD FILE"
    SET_CONTEXT = "SET CONTEXT"
    SET_EXTENSION = "SET EXTENSION"
    SET_MUSIC = "SET MUSIC"
    SET_PRIORITY = "SET PRIORITY"
    SET_VARIABLE = "SET VARIABLE"
    STREAM_FILE = "STREAM FILE"
    WAIT_FOR_DIGIT = "WAIT FOR DIGIT"


def line_of(verb: Verb, *words: str | int) -> bytes:
    """The line that says *verb* with these words, each of them one word to Asterisk.

    Raises `BadCommand` for a word with a line end or another control character in it,
    and for a line that is too long.
    """
    line = " ".join([verb.value, *map(_quoted, words)])
    try:
        said = line.encode() + b"\n"
    except UnicodeEncodeError:
        raise BadCommand(f"{verb.value}: what is said is no text") from None
    if len(said) > LONGEST:
        raise BadCommand(
            f"{verb.value}: {len(said)} bytes; Asterisk takes {LONGEST} at a time"
        )
    return said


def _quoted(word: str | int) -> str:
    if isinstance(word, int):
        return str(word)
    if any(ord(c) < 32 or ord(c) == 127 for c in word):
        raise BadCommand(f"{word[:40]!r} has a line end or a control character in it")
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _fits(pattern: re.Pattern[str], word: str, what: str) -> str:
    if not pattern.fullmatch(word) or len(word) > 400:
        raise BadCommand(f"{word[:80]!r} is no {what}")
    return word


def _file(path: str) -> str:
    """A sound's path without its ending. Who makes it has checked its name; a way up
    is none in any case."""
    if not path or ".." in path.split("/"):
        raise BadCommand(f"{path[:80]!r} is no sound")
    return path


def answer() -> bytes:
    """Take the call."""
    return line_of(Verb.ANSWER)


def status() -> bytes:
    """Tell how the channel stands; `UP` is one that was answered."""
    return line_of(Verb.CHANNEL_STATUS)


UP = 6
"""What `status` tells of a channel that was answered."""


def hang_up() -> bytes:
    """End the call."""
    return line_of(Verb.HANGUP)


def nothing() -> bytes:
    """Do nothing, which ends a sound that plays: a new command always does."""
    return line_of(Verb.NOOP)


def play(path: str, *, begin: int = 0) -> bytes:
    """Play the sound at *path* from sample *begin* on, until any key is pressed."""
    return line_of(Verb.STREAM_FILE, _file(path), KEYS, max(0, begin))


def record(path: str, *, stop_on: str, longest: float, silence: float) -> bytes:
    """Record to *path*, for *longest* seconds, or until a key or so much *silence*."""
    words: list[str | int] = [_file(path), "wav"]
    keys = "".join(key for key in stop_on if key in KEYS)
    words += [keys, max(1, round(longest * 1000))]
    if silence > 0:
        words.append(f"s={max(1, round(silence))}")
    return line_of(Verb.RECORD_FILE, *words)


def wait_for_key(seconds: float) -> bytes:
    """Wait for a key, so long at most."""
    return line_of(Verb.WAIT_FOR_DIGIT, max(1, round(seconds * 1000)))


def music_on(name: str) -> bytes:
    """Play music of the class *name*, until something else plays."""
    return line_of(Verb.SET_MUSIC, "ON", _fits(_CLASS, name, "class of music"))


def music_off() -> bytes:
    """Play no music any more."""
    return line_of(Verb.SET_MUSIC, "OFF")


def set_variable(name: str, value: str) -> bytes:
    """Give the channel's variable *name* that value."""
    return line_of(Verb.SET_VARIABLE, _fits(_NAME, name, "variable"), value)


def get_variable(name: str) -> bytes:
    """Tell the value of the channel's variable *name*, or of the global one."""
    return line_of(Verb.GET_VARIABLE, _fits(_NAME, name, "variable"))


def is_there(context: str) -> bytes:
    """Tell whether the dialplan has *context* with an extension `s`: as "1"."""
    place = _fits(_PLACE, context, "context")
    return line_of(Verb.GET_VARIABLE, f"DIALPLAN_EXISTS({place},s,1)")


def go_on_in(context: str) -> tuple[bytes, bytes, bytes]:
    """When the script has ended, the dialplan goes on at `s` in that context."""
    return (
        line_of(Verb.SET_CONTEXT, _fits(_PLACE, context, "context")),
        line_of(Verb.SET_EXTENSION, "s"),
        line_of(Verb.SET_PRIORITY, 1),
    )


def place(context: str, extension: str, priority: int) -> str | None:
    """The place behind that one, as `Goto` takes it; None if that can't be said.

    An extension is what somebody dialled: with a comma in it, it would be another
    place.
    """
    fits = _PLACE.fullmatch(context) and _PLACE.fullmatch(extension)
    return f"{context},{extension},{priority + 1}" if fits and priority > 0 else None
