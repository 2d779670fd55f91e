"""YAML that remembers where everything stood, and that warns of its own traps.

YAML was not made for telephones: `say: Please press # to end` is read as "Please
press", `#: repeat` vanishes, `010` is eight, `9:00` is 540 and `no` is a boolean, all
without an error. So nothing is guessed here. Every scalar stays the text that was
written, the types are given later by the model that expects them (`kinds`), and each
trap has a message of its own.

Built from libyaml's events and not from its nodes: depth, size, aliases, tags and
duplicate keys are then refused while reading, before they cost anything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, NamedTuple, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ivrflow.flow import traps

LARGEST = 1_000_000
"""Characters of a file at most. A site of 5,000 steps has about half of that."""

DEEPEST = 40
"""Levels of tables and lists inside each other, at most."""

SEARCHED = 2000
"""Characters of a line in which the reason of an error is looked for: a line of a
million brackets would keep that search busy for minutes."""

_COMMENT = re.compile(r"\s+#")
_BEGINS = (MappingStartEvent, SequenceStartEvent)
_ENDS = (MappingEndEvent, SequenceEndEvent)

LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""libyaml where PyYAML has it (ten times as fast), else the same in Python."""


class Mark(NamedTuple):
    """A place in a file. Lines and columns count from 1, as editors do."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


NOWHERE = Mark("", 0, 0)
"""The place of a value that no file holds: a default, or one made in a test."""


class Severity(Enum):
    """How bad it is. Only an error keeps a site from starting."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, order=True, slots=True)
class Problem:
    """Something to tell about a file, and where. *code* never changes its meaning."""

    at: Mark
    code: str
    message: str
    severity: Severity = field(default=Severity.ERROR, compare=False)

    def __str__(self) -> str:
        return f"{self.at}: {self.code} {self.message}"


class Scalar(str):
    """One value as it was written, always text.

    `swallowed` is the place of a ` #` behind an unquoted value: a comment to YAML, and
    a lost half of a sentence where the value is a text that is said. `plain` is false
    for values in quotes and in blocks (`|`, `>`).
    """

    at: Mark
    swallowed: Mark | None
    plain: bool
    _shift: int

    def __new__(
        cls,
        text: str,
        at: Mark = NOWHERE,
        *,
        swallowed: Mark | None = None,
        plain: bool = True,
        shift: int = 0,
    ) -> Scalar:
        self = super().__new__(cls, text)
        self.at = at
        self.swallowed = swallowed
        self.plain = plain
        self._shift = shift
        return self

    @property
    def exact(self) -> bool:
        """True if `place` is right to the column."""
        return self._shift >= 0

    def place(self, offset: int) -> Mark:
        """Where the character number *offset* stands.

        Right for values on one line without escapes; else the place of the value's
        beginning, which is never wrong by a line.
        """
        if not self.exact:
            return self.at
        return Mark(self.at.file, self.at.line, self.at.column + self._shift + offset)


class Table(dict[Scalar, Any]):
    """A mapping; its keys have places too."""

    at: Mark = NOWHERE

    def key(self, name: str) -> Scalar | None:
        """The key as it was written, with its place; None if it isn't there."""
        return next((key for key in self if key == name), None)


class Items(list[Any]):
    """A list."""

    at: Mark = NOWHERE


Value = Scalar | Table | Items


def place_of(value: object) -> Mark:
    """Where *value* stands; `NOWHERE` for what no file holds."""
    at = getattr(value, "at", None)
    return at if isinstance(at, Mark) else NOWHERE


def read(text: str | bytes, file: str) -> tuple[Value | None, list[Problem]]:
    """Read one YAML document. Return what it holds, and what is wrong with it.

    *file* is the name that places bear. The value is None for an empty document, and
    when it can't be read to its end; problems then say why. Never raises.
    """
    reader = _Reader(file)
    try:
        value = reader.read(text)
    except _Stop:
        value = None
    except RecursionError:  # a very deep one in the pure Python parser
        reader.problems.append(Problem(Mark(file, 1, 1), "Y011", "too deeply nested"))
        value = None
    return value, sorted(reader.problems)


class _Stop(Exception):
    """The rest of the document can't be read."""


@dataclass
class _Open:
    """A table or list whose end has not come yet."""

    value: Table | Items
    key: Scalar | None = None
    repeated: bool = False
    flow: bool = False
    """Written with { } or [ ]."""


class _Reader:
    """Reads one document."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        self.lines: list[str] = []
        self._multiline: set[int] = set()

    def read(self, text: str | bytes) -> Value | None:
        decoded = self._decode(text)
        # The lines as libyaml counts them; str.splitlines knows more line ends.
        self.lines = re.split("\r\n|[\r\n\x85\u2028\u2029]", decoded)
        value = self._build(self._events(decoded))
        for line, column, message in traps.vanished(self.lines, self._multiline):
            self._note(line, column, "Y003", message)
        return value

    def _decode(self, text: str | bytes) -> str:
        if len(text) > LARGEST:
            self._fail(
                1, 1, "Y011", f"larger than {LARGEST:,} characters; split the file"
            )
        decoded = text if isinstance(text, str) else self._from_utf8(text)
        decoded = decoded.removeprefix("\ufeff")
        if bad := traps.UNPRINTABLE.search(decoded):
            line = decoded.count("\n", 0, bad.start()) + 1
            column = bad.start() - decoded.rfind("\n", 0, bad.start())
            self._fail(
                line, column, "Y012", f"a control character, U+{ord(bad.group()):04X}"
            )
        return decoded

    def _from_utf8(self, data: bytes) -> str:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = data.count(b"\n", 0, error.start) + 1
            column = error.start - data.rfind(b"\n", 0, error.start)
            self._fail(line, column, "Y012", "not UTF-8; save the file as UTF-8")

    def _events(self, text: str) -> Iterator[Any]:
        loader = LOADER(text)
        try:
            while (event := loader.get_event()) is not None:
                yield event
        except yaml.MarkedYAMLError as error:
            self._explain(error)
        except (yaml.YAMLError, ValueError, OverflowError) as error:
            why = " ".join(str(error).split())  # a problem is one line
            self._fail(1, 1, "Y001", f"not valid YAML: {why}")
        finally:
            loader.dispose()

    def _build(self, events: Iterator[Any]) -> Value | None:
        root: Value | None = None
        stack: list[_Open] = []
        documents = 0
        for event in events:
            kind = type(event)
            if kind is ScalarEvent:
                value: Value = self._scalar(event, self._place(event))
                if stack:
                    self._put(stack[-1], value)
                else:
                    root = value
            elif kind in _BEGINS:
                if len(stack) == DEEPEST:
                    self._fail(*_at(event), "Y011", f"more than {DEEPEST} levels deep")
                table = Table() if kind is MappingStartEvent else Items()
                table.at = self._place(event)
                stack.append(_Open(table, flow=bool(event.flow_style)))
            elif kind in _ENDS:
                ended = stack.pop()
                done = self._joined(ended.value) if ended.flow else ended.value
                if stack:
                    self._put(stack[-1], done)
                else:
                    root = done
            elif kind is AliasEvent:
                self._refuse_alias(event)
            elif kind is yaml.DocumentStartEvent:
                documents += 1
                if documents > 1:
                    self._fail(
                        *_at(event), "Y013", "a second document; `---` is not for us"
                    )
        return root

    def _place(self, event: Any) -> Mark:
        """Where the value that *event* begins stands; it has no anchor and no tag."""
        if event.anchor is not None:
            self._fail(*_at(event), "Y009", "`&` and `*` of YAML are not for us")
        if event.tag is not None:
            self._fail(*_at(event), "Y010", "`!` tags of YAML are not for us")
        start = event.start_mark
        return Mark(self.file, start.line + 1, start.column + 1)

    def _scalar(self, event: Any, at: Mark) -> Scalar:
        end = event.end_mark
        plain = not event.style
        if end.line + 1 > at.line:
            self._multiline.update(range(at.line + 1, end.line + 2))
        swallowed, shift = None, -1
        if end.line + 1 == at.line:
            written = end.column - (at.column - 1)
            if plain:
                shift = 0
                line = self._line(at.line)
                if "#" in line and (comment := _COMMENT.match(line, end.column)):
                    swallowed = Mark(self.file, at.line, comment.end())
            elif written == len(event.value) + 2:
                shift = 1  # one quote before it, and nothing in it was escaped
        return Scalar(event.value, at, swallowed=swallowed, plain=plain, shift=shift)

    def _put(self, into: _Open, value: Value) -> None:
        if isinstance(into.value, Items):
            into.value.append(value)
        elif into.key is not None:
            if not into.repeated:
                into.value[into.key] = value
            into.key = None
        elif not isinstance(value, Scalar):
            self._fail(
                value.at.line,
                value.at.column,
                "Y007",
                "a key can't be a table or a list; is a text that begins with { or [ "
                "meant? Put it in quotes",
            )
        else:
            into.key = value
            first = into.value.key(value) if value in into.value else None
            into.repeated = first is not None
            if first is not None:
                self._note(
                    value.at.line,
                    value.at.column,
                    "Y005",
                    f"{str(value)!r} again; it stands on line {first.at.line} already, "
                    "and YAML would keep one of them only",
                )

    def _joined(self, value: Table | Items) -> Table | Items:
        """*value* with what a comma inside brackets has torn apart put together again.

        Told once, here: whoever reads the value would tell of keys that nobody wrote.
        """
        table = isinstance(value, Table)
        entries: list[tuple[Any, Any]] = (
            list(value.items())
            if isinstance(value, Table)
            else [(one, one) for one in value]
        )
        torn = traps.torn(
            [str(held) if _plain(held) else "" for _, held in entries],
            [str(key) if _piece(key, held, table) else None for key, held in entries],
        )
        if not torn:
            return value
        kept: list[tuple[Any, Any]] = []
        number = 0
        while number < len(entries):
            key, held = entries[number]
            if number in torn:
                pieces = (str(piece) for piece, _ in entries[number + 1 : torn[number]])
                self._note(held.at.line, held.at.column, "Y007", traps.COMMA_INSIDE)
                held = Scalar(", ".join((str(held), *pieces)), held.at)
            kept.append((key, held))
            number = torn.get(number, number + 1)
        joined = Table(kept) if table else Items(held for _, held in kept)
        joined.at = value.at
        return joined

    def _refuse_alias(self, event: AliasEvent) -> NoReturn:
        line, column = _at(event)
        code, message = traps.explain_alias(event.anchor)
        self._fail(line, column, code, message)

    def _explain(self, error: yaml.MarkedYAMLError) -> NoReturn:
        mark = error.problem_mark or error.context_mark
        line = min(mark.line + 1, len(self.lines)) if mark else 1
        column = mark.column + 1 if mark else 1
        begun = error.context_mark
        line, column, code, message = traps.explain(
            [text[:SEARCHED] for text in self.lines],
            line,
            column,
            str(error.problem or ""),
            begun.line + 1 if begun else line,
            begun.column + 1 if begun else column,
        )
        self._fail(line, column, code, message)

    def _line(self, number: int) -> str:
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""

    def _note(self, line: int, column: int, code: str, message: str) -> None:
        self.problems.append(Problem(Mark(self.file, line, column), code, message))

    def _fail(self, line: int, column: int, code: str, message: str) -> NoReturn:
        self._note(line, column, code, message)
        raise _Stop


def _plain(value: object) -> bool:
    return isinstance(value, Scalar) and value.plain


def _piece(key: object, held: object, table: bool) -> bool:
    """True for what may be the rest of a value: in a table, a key without a value."""
    return _plain(key) and (not table or (_plain(held) and not held))


def _at(event: Any) -> tuple[int, int]:
    return event.start_mark.line + 1, event.start_mark.column + 1
