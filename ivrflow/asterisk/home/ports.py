"""Ports for private Asterisks, of which two that start at once never get the same one.

To look whether a port is free, and let go of it for Asterisk to take it half a second
later, is a race: whoever looks meanwhile finds it free as well. And Asterisk starts
even if it can't have its port for SIP: phones then speak to somebody else's. So a port
that is chosen is reserved: a Unix socket in Linux's abstract namespace bears its
number. That name exists once in each network namespace, which is just where the port
does, for all users; it leaves no file behind, and is gone with the process that has it.

Ports for sound need none of that: Asterisk looks for one at each call, and takes the
next one if somebody has it.
"""

from __future__ import annotations

import contextlib
import errno
import random
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from ivrflow.asterisk.home.credentials import Ports
from ivrflow.asterisk.home.failed import AsteriskFailed

# Below the range out of which the kernel takes ports for outgoing connections
# (32768 to 60999), or any program could take ours before Asterisk does.
_LISTEN = range(20000, 32000)
_RTP = range(10000, 20000)
_RTP_PORTS = 4000
"""Two for each leg, so that two thousand can be up."""

_CURE = "end what uses it, or give another port"

_held: dict[int, socket.socket] = {}
"""What this process has reserved until it ends, or lets go of it."""
_begins: set[int] = set()
"""Those at which an Asterisk of ours begins to listen just now."""


def free_ports(sip_host: str = "127.0.0.1", *, outbound: bool = False) -> Ports:
    """Return ports that nobody uses, and nobody else will get while this process lives.

    *outbound*: with one at which Asterisk brings us its events. Raises `AsteriskFailed`
    if *sip_host* is no address of this machine. A program that knows nothing of our
    reservations may still take one; Asterisk then does not start.
    """
    first = random.randrange(_RTP.start, _RTP.stop - _RTP_PORTS, 100)
    return Ports(
        ari=free_port(),
        events=free_port() if outbound else 0,
        ami=free_port(),
        sip=_free(socket.SOCK_DGRAM, sip_host),
        rtp=(first, first + _RTP_PORTS - 1),
    )


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nobody uses; reserved as in `free_ports`."""
    return _free(socket.SOCK_STREAM)


@contextmanager
def chosen(ports: Ports | None, sip_host: str) -> Iterator[Ports]:
    """Have *ports*, or free ones, for an Asterisk of ours as long as the block runs.

    Raises `AsteriskFailed` if another private Asterisk has one of them.
    """
    with ExitStack() as stack:
        if ports is None:
            ports = free_ports(sip_host)
            for port in (ports.ari, ports.ami, ports.sip):
                stack.callback(_let_go, port)
        for name, host, port, _ in _wanted(ports, sip_host):
            if port not in _held:
                if not _reserve(port):
                    raise _taken(name, host, port, "another private Asterisk has it")
                stack.callback(_let_go, port)
        yield ports


@contextmanager
def begins_to_listen(ports: Ports, sip_host: str) -> Iterator[None]:
    """Have an Asterisk begin to listen at *ports* in the block, no other one of ours.

    Raises `AsteriskFailed` if somebody listens there, or is about to.
    """
    with ExitStack() as stack:
        for name, host, port, kind in _wanted(ports, sip_host):
            if port in _begins:
                raise _taken(name, host, port, "an Asterisk of this process takes it")
            _begins.add(port)
            stack.callback(_begins.discard, port)
            try:
                _bind(kind, host, port)
            except OSError as error:
                raise _taken(name, host, port, error.strerror or str(error)) from None
        yield


def _wanted(
    ports: Ports, sip_host: str
) -> list[tuple[str, str, int, socket.SocketKind]]:
    ami = [("AMI", "127.0.0.1", ports.ami, socket.SOCK_STREAM)] if ports.ami else []
    return [
        ("ARI", "127.0.0.1", ports.ari, socket.SOCK_STREAM),
        ("SIP", sip_host, ports.sip, socket.SOCK_DGRAM),
        *ami,
    ]


def _taken(name: str, host: str, port: int, why: str) -> AsteriskFailed:
    return AsteriskFailed(f"{name} can't listen on {host}:{port}: {why}; {_CURE}")


def _free(kind: socket.SocketKind, host: str = "127.0.0.1") -> int:
    for port in random.sample(_LISTEN, 200):
        if port in _held or not _reserve(port):
            continue
        try:
            _bind(kind, host, port)
        except OSError as error:
            _let_go(port)
            if error.errno == errno.EADDRNOTAVAIL:
                raise AsteriskFailed(f"{host} is no address of this machine") from None
            continue
        return port
    raise AsteriskFailed(f"no free port on {host}: 200 of them were in use")


def _bind(kind: socket.SocketKind, host: str, port: int) -> None:
    """Take a port for a moment, in the way of Asterisk; raise `OSError` if it can't."""
    with socket.socket(socket.AF_INET, kind) as probe:
        if kind == socket.SOCK_STREAM:
            # Connections of the run before may still be fading away.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))


def _reserve(port: int) -> bool:
    """Reserve *port* until `_let_go`; False if another process has."""
    name = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    try:
        name.bind(f"\0ivrflow-port-{port}")
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            name.close()
            return False
        # Not Linux: no such names. That Asterisk has all its ports is looked at anyway.
    _held[port] = name
    return True


def _let_go(port: int) -> None:
    with contextlib.suppress(KeyError):
        _held.pop(port).close()
