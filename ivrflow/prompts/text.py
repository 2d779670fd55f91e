"""Texts with values in them: `Order ${order.number | digits} is on its way.`

A text is cut once, when the site is loaded, into what is fixed and what is a slot. The
expression of a slot stays a text here: the flow room compiles it, and hands its value
back when the sentence is said. Keeping the offset of each slot lets an error point at
the very character in the file.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass

FILTERS = (
    "text",
    "number",
    "count",
    "digits",
    "ordinal",
    "money",
    "date",
    "time",
    "duration",
    "minutes",
    "phone",
    "word",
)
"""The ways to say a value. `word` looks it up in a table of the prompts' file."""

LONGEST_TEXT = 4000
"""Characters. Nobody listens longer; what is longer is a mistake or an attack."""

_FILTER = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)(?:\s+(?P<argument>\S.*?))?\s*", re.S)
_TABLE = re.compile(r"[a-z][a-z0-9_]*")
_CLOSES = {"}": "{", ")": "(", "]": "["}


class BadText(ValueError):
    """A text that can't be read. *offset* is where in it, in characters."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Slot:
    """A place for a value. *filter* is "" when the author named none."""

    expression: str
    filter: str = ""
    argument: str = ""
    offset: int = 0
    """Where the expression begins in the text, in characters."""


@dataclass(frozen=True, slots=True)
class Words:
    """A text, cut at its slots. `text` is as written, of the type it was given in."""

    text: str
    parts: tuple[str | Slot, ...]

    @property
    def slots(self) -> tuple[Slot, ...]:
        return tuple(part for part in self.parts if isinstance(part, Slot))

    @property
    def alone(self) -> Slot | None:
        """The slot that is the whole text: such a text keeps the value's type."""
        match self.parts:
            case (Slot(filter="") as slot,):
                return slot
        return None


class Titled(str):
    """A text of the site itself that may be recorded, such as a queue's title."""

    __slots__ = ("clip", "language")
    clip: str
    language: str

    def __new__(cls, text: str, clip: str, language: str) -> Titled:
        new = super().__new__(cls, text)
        new.clip = clip
        new.language = language
        return new

    @classmethod
    def of(cls, language: str, kind: str, name: str, text: str) -> Titled:
        """Return the title of the *kind* of thing called *name*, with its clip."""
        return cls(text, f"{language}/titles/{safe(kind)}.{safe(name)}", language)

    def __reduce__(self) -> tuple[type[Titled], tuple[str, str, str]]:
        """Copying and pickling keep the clip."""
        return Titled, (str(self), self.clip, self.language)


def safe(name: str) -> str:
    """Return *name* as a part of a file's name: letters, digits, `_` and `-` only."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda char: f"u{ord(char[0]):x}", name)


def parse_text(text: str) -> Words:
    """Cut *text* at its `${...}`; raise `BadText`."""
    if len(text) > LONGEST_TEXT:
        raise BadText(f"is longer than {LONGEST_TEXT} characters", LONGEST_TEXT)
    parts: list[str | Slot] = []
    at = 0
    while (start := text.find("${", at)) >= 0:
        if start > at:
            parts.append(text[at:start])
        end, bar = _closing(text, start)
        parts.append(_slot(text, start + 2, bar, end))
        at = end + 1
    if at < len(text):
        parts.append(text[at:])
    return Words(text, tuple(parts))


def _closing(text: str, start: int) -> tuple[int, int | None]:
    """Find the brace that closes the slot at *start*, and the `|` before its filter.

    Both only count outside of quotes and of inner brackets.
    """
    opened: list[str] = []
    bar: int | None = None
    at = start + 2
    while at < len(text):
        char = text[at]
        if char in "'\"":
            at = _after_quote(text, at)
            continue
        if char in "{([":
            opened.append(char)
        elif char == "}" and not opened:
            return at, bar
        elif char in _CLOSES:
            if not opened or opened.pop() != _CLOSES[char]:
                raise BadText(f"'{char}' closes nothing that was opened before", at)
        elif char == "|" and not opened:
            if text.startswith("||", at):
                raise BadText("there is no '||'; write 'or'", at)
            if bar is not None:
                raise BadText("a value has one filter; take one '|' out", at)
            bar = at
        at += 1
    raise BadText("'${' is never closed; put '}' after the value", start)


def _after_quote(text: str, at: int) -> int:
    """Return the place after the quoted text that begins at *at*."""
    quote, place = text[at], at + 1
    while place < len(text):
        if text[place] == "\\":
            place += 2
        elif text[place] == quote:
            return place + 1
        else:
            place += 1
    raise BadText(f"a text that begins with {quote} never ends; close it", at)


def _slot(text: str, start: int, bar: int | None, end: int) -> Slot:
    """Read what stands between *start* and *end*, with its filter after *bar*."""
    inside = text[start : end if bar is None else bar]
    expression = inside.strip()
    offset = start + len(inside) - len(inside.lstrip())
    if not expression:
        raise BadText("'${}' is empty; name a value, such as ${call.from}", start)
    if bar is None:
        return Slot(expression, offset=offset)
    found = _FILTER.fullmatch(text, bar + 1, end)
    if found is None:
        raise BadText(f"a filter's name goes after '|', one of {_listed()}", bar)
    name, argument = found["name"], found["argument"] or ""
    if name not in FILTERS:
        close = difflib.get_close_matches(name, FILTERS, n=1)
        hint = f"did you mean '{close[0]}'?" if close else f"there are {_listed()}"
        raise BadText(f"there is no filter '{name}'; {hint}", found.start("name"))
    if name == "word" and not _TABLE.fullmatch(argument):
        cure = "name a table of the prompts, such as ${x | word order_states}"
        raise BadText(f"'word' needs a table; {cure}", found.start("name"))
    if name != "word" and argument:
        raise BadText(
            f"'{name}' takes nothing after it; take '{argument}' out",
            found.start("argument"),
        )
    return Slot(expression, name, argument, offset)


def _listed() -> str:
    return " ".join(FILTERS)
