"""A process that listens: `python -m ivrflow.speech.ear_worker`, started by `ear`.

It reads one line of JSON with what listens, then for each sound a line of JSON and the
bytes of a WAV, and answers each with a line. All by its standard input and output: what
a caller said, no argument, file or environment shows. It ends when its input does: also
while it listens, with the program that listens for it, since the service that started
both may have been killed.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import resource
import select
import signal
import sys
from array import array
from threading import Thread
from typing import IO, Any

from ivrflow.prompts.audio import BadSound, Sound, read_wav
from ivrflow.speech.hearing import CommandEar, Ear, Whisper
from ivrflow.speech.provider import SpeechFailed

LONGEST_WORDS = 20_000
"""Characters of a transcript: in ten minutes nobody says more than half as many."""

LARGEST_FILE = 100_000_000
"""Bytes that a program which listens may write into one file."""

QUIET = 0.25
"""Seconds of silence around a sound; a listener guesses at words that are cut off."""

_LANGUAGE = re.compile("[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,3}", re.ASCII)
"""Others are left out: in a program's argument anything might be an option."""


def main() -> None:
    """Serve standard input until it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C: who started us ends us
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with contextlib.suppress(ValueError, OSError):
        os.nice(10)  # calls that are up come first, and voices that callers wait for
        resource.setrlimit(resource.RLIMIT_FSIZE, (LARGEST_FILE, LARGEST_FILE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a caller's words are in it
    with (
        contextlib.suppress(OSError),
        open("/proc/self/oom_score_adj", "w") as adjusted,
    ):
        adjusted.write("1000")  # where memory runs out, it is not Asterisk that dies
    if os.getpgrp() == os.getpid():  # a group of ours and of what we run
        Thread(target=_end_with, args=(sys.stdin.fileno(),), daemon=True).start()
    # What libraries print, in C too, must not stand among our answers.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answers:
        os.dup2(2, 1)
        serve(sys.stdin.buffer, answers)


def serve(orders: IO[bytes], answers: IO[str]) -> None:
    """Answer each order of *orders* with a line in *answers*."""
    command = tuple(json.loads(orders.readline())["command"])
    whisper: Whisper | None = None
    while line := orders.readline():
        order = json.loads(line)
        wav = orders.read(order["size"])
        if len(wav) < order["size"]:  # whoever ordered it is gone
            return
        answer: dict[str, object]
        try:
            ear: Ear
            if command:
                # Ended by us too, should nobody be there any more to end us both.
                ear = CommandEar(command, order["within"])
            else:
                ear = whisper = whisper or Whisper.load(skips_silence=True)
            answer = {"words": _heard(ear, wav, order["language"])}
        except SpeechFailed as failed:
            answer = {"error": failed.plain, "lasting": failed.lasting}
        except BadSound as bad:
            answer = {"error": f"the sound can't be read: {bad}"}
        except Exception as fault:  # a library's: its message may hold what it heard
            answer = {"error": f"{type(fault).__name__} in the ear"}
        print(json.dumps(answer, ensure_ascii=False), file=answers, flush=True)


def _end_with(orders: int) -> None:
    """Wait until nobody can order anything any more, and end this whole group."""
    poll = select.poll()
    poll.register(orders, 0)  # no events but the one that can't be left out: POLLHUP
    poll.poll()
    os.killpg(0, signal.SIGKILL)


def _heard(ear: Ear, wav: bytes, language: str) -> str:
    """The words in *wav*, in one line: signs that are no text are left out."""
    _, sound = read_wav(wav)
    quiet = array("h", [0]) * round(QUIET * sound.rate)
    known = language if _LANGUAGE.fullmatch(language) else ""
    words = ear.hears(Sound(quiet + sound.samples + quiet, sound.rate), known)
    words = words[: 2 * LONGEST_WORDS]
    kept = "".join(c if c.isprintable() else " " for c in words)
    return " ".join(kept.split())[:LONGEST_WORDS]


def told(command: tuple[str, ...]) -> dict[str, Any]:
    """What a worker is told first. *command*: the program; (): Whisper listens."""
    return {"command": command}


if __name__ == "__main__":
    main()
