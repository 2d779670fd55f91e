"""Tools of the rules: how long what a site says takes.

A prompt takes as long as its recording where one fits its words, else as its words at
the speller's rate: 14.5 characters a second in English and 4.3 in Chinese. (The
project's own recordings, all of `sounds/manifest.json` together, have 15.6 and 4.4; a
guess had better be too long.) A value takes as long as the example below. Of several
languages the slowest counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, time
from decimal import Decimal
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import once
from ivrflow.prompts.inventory import needed
from ivrflow.prompts.say import CannotSay

if TYPE_CHECKING:
    from ivrflow.flow.kinds import Sayable
    from ivrflow.flow.site import Site
    from ivrflow.prompts.text import Slot, Words
    from ivrflow.telephony.sound import Utterance

UNSAYABLE = 2.0
"""Seconds for a value of which no example can be said."""

EXAMPLES: dict[str, object] = {
    "": "12345678",
    "digits": "123456789012",
    "number": 1234,
    "count": 1234,
    "ordinal": 12,
    "money": Decimal("1234.56"),
    "date": date(2026, 12, 31),
    "time": time(20, 30),
    "duration": 5400,
    "minutes": 600,
    "phone": "13800138000",
    "text": "Alexandra Li",
}
"""Filter -> the value that stands for all of its kind."""


class Lengths:
    """How long all that a site says takes."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._catalogue = site.catalogue
        self._fitting = _fitting(site)
        self._known: dict[tuple[object, ...], float] = {}
        self._varied: dict[str, frozenset[str]] = {}

    def prompt(
        self,
        name: str,
        variant: str = "first",
        attempt: int = 1,
        offered: Sequence[tuple[str, str]] = (),
    ) -> float:
        """Seconds of a prompt in its slowest language; 0 for one that is not there."""
        if variant not in self._variants(name):
            variant, attempt = "first", 1
        return max(
            self.in_language(name, language, variant, attempt, offered)
            for language in self._catalogue.languages
        )

    def _variants(self, name: str) -> frozenset[str]:
        """What the prompt has beside `first` in any language."""
        if name not in self._varied:
            there = self._catalogue.languages if self._catalogue.has(name) else ()
            self._varied[name] = frozenset(
                one
                for language in there
                for one in self._catalogue.variants(name, language)
            )
        return self._varied[name]

    def in_language(
        self,
        name: str,
        language: str,
        variant: str = "first",
        attempt: int = 1,
        offered: Sequence[tuple[str, str]] = (),
    ) -> float:
        key = (name, language, variant, attempt, *offered)
        if key not in self._known:
            self._known[key] = self._said_in(name, language, variant, attempt, offered)
        return self._known[key]

    def _said_in(
        self,
        name: str,
        language: str,
        variant: str,
        attempt: int,
        offered: Sequence[tuple[str, str]],
    ) -> float:
        if not self._catalogue.has(name):
            return 0.0
        try:
            said = self._catalogue.utterances(
                name,
                variant=variant,
                attempt=attempt,
                language=language,
                value=lambda slot: self._example(slot, language),
                recorded=self._fitting.get,
                offered=offered,
            )
        except (CannotSay, LookupError):
            return UNSAYABLE
        return _seconds(said)

    def sayable(self, said: Sayable) -> float:
        """Seconds of a prompt or of a text that stands in the flow."""
        if said.prompt is not None:
            return self.prompt(said.prompt)
        if said.text is None:
            return 0.0
        key = ("text", said)
        if key not in self._known:
            self._known[key] = max(
                self._text(said.text.words, language)
                for language in self._catalogue.languages
            )
        return self._known[key]

    def _text(self, words: Words, language: str) -> float:
        try:
            said = self._catalogue.text(
                words,
                language=language,
                value=lambda slot: self._example(slot, language),
                recorded=self._fitting.get,
            )
        except (CannotSay, LookupError):
            return UNSAYABLE
        return _seconds(said)

    def _example(self, slot: Slot, language: str) -> object:
        if slot.filter != "word":
            return EXAMPLES.get(slot.filter, EXAMPLES[""])
        table = self._catalogue.table(slot.argument, language) or {}
        return max(table, key=lambda word: len(table[word].text), default="")


@once
def lengths(site: Site) -> Lengths:
    """How long all that *site* says takes."""
    return Lengths(site)


def _seconds(said: Sequence[Utterance]) -> float:
    return sum(utterance.seconds for utterance in said)


def _fitting(site: Site) -> dict[str, float]:
    """Clip -> seconds, for recordings that say what the site says."""
    if site.sounds is None:
        return {}
    known = {clip.name: site.sounds.seconds(clip) for clip in needed(site.catalogue)}
    return {name: seconds for name, seconds in known.items() if seconds is not None}
