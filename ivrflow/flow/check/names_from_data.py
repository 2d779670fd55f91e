"""F032: a name from data that nobody can prove.

`queue: ${branch.queue}` takes the name of a queue, a mailbox, a timetable or a flow
from the data, and so do `hours[branch.hours].opens` and `switch[branch.notice]` in an
expression. Every value that it can have must be known and must exist: the column says
`one_of: [north, south]` in data.yaml, or the flow sets the name itself.

Wrong:

    # data.yaml
    branch:
      get: https://erp.example.com/branch/${id}
      gives: {desk: text}
      timeout: 2s
    # flows/main.yaml
    flow: main
    on_error: hangup
    steps:
      find: {lookup: branch, with: {id: 5}, save: branch, not_found: hangup}
      wait: {queue: "${branch.desk}"}
                    ^

Right:

    # data.yaml
    branch:
      get: https://erp.example.com/branch/${id}
      gives: {desk: {one_of: [desk, sales]}}
      timeout: 2s
    # flows/main.yaml
    flow: main
    on_error: hangup
    steps:
      find: {lookup: branch, with: {id: 5}, save: branch, not_found: hangup}
      wait: {queue: "${branch.desk}"}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import everything
from ivrflow.flow.check._types import silently
from ivrflow.flow.check._values import (
    names_for,
    names_with,
    texts_possible,
    uses,
    variables,
)
from ivrflow.flow.formula.tree import chosen_in
from ivrflow.flow.kind import Kind
from ivrflow.flow.kinds import (
    FlowName,
    MailboxName,
    QueueName,
    TimetableName,
    did_you_mean,
)
from ivrflow.flow.source import Mark, Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

CODE = "F032"


def check(site: Site) -> Iterator[Problem]:
    yield from _whole_names(site)
    for use in uses(site):
        for name, file, entries in (
            ("hours", "hours.yaml", site.hours),
            ("switch", "switches.yaml", site.switches),
        ):
            if name not in use.expression.source:
                continue  # most of them: not worth a walk
            for element, _ in chosen_in(use.expression.tree, name):
                at = use.expression.place(element.index.at)
                kind = silently(element.index, names_for(site, use))
                source = use.expression.source
                known = site.names_in(file, entries)
                yield from _possible(at, source, kind.values, file, known)


def _whole_names(site: Site) -> Iterator[Problem]:
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
            # What can't be proved is the value alone; what is wrong, the whole name.
            written = str(found.kind) if values else text.slots[0][1].source
            yield from _possible(found.kind.at, written, values, file, known)


def _possible(
    at: Mark,
    written: str,
    values: frozenset[str] | None,
    file: str,
    known: Set[str] | None,
) -> Iterator[Problem]:
    """What is wrong with *written*, which can be *values* (None: nobody knows)."""
    if values is None:
        message = (
            f"nobody can prove that {written!r} names something in {file}; "
            "give its column `one_of: [...]` in data.yaml"
        )
        yield Problem(at, CODE, message)
        return
    for value in sorted(values - known) if known is not None else ():
        message = (
            f"{written!r} can be {value!r}, and {file} has no such "
            f"name{did_you_mean(value, known or ())}"
        )
        yield Problem(at, CODE, message)
