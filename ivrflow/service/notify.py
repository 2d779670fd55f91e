"""What systemd is told of the service: a few words in a datagram, see sd_notify(3).

systemd names a socket in the environment of a service that is `Type=notify`. The words
are taken from there once, and out of the environment: the relay, voices and ears are
our children, and none of them may speak for the service.

Without systemd, or where it does not listen, everything here does nothing.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import MutableMapping
from dataclasses import dataclass

log = logging.getLogger(__name__)

SOCKET, WATCHDOG, WATCHDOG_OF = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"
"""Variables in which systemd says where it listens, within how many microseconds it
wants to hear of us again and again, and which process is meant by that."""

LONGEST_PATH = 107
"""Bytes of a Unix socket's address."""


@dataclass(frozen=True)
class Notify:
    """Where systemd listens. A copy in a child that was forked goes on working."""

    address: bytes = b""
    """Of the socket; b"" where nobody listens. It begins with a NUL where systemd's
    name of it begins with @: a socket that is in no folder."""
    watchdog: float = 0.0
    """Seconds after which systemd kills a service that it hears nothing from; 0.0:
    never."""

    @classmethod
    def taken(cls, environ: MutableMapping[str, str]) -> Notify:
        """What *environ* says, taken out of it."""
        where = environ.pop(SOCKET, "")
        microseconds = environ.pop(WATCHDOG, "")
        meant = environ.pop(WATCHDOG_OF, "")
        address = _address(where)
        if not address:
            return cls()
        if meant not in ("", str(os.getpid())) or not microseconds.isdecimal():
            return cls(address)
        return cls(address, int(microseconds) / 1_000_000)

    @property
    def listens(self) -> bool:
        """Whether somebody asked to be told."""
        return bool(self.address)

    def tell(self, *words: str) -> bool:
        """Send *words*, each `NAME=value` in one line; return whether they went out.

        Never blocks, never raises: that systemd is told is no call's concern.
        """
        if not self.address:
            return False
        try:
            # A socket for each time: systemd may have been started anew meanwhile.
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
                end.setblocking(False)
                end.sendto("\n".join(words).encode("utf-8", "replace"), self.address)
        except OSError as error:
            log.debug("systemd was not told %s: %s", words, error)
            return False
        return True

    def status(self, text: str) -> bool:
        """Have `systemctl status` show *text*; as `tell`."""
        return self.tell(status_word(text))


def status_word(text: str) -> str:
    """The word that says *text*: its first line, as a datagram has one word a line."""
    return f"STATUS={text.strip().partition(chr(10))[0][:LONGEST_STATUS]}"


LONGEST_STATUS = 300
"""Characters: `systemctl status` shows one line."""


def _address(where: str) -> bytes:
    written = os.fsencode(where)
    if len(written) > LONGEST_PATH:
        log.warning(
            "%s=%s is too long for a socket; systemd is not told", SOCKET, where
        )
        return b""
    if written.startswith(b"@"):
        return b"\0" + written[1:]
    # Others, such as vsock:, are for machines that tell their host, not for services.
    return written if written.startswith(b"/") else b""
