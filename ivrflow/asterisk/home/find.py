"""Which Asterisk to start: a named one, the machine's own, or the fetched one.

An `Asterisk` is a place on the disk that knows how it wants to be started. One that
was unpacked without root brings its own C library, and runs through its own loader:
so it runs beside whatever the machine has.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ivrflow.packages.debian import own_loader

log = logging.getLogger(__name__)

OLDEST = 20
"""The oldest major version that we start."""

SETTING = "IVRFLOW_ASTERISK"
"""The environment variable that names an Asterisk of one's own: its binary."""

_EVENTS_MODULE = "res_websocket_client.so"


class NoAsterisk(Exception):
    """There is no Asterisk that can be used; the text says what to do."""


class BadSetting(NoAsterisk):
    """The Asterisk that the setting names can't be used."""


@dataclass(frozen=True, kw_only=True)
class Asterisk:
    """An Asterisk on the disk, ready to be started.

    *command* is what to put before Asterisk's arguments; *data* is the folder that
    holds `sounds` and `moh`.
    """

    command: tuple[str, ...]
    version: str
    modules: Path
    data: Path

    @property
    def brings_events(self) -> bool:
        """True if it can connect to us by itself (20.15, 21.10, 22.5 and later)."""
        return (self.modules / _EVENTS_MODULE).is_file()


def major(version: str) -> int:
    """Return the major number in what `asterisk -V` prints, or 0 if there is none.

    Certified releases count as the branch that they come from.
    """
    found = re.search(r"\b(?:certified[-/])?(\d+)\.\d+", version)
    return int(found[1]) if found else 0


def at_root(root: Path) -> Asterisk:
    """Return the Asterisk whose packages were unpacked into *root*; run it once.

    Raises `NoAsterisk` if it isn't whole or does not start.
    """
    command = own_loader(root, "usr/sbin/asterisk")
    if command is None:
        raise NoAsterisk(f"{root} holds no unpacked Asterisk")
    libraries = Path(command[0]).parent
    return _usable(
        Asterisk(
            command=command,
            version=_version(command),
            modules=libraries / "asterisk/modules",
            data=root / "usr/share/asterisk",
        )
    )


def at_binary(binary: Path) -> Asterisk:
    """Return the Asterisk of which *binary* is the program; run it once.

    Raises `NoAsterisk` if it is too old, does not start, or its folders aren't found.
    """
    if not binary.is_file():
        raise NoAsterisk(f"{binary} does not exist; give the path of `asterisk`")
    if binary.parts[-3:] == ("usr", "sbin", "asterisk"):
        root = binary.parents[2]
        if root != Path("/") and any(root.glob("usr/lib/*/ld-linux*.so.*")):
            return at_root(root)
    command = (str(binary),)
    version = _version(command)
    said = _directories(Path("/etc/asterisk/asterisk.conf"))
    prefix = binary.parent.parent
    modules = _first(
        [
            *said.get("astmoddir", []),
            *prefix.glob("lib/*/asterisk/modules"),
            prefix / "lib/asterisk/modules",
            prefix / "lib64/asterisk/modules",
        ],
        holding="res_ari.so",
    )
    data = _first(
        [
            *said.get("astdatadir", []),
            *said.get("astvarlibdir", []),
            prefix / "share/asterisk",
            Path("/var/lib/asterisk"),
        ],
        holding="sounds",
    )
    if modules is None or data is None:
        lacking = "modules (with res_ari.so)" if modules is None else "sounds"
        raise NoAsterisk(
            f"{binary} is {version}, but the folder of its {lacking} is not found; "
            f"say astmoddir and astdatadir in /etc/asterisk/asterisk.conf, or fetch "
            f"a private one: ivrflow asterisk fetch"
        )
    return _usable(
        Asterisk(command=command, version=version, modules=modules, data=data)
    )


def find(fetched: Path, environ: Mapping[str, str] = os.environ) -> Asterisk:
    """Return the Asterisk to use: the named one, the machine's own, or that below
    *fetched*, the folder of the fetched ones.

    Raises `NoAsterisk` if there is none. A named one that can't be used is an error,
    one of the machine that can't be used is passed over, and the log says why.
    """
    named = environ.get(SETTING, "")
    if named:
        try:
            return at_binary(Path(named).expanduser())
        except NoAsterisk as error:
            raise BadSetting(f"{SETTING}: {error}") from None
    own = shutil.which("asterisk", path=_search_path(environ))
    if own:
        try:
            return at_binary(Path(own))
        except NoAsterisk as error:
            log.info("the machine's own Asterisk is not used: %s", error)
    for root in newest_first(fetched):
        try:
            return at_root(root)
        except NoAsterisk as error:
            log.warning("%s is not used: %s; remove it", root, error)
    raise NoAsterisk(
        f"no Asterisk >= {OLDEST} here; fetch a private one (ivrflow asterisk fetch), "
        f"or set {SETTING} to the path of one"
    )


def newest_first(fetched: Path) -> list[Path]:
    """Return the folders of whole fetched Asterisks below *fetched*."""
    if not fetched.is_dir():
        return []
    whole = [
        path
        for path in fetched.iterdir()
        # One that is being fetched has a name with a dot until it is whole.
        if path.name[0] != "." and (path / "usr/sbin/asterisk").is_file()
    ]
    return sorted(whole, key=lambda p: _numbers(p.name), reverse=True)


def _numbers(name: str) -> list[int]:
    return [int(n) for n in re.findall(r"\d+", name)]


def _usable(asterisk: Asterisk) -> Asterisk:
    if major(asterisk.version) < OLDEST:
        raise NoAsterisk(f"{asterisk.version} is older than {OLDEST}")
    if not asterisk.brings_events:
        raise NoAsterisk(
            f"{asterisk.version} has no {_EVENTS_MODULE} in {asterisk.modules}; "
            f"20.15, 21.10, 22.5 and later have it"
        )
    return asterisk


def _version(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run(
            [*command, "-V"], capture_output=True, text=True, timeout=30, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise NoAsterisk(f"{command[-1]} does not run: {error}") from None
    if done.returncode != 0 or major(done.stdout) == 0:
        said = (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
        raise NoAsterisk(f"{command[-1]} -V says no version: {said[:500]}")
    return done.stdout.strip()


def _directories(conf: Path) -> dict[str, list[Path]]:
    """Return the directories that the machine's asterisk.conf sets."""
    try:
        text = conf.read_text(errors="replace")
    except OSError:
        return {}
    found = re.findall(r"(?m)^\s*(ast\w+dir)\s*=>?\s*([^\s;]+)", text)
    return {name: [Path(value)] for name, value in found}


def _first(candidates: list[Path], *, holding: str) -> Path | None:
    return next((p for p in candidates if (p / holding).exists()), None)


def _search_path(environ: Mapping[str, str]) -> str:
    """PATH, and the folders of a superuser's programs, which a user's PATH may lack."""
    return os.pathsep.join(
        [environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"]
    )
