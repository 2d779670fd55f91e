"""Q023: a mailbox's number that somebody else has.

Who hears messages by phone enters a number and a PIN. The number is a mailbox's, or an
agent's, who then hears what he may; so it must say which. An agent may share it with
the mailbox that is his own (`mailbox:` in agents.yaml): there the mailbox's PIN counts.

Wrong:

    # mailboxes.yaml
    box: {number: "800", heard_by: [admin]}
    other: {number: "800", heard_by: [admin]}
                    ^

Right:

    # mailboxes.yaml
    box: {number: "800", heard_by: [admin]}
    other: {number: "801", heard_by: [admin]}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

CODE = "Q023"


def check(site: Site) -> Iterator[Problem]:
    having: dict[str, str] = {}
    for name, box in site.mailboxes.items():
        if box.number is None:
            continue
        first = having.setdefault(str(box.number), str(name))
        if first != str(name):
            message = f"{str(box.number)!r} is the number of the mailbox {first!r}"
            yield Problem(box.number.at, CODE, message)
    for number, agent in site.agents.items():
        name = having.get(str(number), "")
        own = str(getattr(agent, "mailbox", None) or "")
        if name and own != name:
            found = site.mailboxes[name].number
            assert found is not None
            message = (
                f"{str(number)!r} is the number of an agent; if the mailbox is his, "
                f"write `mailbox: {name}` at the agent"
            )
            yield Problem(found.at, CODE, message)
