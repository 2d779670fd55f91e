"""D018: a one-time code, or a known card, that can't come about.

The column to which a code is sent must be one that the source gives, or one of its
`verify` (`verify: {code: mobile}`: then no flow sees the number). The source that knows
the card of a number must give a column `card`, and needs `number` and nothing else.

Wrong:

    # data.yaml
    people:
      database: crm
      sql: select id, mobile, pin_hash from person where card = :card
      gives: {id: number, mobile: text}
      verify: {pin: pin_hash}
      timeout: 2s
    # flows/main.yaml
    flow: main
    steps:
      who:
        authenticate: people
        card: {ask: enter, digits: 12}
        pin: {ask: enter, digits: 6}
        code: {send: sms, to: phone, text: hello, ask: enter, digits: 6}
                              ^
        failed: hangup
        error: hangup

Right:

    # data.yaml
    people:
      database: crm
      sql: select id, mobile, pin_hash from person where card = :card
      gives: {id: number, mobile: text}
      verify: {pin: pin_hash}
      timeout: 2s
    # flows/main.yaml
    flow: main
    steps:
      who:
        authenticate: people
        card: {ask: enter, digits: 12}
        pin: {ask: enter, digits: 6}
        code: {send: sms, to: mobile, text: hello, ask: enter, digits: 6}
        failed: hangup
        error: hangup
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ivrflow.flow.check._values import row_type
from ivrflow.flow.check.needed_values import needed_by
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

CODE = "D018"


def check(site: Site) -> Iterator[Problem]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            if node.verb == "authenticate":
                step: Any = node.step
                yield from _code(site, step)
                yield from _known(site, step)


def _code(site: Site, step: Any) -> Iterator[Problem]:
    source = site.data.get(str(step.source))
    if step.code is None or source is None:
        return
    columns = row_type(source).columns
    if columns is None:
        return
    known = {*map(str, columns), *source.hash_columns}
    to = step.code.to
    if str(to) not in known:
        hint = did_you_mean(str(to), known)
        message = f"{str(step.source)!r} gives no column {str(to)!r} to send to{hint}"
        yield Problem(to.at, CODE, message)


def _known(site: Site, step: Any) -> Iterator[Problem]:
    by = step.card.by
    source = site.data.get(str(by))
    if by is None or source is None:
        return
    columns = row_type(source).columns
    if columns is not None and "card" not in columns:
        message = f"{str(by)!r} gives no column 'card', so it knows none"
        yield Problem(by.at, CODE, message)
    if needed_by(source) != {"number"}:
        message = f"{str(by)!r} is asked with `number`, and with nothing else"
        yield Problem(by.at, CODE, message)
