"""Q016: a pause, or a disposition, that agents are not told of by phone (a warning).

The feature codes `{agent: pause}`, `{agent: sign_in}` and `{agent: disposition}` offer
`pauses` and `dispositions` of queues.yaml on the keys from 1 on. Their words stand in
the choices of the prompts `pause_menu` and `disposition_menu`: those that are shipped
know break, lunch, meeting, training, paperwork and other, and solved, not_solved,
call_back, complaint, wrong_number and other. A site with more writes the prompt anew,
with a phrase for each. There are nine keys.

Wrong:

    # numbers.yaml
    "100": main
    "*13": {agent: pause}
    # queues.yaml
    desk: {title: Desk}
    sales: {title: Sales}
    pauses: {lunch: 60m, prayer: 20m}
                         ^

Right:

    # numbers.yaml
    "100": main
    "*13": {agent: pause}
    # queues.yaml
    desk: {title: Desk}
    sales: {title: Sales}
    pauses: {lunch: 60m, prayer: 20m}
    # prompts/en.yaml
    pause_menu: {choices: {lunch: For lunch, prayer: For a prayer}}
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import choices_of, warning
from ivrflow.flow.source import Problem, place_of
from ivrflow.flow.talks.choosing import KEYS

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

PAUSES = ("pause", "sign_in")


def check(site: Site) -> Iterator[Problem]:
    acts = {number.agent for number in site.numbers.values()}
    # A single reason is taken without a question.
    if acts.intersection(PAUSES) and len(site.pauses) > 1:
        yield from _untold(site, "pause_menu", list(site.pauses))
    if "disposition" in acts:
        yield from _untold(site, "disposition_menu", site.dispositions)


def _untold(site: Site, prompt: str, names: Sequence[str]) -> Iterator[Problem]:
    for place, name in enumerate(names):
        lacking = [
            language
            for language in site.catalogue.languages
            if str(name) not in choices_of(site, prompt, language)
        ]
        if place >= len(KEYS):
            message = f"there is no key for {str(name)!r}: {len(KEYS)} fit"
            yield warning(place_of(name), "Q016", message)
        elif lacking:
            message = (
                f"`choices:` of {prompt!r} has no phrase for {str(name)!r} in "
                f"{', '.join(lacking)}"
            )
            yield warning(place_of(name), "Q016", message)
