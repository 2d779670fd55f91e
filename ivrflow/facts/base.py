"""What every fact has, and who takes facts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, kw_only=True, slots=True)
class Fact:
    """Base of all facts."""

    at: float
    call: str = ""

    @property
    def kind(self) -> str:
        """The name under which the fact is stored: its class's."""
        return type(self).__name__

    def details(self) -> dict[str, Any]:
        """All fields but the time and the call, ready for JSON."""
        return {
            f.name: getattr(self, f.name)
            for f in fields(self)
            if f.name not in ("at", "call")
        }


Note = Callable[[Fact], None]
"""Take one fact. Never blocks, never fails."""


def ignore(_: Fact) -> None:
    """A `Note` for those who don't listen."""
