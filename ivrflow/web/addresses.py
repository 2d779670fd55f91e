"""Which hosts a flow may reach, and at which addresses.

A flow names hosts only as the site's list of `hosts` does. What such a name stands for
is decided by a name server, which may be wrong or hostile: it must not lead a request
to this machine or to the network behind it. So a name is resolved here, once; addresses
that are not public are left out, unless the list has them too (`10.1.2.3` or
`10.1.0.0/16`); and the connection goes to the very address that was looked at.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from aiohttp.abc import AbstractResolver, ResolveResult

Network = IPv4Network | IPv6Network


class NotAllowed(OSError):
    """The host, or each address of it, may not be reached. Says why, with a cure."""


class Hosts:
    """The site's list: names, with a port if only that one is meant, and addresses."""

    def __init__(self, listed: Iterable[str]) -> None:
        self._names: set[str] = set()
        self._networks: list[Network] = []
        self.add(listed)

    def add(self, listed: Iterable[str]) -> None:
        """Allow these too."""
        for host in listed:
            network = _network(host)
            if "/" not in host:
                self._names.add(host.lower())
            if network is not None and network not in self._networks:
                self._networks.append(network)

    def lists(self, host: str, port: int) -> bool:
        """True if the site's list has *host* itself, alone or with this *port*."""
        host = host.lower()
        return host in self._names or f"{host}:{port}" in self._names

    def reaches(self, address: str) -> bool:
        """True for a public address, and for one that the list has."""
        ip = ip_address(address.split("%", 1)[0])
        if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        if any(ip in network for network in self._networks):
            return True
        return ip.is_global and not ip.is_multicast


class AnyHost(Hosts):
    """Any host, also in our own network: for urls that the operator has set."""

    def __init__(self) -> None:
        super().__init__(())

    def lists(self, host: str, port: int) -> bool:
        """True for each host."""
        return bool(host)

    def reaches(self, address: str) -> bool:
        """True for each address."""
        return True


class GuardedResolver(AbstractResolver):
    """Resolves names to addresses that may be reached, and to no others."""

    def __init__(self, hosts: Hosts) -> None:
        self._hosts = hosts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of *host*; raise `NotAllowed`, or OSError if none."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, family=family
        )
        allowed = [entry for entry in found if self._hosts.reaches(str(entry[4][0]))]
        if not allowed:
            raise NotAllowed(
                f"{host} has no public address; if it is meant to be inside your own "
                f"network, list its address under `hosts` in site.yaml too"
            )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=int(address[1]),
                family=family,
                proto=proto,
                flags=socket.AI_NUMERICHOST,
            )
            for family, _, proto, _, address in allowed
        ]

    async def close(self) -> None:
        """Nothing is held."""


def _network(text: str) -> Network | None:
    try:
        return ip_network(text)
    except ValueError:
        return None
