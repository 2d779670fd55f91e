"""What a WAV is like, and the same without its end. Pure: bytes in, bytes out.

A recording that was cut short by a crash is mended first (`voicemail.salvage`): its
length is that of what is there, not what its header says.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.prompts.audio import BadSound
from ivrflow.prompts.measure import ENDINGS
from ivrflow.voicemail.salvage import FORMAT, chunks, is_wav, mended

PCM = 1
"""The code of samples that are whole numbers, as Asterisk writes them."""


@dataclass(frozen=True, slots=True)
class Shape:
    """How a WAV holds its sound."""

    rate: int
    """Samples a second."""
    channels: int
    bits: int
    frames: int
    """Samples of each channel."""

    @property
    def seconds(self) -> float:
        return self.frames / self.rate

    @property
    def ending(self) -> str:
        """How a file must be named for Asterisk to play it; raises `BadSound`."""
        ending = ENDINGS.get(self.rate)
        if ending is None or (self.channels, self.bits) != (1, 16):
            raise BadSound(
                f"{self.rate} Hz, {self.bits} bit, {self.channels} ch can't be played; "
                "8 or 16 kHz, 16 bit and mono can"
            )
        return ending


def shape(wav: bytes) -> Shape:
    """Return what *wav* is like; raises `BadSound` if it is no WAV of whole numbers."""
    return _read(mended(wav))[0]


def cut(wav: bytes, ends: float) -> bytes:
    """Return *wav*, mended, without what stands behind *ends* seconds.

    0 or less, or more than there is: all of it. What is no WAV comes back as it is.
    """
    wav = mended(wav)
    try:
        found, begin = _read(wav)
    except BadSound:
        return wav
    frames = round(ends * found.rate)
    if not 0 < frames < found.frames:
        return wav
    # Its header says more than there is then, as that of one cut short by a crash.
    return mended(wav[: begin + frames * found.channels * found.bits // 8])


def _read(wav: bytes) -> tuple[Shape, int]:
    """Return the shape of a WAV whose header is right, and where its samples begin."""
    if not is_wav(wav):
        raise BadSound("it is no WAV file")
    form = None
    for name, at, length in chunks(wav):
        if name == b"fmt " and at + FORMAT.size <= len(wav):
            form = FORMAT.unpack_from(wav, at)
        elif name == b"data" and form is not None:
            kind, channels, rate, _, whole, bits = form
            if kind != PCM or not rate or not whole or whole * 8 != channels * bits:
                raise BadSound(f"its samples ({bits} bit, code {kind}) are not PCM")
            return Shape(rate, channels, bits, min(length, len(wav) - at) // whole), at
    raise BadSound("it has no samples")
