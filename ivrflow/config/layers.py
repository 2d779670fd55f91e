"""The layers that settings come in: the file, `conf.d/`, the environment.

    /etc/ivrflow/ivrflow.yaml           what this service is
    /etc/ivrflow/conf.d/*.yaml          what others lay beside it, in order of names
    IVRFLOW_ARI__URL=http://...         what a container or a unit says

What comes later counts. Tables are laid over each other key by key; a value or a list
is replaced. Each value keeps the place that it was written at, so whatever is wrong
with it is told there, and `ivrflow config show --origin` can say where it comes from.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ivrflow.config.settings import Settings
from ivrflow.config.shape import inside, is_structured, keys_of
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Mark, Problem, Scalar, Table, read

CONF_D = "conf.d"
"""The folder beside the settings whose files are laid over them."""

PREFIX = "IVRFLOW_"
"""Before the name of each variable that is a setting."""

DEEPER = "__"
"""Between the names of a table and of a key in it, in a variable."""

OTHERS = frozenset({"ASTERISK", "CACHE", "CONFIG"})
"""What else ivrflow reads of the environment, and is no setting."""

BAD = "C001"
"""The code of all that is wrong with settings."""

_VARIABLE = re.compile(PREFIX + r"[A-Z0-9][A-Z0-9_]*")


@dataclass(frozen=True)
class Layers:
    """All that was written, and where."""

    value: Table
    """What counts, each value with its place."""
    files: tuple[Path, ...]
    """The files that were read, the first one at the bottom."""
    variables: tuple[str, ...]
    """The variables that were read."""
    strangers: tuple[str, ...]
    """Lines about variables that look like settings, and are none."""
    problems: tuple[Problem, ...]
    """What can't be read."""
    unread: str
    """Why the file itself could not be read; "" if it was."""


def layers_of(path: Path, environ: Mapping[str, str]) -> Layers:
    """Read the settings in *path*, its `conf.d/`, and *environ*. Never raises.

    A file that is not there is no problem by itself: the others may say it all.
    """
    merged, problems = Table(), list[Problem]()
    merged.at = Mark(str(path), 1, 1)
    files: list[Path] = []
    unread = ""
    for one in (path, *_beside(path, problems)):
        try:
            text = one.read_bytes()
        except OSError as error:
            why = error.strerror or str(error)
            if one == path:
                unread = why
            else:
                problems.append(_problem(one, f"it can't be read: {why}"))
            continue
        files.append(one)
        value, found = read(text, str(one))
        problems += found
        if isinstance(value, Table):
            _lay_over(merged, value)
        elif not found and (one == path or value is not None):
            # A file of conf.d that is empty, or all comments, says nothing.
            problems.append(_problem(one, "the settings are a table"))
    variables, strangers = _from_environment(environ, merged, problems)
    return Layers(merged, tuple(files), variables, strangers, tuple(problems), unread)


def _beside(path: Path, problems: list[Problem]) -> list[Path]:
    """The files of `conf.d/` in their order.

    What does not end in `.yaml` is none: editors and packages leave copies there.
    """
    folder = path.parent / CONF_D
    try:
        names = sorted(one.name for one in folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        problems.append(_problem(folder, f"it can't be read: {error.strerror}"))
        return []
    for name in names:
        if name.endswith(".yml") and not name.startswith("."):
            hint = f"call it {name.removesuffix('.yml')}.yaml"
            problems.append(_problem(folder / name, f"it would not be read; {hint}"))
    return [
        folder / name
        for name in names
        if name.endswith(".yaml") and not name.startswith(".")
    ]


def _lay_over(below: Table, above: Table) -> None:
    """Put what *above* says into *below*, tables key by key."""
    for key, value in above.items():
        was = below.key(key)
        if was is not None:
            if isinstance(below[was], Table) and isinstance(value, Table):
                _lay_over(below[was], value)
                continue
            del below[was]  # its key has the place of what counts no more
        below[key] = _copied(value)


def _copied(value: Any) -> Any:
    """A table of our own: what is laid over it changes no other layer."""
    if not isinstance(value, Table):
        return value
    copy = Table((key, _copied(held)) for key, held in value.items())
    copy.at = value.at
    return copy


# Variables ----------------------------------------------------------------------------


def _from_environment(
    environ: Mapping[str, str], merged: Table, problems: list[Problem]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Lay the variables of *environ* over *merged*; return which, and strangers."""
    taken: list[str] = []
    strangers: list[str] = []
    # In order of names: IVRFLOW_LIMITS comes before IVRFLOW_LIMITS__CALLS.
    for name in sorted(environ):
        if not _VARIABLE.fullmatch(name):
            continue
        written, text = name.removeprefix(PREFIX), environ[name]
        way = written.lower().split(DEEPER)
        if written in OTHERS or not text:
            continue  # an empty one is how compose files and units say "none"
        if way[0] not in keys_of(Settings):
            hint = did_you_mean(way[0], keys_of(Settings))
            if len(way) > 1:
                problems.append(
                    Problem(mark_of(name), BAD, f"there is no setting {way[0]!r}{hint}")
                )
            elif hint:
                # Not an error: whoever starts containers has variables of his own,
                # such as IVRFLOW_SERVICE_HOST.
                strangers.append(f"{name} is no setting{hint}")
            continue
        value = _value(name, text, way, problems)
        if value is not None:
            taken.append(name)
            _lay_over(merged, _table_of(name, way, value))
    return tuple(taken), tuple(strangers)


def mark_of(variable: str) -> Mark:
    """The place of what a variable says."""
    return Mark(variable, 1, 1)


def place(at: Mark) -> str:
    """Where something was written; a variable has no lines, columns only inside."""
    if not _VARIABLE.fullmatch(at.file):
        return str(at)
    return at.file if at.column <= 1 else f"{at.file}, character {at.column}"


def told(problem: Problem) -> str:
    """*problem* as a line."""
    return f"{place(problem.at)}: {problem.code} {problem.message}"


def _value(name: str, text: str, way: list[str], problems: list[Problem]) -> Any | None:
    """What the variable *name* says: one value, or a table or list as in a file."""
    if not text.isprintable():
        message = "one line of what can be printed is wanted"
        problems.append(Problem(mark_of(name), BAD, message))
        return None
    if text[0] in "[{" and is_structured(inside(Settings, way)):
        value, found = read(text, name)
        problems += found
        return value
    return Scalar(text, mark_of(name), plain=False)


def _table_of(name: str, way: list[str], value: Any) -> Table:
    """A table in which *value* stands where *way* leads."""
    at = mark_of(name)
    for key in reversed(way):
        table = Table({Scalar(key, at): value})
        table.at = at
        value = table
    assert isinstance(value, Table)
    return value


def _problem(path: Path, message: str) -> Problem:
    return Problem(Mark(str(path), 1, 1), BAD, message)
