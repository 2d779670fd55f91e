"""What Asterisk says on an AGI connection: bytes in, what they mean out. No I/O.

First comes the request: lines `agi_NAME: value`, and an empty one. Then, for each
command, a line, or some more where the command was wrong. And there is one line that
comes by itself: `HANGUP`.

Nothing in it can be trusted to be what it seems. A value is written as it is, so a
line end in a caller's name begins a line that was never meant; behind an empty one the
rest of the request would pass for answers. So the names must come in Asterisk's own
order, each line must be of a known shape, and whatever is not ends the connection: its
caller is left to the dialplan. Of each kind of thing there may be only so much.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

LONGEST_LINE = 8192
"""Bytes: the longest that should come is a channel's bookmark."""

LONGEST_REQUEST = 32_768
"""Bytes of a whole request."""

MOST_LINES = 160
"""Lines of a request: Asterisk's own, and 128 arguments."""

MOST_USAGE = 100
"""Lines of how a command is used."""

NAMES = (
    "network",
    "network_script",
    "request",
    "channel",
    "language",
    "type",
    "uniqueid",
    "version",
    "callerid",
    "calleridname",
    "callingpres",
    "callingani2",
    "callington",
    "callingtns",
    "dnid",
    "rdnis",
    "context",
    "extension",
    "priority",
    "enhanced",
    "accountcode",
    "threadid",
)
"""The names of a request in the order in which Asterisk 11 to 23 write them."""

NEEDED = frozenset({"network_script", "channel", "uniqueid", "enhanced", "accountcode"})
"""Without these it is no request of an Asterisk, or not all of it."""

_ARGUMENT = re.compile(r"arg_(\d{1,3})")

_LINE = re.compile(r"agi_([a-z0-9_]{1,40}):(?: (.*))?", re.DOTALL)

_DONE = re.compile(r"200 result=(-?\d{0,10})(?: \((.*)\))?(?: endpos=(\d{1,12}))?")

USAGE = "520-"
USAGE_ENDS = "520 End of proper usage."


class BadLine(Exception):
    """What came is not what an Asterisk says at that place."""


@dataclass(frozen=True, kw_only=True)
class Request:
    """What Asterisk tells of the call, and of what is to be run."""

    told: Mapping[str, str]
    """Name, without `agi_`, -> value; "unknown" where Asterisk knows nothing."""
    arguments: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> str:
        """What is told under that name; "" for nothing."""
        value = self.told.get(name, "")
        return "" if value == "unknown" else value


@dataclass(frozen=True, kw_only=True)
class Reply:
    """The answer to one command."""

    code: int
    """200, or 510 (no such command), 511 (not on a channel that is gone), 520."""
    result: int = 0
    """What it says depends on the command; -1: it failed, mostly by a hang-up."""
    note: str | None = None
    """What stands in brackets: a variable's value, or why something ended."""
    at: int | None = None
    """The sample at which a sound or a recording ended."""


class HungUpLine:
    """The line that says that the far end has hung up."""


HUNG_UP = HungUpLine()

Said = Request | Reply | HungUpLine


@dataclass
class _Asked:
    """A request, as far as it has come."""

    told: dict[str, str] = field(default_factory=dict)
    arguments: list[str] = field(default_factory=list)
    size: int = 0
    lines: int = 0
    next: int = 0
    """Where in `NAMES` the next line may stand."""

    def take(self, line: str, size: int) -> Request | None:
        self.size += size
        self.lines += 1
        if self.size > LONGEST_REQUEST or self.lines > MOST_LINES:
            raise BadLine("the request does not end")
        if line == "":
            return self._whole()
        found = _LINE.fullmatch(line)
        if found is None:
            raise BadLine(f"{line[:60]!r} in a request")
        name, value = found[1], found[2] or ""
        if argument := _ARGUMENT.fullmatch(name):
            if int(argument[1]) != len(self.arguments) + 1 or not self._ends():
                raise BadLine(f"agi_{name} stands where it should not")
            self.arguments.append(value)
        elif name in NAMES[self.next :] and not self.arguments:
            self.next = NAMES.index(name) + 1
            self.told[name] = value
        else:
            raise BadLine(f"agi_{name} stands where it should not")
        return None

    def _ends(self) -> bool:
        return self.told.keys() >= NEEDED

    def _whole(self) -> Request:
        if not self._ends():
            raise BadLine("the request ends in its middle")
        return Request(told=self.told, arguments=tuple(self.arguments))


class Incoming:
    """Reads what comes; after `BadLine` it is not to be used any more."""

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._asked: _Asked | None = _Asked()
        self._usage = 0

    @property
    def begun(self) -> bool:
        """Whether an Asterisk has begun with a request, and not come to its end."""
        return self._asked is not None and "network" in self._asked.told

    @property
    def in_a_line(self) -> bool:
        """Whether a line has begun and not ended."""
        return bool(self._bytes)

    def feed(self, data: bytes) -> Iterator[Said]:
        """Take what came, and yield what it says. Raises `BadLine`."""
        self._bytes += data
        while (end := self._bytes.find(b"\n")) >= 0:
            if end > LONGEST_LINE:
                break
            line = bytes(self._bytes[:end])
            del self._bytes[: end + 1]
            said = self._line(line)
            if said is not None:
                yield said
        if len(self._bytes) > LONGEST_LINE:
            raise BadLine(f"a line of more than {LONGEST_LINE} bytes")

    def _line(self, line: bytes) -> Said | None:
        text = line.decode(errors="replace")
        if self._asked is not None:
            request = self._asked.take(text, len(line) + 1)
            if request is not None:
                self._asked = None
            return request
        if self._usage:
            return self._usage_goes_on(text)
        if text == "HANGUP":
            return HUNG_UP
        if text.startswith("100 "):
            return None  # it is being tried
        if found := _DONE.fullmatch(text):
            return Reply(
                code=200,
                result=int(found[1]) if found[1] not in ("", "-") else 0,
                note=found[2],
                at=int(found[3]) if found[3] is not None else None,
            )
        if text.startswith(("510 ", "511 ")):
            return Reply(code=int(text[:3]), note=text[4:])
        if text.startswith(USAGE):
            self._usage = 1
            return None
        if text.startswith("520 "):
            return Reply(code=520, note=text[4:])
        raise BadLine(f"{text[:60]!r} is no answer to a command")

    def _usage_goes_on(self, text: str) -> Reply | None:
        self._usage += 1
        if text.startswith(USAGE_ENDS):
            self._usage = 0
            return Reply(code=520, note="it is used otherwise")
        if self._usage > MOST_USAGE:
            raise BadLine("how a command is used does not end")
        return None
