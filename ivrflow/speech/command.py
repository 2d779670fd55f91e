"""A program that speaks: espeak-ng, piper, or one's own.

The command is a list of arguments, run without a shell. In them may stand `{voice}`,
`{language}` and `{speed}`; `{text_file}`, a file with the text (else it comes by
standard input); `{out}`, the file to write (else standard output). The text itself
can't: arguments are seen by everybody on the machine, and a text that begins with a
hyphen would be an option.
"""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from ivrflow.prompts.audio import BadSound, Sound, read_wav
from ivrflow.speech.provider import Line, SpeechFailed, Voice

PLACES = ("voice", "language", "speed", "text_file", "out")
"""What may stand in braces in an argument."""

LARGEST = 40_000_000
"""Bytes of sound that are taken from a program."""

_PLACE = re.compile(r"\{([a-z_]*)\}")
_TAIL = 300


class BadCommand(ValueError):
    """A command that can't be run; says why."""


def check_command(arguments: Sequence[str]) -> None:
    """Raise `BadCommand` unless *arguments* can be filled in."""
    if not arguments or not arguments[0]:
        raise BadCommand("the command is empty; write [espeak-ng, --stdout, ...]")
    if "{" in arguments[0]:
        raise BadCommand("the program's name can't hold {...}")
    for argument in arguments:
        for name in _PLACE.findall(argument):
            if name not in PLACES:
                known = " ".join(f"{{{one}}}" for one in PLACES)
                text = "; the text comes by standard input, or in {text_file}"
                raise BadCommand(
                    f"{{{name}}} has no meaning in a command; there are {known}"
                    + (text if name == "text" else "")
                )


class Command:
    """Speaks by running *arguments* for each line."""

    def __init__(
        self,
        voice: Voice,
        arguments: Sequence[str],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        try:
            check_command(arguments)
        except BadCommand as bad:
            raise SpeechFailed(str(bad), lasting=True) from None
        self._voice = voice
        self._arguments = tuple(arguments)
        self._environment = {**os.environ, **(environment or {})}

    def say(self, line: Line) -> Sound:
        with tempfile.TemporaryDirectory(prefix="ivrflow-speech-") as private:
            folder = Path(private)
            out = folder / "out.wav"
            self._run(line, folder, out)
            try:
                with out.open("rb") as file:
                    made = file.read(LARGEST)
            except OSError:
                made = b""
        if not made:
            raise SpeechFailed(f"{self._name} made no sound")
        try:
            return read_wav(made)[1]
        except BadSound as bad:
            raise SpeechFailed(f"what {self._name} made is no sound: {bad}") from None

    @property
    def _name(self) -> str:
        return os.path.basename(self._arguments[0])

    def _run(self, line: Line, folder: Path, out: Path) -> None:
        """Run the program; what it writes is in *out*."""
        text = line.text + "\n"
        places = {
            "voice": self._voice.voice,
            "language": self._voice.language,
            "speed": f"{self._voice.speed * line.speed:g}",
            "text_file": str(folder / "text"),
            "out": str(out),
        }
        used = {n for a in self._arguments for n in _PLACE.findall(a)}
        (folder / "text").write_text(text if "text_file" in used else "", "utf-8")
        argv = [_PLACE.sub(lambda m: places[m[1]], a) for a in self._arguments]
        stdin = b"" if "text_file" in used else text.encode()
        with contextlib.ExitStack() as stack:
            said = stack.enter_context((folder / "said").open("w+b"))
            # A file and no pipe: whatever a program prints, our memory has an end.
            sound = said if "out" in used else stack.enter_context(out.open("wb"))
            process = stack.enter_context(_started(argv, sound, said, self))
            try:
                process.communicate(stdin, timeout=self._voice.within)
            except subprocess.TimeoutExpired:
                raise SpeechFailed(
                    f"{self._name} took longer than {self._voice.within:g} s"
                ) from None
            except BrokenPipeError:
                pass  # it did not read to the end; its exit status tells
            if process.returncode != 0:
                said.seek(0)
                tail = said.read()[-_TAIL:].decode(errors="replace")
                # A program may repeat its text in what it complains of.
                tail = tail.replace(line.text, "...")
                raise SpeechFailed(
                    f"{self._name} failed with status {process.returncode}",
                    complaint=" ".join(tail.split()),
                )

    def environment(self) -> Mapping[str, str]:
        return self._environment


@contextlib.contextmanager
def _started(
    argv: Sequence[str], sound: IO[bytes], said: IO[bytes], command: Command
) -> Iterator[subprocess.Popen[bytes]]:
    """Start *argv* in a group of its own; if the block is cut short, all of it ends."""
    try:
        process = subprocess.Popen(
            argv,
            stdin=subprocess.PIPE,
            stdout=sound,
            stderr=said,
            env=command.environment(),
            start_new_session=True,
        )
    except OSError as error:
        raise SpeechFailed(
            f"{argv[0]} can't be run: {error.strerror}; install it, or name another "
            "one in speech: of the settings",
            lasting=True,
        ) from None
    try:
        yield process
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
