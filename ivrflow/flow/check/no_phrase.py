"""P013: a key of a menu that no words tell of (a warning).

The menu's prompt has `choices:`, and one of the keys leads to a step without a phrase
there: callers of that language are not told about the key.

Wrong:

    # prompts/en.yaml
    hello: Hello.
    which:
      first: Please choose.
      choices: {greet: For a greeting}
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: greet, 2: bye}, failed: hangup}
                                           ^
      greet: {say: hello, then: pick}
      bye: {hangup: hello}

Right:

    # prompts/en.yaml
    hello: Hello.
    which:
      first: Please choose.
      choices: {greet: For a greeting, bye: To end the call}
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: greet, 2: bye}, failed: hangup}
      greet: {say: hello, then: pick}
      bye: {hangup: hello}
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
            for key, choice in getattr(node.step, "keys", {}).items():
                lacking = [
                    language
                    for language in site.catalogue.languages
                    if str(choice.then) in flow.nodes
                    and (told := choices_of(site, prompt, language))
                    and str(choice.then) not in told
                ]
                if lacking:
                    message = (
                        f"`choices:` of {prompt!r} has no phrase for "
                        f"{str(choice.then)!r} in {', '.join(lacking)}"
                    )
                    yield warning(key.at, "P013", message)
