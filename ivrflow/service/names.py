"""Names that are drawn by lot."""

from __future__ import annotations

import secrets


def random_name() -> str:
    """A name that nobody can guess, safe in a path and in a channel's id."""
    return secrets.token_hex(12)
