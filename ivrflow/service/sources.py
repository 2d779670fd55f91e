"""What asks the databases and hosts that the versions of a site look things up in."""

from __future__ import annotations

import asyncio
import hmac
from contextlib import AsyncExitStack

from ivrflow.config import BadConfig, Settings
from ivrflow.db.lookups import SqlLookups
from ivrflow.flow.lookups import LookupsByWay, Remembered
from ivrflow.flow.site import Site
from ivrflow.flow.world import Trouble
from ivrflow.secret import Secret
from ivrflow.web.addresses import Hosts
from ivrflow.web.lookups import HttpLookups


class Sources:
    """The databases are those of the settings, for all versions; hosts a version's."""

    def __init__(self, settings: Settings, stack: AsyncExitStack) -> None:
        """What is opened stays open until *stack* closes: old calls may need it."""
        urls = settings.databases.items()
        self._databases = {str(n): settings.url(url) for n, url in urls}
        tokens = settings.secrets.items()
        self._tokens = {str(n): settings.secret(file) for n, file in tokens}
        self._stack = stack
        self._sql = SqlLookups(self._databases)
        stack.push_async_callback(self._sql.close)
        self._by_hosts: dict[tuple[str, ...], LookupsByWay] = {}

    def fit(self, site: Site) -> None:
        """Raise `BadConfig` if the settings lack a database or secret of *site*."""
        wanted = {str(s.database) for s in site.data.values() if s.database is not None}
        if missing := sorted(wanted - set(self._databases)):
            raise BadConfig(
                f"data.yaml looks things up in {missing[0]!r}, which the settings "
                f"don't have: add it under databases:"
            )
        if missing := sorted(secrets_of(site) - set(self._tokens)):
            raise BadConfig(
                f"the site needs the secret {missing[0]!r}, which the settings don't "
                f"have: add it, with its file, under secrets:"
            )

    def secret_is(self, name: str, entered: Secret) -> bool:
        """True if *entered* is the secret called *name*; raise `Trouble` for none."""
        known = self._tokens.get(name)
        if known is None:
            raise Trouble(f"the settings have no secret {name!r}: add it to secrets:")
        return hmac.compare_digest(known.reveal().encode(), entered.reveal().encode())

    async def of(self, site: Site) -> LookupsByWay:
        """The look-ups of a version."""
        hosts = tuple(map(str, site.settings.hosts))
        if hosts not in self._by_hosts:
            http = HttpLookups(Hosts(hosts), self._tokens)
            opened = await self._stack.enter_async_context(http)
            self._by_hosts[hosts] = LookupsByWay(
                self._sql, opened, Remembered(asyncio.get_running_loop().time)
            )
        return self._by_hosts[hosts]


def secrets_of(site: Site) -> set[str]:
    """The secrets of the settings that *site* needs: of its requests, and of rooms."""
    found = {
        path[1]
        for source in site.data.values()
        for text in source.headers.values()
        for _, expression in text.slots
        for path in expression.paths
        if path[0] == "secret" and len(path) > 1
    }
    for flow in site.flows.values():
        for node in flow.nodes.values():
            pin = vars(node.step).get("pin")
            if node.verb == "conference" and pin is not None and pin.secret:
                found.add(str(pin.secret))
    return found
