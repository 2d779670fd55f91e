"""P016: two keys of a menu that are told with the same words (a warning).

Words go by the step that a key leads to. Two keys that lead to the same step, mostly
because each sets a value first, are both told with its one phrase, and callers can't
tell them apart. Give each key a step of its own that sets the value.

Wrong:

    # prompts/en.yaml
    hello: Hello.
    which:
      first: Please choose.
      choices: {meter: To report a fault}
    # flows/main.yaml
    flow: main
    steps:
      pick:
        menu: which
        keys:
          1: {then: meter, set: {topic: fault}}
          2: {then: meter, set: {topic: bill}}
          ^
        failed: hangup
      meter: {log: {topic: topic}}

Right:

    # prompts/en.yaml
    hello: Hello.
    which:
      first: Please choose.
      choices: {fault: To report a fault, bill: For your bill}
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: fault, 2: bill}, failed: hangup}
      fault: {set: {topic: fault}, then: meter}
      bill: {set: {topic: bill}}
      meter: {log: {topic: topic}}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import choices_of, warning
from ivrflow.flow.source import Problem
from ivrflow.flow.steps.menu import Menu

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if isinstance(node.step, Menu):
                yield from _shared(site, node.step)


def _shared(site: Site, menu: Menu) -> Iterator[Problem]:
    told = {
        target
        for language in site.catalogue.languages
        for target in choices_of(site, menu.prompt, language)
    }
    first: dict[str, str] = {}
    for key, choice in menu.keys.items():
        target = str(choice.then)
        if choice.when is not None or target not in told:
            continue  # of keys under conditions one may be offered at a time
        if target in first:
            message = (
                f"keys {first[target]} and {key.written} are told with the same words, "
                f"those for {target!r}; give each a step of its own"
            )
            yield warning(key.at, "P016", message)
        first.setdefault(target, key.written)
