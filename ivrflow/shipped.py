"""The folders that belong to the program but are no code: templates, sounds, a sample.

An installed package holds them beside its modules, a clone in its top folder.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent

FOLDERS = ("asterisk-conf", "dialplan", "flows", "packaging", "sounds")
"""All that is shipped; pyproject.toml puts them into the wheel."""


def shipped(name: str) -> Path:
    """Return the folder *name*, one of `FOLDERS`."""
    for parent in (_PACKAGE / "shipped_data", _PACKAGE.parent):
        if (parent / name).is_dir():
            return parent / name
    raise AssertionError(f"{name} was not installed with the package")
