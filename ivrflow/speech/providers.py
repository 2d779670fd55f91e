"""Which provider speaks with which voice: the one place that knows them all."""

from __future__ import annotations

from ivrflow.speech.command import Command
from ivrflow.speech.espeak import espeak
from ivrflow.speech.http import Http
from ivrflow.speech.provider import Provider, Voice


def provider_of(voice: Voice) -> Provider:
    """Return what speaks with *voice*; raises `SpeechFailed` if it can't be had.

    The libraries of `kokoro` are imported here and nowhere before.
    """
    match voice.provider:
        case "kokoro":
            from ivrflow.speech.kokoro import Kokoro

            return Kokoro.of(voice)
        case "http":
            return Http(voice)
        case "command":
            return Command(voice, voice.command)
        case "espeak-ng":
            return espeak(voice)
