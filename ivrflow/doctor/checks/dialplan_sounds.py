"""The sentences of the dialplan: whether Asterisk finds them.

While the service is away Asterisk says what is the matter, from its own folder of
sounds: `ivrflow/en/apology` and a few more. Without them callers hear Asterisk's own
English words, or nothing.

Cure: link ivrflow's folder of sounds there, as the finding shows.
"""

from __future__ import annotations

from pathlib import Path

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, note, ok, warning
from ivrflow.doctor.patient import Patient
from ivrflow.shipped import shipped
from ivrflow.speech.shelf import file_of

AREA = Area.ASTERISK

SENTENCES = (
    "apology",
    "message_saved",
    "one_moment",
    "system_trouble",
    "voicemail_greeting",
)

LINK = "ivrflow"
"""The folder below Asterisk's sounds."""

USUAL = ("/usr/share/asterisk", "/var/lib/asterisk")
"""Where Asterisk's data are, unless its asterisk.conf says otherwise."""


async def look(patient: Patient) -> Findings:
    site = await patient.site()
    if not await patient.is_here():
        yield note(
            "Asterisk is on another machine: its sounds can't be looked at from here",
            "ivrflow doctor --call says whether Asterisk can play ours",
        )
        return
    written = await patient.written("asterisk.conf", "directories", "astdatadir")
    candidates = [patient.host.at(one) for one in ([written] if written else USUAL)]
    folders = [one / "sounds" for one in candidates if (one / "sounds").is_dir()]
    if not folders:
        yield warning(
            f"there is no folder of sounds in {', '.join(map(str, candidates))}",
            "install Asterisk's sounds (asterisk-core-sounds-en), or mend astdatadir "
            "in asterisk.conf",
        )
        return
    common = shipped("sounds")
    lacking = [
        f"{language}/{name}"
        for language in site.settings.languages
        for name in SENTENCES
        if file_of(common, f"{language}/{name}") is not None
        and not any(_has(folder, str(language), name) for folder in folders)
    ]
    if lacking:
        yield warning(
            f"Asterisk does not find {len(lacking)} sentences of the dialplan in "
            f"{folders[0]}, the first of them {LINK}/{lacking[0]}",
            f"ln -sfn {common} {folders[0] / LINK} (Asterisk's user must be able to "
            "read there)",
        )
    else:
        yield ok(f"Asterisk finds the dialplan's sentences in {folders[0] / LINK}")


def _has(folder: Path, language: str, name: str) -> bool:
    return file_of(folder / LINK, f"{language}/{name}") is not None
