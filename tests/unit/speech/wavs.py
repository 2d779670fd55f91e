"""Sounds for tests: tones, and a program that speaks by them."""

import math
import sys
from array import array

from ivrflow.prompts.audio import Sound, write_wav

SPEAKER = """
import math, struct, sys
rate = 8000
text = sys.stdin.buffer.read().decode().strip()
samples = []
for char in text:
    hertz = 300 + 37 * (ord(char) % 60)
    for n in range(rate * 3 // 100):
        samples.append(int(9000 * math.sin(2 * math.pi * hertz * n / rate)))
body = struct.pack("<%dh" % len(samples), *samples)
head = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 0xFFFFFFFF, b"WAVE", b"fmt ",
                   16, 1, 1, rate, 2 * rate, 2, 16, b"data", 0xFFFFFFFF)
sys.stdout.buffer.write(head + body)
"""
"""Says each character as a tone of its own, 30 ms long, into a pipe."""


def tone(seconds, *, rate=8000, level=9000, hertz=440):
    """A sine, as a `Sound`."""
    step = 2 * math.pi * hertz / rate
    count = round(seconds * rate)
    return Sound(
        array("h", (round(level * math.sin(step * n)) for n in range(count))), rate
    )


def tone_wav(seconds, **more):
    return write_wav(tone(seconds, **more))


def speaker(folder, text=SPEAKER):
    """A program that speaks, as the arguments of a command."""
    path = folder / "speaker.py"
    path.write_text(text, "utf-8")
    return (sys.executable, str(path))
