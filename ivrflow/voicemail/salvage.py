"""Make a WAV file whole that nobody has closed.

Asterisk writes how long a recording is into its header at the end. One that was cut
short by a crash says that it has no sound, though all of it but the last second is
there: most players, and mail programs, then play nothing. Pure: bytes in, bytes out.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

RIFF = struct.Struct("<4sI4s")
CHUNK = struct.Struct("<4sI")
FORMAT = struct.Struct("<HHIIHH")
"""Kind, channels, samples a second, bytes a second, bytes of one sample, its bits."""

MOST_CHUNKS = 100


def mended(wav: bytes) -> bytes:
    """Return *wav* with lengths in its header that are those of what is there.

    What is no WAV file, and one whose header is right, comes back as it is.
    """
    found = _sound_of(wav)
    if found is None:
        return wav
    begin, told, whole = found
    length = (len(wav) - begin) // whole * whole
    if told and begin + told <= len(wav):
        return wav
    riff, _, wave = RIFF.unpack_from(wav)
    data, _ = CHUNK.unpack_from(wav, begin - CHUNK.size)
    return b"".join(
        (
            RIFF.pack(riff, begin + length - CHUNK.size, wave),
            wav[RIFF.size : begin - CHUNK.size],
            CHUNK.pack(data, length),
            wav[begin : begin + length],
        )
    )


def is_wav(wav: bytes) -> bool:
    """Whether it begins as a WAV file does."""
    return len(wav) >= RIFF.size and (wav[:4], wav[8:12]) == (b"RIFF", b"WAVE")


def chunks(wav: bytes) -> Iterator[tuple[bytes, int, int]]:
    """The name of each chunk, where it begins, and how long it says it is.

    None where it is no WAV file. What a chunk says may be more than there is.
    """
    at = RIFF.size
    for _ in range(MOST_CHUNKS if is_wav(wav) else 0):
        if len(wav) < at + CHUNK.size:
            return
        name, length = CHUNK.unpack_from(wav, at)
        at += CHUNK.size
        yield name, at, length
        at += length + length % 2


def _sound_of(wav: bytes) -> tuple[int, int, int] | None:
    """Where the sound begins, how long the header says it is, and a sample's bytes.

    None where it is no WAV file that we understand.
    """
    whole = 0
    for name, begin, length in chunks(wav):
        if name == b"data":
            return (begin, length, whole) if whole else None
        if name == b"fmt " and len(wav) >= begin + FORMAT.size:
            whole = FORMAT.unpack_from(wav, begin)[4]
    return None
