"""P012: words for a choice that the menu does not offer.

A prompt's `choices:` has a phrase for a step that no key of the menu leads to, so that
it is never said. Mostly the target was renamed: the phrase goes by the step's name.

Wrong:

    # prompts/en.yaml
    hello: Hello.
    which:
      first: Please choose.
      choices: {greet: For a greeting, bye: To end the call}
                                            ^
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: greet}, failed: hangup}
      greet: {say: hello, then: pick}

Right:

    # prompts/en.yaml
    hello: Hello.
    which:
      first: Please choose.
      choices: {greet: For a greeting}
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: greet}, failed: hangup}
      greet: {say: hello, then: pick}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import choices_of
from ivrflow.flow.kinds import SPECIAL, did_you_mean
from ivrflow.flow.source import Problem, place_of
from ivrflow.flow.steps.menu import Menu

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    offered = _offered(site)
    for language in site.catalogue.languages:
        for prompt, targets in offered.items():
            for target, words in choices_of(site, prompt, language).items():
                at = place_of(words.text)
                if target not in targets and at.line:
                    hint = did_you_mean(target, targets)
                    message = (
                        f"no key of the menu leads to {target!r}, so this is never "
                        f"said{hint}"
                    )
                    yield Problem(at, "P012", message)


def _offered(site: Site) -> dict[str, set[str]]:
    """Prompt -> the targets of the keys of every menu that says it."""
    offered: dict[str, set[str]] = {}
    for flow in site.flows.values():
        known = {*flow.nodes, *SPECIAL}
        for node in flow.nodes.values() if not flow.broken else ():
            if not isinstance(node.step, Menu):
                continue
            targets = {str(choice.then) for choice in node.step.keys.values()}
            if targets <= known:  # else told already, and the offer is not known
                offered.setdefault(str(node.step.prompt), set()).update(targets)
    return offered
