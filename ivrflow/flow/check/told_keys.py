"""P021: words tell of a key that is not there.

A prompt says "press three", and where it is said no key 3 does anything: whoever does
as he is told is told that he is wrong. Give the key, or take the words out. What is
looked at: menus, questions, what is read back, lists, and the announcements of queues.

Wrong:

    pick:
      menu: either
      keys: {1: bye, 2: hangup}
      failed: hangup
    bye: {hangup: hello}
    # prompts/en.yaml
    either: For good-bye press one, for nothing press three.
            ^

Right:

    pick:
      menu: either
      keys: {1: bye, 3: hangup}
      failed: hangup
    bye: {hangup: hello}
    # prompts/en.yaml
    either: For good-bye press one, for nothing press three.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import once, texts_of
from ivrflow.flow.collect import AGAIN, RIGHT
from ivrflow.flow.entry import AnyEntryKeys
from ivrflow.flow.source import Problem, place_of
from ivrflow.flow.steps.ask import Ask
from ivrflow.flow.steps.authenticate import Authenticate
from ivrflow.flow.steps.browse import Browse
from ivrflow.flow.steps.menu import SPOKEN, Menu
from ivrflow.flow.steps.queue import Queue
from ivrflow.prompts.say import KEYS, speller
from ivrflow.telephony.grammars import DIGITS

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow
    from ivrflow.flow.site import Site
    from ivrflow.flow.step import Step

PRESS = {"en": r"\bpress(?:ing)?(?: the)?\s+", "zh": "按(?:下)?\\s*"}
"""Language -> how its speakers begin to tell a key."""

NOT_A_KEY = {"en": r"\b", "zh": "(?!下|次)"}
"""What follows a key's word: Chinese has 按一下, which means to press once."""

OTHER_WORDS = {
    "pound": "hash",
    "井号": "hash",
    "井": "hash",
    "星": "star",
    "米": "star",
}


def check(site: Site) -> Iterator[Problem]:
    told: set[Problem] = set()
    for flow in site.flows.values():
        always = "".join(_always(site)[flow.name])
        for node in flow.nodes.values():
            for prompt, keys in _said(site, flow, node.step):
                told |= set(_untrue(site, prompt, set(keys + always), node.name))
    yield from told


def _said(site: Site, flow: Flow, step: Step) -> Iterator[tuple[str, str]]:
    """Prompts of *step*, each with the keys that do something while it is said."""
    match step:
        case Menu():
            extensions = DIGITS if step.dial_extension else ""
            yield str(step.prompt), "".join(step.keys) + extensions
        case Ask():
            yield str(step.prompt), step.form.keys + _ends(step)
            if step.confirm is not None:
                yield str(step.confirm), RIGHT + AGAIN
        case Authenticate():
            for entry in (step.card, step.pin, step.code):
                if entry is not None:
                    yield str(entry.ask), DIGITS + _ends(entry)
        case Browse() if step.say.prompt is not None:
            yield str(step.say.prompt), "".join(step.keys)
        case Queue() if step.queue.text is None:
            queue = site.queues.get(str(step.queue))
            for announcement in queue.announce if queue else ():
                yield str(announcement.say), "".join(step.keys)


def _ends(entry: AnyEntryKeys) -> str:
    """End keys and clear keys. A hash after an entry of fixed length does no harm."""
    return str(entry.clear_key) + ("#" if entry.end_keys is None else entry.end_keys)


def _untrue(site: Site, prompt: str, keys: set[str], step: str) -> Iterator[Problem]:
    there = {SPOKEN.get(key, key) for key in "".join(keys)}
    for language in site.catalogue.languages:
        for words in texts_of(site, prompt, language):
            at = place_of(words.text)
            for spoken, key in _keys_told(language, words.text):
                if key not in there and at.line:
                    message = (
                        f"{spoken!r}, and no key {key} does anything in the step "
                        f"{step!r}"
                    )
                    yield Problem(at, "P021", message)


@lru_cache(maxsize=10_000)  # a prompt is said in many steps
def _keys_told(language: str, text: str) -> tuple[tuple[str, str], ...]:
    """The keys that *text* tells: as it says them, and as an author writes them."""
    found = _telling(language)
    if found is None:
        return ()
    pattern, words = found
    return tuple((m[0], words[m[1].lower()]) for m in pattern.finditer(text))


@cache
def _telling(language: str) -> tuple[re.Pattern[str], dict[str, str]] | None:
    """The pattern that finds told keys, and key's word -> key; None: not known."""
    tongue = language.partition("-")[0]
    if tongue not in PRESS:
        return None
    words = {speller(language).key(key).lower(): key for key in KEYS}
    words |= {key: key for key in KEYS} | {"*": "star", "#": "hash"} | OTHER_WORDS
    every = "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
    pattern = f"{PRESS[tongue]}({every}){NOT_A_KEY[tongue]}"
    return re.compile(pattern, re.IGNORECASE), words


@once
def _always(site: Site) -> dict[str, set[str]]:
    """Flow -> the always-keys that work in it: its own, and those of its callers."""
    keys = {name: set(map(str, flow.always)) for name, flow in site.flows.items()}
    changed = True
    while changed:
        changed = False
        for flow in site.flows.values():
            for node in flow.nodes.values():
                called = str(vars(node.step).get("flow"))
                if node.verb == "call" and called in keys:
                    more = keys[flow.name] - keys[called]
                    keys[called] |= more
                    changed = changed or bool(more)
    return keys
