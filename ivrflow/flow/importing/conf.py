"""Asterisk's configuration files, as far as a reader of them needs.

    [support](!)            ; a template: others take its lines
    strategy = rrmemory
    [sales](support)        ; a section that begins with the template's lines
    member => PJSIP/1001,0,Ann
    [sales](+)              ; more lines for a section that is there already
    joinempty += ,unknown   ; put behind the value that the key has
    #include "more.conf"    ; only files in the folder of the first one, or below

`#exec` runs a program, so it is refused. A file that is read may be hostile: sizes and
the depth of includes are bounded, and no file outside the folder is opened.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ivrflow.flow.source import Mark, Problem, Severity

LARGEST_CONF = 2_000_000
"""Bytes of one file at most."""

MOST_INCLUDES = 100
DEEPEST_INCLUDE = 10
MOST_LINES = 200_000
"""Lines of all files together, those taken from templates counted too."""

MOST_BYTES = 5_000_000
"""Of all files together: what is commented out costs time too."""

LONGEST_VALUE = 20_000
"""Characters of a value, what `+=` puts behind it counted too."""

BAD_CONF = "I001"
"""A line that Asterisk would not read either, or that we must not follow."""

_SECTION = re.compile(r"\[([^\]\n]{1,200})\](?:\s*\(([^)\n]{0,500})\))?")
_INCLUDE = re.compile(r"#(tryinclude|include|exec)\s+(.*)")
_NAME = re.compile(r"[^\[\](),;]{1,80}")


@dataclass(frozen=True, slots=True)
class Entry:
    """`key = value`, or `key => value`."""

    key: str
    value: str
    at: Mark


@dataclass(slots=True)
class Section:
    """`[name]` and what stands below it, a template's lines first."""

    name: str
    at: Mark
    template: bool = False
    entries: list[Entry] = field(default_factory=list)
    _last: dict[str, int] = field(default_factory=dict)
    """Key -> where in `entries` it stands last."""

    def add(self, entry: Entry) -> None:
        """One more line."""
        self._last[entry.key] = len(self.entries)
        self.entries.append(entry)

    def last(self, key: str) -> Entry | None:
        """The entry of *key* that counts: Asterisk takes the last one."""
        return self.entries[self._last[key]] if key in self._last else None

    def replace_last(self, entry: Entry) -> None:
        """*entry* counts instead of the last one of its key, which must be there."""
        self.entries[self._last[entry.key]] = entry


def read_conf(path: Path) -> tuple[list[Section], list[Problem]]:
    """Read a file with all that it includes. Sections come in the file's order."""
    reader = _Reader(path.resolve().parent)
    with suppress(_Stop):
        reader.read(path, path.name, 0, Mark(path.name, 1, 1))
    return reader.sections, reader.problems


class _Stop(Exception):
    """The rest can't be read."""


class _Reader:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.sections: list[Section] = []
        self.problems: list[Problem] = []
        self._known: dict[str, Section] = {}
        """By name; of several that are called so, the last."""
        self._includes = 0
        self._lines = 0
        self._bytes = 0
        self._section: Section | None = None

    def read(self, path: Path, name: str, depth: int, asked: Mark) -> None:
        """Read one file; *asked* is where it is included."""
        try:
            with path.open("rb") as stream:
                data = stream.read(LARGEST_CONF + 1)
        except OSError as error:
            self._fail(asked, f"{name} can't be read: {error.strerror}")
            return
        if len(data) > LARGEST_CONF:
            self._fail(asked, f"{name} is larger than {LARGEST_CONF:,} bytes")
            raise _Stop
        self._bytes += len(data)
        if self._bytes > MOST_BYTES:
            self._fail(asked, f"more than {MOST_BYTES:,} bytes in all")
            raise _Stop
        text = data.decode("utf-8-sig", errors="replace")
        for number, line in _uncommented(text):
            self._count()
            at = Mark(name, number, 1)
            if line.startswith("#"):
                self._directive(line, at, depth)
            elif line.startswith("["):
                self._open(line, at)
            else:
                self._entry(line, at)

    def _count(self, lines: int = 1) -> None:
        self._lines += lines
        if self._lines > MOST_LINES:
            at = Mark(self.folder.name, 1, 1)
            self._fail(at, f"more than {MOST_LINES:,} lines in all")
            raise _Stop

    def _directive(self, line: str, at: Mark, depth: int) -> None:
        found = _INCLUDE.fullmatch(line)
        if found is None:
            self._fail(at, f"{line[:40]!r}: only #include and #tryinclude are known")
            return
        kind, written = found[1], found[2].strip()
        if kind == "exec":
            message = "#exec runs a program; run it yourself, and include its output"
            self._fail(at, message)
            return
        name = written.strip("\"'<>")
        try:
            path = (self.folder / name).resolve()
            there = path.is_relative_to(self.folder) and path.is_file()
        except (OSError, ValueError):  # too long a name, or one with a NUL
            self._fail(at, f"{name[:40]!r} is no name of a file")
            return
        if not path.is_relative_to(self.folder):
            message = f"{name!r} lies outside the folder of the first file; copy it in"
            self._fail(at, message)
        elif self._includes == MOST_INCLUDES or depth == DEEPEST_INCLUDE:
            self._fail(at, "too many files include each other")
            raise _Stop
        elif there:
            self._includes += 1
            self.read(path, path.relative_to(self.folder).as_posix(), depth + 1, at)
        elif kind == "include":
            self._fail(at, f"there is no file {name!r} to include")

    def _open(self, line: str, at: Mark) -> None:
        found = _SECTION.match(line)
        if found is None or not _NAME.fullmatch(found[1].strip()):
            self._fail(at, f"{line[:40]!r} is not a section; write [name]")
            self._section = None
            return
        name = found[1].strip()
        options = [o.strip() for o in (found[2] or "").split(",") if o.strip()]
        known = self._known
        if "+" in options:
            if name not in known:
                self._fail(at, f"[{name}](+) adds to a section that is not there")
            self._section = known.get(name)
            return
        section = Section(name, at, template="!" in options)
        for base in options:
            if base == "!":
                continue
            if base not in known:
                self._fail(at, f"[{name}] is based on {base!r}, which is not above it")
                continue
            self._count(len(known[base].entries))
            for entry in tuple(known[base].entries):
                section.add(entry)
        self.sections.append(section)
        self._known[name] = self._section = section

    def _entry(self, line: str, at: Mark) -> None:
        key, equals, value = line.partition("=")
        if not equals:
            self._fail(at, f"{line[:40]!r}: no `=` in it")
            return
        added = key.rstrip().endswith("+")
        key = key.strip().rstrip("+").strip().lower()
        value = value.removeprefix(">").strip()
        if self._section is None:
            self._fail(at, f"{key[:40]!r} stands in no section")
            return
        old = self._section.last(key) if added else None
        if old is not None:
            value = old.value + value
        if len(value) > LONGEST_VALUE:
            self._fail(at, f"{key[:40]}: longer than {LONGEST_VALUE:,} characters")
            return
        entry = Entry(key, value, at)
        if old is not None:
            self._section.replace_last(entry)
        else:
            self._section.add(entry)

    def _fail(self, at: Mark, message: str) -> None:
        self.problems.append(Problem(at, BAD_CONF, message, Severity.ERROR))


def _uncommented(text: str) -> Iterator[tuple[int, str]]:
    """The lines that say something, each with its number, without comments."""
    inside = 0
    for number, line in enumerate(text.splitlines(), 1):
        kept = []
        at = 0
        while at < len(line):
            if line.startswith(";--", at) and not line.startswith(";---", at):
                inside += 1
                at += 3
            elif inside and line.startswith("--;", at):
                inside -= 1
                at += 3
            elif inside:
                at += 1
            elif line[at] == ";" and not (at and line[at - 1] == "\\"):
                break
            else:
                kept.append(line[at])
                at += 1
        said = "".join(kept).replace("\\;", ";").strip()
        if said:
            yield number, said
