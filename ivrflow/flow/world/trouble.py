"""What the world outside fails with; a step takes its way out for errors then."""

from __future__ import annotations


class Trouble(Exception):
    """Something outside is away, slow or answers nonsense. Says what and where."""
