"""D090: what the service's settings must give (a note).

A site is checked without the service's settings. The databases, hosts, secrets and keys
that it needs are listed, so that the operator can provide them.

Told:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    # data.yaml
    marks: {database: crm, insert: marks, timeout: 2s}
                      ^

Not told:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    # no data.yaml
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._site import everything, note
from ivrflow.flow.kinds import Text
from ivrflow.flow.source import Mark, Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.model import Node
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    needed: dict[tuple[str, str], Mark] = {}
    for source in site.data.values():
        if source.database is not None:
            needed.setdefault(("database", source.database), source.database.at)
        for verify in source.verify.values():
            if verify.encrypt is not None:
                needed.setdefault(("key", verify.encrypt), verify.encrypt.at)
    for host in site.settings.hosts:
        needed.setdefault(("host", host), place_of(host))
    for found in everything(site):
        if isinstance(found.kind, Text):
            for _, expression in found.kind.slots:
                for path in expression.paths:
                    if path[0] == "secret" and len(path) == 2:
                        needed.setdefault(("secret", path[1]), found.kind.at)
    for flow in site.flows.values():
        for node in flow.nodes.values():
            secret = getattr(vars(node.step).get("pin"), "secret", None)
            if secret is not None:
                needed.setdefault(("secret", secret), secret.at)
            way = _sent_by(node)
            if way:
                needed.setdefault(("way", way), node.at)
    for (what, name), at in needed.items():
        message = f"needs the {what} {str(name)!r} in the service's settings"
        if what == "way":
            message = f"needs `{name}:` in the service's settings"
        if what == "host":
            message = f"looks things up at the host {str(name)!r}"
        yield note(at, "D090", message)


def _sent_by(node: Node) -> str:
    """The setting without which a step can't send; "" for all that need none."""
    way = ""
    if node.verb == "send":
        way = str(getattr(vars(node.step).get("send"), "channel", ""))
    elif node.verb == "authenticate":
        way = str(getattr(vars(node.step).get("code"), "send", ""))
    return {"email": "smtp", "sms": "sms", "voice": "outbound"}.get(way, "")
