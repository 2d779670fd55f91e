"""P022: a prompt longer than 20 seconds (a warning).

Nobody listens so long: callers press a key on luck, or hang up. Say the most important
thing first, and the rest where it is needed. A menu is measured with all its choices;
lengths are those of the recordings, or come from the words.

Wrong:

    greet: {say: welcome}
    # prompts/en.yaml
    welcome: >-
             ^
      Welcome to the customer service of our company, which has been serving its
      customers for more than one hundred and twenty years, and which would like to tell
      you, before anything else, that all our agents are busy, that your call is
      important to us, and that you will find answers to most questions elsewhere.

Right:

    greet: {say: welcome}
    # prompts/en.yaml
    welcome: Welcome to our customer service.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._lengths import Lengths, lengths
from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem, place_of
from ivrflow.flow.steps.menu import SPOKEN, Menu

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

LONGEST = 20.0
"""Seconds."""


def check(site: Site) -> Iterator[Problem]:
    known = lengths(site)
    menus = set()
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if isinstance(node.step, Menu):
                menus.add(str(node.step.prompt))
                yield from _menu(site, known, node.step)
    for language in site.catalogue.languages:
        for name in site.catalogue.names():
            if name not in menus:
                yield from _prompt(site, known, name, language)


def _menu(site: Site, known: Lengths, menu: Menu) -> Iterator[Problem]:
    offered = tuple(
        (SPOKEN.get(str(key), str(key)), str(choice.then))
        for key, choice in menu.keys.items()
    )
    for language in site.catalogue.languages:
        seconds = known.in_language(menu.prompt, language, offered=offered)
        if seconds > LONGEST:
            message = (
                f"{str(menu.prompt)!r} with all its choices takes {seconds:.0f} s in "
                f"{language}; nobody listens longer than {LONGEST:.0f} s"
            )
            yield warning(menu.prompt.at, "P022", message)


def _prompt(site: Site, known: Lengths, name: str, language: str) -> Iterator[Problem]:
    for path, words in site.catalogue.texts(name, language):
        at = place_of(words.text)
        variant, number = str(path[0]), path[1] if len(path) > 1 else 0
        if not at.file.startswith("prompts/") or variant == "choices":
            continue
        if not at.file.endswith(f"/{language}.yaml"):
            continue  # said in the default language, and told there
        attempt = int(number) + 1
        seconds = known.in_language(name, language, variant, attempt)
        if seconds > LONGEST:
            message = (
                f"{name!r} takes {seconds:.0f} s; nobody listens longer than "
                f"{LONGEST:.0f} s"
            )
            yield warning(at, "P022", message)
