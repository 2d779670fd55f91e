"""F036: a dialplan's flow takes what no dialplan can hand in.

A flow with `agi: yes` gets what it `takes:` from a line of the dialplan, as
`agi://.../flow/NAME?key=value`. That is text: it can be a text, number, money, yes/no,
date, time, duration or phone, but no row of a table.

Wrong:

    # flows/balance.yaml
    flow: balance
    agi: yes
    takes: {card: cards}
                  ^
    steps:
      bye: {hangup: "Good-bye."}
    # data.yaml
    cards:
      database: crm
      sql: select id from card where number = :card
      gives: {id: number}
      timeout: 2s

Right:

    # flows/balance.yaml
    flow: balance
    agi: yes
    takes: {card: text}
    steps:
      bye: {hangup: "Good-bye."}
    # data.yaml
    cards:
      database: crm
      sql: select id from card where number = :card
      gives: {id: number}
      timeout: 2s
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.handed_in import READS
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for name, kind in flow.takes.items() if flow.agi else ():
            if str(kind) not in READS:
                yield Problem(
                    kind.at,
                    "F036",
                    f"a dialplan hands in {str(name)!r}, and can't give it a "
                    f"{str(kind)!r}; take a text, and look it up",
                )
