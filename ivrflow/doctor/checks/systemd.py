"""The unit of systemd: whether it starts the service again, and leaves its relay alone.

A service that dies must be there again at once. Without `KillMode=process` systemd
kills the relay with it, and each restart is felt by callers; without
`RestartPreventExitStatus` a service that can't begin begins for ever. docs/operating.md
says why each line is there.

Cure: `ivrflow install --systemd` writes the unit that is shipped, or change the line
that the finding names; then `systemctl daemon-reload`.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from ivrflow.doctor.checks import Area
from ivrflow.doctor.conf import is_yes
from ivrflow.doctor.finding import Finding, Findings, note, ok, warning
from ivrflow.doctor.host import Host
from ivrflow.doctor.patient import Patient

AREA = Area.MACHINE

FOLDERS = (
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
)
"""Where units stand; the first one wins."""

WRITES = 3.0
"""Seconds in which the service writes what it knows, when it is told to stop."""

INSTALL = "`ivrflow install --systemd` writes the unit that is shipped"

Lines = dict[str, list[str]]
"""Key of a unit -> its values."""

_SECONDS = {"ms": 0.001, "s": 1, "sec": 1, "min": 60, "m": 60, "h": 3600}


async def look(patient: Patient) -> Findings:
    host = patient.host
    if not host.at("/run/systemd/system").is_dir():
        yield note(
            "this machine does not run systemd",
            "see that whoever starts the service starts it again at once when it ends, "
            "but for exit status 0, 2 and 3",
        )
        return
    units = await asyncio.to_thread(lambda: dict(_units(host)))
    if not units:
        yield note("systemd knows no unit that runs `ivrflow serve`", INSTALL)
        return
    settings = await patient.settings()
    for name, lines in units.items():
        found = list(_judged(name, lines, float(settings.drain)))
        for one in found:
            yield one
        if not found:
            yield ok(f"{name} starts the service again, and leaves its relay alone")


def _units(host: Host) -> Iterator[tuple[str, Lines]]:
    """The units that run the service, with what their drop-ins change."""
    names = {
        path.name
        for folder in FOLDERS
        for path in host.at(folder).glob("*ivrflow*.service")
    }
    for name in sorted(names):
        texts = _texts(host, name)
        lines = _lines("\n".join(texts))
        if any(" serve" in line for line in lines.get("execstart", [])):
            yield name, lines


def _texts(host: Host, name: str) -> Iterator[str]:
    """The unit's file, then its drop-ins, by their names."""
    for folder in FOLDERS:
        text = host.text(f"{folder}/{name}")
        if text is not None:
            yield text
            break
    drop_ins: dict[str, Path] = {}
    for folder in reversed(FOLDERS):
        for path in host.at(f"{folder}/{name}.d").glob("*.conf"):
            drop_ins[path.name] = path
    for one in sorted(drop_ins):
        try:
            yield drop_ins[one].read_text("utf-8", errors="replace")
        except OSError:
            continue


def _lines(text: str) -> Lines:
    """Keys in small letters; an empty value takes back what was before it."""
    found: Lines = {}
    for line in re.sub(r"\\\n", " ", text).splitlines():
        key, sign, value = line.strip().partition("=")
        if not sign or key.startswith(("#", ";")):
            continue
        key, value = key.strip().lower(), value.strip()
        found[key] = [*found.get(key, []), value] if value else []
    return found


def _judged(name: str, lines: Lines, drain: float) -> Iterator[Finding]:
    """What is wrong with a unit; *drain*: seconds that a stop takes."""

    def last(key: str, usual: str = "") -> str:
        return (lines.get(key) or [usual])[-1]

    reload = "in [Service], then systemctl daemon-reload"
    if last("killmode", "control-group") != "process":
        yield warning(
            f"{name}: KillMode={last('killmode', 'control-group')}: systemd kills the "
            "relay with the service, so keys are lost at each restart",
            f"KillMode=process {reload}",
        )
    if last("restart", "no") != "always":
        yield warning(
            f"{name}: Restart={last('restart', 'no')}: a service that dies is not "
            "always started again",
            f"Restart=always {reload}",
        )
    prevented = set(" ".join(lines.get("restartpreventexitstatus", [])).split())
    if not {"2", "3"} <= prevented:
        yield warning(
            f"{name}: a service that can't begin, or whose application another one has "
            "taken, is started again and again",
            f"RestartPreventExitStatus=2 3 {reload}",
        )
    if _seconds(last("startlimitintervalsec", "10")) != 0:
        yield warning(
            f"{name}: systemd gives the service up when it dies five times in a row",
            "StartLimitIntervalSec=0 in [Unit], then systemctl daemon-reload",
        )
    if last("oompolicy", "stop") != "continue":
        yield note(
            f"{name}: when memory runs out and the kernel kills one process, systemd "
            "ends them all",
            f"OOMPolicy=continue {reload}",
        )
    stop = _seconds(last("timeoutstopsec", "90"))
    if stop is not None and 0 < stop < drain + WRITES:
        yield warning(
            f"{name}: TimeoutStopSec={last('timeoutstopsec')} is less than a stop "
            f"takes (drain: {drain:g} s, and {WRITES:g} s to write)",
            f"TimeoutStopSec={drain + 10:.0f} {reload}",
        )
    if last("watchdogsec") and not _notified(last):
        yield warning(
            f"{name}: WatchdogSec= without Type=notify kills a service that is well",
            f"Type=notify, or no WatchdogSec=, {reload}",
        )
    if _notified(last) and last("notifyaccess", "main") != "all":
        yield warning(
            f"{name}: NotifyAccess={last('notifyaccess', 'main')}: systemd does not "
            "hear the process that serves, which is a child of the one that it starts",
            f"NotifyAccess=all {reload}",
        )
    if last("limitcore", "infinity").split(":")[0] != "0":
        yield note(
            f"{name}: a core dump would write PINs that are being entered to the disk",
            f"LimitCORE=0 {reload}",
        )
    if not is_yes(last("nonewprivileges")):
        yield note(
            f"{name}: the service may get more rights than its user has",
            f"NoNewPrivileges=yes {reload}",
        )


def _notified(last: Callable[..., str]) -> bool:
    """Whether systemd waits for the service to say that it is there."""
    return last("type") in ("notify", "notify-reload")


def _seconds(written: str) -> float | None:
    """A time as systemd writes it; None: for ever, or not understood."""
    parts = re.findall(r"([0-9.]+)\s*([a-z]*)", written)
    if not parts:
        return None
    try:
        return sum(float(n) * _SECONDS[unit or "s"] for n, unit in parts)
    except (KeyError, ValueError):
        return None
