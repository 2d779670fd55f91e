"""Spellers: how each language says numbers, dates, money. One file per language.

A language that has no file here is said by a table of its prompts' file: `by_table`.

A language is added by adding its file, named after the language's tag (`en`, `zh`, or
`zh_tw` for one region only) with its class as `SPELLER`. Nothing is registered.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Mapping
from functools import cache

from ivrflow.prompts.say.by_table import NAMES, TABLE, ByTable
from ivrflow.prompts.say.speller import CURRENCIES, KEYS, About, Piece, Speller
from ivrflow.prompts.say.values import CannotSay

__all__ = [
    "CURRENCIES",
    "KEYS",
    "NAMES",
    "TABLE",
    "About",
    "CannotSay",
    "Piece",
    "Speller",
    "languages",
    "speller",
    "speller_for",
]

_LANGUAGE_FILE = re.compile(r"[a-z]{2,3}(_[a-z]{2,4})?")


@cache
def languages() -> tuple[str, ...]:
    """Return the languages that there are spellers for, as their files are named."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name for name in found if _LANGUAGE_FILE.fullmatch(name)))


@cache
def speller(language: str) -> Speller:
    """Return the speller for *language*, such as "en" or "zh-CN".

    The region's own file wins over the language's. `LookupError` if there is neither.
    """
    tag = language.lower().replace("-", "_")
    for name in (tag, tag.partition("_")[0]):
        if name in languages():
            module = importlib.import_module(f"{__name__}.{name}")
            made: Speller = module.SPELLER(language)
            return made
    known = " ".join(languages())
    raise LookupError(
        f"nothing can say numbers in {language!r}; there are {known}, and "
        f"languages whose prompts' file has the table '{TABLE}'"
    )


def speller_for(language: str, table: Mapping[str, str] | None) -> Speller:
    """Return the speller for *language*, else one that has the words of *table*.

    *table* is what its prompts' file calls `spelling`. `LookupError` without either.
    """
    try:
        return speller(language)
    except LookupError:
        if table is None:
            raise
        return ByTable(language, table)
