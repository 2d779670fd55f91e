"""Voices and ears: whether what speaks and what listens is on this machine.

Texts that nobody has recorded are spoken by programs (`speech:`), messages written down
by others (`transcripts:`). Without them callers don't hear such texts, and messages
come without words.

Cure: install the program, or the extra and its model: `pip install 'ivrflow[tts]'`,
`ivrflow sounds fetch ...` as the service's user.
"""

from __future__ import annotations

import asyncio
import importlib.util

from ivrflow.config import Settings
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Finding, Findings, note, ok, warning
from ivrflow.doctor.host import Host
from ivrflow.doctor.patient import Patient
from ivrflow.flow.site import Site
from ivrflow.service.transcripts import ears_lack
from ivrflow.speech.cache import kept_folder
from ivrflow.speech.provider import SpeechFailed
from ivrflow.speech.weights import KOKORO, needed

AREA = Area.DATA


async def look(patient: Patient) -> Findings:
    settings, site = await patient.settings(), await patient.site()
    found = await asyncio.to_thread(_lacking, settings, site, patient.host)
    for one in found:
        yield one
    if not found:
        what = [
            name
            for name, said in (
                ("voices", settings.speech),
                ("ears", settings.transcripts),
            )
            if said is not None
        ]
        yield ok(f"{' and '.join(what)} are here" if what else "none are set up")


def _lacking(settings: Settings, site: Site, host: Host) -> list[Finding]:
    """What the settings want and this machine has not got."""
    found = []
    voices = settings.speech.voices if settings.speech is not None else {}
    for language, voice in voices.items():
        cure = ""
        if voice.provider == "espeak-ng" and host.program("espeak-ng") is None:
            cure = "apt install espeak-ng"
        elif voice.provider == "command" and host.program(voice.command[0]) is None:
            cure = f"install {voice.command[0]}"
        elif voice.provider == "kokoro":
            cure = _kokoro_lacks()
        if cure:
            found.append(
                warning(
                    f"speech: the voice for {language} ({voice.provider}) is not here: "
                    "callers don't hear what nobody has recorded",
                    cure,
                )
            )
    for language in site.settings.languages:
        if voices and str(language) not in map(str, voices):
            found.append(
                note(
                    f"speech: there is no voice for {language}",
                    f"add one under voices:, such as {language}: {{with: espeak-ng}}",
                )
            )
    if lacking := ears_lack(settings):
        found.append(
            warning(f"transcripts: {lacking}", "messages wait for it; as it says")
        )
    return found


def _kokoro_lacks() -> str:
    if importlib.util.find_spec("kokoro_onnx") is None:
        return "pip install 'ivrflow[tts]' in the service's environment"
    try:
        needed(KOKORO, kept_folder())
    except SpeechFailed as failed:
        return str(failed)
    return ""
