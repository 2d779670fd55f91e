"""Values as facts, logs and screens may hold them: plain, and never a secret."""

from __future__ import annotations

from collections.abc import Mapping

from ivrflow.secret import Secret


def tested(value: object) -> object:
    """*value* as the note of a condition holds it.

    Of a record or a list not what is in it: a condition asks whether it is there, and
    its columns may hold a card's number that no other fact shows.
    """
    if isinstance(value, Mapping):
        return "a record"
    if isinstance(value, list | tuple):
        return f"a list of {len(value)}"
    return shown_value(value)


def shown_value(value: object) -> object:
    """*value* as a fact, a log or a screen may hold it: plain, and never a secret."""
    if isinstance(value, Secret):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(k): shown_value(v) for k, v in value.items()}
    return str(value)
