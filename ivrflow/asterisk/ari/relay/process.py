"""The relay: `python -m ivrflow.asterisk.ari.relay.process`, started by the service.

It reads from its standard input where Asterisk is and where it is to listen, so that
the password stands in no list of processes and in no file. Then it lets go of whoever
has started it: it has to outlive him. What it does is in `relaying`.

It holds what callers type, cards and PINs among it. So it leaves no core dump, and no
other process of its user can read its memory. What its socket gives, it gives each of
them.
"""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import resource
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path

from ivrflow.asterisk.ari.relay.relaying import Relay
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.secret import Secret

PR_SET_DUMPABLE = 4
"""Of prctl(2)."""


def main() -> None:
    """Read what to do, let go of who has started us, and do it."""
    _keep_closed()
    wanted = json.loads(sys.stdin.read())
    path = Path(wanted["socket"])
    os.chdir(path.parent)  # the address of a socket is 107 bytes at most
    settings = AriSettings(
        url=wanted["url"],
        user=wanted["user"],
        password=Secret(wanted["password"]),
        app=wanted["app"],
    )
    try:
        listening = _listening(path.name)
    except OSError as error:  # while somebody is there to hear of it
        sys.exit(f"{path}: {error.strerror}")
    made = os.stat(path.name).st_ino
    if os.fork():
        os._exit(0)
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):  # whoever has started us waits for their end
        os.dup2(nothing, standard)

    async def run() -> None:
        relay = Relay(settings)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, relay.over.set)
        await relay.run(listening)

    try:
        asyncio.run(run())
    finally:
        with suppress(OSError):
            if os.stat(path.name).st_ino == made:  # not that of who came after us
                os.unlink(path.name)


def _keep_closed() -> None:
    """Let nothing of our memory come onto a disk by a crash, or to other processes."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with suppress(OSError, AttributeError):  # no Linux
        ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def _listening(name: str) -> socket.socket:
    """A socket at the file *name* in this folder, for our own user alone."""
    with suppress(FileNotFoundError):
        os.unlink(name)
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listening.bind(name)
    finally:
        os.umask(before)
    return listening


if __name__ == "__main__":
    main()
