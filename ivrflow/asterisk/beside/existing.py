"""What an Asterisk's own configuration says already, as far as ours must fit in.

Only the file itself is read, no file that it includes: a setting that stands in one of
these is not seen, and is then told as one to look at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

_SECTION = re.compile(r"\[([^\]]+)\](?:\(([^)]*)\))?")
_SETTING = re.compile(r"([A-Za-z_][\w-]*)\s*=>?\s*(.*)")
_INCLUDE = re.compile(r"#(?:try)?include\s+[\"<]?([^\">\s]+)")


@dataclass(frozen=True)
class Existing:
    """One configuration file of Asterisk."""

    there: bool = False
    sections: frozenset[str] = frozenset()
    general: Mapping[str, str] = field(default_factory=dict)
    """What `[general]` sets; the last one of a name counts."""
    includes: frozenset[str] = frozenset()


def existing(path: Path) -> Existing:
    """Read *path*. A file that is not there, or can't be read, says nothing."""
    try:
        text = path.read_text("utf-8", errors="replace")
    except OSError:
        return Existing(there=path.exists())
    sections: list[str] = []
    general: dict[str, str] = {}
    includes: list[str] = []
    for line in text.splitlines():
        line = re.sub(r"(?<!\\);.*", "", line).strip()
        if found := _INCLUDE.match(line):
            includes.append(found[1])
        elif found := _SECTION.match(line):
            sections.append(found[1].strip())
        elif sections[-1:] == ["general"] and (found := _SETTING.match(line)):
            general[found[1].lower()] = found[2].strip()
    return Existing(True, frozenset(sections), general, frozenset(includes))
