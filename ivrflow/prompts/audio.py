"""Sound as plain values: samples and their rate, to and from WAV. Pure.

Python's `wave` trusts the lengths that a file states, and a program that writes to a
pipe can't know them; it also refuses what studios deliver (24 bit, float, the
"extensible" header). So the few chunks are read here.
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass

FULL = 32767
"""The largest sample."""

LONGEST = 600.0
"""Seconds of a recording, at most: nobody listens longer, and memory has an end."""

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE


class BadSound(ValueError):
    """This is no sound that we can read; says why."""


@dataclass(frozen=True, slots=True)
class Sound:
    """One channel of 16 bit samples, *rate* of them a second."""

    samples: array[int]
    rate: int

    @property
    def seconds(self) -> float:
        return len(self.samples) / self.rate


@dataclass(frozen=True, slots=True)
class Format:
    """How a WAV holds its samples."""

    rate: int
    channels: int
    bits: int
    coded: bool = False
    """Not as whole numbers: Asterisk does not play it."""

    def __str__(self) -> str:
        channels = {1: "mono", 2: "stereo"}.get(self.channels, f"{self.channels} ch")
        coded = ", not PCM" if self.coded else ""
        return f"{self.rate / 1000:g} kHz, {self.bits} bit, {channels}{coded}"


def read_wav(data: bytes) -> tuple[Format, Sound]:
    """Return how *data* is made, and its sound; several channels become their mean.

    Raises `BadSound`.
    """
    form, kind, body = _chunks(data)
    if len(body) > LONGEST * form.rate * form.channels * form.bits // 8:
        raise BadSound(f"it is longer than {LONGEST / 60:g} minutes")
    samples = _numbers(body, kind, form.bits)
    if form.channels > 1:
        count = form.channels
        parts = [samples[n::count] for n in range(count)]
        samples = array("h", (sum(at) // count for at in zip(*parts, strict=False)))
    return form, Sound(samples, form.rate)


def write_wav(sound: Sound) -> bytes:
    """Return *sound* as a WAV of 16 bit and one channel."""
    body = _little(sound.samples).tobytes()
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + len(body),
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        1,
        sound.rate,
        2 * sound.rate,
        2,
        16,
        b"data",
        len(body),
    )
    return head + body


def _chunks(data: bytes) -> tuple[Format, int, bytes]:
    """Return the format, its code and the samples' bytes."""
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise BadSound("it is no WAV file")
    at, form, kind = 12, None, 0
    while at + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, at)
        begin = at + 8
        if name == b"fmt " and begin + 16 <= len(data):
            kind, channels, rate, _, _, bits = struct.unpack_from(
                "<HHIIHH", data, begin
            )
            if kind == _EXTENSIBLE and size >= 40 and begin + 26 <= len(data):
                (kind,) = struct.unpack_from("<H", data, begin + 24)
            right = kind == _FLOAT and bits == 32
            right = right or (kind == _PCM and bits in (8, 16, 24, 32))
            if not right or not 1 <= channels <= 8 or not 4000 <= rate <= 192_000:
                raise BadSound(
                    f"its samples ({bits} bit, code {kind}) are not PCM; save it as "
                    "WAV, PCM, 16 bit"
                )
            form = Format(rate, channels, bits, coded=kind != _PCM)
        elif name == b"data":
            if form is None:
                raise BadSound("its samples come before their format")
            # A program that wrote into a pipe states any length: take what is there.
            body = data[begin : begin + size]
            frame = form.channels * form.bits // 8
            return form, kind, body[: len(body) // frame * frame]
        at = begin + size + size % 2
    raise BadSound("it has no samples")


def _numbers(body: bytes, kind: int, bits: int) -> array[int]:
    """Return the samples as 16 bit numbers."""
    if kind == _FLOAT:
        floats = _little(_of("f", body))
        return array("h", (round(max(-1.0, min(1.0, s)) * FULL) for s in floats))
    if bits == 8:  # the only ones without a sign
        return array("h", ((byte - 128) << 8 for byte in body))
    if bits == 16:
        return _little(_of("h", body))
    # The two upper bytes of each sample are a sample of 16 bit.
    size = bits // 8
    upper = bytearray(len(body) // size * 2)
    upper[0::2] = body[size - 2 :: size]
    upper[1::2] = body[size - 1 :: size]
    return _little(_of("h", bytes(upper)))


def _of(code: str, body: bytes) -> array[int]:
    numbers: array[int] = array(code)
    numbers.frombytes(body)
    return numbers


def _little(numbers: array[int]) -> array[int]:
    """Turn between this machine's order of bytes and that of a WAV."""
    if sys.byteorder == "big":
        numbers = numbers[:]
        numbers.byteswap()
    return numbers
