"""Versions of a site: what changed from one to the next, and what a reload says.

A version is the texts of all files of a site's folder, its talks included. Pure: the
database keeps versions, `folder` reads and writes them, the service changes over.
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from ivrflow.flow.source import Problem

Texts = Mapping[str, str]
"""File, as a path below the site's folder -> its text. A byte that is no UTF-8 is a
surrogate, so that every file comes back as it was."""

SHORTEST = 4
"""Letters of a version that name it at least, if no other one begins so."""


@dataclass(frozen=True, kw_only=True)
class Reloaded:
    """A version went live, or was so already."""

    version: str
    was: str
    """The version before; the same one if no file has changed."""
    passed: int = 0
    """Talks that went as written."""
    not_run: int = 0
    """Talks that need what is not built yet."""

    @property
    def changed(self) -> bool:
        return self.version != self.was


class NotReloaded(Exception):
    """A version that must not go live; the old one stays. `problems` say why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class NoVersion(LookupError):
    """No version is called so, or several are. Says what to do."""


def changes(old: Texts, new: Texts) -> list[tuple[str, str]]:
    """Each file that differs, in order, with what happened to it.

    That is `added`, `removed` or `changed`.
    """
    found = []
    for file in sorted({*old, *new}):
        if file not in old:
            found.append((file, "added"))
        elif file not in new:
            found.append((file, "removed"))
        elif old[file] != new[file]:
            found.append((file, "changed"))
    return found


def diff(old: Texts, new: Texts, names: tuple[str, str]) -> Iterator[str]:
    """The lines of a unified diff, file by file; *names* are those of the versions.

    A file that is not there counts as /dev/null, as for `patch` and `git apply`.
    """
    for file, how in changes(old, new):
        before, after = (f"{name}/{file}" for name in names)
        lines = difflib.unified_diff(
            _lines(old.get(file, "")),
            _lines(new.get(file, "")),
            "/dev/null" if how == "added" else before,
            "/dev/null" if how == "removed" else after,
        )
        for line in lines:
            yield from _printed(line)


def _lines(text: str) -> list[str]:
    # Not splitlines: that also splits at signs which no editor takes for an end.
    lines = text.split("\n")
    return [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _printed(line: str) -> Iterator[str]:
    """A line without its end; a last line that has none is told, as `diff` does."""
    if line.endswith("\n"):
        yield line[:-1]
    else:
        yield line
        yield "\\ No newline at end of file"


def the_one(wanted: str, known: Collection[str]) -> str:
    """The version that *wanted* names, whole or by its beginning.

    Raises `NoVersion`.
    """
    if wanted in known:
        return wanted
    found = [name for name in known if name.startswith(wanted)]
    if len(wanted) < SHORTEST or not found:
        raise NoVersion(
            f"there is no version {wanted!r}; `ivrflow flow versions` lists them"
        )
    if len(found) > 1:
        raise NoVersion(f"{wanted!r} may be {' or '.join(sorted(found))}: write more")
    return found[0]
