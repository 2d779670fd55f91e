"""P019: two keys of a menu that say the same (a warning).

A phrase of `choices:` belongs to a step, and two keys lead to that step: callers hear
it twice, with nothing to choose between. It happens where keys set different values and
then go on alike: give each key a step of its own, or say the keys in `first:` and leave
`choices:` out. Keys with conditions are left alone: they may never meet.

Wrong:

    # prompts/en.yaml
    hello: Hello.
    which:
      first: Please choose.
      choices: {greet: For a greeting}
    # flows/main.yaml
    flow: main
    steps:
      pick:
        menu: which
        keys:
          1: {set: {topic: bill}, then: greet}
          2: {set: {topic: fault}, then: greet}
        failed: hangup
      greet: {say: hello, then: pick}

Right:

    # prompts/en.yaml
    hello: Hello.
    which:
      first: Please choose.
      choices: {bill: For your bill, fault: For a fault}
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: bill, 2: fault}, failed: hangup}
      bill: {set: {topic: bill}, then: greet}
      fault: {set: {topic: fault}, then: greet}
      greet: {say: hello, then: pick}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import choices_of, warning
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb != "menu":
                continue
            prompt = str(getattr(node.step, "prompt", ""))
            told = {
                target
                for language in site.catalogue.languages
                for target in choices_of(site, prompt, language)
            }
            first: dict[str, str] = {}
            for key, choice in getattr(node.step, "keys", {}).items():
                target = str(choice.then)
                if choice.when is not None or target not in told:
                    continue
                if target in first:
                    message = (
                        f"keys {first[target]} and {key.written} both say the phrase "
                        f"for {target!r}; let each lead to a step of its own"
                    )
                    yield warning(key.at, "P019", message)
                first.setdefault(target, key.written)
