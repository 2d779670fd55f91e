"""The dialplan: whether ivrflow's part is loaded, and is the one of this version.

`dialplan/ivrflow.conf` brings calls to the service, and has the last word when that is
away. What is compared is what Asterisk has loaded, asked by AMI, or else the files. An
older one works, but for what is new; one that hands calls to another application, or
that no context includes, brings none.

Cure: `ivrflow asterisk config --write DIR` writes it; copy it beside extensions.conf,
where `#include ivrflow.conf` stands, then `asterisk -rx 'dialplan reload'`. Settings of
your own belong under [globals] of extensions.conf, so that the file can be replaced
whole.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from ivrflow.doctor.checks import Area
from ivrflow.doctor.dialplan import (
    Dialplan,
    applications,
    differences,
    included,
    loaded,
    parsed,
)
from ivrflow.doctor.finding import CannotLook, Elsewhere, Findings, error, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.shipped import shipped

AREA = Area.ASTERISK

FILE = "ivrflow.conf"
ENTRY = "ivrflow"
"""The context that the contexts of trunks include."""

ENTER = "ivrflow-enter"
"""The one that hands calls to the service."""

TEST = "ivrflow-doctor"
"""The one of test calls: whoever names applications, this one does not count."""

RELOAD = "then `asterisk -rx 'dialplan reload'`"


async def look(patient: Patient) -> Findings:
    app = str((await patient.settings()).ari.app)
    wanted = parsed(
        await asyncio.to_thread((shipped("dialplan") / FILE).read_text, "utf-8")
    )
    there, where = await _there(patient)
    if ENTER not in there:
        yield error(
            f"{where} has no context {ENTER}: no call comes to the service",
            f"copy dialplan/{FILE} beside extensions.conf, and write `#include {FILE}` "
            f"there; {RELOAD}",
        )
        return
    calls = applications({ENTER: there[ENTER]})
    if app not in calls:
        named = ", ".join(sorted(calls)) or "none"
        yield error(
            f"{where} hands calls to the application {named}, and ours is {app}",
            f"write Stasis({app},... in {FILE}, {RELOAD}; or ari: {{app: {named}}} in "
            "the settings",
        )
    elif found := differences(wanted, there, app=app):
        more = f", and {len(found) - 1} more differences" if len(found) > 1 else ""
        yield warning(
            f"{where} has another {FILE} than this version brings: {found[0]}{more}",
            f"put dialplan/{FILE} of this version in its place, {RELOAD}; what is your "
            "own belongs under [globals] of extensions.conf",
        )
    elif ENTRY not in included(there):
        yield warning(
            f"{where} has no context that includes [{ENTRY}]: no call comes in by it",
            f"`include => {ENTRY}` in the context of your trunk, {RELOAD}",
        )
    else:
        yield ok(f"{where} has {FILE} of this version")


async def _there(patient: Patient) -> tuple[Dialplan, str]:
    """The dialplan that there is, and where. Raises `CannotLook`, `Elsewhere`."""
    try:
        ami = await patient.ami()
        if ami is not None:
            return await loaded(ami), "the dialplan"
    except (CannotLook, Elsewhere):
        pass  # told by the checks of AMI
    folder = await patient.conf_folder()
    if folder is not None:
        try:
            return await asyncio.to_thread(_files, folder), "extensions.conf"
        except OSError:
            pass
    raise CannotLook(
        "the dialplan can't be looked at: AMI does not tell it, and extensions.conf "
        "can't be read here",
        "set up ami: in the settings, or run the doctor as root",
    )


def _files(folder: Path) -> Dialplan:
    """What extensions.conf has, with the files that it includes. Raises OSError."""
    return parsed(_with_includes(folder, "extensions.conf", 0))


def _with_includes(folder: Path, name: str, deep: int) -> str:
    parts = []
    for line in (folder / name).read_text("utf-8", errors="replace").splitlines():
        words = line.split()
        if deep < 5 and words[:1] in (["#include"], ["#tryinclude"]) and len(words) > 1:
            try:
                parts.append(_with_includes(folder, words[1].strip('"<>'), deep + 1))
            except FileNotFoundError:
                continue
        else:
            parts.append(line)
    return "\n".join(parts)
