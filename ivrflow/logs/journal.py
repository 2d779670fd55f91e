"""systemd's journal by its own socket: each line with its fields.

    journalctl -u ivrflow IVRFLOW_CALL=1731.17

The protocol is systemd's JOURNAL_NATIVE_PROTOCOL: datagrams of `NAME=value` lines; what
is too large for one goes as an open file without a name. Nothing waits for the journal:
what it does not take goes to standard error, as text, so that no line is lost silently.
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import socket
import struct
import sys
from pathlib import Path

from ivrflow.logs.lines import TextLines, covered, raised_in
from ivrflow.logs.where import whose

SOCKET = Path("/run/systemd/journal/socket")

PRIORITIES = {
    logging.DEBUG: 7,
    logging.INFO: 6,
    logging.WARNING: 4,
    logging.ERROR: 3,
    logging.CRITICAL: 2,
}
"""Level -> syslog's."""

NAME = "ivrflow"

_SEALS = (
    fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
)
"""The journal takes a file that has all of them: nobody can change it any more."""


class Journal(logging.Handler):
    """Writes into the journal. It can't be used where `is_there` says no."""

    def __init__(self, path: Path = SOCKET) -> None:
        super().__init__()
        self._path = str(path)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._text = TextLines()

    def emit(self, record: logging.LogRecord) -> None:
        """Write *record*, to standard error if the journal does not take it."""
        try:
            try:
                self._send(datagram(fields(record, self._text)))
            except OSError:
                print(self._text.format(record), file=sys.stderr, flush=True)
        except Exception:  # also where nobody reads standard error any more
            self.handleError(record)

    def close(self) -> None:
        self._socket.close()
        super().close()

    def _send(self, data: bytes) -> None:
        try:
            self._socket.sendto(data, self._path)
        except OSError as error:
            if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                raise
            self._send_as_file(data)

    def _send_as_file(self, data: bytes) -> None:
        made = os.memfd_create("journal", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        try:
            os.write(made, data)
            fcntl.fcntl(made, fcntl.F_ADD_SEALS, _SEALS)
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, struct.pack("i", made))
            self._socket.sendmsg([b""], [rights], 0, self._path)
        finally:
            os.close(made)


def is_there(path: Path = SOCKET) -> bool:
    """Whether this machine has a journal."""
    return path.is_socket()


def fields(record: logging.LogRecord, formatter: logging.Formatter) -> dict[str, str]:
    """What the journal is told of *record*."""
    call = whose()
    raised = raised_in(record, formatter)
    text = record.getMessage() + (f"\n{raised}" if raised else "")
    found = {
        "MESSAGE": covered(text, call),
        "PRIORITY": str(_priority(record.levelno)),
        "SYSLOG_IDENTIFIER": NAME,
        "IVRFLOW_LOGGER": record.name,
        "CODE_FILE": record.pathname,
        "CODE_LINE": str(record.lineno),
        "CODE_FUNC": record.funcName or "",
    }
    if call is not None:
        found["IVRFLOW_CALL"] = call.id
        if call.place:
            found["IVRFLOW_PLACE"] = call.place
    return found


def _priority(level: int) -> int:
    return next(
        (
            priority
            for least, priority in sorted(PRIORITIES.items(), reverse=True)
            if level >= least
        ),
        7,
    )


def datagram(told: dict[str, str]) -> bytes:
    """*told* as the journal reads it. A value with a line end has its length before it,
    so that nothing in it can begin another field."""
    parts = []
    for name, value in told.items():
        data = value.encode(errors="backslashreplace")
        if b"\n" in data:
            parts.append(
                b"%s\n%s%s\n" % (name.encode(), struct.pack("<Q", len(data)), data)
            )
        else:
            parts.append(b"%s=%s\n" % (name.encode(), data))
    return b"".join(parts)
