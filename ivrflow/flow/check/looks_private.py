"""S012: a card's or an ID's number that is not masked (a warning).

The entry is an ID card, or is named and checked as the number of a card. Without
`masked: yes` all of it stands in the records of every call. With it, it can still be
looked up with, stored and said to the caller.

Wrong:

    card: {ask: enter, digits: 16, check: luhn, save: card_number, failed: hangup}
                                                      ^

Right:

    card:
      ask: enter
      digits: 16
      check: luhn
      masked: yes
      save: card_number
      failed: hangup
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import warning
from ivrflow.flow.source import Problem
from ivrflow.secret import LONG_ENOUGH

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.step import Step


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb == "ask" and (what := _private(node.step)):
                name = vars(node.step)["save"]
                message = (
                    f"{str(name)!r} is {what}, and would stand in the records of every "
                    "call: add `masked: yes`"
                )
                yield warning(name.at, "S012", message)


def _private(step: Step) -> str:
    """What private number an `ask` keeps; "" if it is none, or hidden already."""
    keys = vars(step)
    if keys["save"] is None or keys["secret"] or keys["masked"]:
        return ""
    check = keys["check"].source.strip() if keys["check"] is not None else ""
    if keys["as_"] == "id_card" or check == "cn_id":
        return "an ID card's number"
    long = keys["digits"] is not None and keys["digits"].high >= LONG_ENOUGH
    words = {*str(keys["save"]).split("_"), *str(keys["prompt"]).split("_")}
    if long and check == "luhn" and words & {"card", "pan", "iban", "account"}:
        return "a card's number"
    return ""
