"""The old kind of AGI: Asterisk starts a program, and talks to it by its pipe.

This is that program. It knows nothing of calls: it tells the service which flow is
wanted, and then hands lines from one to the other. Asterisk starts one for each call,
so it imports next to nothing, and it is gone when either side is.

A hang-up comes as the signal SIGHUP here, where FastAGI has a line; so it makes that
line of it.
"""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from contextlib import suppress

PORT = 4573
WITHIN = 3.0
"""Seconds for the service to take a connection."""

ROOM = 65_536
"""Bytes that are handed on at a time, and that a line may have at most."""

ASTERISK, ANSWERS = 0, 1
"""Where Asterisk's side of the pipe is: it says there, and is told."""

UNRESERVED = frozenset(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~+*#"
)


class NoService(Exception):
    """Nobody takes the call. Says where, and the cure."""


def asked_for(flow: str, given: Sequence[str]) -> str:
    """What FastAGI would ask for: `flow/NAME?key=value`. *given* are `key=value`."""
    pairs = [pair.partition("=") for pair in given]
    query = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, _, value in pairs)
    return f"flow/{_quoted(flow)}" + (f"?{query}" if query else "")


def _quoted(text: str) -> str:
    said = text.encode("utf-8", "surrogateescape")
    return "".join(chr(b) if b in UNRESERVED else f"%{b:02X}" for b in said)


def connected(to: str) -> socket.socket:
    """A connection to the service at *to*, HOST:PORT. Raises `NoService`."""
    host, _, port = to.rpartition(":")
    try:
        line = socket.create_connection(
            (host.strip("[]") or "127.0.0.1", int(port)), WITHIN
        )
    except ValueError:
        raise NoService(f"{to!r} is no address; write HOST:{PORT}") from None
    except OSError as error:
        why = error.strerror or error
        raise NoService(
            f"no ivrflow listens for AGI at {to}: {why}; is it running, and does it "
            "have agi: in its settings?"
        ) from None
    line.settimeout(None)
    return line


class Pipe:
    """Asterisk on the one side, the service on the other, until one of them ends."""

    def __init__(self, line: socket.socket, asked: str) -> None:
        self._line = line
        self._from_asterisk = (
            f"agi_network: yes\nagi_network_script: {asked}\n".encode()
        )
        self._hung_up = False

    def hung_up(self, *_: object) -> None:
        """The far end has: the signal says so. What is under way ends first."""
        self._hung_up = True

    def run(self) -> None:
        """Hand lines on until one side has ended."""
        self._send(b"")
        wake, wakes = os.pipe()
        os.set_blocking(wakes, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wakes)
        signal.signal(signal.SIGHUP, self.hung_up)
        sides: list[int | socket.socket] = [ASTERISK, self._line, wake]
        while True:
            ready, _, _ = select.select(sides, [], [])
            if wake in ready:
                os.read(wake, 64)
            if self._line in ready and not self._tell(self._line.recv(ROOM)):
                return
            if ASTERISK in ready and not self._said(os.read(ASTERISK, ROOM)):
                return
            if self._hung_up:
                self._hung_up = False
                self._line.sendall(b"HANGUP\n")  # whole lines have gone before

    def _said(self, data: bytes) -> bool:
        """Asterisk has said something; False: it will say no more."""
        return bool(data) and self._send(data)

    def _send(self, data: bytes) -> bool:
        """Hand whole lines on: the one of a hang-up may stand between any two."""
        self._from_asterisk += data
        whole, end, rest = self._from_asterisk.rpartition(b"\n")
        if len(rest) > ROOM:
            return False
        self._from_asterisk = rest
        if end:
            self._line.sendall(whole + end)
        return True

    @staticmethod
    def _tell(data: bytes) -> bool:
        """The service has said something; False: it will say no more."""
        left = data
        while left:
            left = left[os.write(ANSWERS, left) :]
        return bool(data)


def run(to: str, flow: str, given: Sequence[str]) -> int:
    """Hand the call on to the service at *to*; return the status to end with.

    What goes wrong is said on standard error, which Asterisk shows on its console. The
    dialplan goes on in any case.
    """
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    try:
        line = connected(to)
    except NoService as no:
        print(f"ivrflow agi: {no}", file=sys.stderr)
        return 1
    with line, suppress(OSError):  # one side has ended in the middle of a line
        Pipe(line, asked_for(flow, given)).run()
    return 0
