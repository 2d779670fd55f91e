"""Who writes down what callers have said, as the settings have it."""

from __future__ import annotations

import importlib.util
import logging
import shutil
from collections.abc import Callable

from ivrflow.config import Settings
from ivrflow.facts import Note
from ivrflow.flow.world.sounds import Audio
from ivrflow.flow.world.transcripts import Transcripts
from ivrflow.speech.cache import kept_folder
from ivrflow.speech.provider import SpeechFailed
from ivrflow.speech.transcribing import EarRules, Transcribing
from ivrflow.speech.weights import WHISPER, needed

log = logging.getLogger(__name__)


def transcribing_of(
    settings: Settings,
    transcripts: Transcripts,
    audio: Audio,
    *,
    clock: Callable[[], float],
    note: Note,
) -> Transcribing | None:
    """What listens; None where the settings name nothing. *clock*: since 1970."""
    rules = ears_of(settings)
    if rules is None:
        return None
    return Transcribing(transcripts, audio, rules, clock=clock, note=note)


def ears_of(settings: Settings) -> EarRules | None:
    """How the service listens; None: it does not."""
    said = settings.transcripts
    if said is None:
        return None
    return EarRules(
        command=tuple(str(part) for part in said.command),
        processes=int(said.processes),
        longest=float(said.longest),
    )


def tell_what_ears_lack(settings: Settings) -> None:
    """Say in the log what the settings want and this machine has not got.

    The service begins all the same: messages wait, and are heard when it is there.
    Looks at files: not for the event loop.
    """
    if lacking := ears_lack(settings):
        log.warning("transcripts: %s; messages wait until it is there", lacking)


def ears_lack(settings: Settings) -> str:
    """What the settings want and this machine has not got, and the cure; "" if none.

    Looks at files: not for the event loop.
    """
    rules = ears_of(settings)
    return "" if rules is None else _lacking(rules.command)


def _lacking(command: tuple[str, ...]) -> str:
    if command:
        found = shutil.which(command[0]) is not None
        return "" if found else f"{command[0]} is no program here; install it"
    if importlib.util.find_spec("faster_whisper") is None:
        return "whisper needs faster-whisper: pip install 'ivrflow[stt]'"
    try:
        needed(WHISPER, kept_folder())
    except SpeechFailed as failed:
        return str(failed)
    return ""
