"""F051: a `confirm` that does not say what was entered.

The prompt asks whether the entry is right without saying it, so that nobody can tell.
The value bears the name that `save` gives it, or `entry`.

Wrong:

    # prompts/en.yaml
    hello: Hello.
    enter: Please enter the amount.
    right: Is this right? Then press one, else two.
    # flows/main.yaml
    flow: main
    steps:
      amount: {ask: enter, as: money, save: amount, confirm: right, failed: hangup}
                                                             ^

Right:

    # prompts/en.yaml
    hello: Hello.
    enter: Please enter the amount.
    right: You entered ${amount | money}. If this is right, press one, else two.
    # flows/main.yaml
    flow: main
    steps:
      amount: {ask: enter, as: money, save: amount, confirm: right, failed: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import texts_of
from ivrflow.flow.check._values import uses
from ivrflow.flow.source import Problem
from ivrflow.flow.steps.ask import Ask

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    said: dict[int, set[str]] = {}
    for use in uses(site):
        if use.found.way == "confirm" and use.prompt:
            names = {path[0] for path in use.expression.paths}
            said.setdefault(id(use.found.kind), set()).update(names)
    for flow in site.flows.values():
        for node in flow.nodes.values():
            step = node.step
            if not isinstance(step, Ask) or step.confirm is None:
                continue
            known = any(
                texts_of(site, step.confirm, language)
                for language in site.catalogue.languages
            )
            if known and step.entry_name not in said.get(id(step.confirm), ()):
                message = (
                    f"the prompt {str(step.confirm)!r} does not say ${{"
                    f"{step.entry_name}}}, the value that it asks about"
                )
                yield Problem(step.confirm.at, "F051", message)
