"""What goes into a support archive: each part is a function that returns its text.

A part that can't be had says why in its place: the archive is made on the day on which
something is broken.
"""

from __future__ import annotations

import json
import os
import platform
import re
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import Any

from ivrflow import __version__
from ivrflow.cli.changing import why_not
from ivrflow.cli.installed import NoService, ask_service, local, now, with_readable
from ivrflow.config import Settings
from ivrflow.config.layers import Layers
from ivrflow.config.showing import as_text, shown
from ivrflow.db.engine import Database, database_url
from ivrflow.db.upgrade import state
from ivrflow.db.versions import SqlVersions

PATIENCE = 5.0
"""Seconds that the service has for each answer."""

DOCTOR_WITHIN = 180.0
"""Seconds that the doctor has for all that he looks at."""

TAIL = 5_000_000
"""Bytes of a log that are read, from its end."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the archive is made of."""

    config: Path
    settings: Settings | None
    """None: they can't be read."""
    layers: Layers | None
    trouble: str
    """Why they can't be."""
    logs: Sequence[Path]
    """Files; none: the journal of the unit."""
    unit: str
    lines: int
    """Of each log."""


@dataclass(frozen=True)
class Piece:
    """One file of the archive, before it is masked."""

    name: str
    what: str
    """For who looks what is in it."""
    make: Callable[[Wanted], str]


def made(piece: Piece, wanted: Wanted) -> str:
    """The text of *piece*, or why there is none."""
    try:
        return piece.make(wanted)
    except Exception as error:  # whatever is broken, the other parts are wanted
        return f"could not be had: {type(error).__name__}: {error}\n"
    except SystemExit as error:
        return f"could not be had: exit status {error.code}\n"


def pieces(wanted: Wanted) -> Iterator[Piece]:
    """The parts of an archive, in the order in which they are listed."""
    yield Piece("about.json", "versions of programs and libraries, the machine", _about)
    yield Piece(
        "settings.yaml", "the settings, masked, and where they stand", _settings
    )
    if wanted.settings is not None:
        yield Piece("database.json", "which database, how large, versions", _database)
        yield Piece("site.txt", "what `ivrflow check` says of the site", _site)
        for name, (what, _) in ASKED.items():
            yield Piece(f"service/{name}.json", what, _asked_for(name))
    yield Piece("doctor.json", "what `ivrflow doctor` finds", _doctor)
    for number, path in enumerate(wanted.logs, 1):
        name = f"log/{number}-{path.name}.txt"
        yield Piece(name, f"the last lines of {path}", _file(path))
    if not wanted.logs:
        yield Piece("log/journal.txt", "the last lines of its journal", _journal)


# The machine --------------------------------------------------------------------------


def _about(_: Wanted) -> str:
    found = {
        "made": local(now()),
        "ivrflow": __version__,
        "python": sys.version,
        "program": sys.executable,
        "system": platform.platform(),
        "processors": os.cpu_count(),
        "load": os.getloadavg(),
        "memory": _memory(),
        "open_files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "free": shutil.disk_usage("/").free,
        "libraries": dict(_libraries()),
    }
    return _json(found)


def _libraries() -> Iterator[tuple[str, str]]:
    for needed in requires("ivrflow") or ():
        name = re.split(r"[^\w.-]", needed, maxsplit=1)[0]
        try:
            yield name, version(name)
        except PackageNotFoundError:
            yield name, "not installed"


def _memory() -> dict[str, int]:
    """Megabytes."""
    lines = Path("/proc/meminfo").read_text("ascii").splitlines()
    pairs = (line.partition(":") for line in lines)
    wanted = ("MemTotal", "MemAvailable", "SwapTotal", "SwapFree")
    return {
        name: int(rest.split()[0]) // 1024 for name, _, rest in pairs if name in wanted
    }


# The installation -----------------------------------------------------------------


def _settings(wanted: Wanted) -> str:
    if wanted.settings is None or wanted.layers is None:
        return f"{wanted.config} can't be read:\n{wanted.trouble}\n"
    return as_text(shown(wanted.settings, wanted.layers), origin=True)


def _database(wanted: Wanted) -> str:
    assert wanted.settings is not None
    url = wanted.settings.url(wanted.settings.database)
    stands = state(url, busy=PATIENCE)
    found: dict[str, Any] = {
        "url": stands.url,
        "revision": stands.revision,
        "needs": stands.newest,
    }
    where = database_url(url)
    if where.get_backend_name() == "sqlite" and where.database:
        path = Path(where.database)
        found["bytes"] = {
            one.name: one.stat().st_size
            for one in sorted(path.parent.glob(f"{path.name}*"))
            if one.is_file()
        }
        found["free"] = shutil.disk_usage(path.parent).free
    if stands.up_to_date:
        found["versions"] = with_readable(url, _versions)
    return _json(found)


async def _versions(database: Database) -> list[dict[str, Any]]:
    kept = await SqlVersions(database).all()
    return [
        {"version": one.version, "live_at": local(one.live_at)} for one in kept[:20]
    ]


def _site(wanted: Wanted) -> str:
    from ivrflow.flow.load import check_site

    assert wanted.settings is not None
    found = check_site(wanted.settings.path(wanted.settings.site))
    lines = [str(problem) for problem in found.problems]
    return "\n".join(lines or ["no error, no warning"]) + "\n"


# The service --------------------------------------------------------------------------

ASKED: dict[str, tuple[str, Sequence[str] | None]] = {
    "health": ("how the service itself is", None),
    "readyz": ("whether it can take calls", None),
    "queues": (
        "how the queues stand",
        (
            *("name", "ready", "unreached", "signed_in", "talking", "wrap_up"),
            *("not_ready", "callbacks", "messages", "longest_wait", "door", "alarms"),
        ),
    ),
    "agents": (
        "what the agents do, without their names",
        (
            *("number", "presence", "work", "presence_since", "work_since"),
            *("free_at", "address", "unreached", "elsewhere", "queues", "call", "live"),
        ),
    ),
    "calls": (
        "the calls that are up, without who calls",
        ("id", "flow", "step", "place", "seconds", "version", "agent", "queue"),
    ),
    "alarms": ("the alarms that ring", None),
    "site": ("which version of the site is live", None),
}
"""What the service is asked -> what that is, and which fields are kept; None: all."""

WITHOUT_API = ("readyz",)
"""Those of them that stand at the root."""


def _asked_for(name: str) -> Callable[[Wanted], str]:
    _, kept = ASKED[name]

    def ask(wanted: Wanted) -> str:
        assert wanted.settings is not None
        path = f"/{name}" if name in WITHOUT_API else f"/api/{name}"
        try:
            answer = ask_service(wanted.settings, path, method="GET", patience=PATIENCE)
        except NoService as away:
            return f"the service was not reached: {away}\n"
        if answer.status != 200 and name not in WITHOUT_API:
            return f"{answer.status}: {why_not(answer.body, answer.status)}\n"
        return _json(_only(answer.body, name, kept))

    return ask


def _only(body: dict[str, Any], name: str, kept: Sequence[str] | None) -> Any:
    """The rows of a list with those fields alone that are named: new ones stay out."""
    if kept is None:
        return body
    return [{key: row[key] for key in kept if key in row} for row in body[name]]


def _doctor(wanted: Wanted) -> str:
    words = ["doctor", "--json", "--config", str(wanted.config)]
    done = _run([sys.executable, "-m", "ivrflow", *words], DOCTOR_WITHIN)
    return done.stdout or done.stderr


# The log ------------------------------------------------------------------------------


def _file(path: Path) -> Callable[[Wanted], str]:
    def read(wanted: Wanted) -> str:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - TAIL))
            text = file.read().decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-wanted.lines :]) + "\n"

    return read


def _journal(wanted: Wanted) -> str:
    if shutil.which("journalctl") is None:
        return "there is no journalctl here; give the log's file with --log\n"
    words = ["journalctl", "--unit", wanted.unit, "--lines", str(wanted.lines)]
    done = _run([*words, "--no-pager", "--output", "short-iso"], 30.0)
    return done.stdout + done.stderr


def _run(words: Sequence[str], within: float) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        words,
        capture_output=True,
        stdin=subprocess.DEVNULL,
        text=True,
        errors="replace",
        timeout=within,
        check=False,
    )


def _json(found: object) -> str:
    return json.dumps(found, ensure_ascii=False, indent=2, default=str) + "\n"
