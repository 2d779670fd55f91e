"""Where dialplans reach the service by AGI."""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Self

from pydantic import Field

from ivrflow.config.kinds import Port
from ivrflow.flow.kind import Part, bad
from ivrflow.flow.kinds import OneOrMore, Plain, Whole
from ivrflow.flow.source import Scalar


class Peer(Plain):
    """An address, or a network, that may connect."""

    what = "an address or a network"
    network: IPv4Network | IPv6Network

    @classmethod
    def read(cls, value: Scalar) -> Self:
        self = cls(value, value.at)
        try:
            self.network = ip_network(str(value))
        except ValueError:
            message = f"{str(value)!r} is not {cls.what}; write 10.0.0.5 or 10.0.0.0/28"
            raise bad("C001", message, value.at) from None
        if self.network.prefixlen == 0:
            message = (
                "whoever connects may run flows: list the Asterisks, not everybody"
            )
            raise bad("C001", message, value.at)
        return self


class AgiAt(Part):
    """Where dialplans run flows: `AGI(agi://HOST/flow/NAME)`. Left out: nowhere."""

    host: Plain = Field(Plain("127.0.0.1"), description="The address we listen on.")
    port: Port = Field(Port(4573), description="The port; 0 takes a free one.")
    peers: OneOrMore[Peer] = Field(
        (Peer.read(Scalar("127.0.0.1")),),
        description="Who may connect, as addresses or networks: the Asterisks. AGI has "
        "no password.",
        examples=[["127.0.0.1", "10.0.0.0/28"]],
    )
    connections: Whole = Field(
        Whole(200), description="Connections at a time, at most: a call each."
    )
