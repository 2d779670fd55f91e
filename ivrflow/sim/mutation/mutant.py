"""One change of a site's files, small and in one place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Edit:
    """A stretch of a text, and what is to stand there."""

    start: int
    """Characters from the beginning of the file."""
    end: int
    new: str


@dataclass(frozen=True, slots=True)
class Mutant:
    """A site with one thing changed."""

    file: str
    """Its path below the site's folder."""
    line: int
    column: int
    kind: str
    """target, key, prompt, condition, value, limit, choice, name or hours."""
    what: str
    """Where in the flow it is, as an author thinks of it: `main_menu.keys.1`."""
    was: str
    now: str
    edits: tuple[Edit, ...]
    near: str = ""
    """The step in which it stands, as coverage calls it; "" if in none."""

    def applied(self, text: str) -> str:
        """The file's text with the change made."""
        for edit in sorted(self.edits, key=lambda edit: edit.start, reverse=True):
            text = text[: edit.start] + edit.new + text[edit.end :]
        return text

    @property
    def place(self) -> str:
        return f"{self.file}:{self.line}"

    def __str__(self) -> str:
        return f"{self.kind} {self.what}: {self.was} -> {self.now}"
