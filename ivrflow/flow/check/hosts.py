"""D016: a look-up or webhook at a host that site.yaml does not allow.

Flows ask, and send to, only hosts that stand in `hosts:` of site.yaml, by name, so that
no value of a caller can lead a look-up elsewhere. The host of a URL can't come from
`${...}`.

Wrong:

    # data.yaml
    order: {get: "https://${id}.example.com/", timeout: 2s}
                 ^

Right:

    # data.yaml
    order: {get: "https://erp.example.com/${id}", timeout: 2s}
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ivrflow.flow.kinds import Plain, Text, did_you_mean
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

_URL = re.compile(r"https?://([A-Za-z0-9.-]+)(:[0-9]{1,5})?(?=[/?]|$)")


def check(site: Site) -> Iterator[Problem]:
    if "site.yaml" in site.unread:
        return
    for url in _urls(site):
        found = _URL.match(url)
        if found is None:
            message = "a URL begins with https://HOST/, and HOST is written out"
            yield Problem(url.at, "D016", message)
        elif not _listed(site, found[1], found[2] or ""):
            hint = did_you_mean(found[1], site.settings.hosts)
            message = f"the host {found[1]!r} is not in `hosts:` of site.yaml{hint}"
            yield Problem(url.at, "D016", message)


def _listed(site: Site, host: str, port: str) -> bool:
    return bool({host, host + port} & set(map(str, site.settings.hosts)))


def _urls(site: Site) -> Iterator[Text | Plain]:
    """Every URL that a flow may lead to."""
    for source in site.data.values():
        yield from (url for url in (source.get, source.post) if url is not None)
        for verify in source.verify.values():
            if verify.post is not None:
                yield verify.post
    for flow in site.flows.values():
        for node in flow.nodes.values():
            sending: Any = vars(node.step).get("send")
            if node.verb == "send" and sending.webhook is not None:
                yield sending.webhook
    for box in site.mailboxes.values():
        yield from (tell.webhook for tell in box.tell if tell.webhook is not None)
