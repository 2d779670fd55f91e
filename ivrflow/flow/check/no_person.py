"""H011: callers of a number who never reach a person (a note).

site.yaml promises a person (`human:`), and no way through the flow of this number leads
to a queue or a transfer. Some numbers are so on purpose; if not, lead a key there, or
the way of whoever says nothing.

Told:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    human: {seconds: 60, keys: 10}
    # flows/main.yaml
    flow: main
          ^
    steps:
      pick: {menu: which, keys: {1: box}, failed: box}
      box: {voicemail: box, then: hangup, failed: hangup}

Not told:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    human: {seconds: 60, keys: 10}
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: box}, failed: desk}
      box: {voicemail: box, then: hangup, failed: hangup}
      desk: {queue: desk, then: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._human import entries, in_seconds, is_person, whole
from ivrflow.flow.check._site import note
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    if site.settings.human is None or not whole(site):
        return
    for flow in entries(site):
        if not any(is_person(end.node) for end in in_seconds(site).ends(flow)):
            message = (
                f"no way through the flow {flow.name!r} leads to a person, though "
                "site.yaml has `human:`"
            )
            yield note(flow.at, "H011", message)
