"""What a site says in the same words to every caller, though nobody has recorded it.

It is found by saying everything once: each prompt in each language, with each variant
and attempt, each menu with its keys, example values in the slots. So what is spoken
beforehand is exactly what a call will ask for.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from ivrflow.flow.kind import walk
from ivrflow.flow.kinds import Sayable
from ivrflow.flow.site import Site
from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.phrase import Recorded
from ivrflow.prompts.say import CannotSay
from ivrflow.prompts.text import Slot

EXAMPLES: dict[str, Any] = {
    "money": Decimal("1234.50"),
    "date": date(2026, 3, 15),
    "time": datetime(2026, 3, 15, 8, 30),
    "number": 3,
    "count": 3,
    "ordinal": 3,
    "minutes": (120, 240),
    "duration": 150,
    "phone": "13800138000",
    "digits": "1001",
    "text": "a",
    "": 3,
}
"""A value for each filter."""

TODAY = date(2026, 3, 2)

KEYS = "1234567890"


def fixed(site: Site, recorded: Recorded) -> list[tuple[str, str]]:
    """Return (language, words) of all that is not *recorded*, each once."""
    found: dict[tuple[str, str], None] = {}
    catalogue = site.catalogue
    offers = _offers(site)

    def spoken(words: str, language: str, own: bool) -> str | None:
        if own:
            found[language, words] = None
        return "speech:"

    for language in catalogue.languages:

        def value(slot: Slot, language: str = language) -> object:
            return example(slot, catalogue, language)

        common: dict[str, Any] = {
            "language": language,
            "value": value,
            "recorded": recorded,
            "spoken": spoken,
            "today": TODAY,
        }
        for name in catalogue.names():
            offered = offers.get(name) or list(
                zip(KEYS, catalogue.choices(name, language), strict=False)
            )
            for variant, attempt in _variants(catalogue, name, language):
                try:
                    catalogue.utterances(
                        name,
                        variant=variant,
                        attempt=attempt,
                        offered=offered,
                        **common,
                    )
                except (CannotSay, LookupError):
                    continue  # an example that its table lacks: said when it comes
        for text in _texts(site):
            try:
                catalogue.text(text.words, **common)
            except (CannotSay, LookupError):
                continue
    return list(found)


def example(slot: Slot, catalogue: Catalogue, language: str) -> Any:
    """Return a value that *slot* can say."""
    if slot.filter == "word":
        return next(iter(catalogue.table(slot.argument, language) or {}), "")
    return EXAMPLES[slot.filter]


def _variants(
    catalogue: Catalogue, name: str, language: str
) -> Iterator[tuple[str, int]]:
    yield "first", 1
    attempts = {
        (str(path[0]), int(path[1]) + 1)
        for path, _ in catalogue.texts(name, language)
        if path[0] in ("silent", "wrong")
    }
    yield from sorted(attempts)


def _offers(site: Site) -> dict[str, list[tuple[str, str]]]:
    """Prompt -> (key, target) of the menus that say it."""
    found: dict[str, list[tuple[str, str]]] = {}
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb == "menu":
                step: Any = node.step
                keys = [
                    ({"*": "star", "#": "hash"}.get(str(key), str(key)), str(it.then))
                    for key, it in step.keys.items()
                ]
                found.setdefault(str(step.prompt), []).extend(keys)
    return found


def _texts(site: Site) -> Iterator[Any]:
    """Texts that stand in the flows themselves."""
    for flow in site.flows.values():
        for node in flow.nodes.values():
            for _, one in walk(node.step):
                if isinstance(one, Sayable) and one.text is not None:
                    yield one.text
