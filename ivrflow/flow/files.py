"""A site's folder as it is read: each file once, with its places and its problems."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import (
    LARGEST,
    Items,
    Mark,
    Problem,
    Severity,
    Table,
    Value,
    read,
)

TOP = (
    "site.yaml",
    "numbers.yaml",
    "hours.yaml",
    "switches.yaml",
    "wording.yaml",
    "data.yaml",
    "queues.yaml",
    "agents.yaml",
    "mailboxes.yaml",
)
"""The files of a site, beside those in `flows/`, `prompts/` and `tests/`."""

MOST_FILES = 1_000
"""Files in a folder at most."""


@dataclass
class Files:
    """Reads files of one folder, and remembers what was wrong with which."""

    folder: Path
    problems: list[Problem] = field(default_factory=list)
    unread: set[str] = field(default_factory=set)
    """Files that could not be read, so that nobody knows what they declare."""
    broken: dict[str, set[str]] = field(default_factory=dict)
    """File -> entries that could not be read."""
    _hash: hashlib._Hash = field(default_factory=hashlib.sha256)

    @property
    def version(self) -> str:
        """A hash of all that was read so far."""
        return self._hash.hexdigest()[:12]

    def table(self, file: str) -> Table:
        """What *file* holds; an empty table when it is not there or can't be read."""
        path = self.folder / file
        try:
            with path.open("rb") as stream:
                text = stream.read(LARGEST + 1)
        except FileNotFoundError:
            return _empty(file)
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            self.fail(Mark(file, 1, 1), "Y015", f"can't be read: {why}", file)
            return _empty(file)
        self._hash.update(file.encode() + b"\0" + text + b"\0")
        value, problems = read(text, file)
        self.problems += problems
        if value is None and problems:
            self.unread.add(file)
        if value is not None and not isinstance(value, Table):
            kind = "a list" if isinstance(value, Items) else "one value"
            message = f"the file must be a table (`name: ...`), not {kind}"
            self.fail(value.at, "F013", message, file)
        return value if isinstance(value, Table) else _empty(file)

    def fail(self, at: Mark, code: str, message: str, unread: str = "") -> None:
        """Note an error; *unread* is the file that is lost by it."""
        self.problems.append(Problem(at, code, message))
        if unread:
            self.unread.add(unread)

    def warn(self, at: Mark, code: str, message: str) -> None:
        self.problems.append(Problem(at, code, message, Severity.WARNING))

    def lost(self, file: str, entry: object) -> None:
        """An entry of *file* could not be read; its problems are noted already."""
        self.broken.setdefault(file, set()).add(str(entry))

    def there(self, file: str) -> bool:
        return (self.folder / file).is_file()

    def inside(self, subfolder: str) -> Iterator[str]:
        """The YAML files of a subfolder, in order, as paths below the site's folder."""
        try:
            found = sorted((self.folder / subfolder).glob("*.yaml"))
        except OSError:
            found = []
        if len(found) > MOST_FILES:
            message = f"more than {MOST_FILES:,} files; the rest is not read"
            self.fail(
                Mark(f"{subfolder}/{found[MOST_FILES].name}", 1, 1), "Y018", message
            )
        for path in found[:MOST_FILES]:
            if not path.name.startswith("."):
                yield f"{subfolder}/{path.name}"

    def strangers(self) -> None:
        """Warn of files that look like a site's and are none."""
        try:
            there = (p for p in self.folder.iterdir() if p.is_file())
            found = sorted(p.name for p in there if not p.name.startswith("."))
        except OSError:
            return
        for name in found:
            if name.endswith((".yaml", ".yml")) and name not in TOP:
                hint = did_you_mean(name, TOP)
                message = f"this file is not a part of a site and is not read{hint}"
                self.warn(Mark(name, 1, 1), "Y017", message)


def _empty(file: str) -> Table:
    table = Table()
    table.at = Mark(file, 1, 1)
    return table


def value_at(value: Value | None, path: tuple[object, ...]) -> Mark | None:
    """Where the end of *path* stands: its key if it has one; None if it isn't there."""
    at = None
    for step in path:
        if isinstance(value, Table) and (key := value.key(str(step))) is not None:
            inside = value[key]
            # A short value is what the message is about; a table is known by its key.
            at = key.at if isinstance(inside, Table | Items) else inside.at
            value = inside
        elif isinstance(value, Items) and isinstance(step, int) and step < len(value):
            value = value[step]
            at = value.at
        else:
            return at
    return at
