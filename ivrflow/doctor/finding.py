"""What a check has found, how bad that is, and what to do about it."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from enum import Enum


class State(Enum):
    """How something is. The worst come first."""

    ERROR = "error"
    """Calls fail because of it, or will; or anybody can get in."""
    WARNING = "warning"
    """Calls go, until something else happens as well."""
    UNKNOWN = "unknown"
    """It could not be looked at."""
    NOTE = "note"
    """Worth knowing; nothing has to be done."""
    OK = "ok"


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. It holds no secrets: it is printed and mailed."""

    state: State
    said: str
    """What is so, with the place where that stands."""
    cure: str = ""
    """What to do, where there is something to do."""


Findings = AsyncGenerator[Finding, None]
"""What a check gives, one after the other."""


class CannotLook(Exception):
    """Something can't be looked at, for a reason that whoever asked can remove."""

    def __init__(self, said: str, cure: str) -> None:
        super().__init__(said)
        self.said = said
        self.cure = cure


class Elsewhere(Exception):
    """Something can't be looked at, and the check *told_by* says why."""

    def __init__(self, told_by: str) -> None:
        super().__init__(told_by)
        self.told_by = told_by


def ok(said: str) -> Finding:
    """It is as it should be."""
    return Finding(State.OK, said)


def note(said: str, cure: str = "") -> Finding:
    """Worth knowing."""
    return Finding(State.NOTE, said, cure)


def warning(said: str, cure: str) -> Finding:
    """Calls go, but not whatever happens."""
    return Finding(State.WARNING, said, cure)


def error(said: str, cure: str) -> Finding:
    """Calls fail, or anybody can get in."""
    return Finding(State.ERROR, said, cure)


def unknown(said: str, cure: str) -> Finding:
    """It could not be looked at; *cure* is how it could."""
    return Finding(State.UNKNOWN, said, cure)
