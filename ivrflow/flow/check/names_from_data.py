"""F032: a name from data that nobody can prove.

`queue: ${branch.queue}` takes the name of a queue, a mailbox, a timetable or a flow
from the data. Every value that it can have must be known and must exist: the column
says `one_of: [north, south]` in data.yaml, or the flow sets the name itself.

Wrong:

    # data.yaml
    branch:
      get: https://erp.example.com/branch/${id}
      gives: {desk: text}
      timeout: 2s
    # flows/main.yaml
    flow: main
    steps:
      find: {lookup: branch, with: {id: 5}, save: branch, not_found: hangup}
      wait: {queue: "${branch.desk}"}

Right:

    # data.yaml
    branch:
      get: https://erp.example.com/branch/${id}
      gives: {desk: {one_of: [desk, sales]}}
      timeout: 2s
    # flows/main.yaml
    flow: main
    steps:
      find: {lookup: branch, with: {id: 5}, save: branch, not_found: hangup}
      wait: {queue: "${branch.desk}"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import everything
from ivrflow.flow.check._values import names_with, texts_possible, variables
from ivrflow.flow.kind import Kind
from ivrflow.flow.kinds import (
    FlowName,
    MailboxName,
    QueueName,
    TimetableName,
    did_you_mean,
)
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

CODE = "F032"


def check(site: Site) -> Iterator[Problem]:
    places: list[tuple[type[Kind], str, Mapping[str, object]]] = [
        (QueueName, "queues.yaml", site.queues),
        (MailboxName, "mailboxes.yaml", site.mailboxes),
        (TimetableName, "hours.yaml", site.hours),
        (FlowName, "flows", site.flows),
    ]
    for found in everything(site):
        text = getattr(found.kind, "text", None)
        for kind, file, entries in places:
            if text is None or not isinstance(found.kind, kind) or found.flow is None:
                continue
            names = names_with(site, variables(site)[found.flow.name])
            values = texts_possible(text, names)
            known = site.names_in(file, entries)
            if values is None:
                source = text.slots[0][1].source
                message = (
                    f"nobody can prove that {source!r} names something in {file}; "
                    "give its column `one_of: [...]` in data.yaml"
                )
                yield Problem(found.kind.at, CODE, message)
                continue
            for value in sorted(values - known) if known is not None else ():
                message = (
                    f"{str(found.kind)!r} can be {value!r}, and {file} has no such "
                    f"name{did_you_mean(value, known or ())}"
                )
                yield Problem(found.kind.at, CODE, message)
