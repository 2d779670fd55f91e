"""The units of systemd that are shipped, fitted to where this ivrflow is: text to text.

They are written so that they hold as they stand for an ivrflow in /opt/ivrflow with its
settings in /etc/ivrflow. What differs on a machine is the program's path, the user, and
folders that the settings name elsewhere: those are closed to a service that is as shut
in as this one, unless its unit opens them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

USUAL_CONFIG = Path("/etc/ivrflow/ivrflow.yaml")

OWN = ("/etc", "/var/lib", "/var/cache", "/var/log", "/run")
"""Below these the unit has a folder `ivrflow`, which it may write to."""

HOMES = ("/home", "/root", "/run/user")
"""What `ProtectHome=yes` hides."""


@dataclass(frozen=True, kw_only=True)
class Fitting:
    """What a unit is to be fitted to."""

    program: Sequence[str] = ("/opt/ivrflow/.venv/bin/ivrflow",)
    """What starts ivrflow, by its whole path, before `serve`."""
    user: str = "ivrflow"
    config: Path = USUAL_CONFIG
    """Not used by the template, whose settings are those of its instance."""
    writes: Sequence[Path] = ()
    """Folders that the settings name and that the service writes to."""


def fitted(unit: str, to: Fitting, *, template: bool = False) -> str:
    """*unit*, one of those that are shipped, fitted *to* this machine."""
    start = " ".join(_in_a_command(word) for word in to.program)
    text = re.sub(r"(?m)^ExecStart=\S+", lambda _: f"ExecStart={start}", unit, count=1)
    text = re.sub(r"(?m)^(User|Group)=.*", lambda found: f"{found[1]}={to.user}", text)
    if not template and to.config != USUAL_CONFIG:
        config = _in_a_command(to.config)
        text = text.replace("--keep\n", f"--keep --config {config}\n")
    opened = "".join(f"ReadWritePaths=-{_word(path)}\n" for path in to_open(to.writes))
    text = re.sub(r"(?m)^ReadWritePaths=.*\n", lambda it: it[0] + opened, text, count=1)
    homes = [
        to.program[0],
        *map(str, to.writes),
        *([] if template else [str(to.config)]),
    ]
    if any(_below(path, HOMES) for path in homes):
        text = text.replace("ProtectHome=yes", "ProtectHome=read-only")
    return text


def to_open(folders: Iterable[Path]) -> list[Path]:
    """Those of *folders*, each once, that the unit does not open by itself."""
    own = [f"{parent}/ivrflow" for parent in OWN]
    return sorted({path for path in folders if not _below(path, own)})


def _below(path: str | Path, folders: Iterable[str]) -> bool:
    return any(PurePosixPath(path).is_relative_to(folder) for folder in folders)


def _word(text: str | Path) -> str:
    """One word of a line: systemd reads % as a specifier."""
    word = str(text).replace("%", "%%")
    if re.fullmatch(r"[\w@%+=:,./$-]+", word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _in_a_command(text: str | Path) -> str:
    """One word of `ExecStart=`, where $ begins a variable."""
    return _word(text).replace("$", "$$")
