"""Asterisk's own files of configuration, read as Asterisk reads them.

    [name](template)          ; a comment
    #include other.conf
    key = value

What is asked here is a handful of keys in general sections; what a module makes of them
is Asterisk's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

DEEPEST = 10
"""Files that include one another."""

_SECTION = re.compile(r"\[([^\]]+)\]\s*(?:\(([^)]*)\))?")
_INCLUDE = re.compile(r'#(?:try)?include\s+[<"]?([^>"\s]+)')


@dataclass(frozen=True)
class Section:
    """A section: its name, and its lines `key = value` in their order."""

    name: str
    lines: list[tuple[str, str]] = field(default_factory=list)
    template: bool = False

    def get(self, key: str, default: str = "") -> str:
        """The last value of *key*."""
        return self.values.get(key.lower(), default)

    @property
    def values(self) -> Mapping[str, str]:
        """Key, in small letters -> its last value."""
        return {key.lower(): value for key, value in self.lines}


@dataclass(frozen=True)
class Conf:
    """One file with all that it includes."""

    path: Path
    sections: tuple[Section, ...]
    whole: bool = True
    """False: something that it includes can't be read, or is made by a program."""

    def section(self, name: str) -> Section:
        """All lines of the sections called *name*; empty if there is none."""
        lines = [line for s in self.sections if s.name == name for line in s.lines]
        return Section(name, lines)

    def typed(self, kind: str) -> list[Section]:
        """The sections with `type = KIND` that are no templates."""
        return [
            s for s in self.sections if not s.template and s.get("type").lower() == kind
        ]


def is_yes(value: str) -> bool:
    """Whether Asterisk takes *value* for a yes."""
    return value.strip().lower() in ("yes", "true", "y", "t", "1", "on")


def read_conf(folder: Path, name: str) -> Conf | None:
    """Read *name* in Asterisk's *folder*; None: there is no such file. Raises OSError.

    Blocks.
    """
    path = folder / name
    try:
        text = path.read_text("utf-8", errors="replace")
    except FileNotFoundError:
        return None
    reader = _Reader(folder)
    reader.read(text, 0)
    return Conf(path, tuple(reader.sections), reader.whole)


class _Reader:
    """Gathers sections over files that include each other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.sections: list[Section] = []
        self.whole = True

    def read(self, text: str, deep: int) -> None:
        for line in lines_of(text):
            if line.startswith("#"):
                self._directive(line, deep)
            elif found := _SECTION.match(line):
                self._begin(found[1].strip(), found[2] or "")
            elif self.sections and "=" in line:
                key, _, value = line.partition("=")
                value = value.removeprefix(">").strip()
                self.sections[-1].lines.append((key.strip(), value))

    def _begin(self, name: str, options: str) -> None:
        words = [word.strip() for word in options.split(",") if word.strip()]
        lines = [
            line
            for word in words
            if word not in ("!", "+")
            for section in self.sections
            if section.name == word
            for line in section.lines
        ]
        self.sections.append(Section(name, lines, template="!" in words))

    def _directive(self, line: str, deep: int) -> None:
        found = _INCLUDE.match(line)
        if found is None or deep >= DEEPEST:
            self.whole = False  # #exec, or a circle
            return
        for path in self._included(found[1]):
            try:
                text = path.read_text("utf-8", errors="replace")
            except FileNotFoundError:
                self.whole = self.whole and line.startswith("#try")
            except OSError:
                self.whole = False
            else:
                self.read(text, deep + 1)

    def _included(self, written: str) -> list[Path]:
        """The files that an #include means; `*` in it may mean many."""
        if any(letter in written for letter in "*?["):
            whole = Path(written)
            if whole.is_absolute():
                return sorted(Path("/").glob(str(whole.relative_to("/"))))
            return sorted(self._folder.glob(written))
        return [self._folder / written]


def lines_of(text: str) -> Iterator[str]:
    r"""The lines of *text* without comments; `\;` is a semicolon."""
    text = re.sub(r";--(?!-).*?--;", "", text, flags=re.DOTALL)
    for line in text.splitlines():
        line = re.split(r"(?<!\\);", line, maxsplit=1)[0]
        if line := line.replace("\\;", ";").strip():
            yield line
