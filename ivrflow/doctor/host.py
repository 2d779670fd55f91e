"""This machine, as far as a doctor may look: what /proc, /etc and the disks tell.

All of it is read below a root, so that a test can have a machine of its own. Nothing
is asked of another process, and no program is run.
"""

from __future__ import annotations

import ctypes
import os
import re
import shutil
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from urllib.parse import urlsplit

from ivrflow.audio.playing import ASTERISK

Address = IPv4Address | IPv6Address

_LISTENS = "0A"
"""The state of a socket in /proc/net/tcp that waits for connections."""

_TIME_ERROR = 5
"""What adjtimex(2) returns while nobody keeps the clock right."""


@dataclass(frozen=True)
class Space:
    """What is left on the disk of a folder."""

    free: int
    """Bytes that a user without privileges may still write."""
    whole: int
    files: int
    """How many files may still be made; -1 where the file system has no limit."""


def space_of(folder: Path) -> Space:
    """Ask the file system. Raises OSError."""
    found = os.statvfs(folder)
    return Space(
        free=found.f_bavail * found.f_frsize,
        whole=found.f_blocks * found.f_frsize,
        files=found.f_favail if found.f_files else -1,
    )


def keeps_time() -> bool | None:
    """Whether somebody keeps this machine's clock right; None: it can't be told."""
    adjtimex = getattr(ctypes.CDLL(None), "adjtimex", None)
    if adjtimex is None:
        return None
    # struct timex is 208 bytes; all zeros ask and change nothing.
    state = int(adjtimex(ctypes.create_string_buffer(1024)))
    return None if state < 0 else state != _TIME_ERROR


def now() -> datetime:
    """The time on the wall."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Host:
    """One machine. Its methods block for a moment."""

    root: Path = Path("/")
    space: Callable[[Path], Space] = space_of
    """Of a folder; raises OSError."""
    keeps_time: Callable[[], bool | None] = keeps_time
    now: Callable[[], datetime] = now
    asterisk: str = ASTERISK
    """The user as whom Asterisk runs, if there is one of that name."""
    program: Callable[[str], str | None] = shutil.which
    """The path of a program; None: it is not here."""

    def at(self, path: str | Path) -> Path:
        """The file *path*, which is absolute, on this machine."""
        return self.root / Path(path).relative_to("/")

    def text(self, path: str | Path) -> str | None:
        """What is in a file; None: it is not there, or not for us."""
        try:
            return self.at(path).read_text("utf-8", errors="replace")
        except OSError:
            return None

    def sysctl(self, name: str) -> int | None:
        """A number among the kernel's settings, such as `net.core.rmem_default`."""
        text = self.text(f"/proc/sys/{name.replace('.', '/')}")
        first = (text or "").split()[:1]
        return int(first[0]) if first and first[0].isdigit() else None

    def listening(self, port: int) -> list[Address] | None:
        """The addresses at which somebody waits for TCP connections to *port*.

        None where the kernel does not tell.
        """
        tables = [self.text(f"/proc/net/{name}") for name in ("tcp", "tcp6")]
        if tables[0] is None:
            return None
        found = [one for table in tables for one in _listening(table or "")]
        return sorted(
            {address for address, at in found if at == port},
            key=lambda address: (address.version, int(address)),
        )

    def processes(self, name: str) -> list[int]:
        """The processes whose program is called *name*."""
        found = []
        for folder in self.at("/proc").glob("[0-9]*"):
            comm = self.text(f"/proc/{folder.name}/comm")
            if comm is not None and comm.strip() == name:
                found.append(int(folder.name))
        return sorted(found)

    def commands(self, *words: str) -> list[int]:
        """The processes whose command line has all of those *words*."""
        found = []
        for folder in self.at("/proc").glob("[0-9]*"):
            line = (self.text(f"/proc/{folder.name}/cmdline") or "").split("\0")
            if set(words) <= set(line):
                found.append(int(folder.name))
        return sorted(found)

    def open_files(self, process: int) -> int | None:
        """How many files *process* may have open; None: it can't be told."""
        text = self.text(f"/proc/{process}/limits") or ""
        found = re.search(r"^Max open files\s+(\d+|unlimited)", text, re.MULTILINE)
        if found is None:
            return None
        return 2**31 if found[1] == "unlimited" else int(found[1])

    def locks(self, process: int) -> bool:
        """Whether *process* has a lock on a whole file (flock) now."""
        text = self.text("/proc/locks") or ""
        mine = rf"^\d+: FLOCK\s+ADVISORY\s+WRITE {process} "
        return re.search(mine, text, re.MULTILINE) is not None


def _listening(table: str) -> Iterator[tuple[Address, int]]:
    """Address and port of each socket in a table of the kernel that listens."""
    for line in table.splitlines()[1:]:
        fields = line.split()
        if len(fields) < 4 or fields[3] != _LISTENS:
            continue
        address, _, port = fields[1].partition(":")
        raw = bytes.fromhex(address)
        # Words of four bytes, each in the machine's own order.
        words = struct.unpack(f"={len(raw) // 4}I", raw)
        yield ip_address(struct.pack(f">{len(words)}I", *words)), int(port, 16)


def hosts_address(url: str) -> str:
    """The host in *url*; "" if it has none."""
    return urlsplit(url).hostname or ""


def is_here(host: str) -> bool:
    """Whether *host*, a name or an address, is this machine. May ask the DNS."""
    if host in ("localhost", ""):
        return True
    try:
        found = {entry[4][0] for entry in socket.getaddrinfo(host, None)}
    except OSError:
        return False
    return all(_is_ours(ip_address(str(one).partition("%")[0])) for one in found)


def _is_ours(address: Address) -> bool:
    if address.is_loopback:
        return True
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return True
