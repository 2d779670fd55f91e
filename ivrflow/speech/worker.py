"""A process that speaks: `python -m ivrflow.speech.worker`, started by `live`.

It reads one line of JSON with the voices, then one for each text, and answers each with
a line. All by its standard input and output: what is spoken may be somebody's name, and
no argument or environment shows it. It ends when its input does.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import IO, Any

from ivrflow.prompts.audio import write_wav
from ivrflow.secret import Secret
from ivrflow.speech.cache import save
from ivrflow.speech.provider import (
    Line,
    Provider,
    SpeechFailed,
    Voice,
    render,
)
from ivrflow.speech.providers import provider_of

LARGEST_FILE = 100_000_000
"""Bytes that a program which speaks may write into one file."""


def main() -> None:
    """Serve standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: who started us ends us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(ValueError, OSError):
        os.nice(5)  # calls that are up come first
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
    # What libraries print must not stand among our answers.
    answers, sys.stdout = sys.stdout, sys.stderr
    serve(sys.stdin, answers)


def serve(orders: IO[str], answers: IO[str]) -> None:
    """Answer each line of *orders* with one in *answers*."""
    known = {
        language: read_voice(language, about)
        for language, about in json.loads(orders.readline()).items()
    }
    providers: dict[str, Provider] = {}
    for line in orders:
        answer = _speak(json.loads(line), known, providers)
        print(json.dumps(answer), file=answers, flush=True)


def _speak(
    order: dict[str, Any], known: dict[str, Voice], providers: dict[str, Provider]
) -> dict[str, object]:
    language, text = order["language"], order["text"]
    if Path(order["path"]).exists():  # another process, or an earlier one, was quicker
        return {"error": ""}
    try:
        if language not in providers:
            providers[language] = provider_of(known[language])
        sound = render(providers[language], Line(text=text), text, order["rate"])
        save(Path(order["path"]), write_wav(sound))
    except SpeechFailed as failed:
        why = str(failed) if order["own"] else failed.plain
        return {"error": why, "lasting": failed.lasting}
    except OSError as error:
        return {"error": f"cannot be kept: {error.strerror}", "lasting": False}
    except Exception as fault:  # a library's: its message may hold the text
        return {"error": f"{type(fault).__name__} in the voice", "lasting": False}
    return {"error": ""}


def told(voices: dict[str, Voice]) -> str:
    """Return the line that tells a worker its voices."""
    return json.dumps(
        {
            language: {
                "provider": voice.provider,
                "voice": voice.voice,
                "speed": voice.speed,
                "command": voice.command,
                "url": voice.url,
                "token": voice.token.reveal() if voice.token else "",
                "within": voice.within,
            }
            for language, voice in voices.items()
        }
    )


def read_voice(language: str, about: dict[str, Any]) -> Voice:
    """Return a voice as `told` wrote it."""
    token = about.pop("token")
    about["command"] = tuple(about["command"])
    return Voice(language=language, token=Secret(token) if token else None, **about)


if __name__ == "__main__":
    main()
