"""Reading, measuring and shaping sounds."""

import itertools
import math
import struct
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.prompts.audio import BadSound, Sound, read_wav, write_wav
from ivrflow.prompts.measure import faults, measure
from ivrflow.prompts.shape import finished, resampled, silence_around
from tests.unit.speech.wavs import tone, tone_wav


def wav(body, *, kind=1, channels=1, rate=8000, bits=16, extra=b"", size=None):
    frame = channels * bits // 8
    form = struct.pack("<HHIIHH", kind, channels, rate, rate * frame, frame, bits)
    form += extra
    return (
        b"RIFF\0\0\0\0WAVE"
        + struct.pack("<4sI", b"fmt ", len(form))
        + form
        + struct.pack("<4sI", b"LIST", 3)
        + b"abc\0"
        + struct.pack("<4sI", b"data", len(body) if size is None else size)
        + body
    )


def test_what_is_written_is_read_again():
    assert read_wav(tone_wav(0.3))[1] == tone(0.3)


def test_length_that_a_pipe_could_not_know_is_not_trusted():
    body = tone(0.2).samples.tobytes()

    _, sound = read_wav(wav(body, size=0xFFFFFFFF))

    assert sound.seconds == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("body", "more", "first"),
    [
        (bytes([128, 192, 64]), {"bits": 8}, [0, 16384, -16384]),
        (b"\x01\x00\x40" + b"\xff\x00\xc0", {"bits": 24}, [16384, -16384]),
        (struct.pack("<ii", 1 << 30, -(1 << 30)), {"bits": 32}, [16384, -16384]),
        (struct.pack("<ff", 1.5, -0.5), {"bits": 32, "kind": 3}, [32767, -16384]),
        (struct.pack("<hhhh", 10, 20, -10, -20), {"channels": 2}, [15, -15]),
        (
            struct.pack("<hh", 7, 8),
            {"kind": 0xFFFE, "extra": b"\x16\0\0\0\0\0\0\0\x01\0" + bytes(14)},
            [7, 8],
        ),
    ],
)
def test_what_studios_deliver_is_read(body, more, first):
    assert list(read_wav(wav(body, **more))[1].samples) == first


@given(st.binary(max_size=200))
def test_any_bytes_are_a_sound_or_told_to_be_none(data):
    for tried in (data, b"RIFF\0\0\0\0WAVE" + data, wav(b"")[:36] + data):
        try:
            form, sound = read_wav(tried)
        except BadSound:
            continue
        assert form.rate == sound.rate


@pytest.mark.parametrize(("old", "new"), [(22050, 8000), (44100, 8000), (8000, 16000)])
def test_tone_keeps_its_pitch_and_loudness_at_another_rate(old, new):
    made = resampled(tone(0.5, rate=old, level=16384, hertz=1000).samples, old, new)

    middle = made[new // 10 : -new // 10]
    crossings = sum(a < 0 <= b for a, b in itertools.pairwise(middle))
    loudness = math.sqrt(sum(s * s for s in middle) / len(middle))
    assert crossings == pytest.approx(1000 * len(middle) / new, abs=2)
    assert loudness == pytest.approx(0.5 / math.sqrt(2), rel=0.02)


def test_what_a_telephone_can_not_carry_does_not_come_back_as_a_whistle():
    made = resampled(tone(0.5, rate=44100, hertz=7000).samples, 44100, 8000)

    assert max(map(abs, made[800:-800])) < 0.003


def test_finished_recording_is_trimmed_levelled_and_has_its_pause():
    quiet = array("h", [0] * 44100)
    spoken = tone(0.5, rate=44100, level=1500)
    raw = Sound(quiet + spoken.samples + quiet, 44100)

    before, after = silence_around("and then.")
    made = measure(write_wav(finished(raw, 8000, before=before, after=after)))

    assert (before, after) == (0.015, 0.25)
    assert made.seconds == pytest.approx(0.015 + 0.5 + 0.25, abs=0.06)
    assert made.loudness == pytest.approx(-19, abs=0.3)
    assert list(faults(made)) == []


def test_silence_stays_silence_and_is_told():
    made = finished(Sound(array("h", [0] * 8000), 8000), 8000, before=0, after=0)

    assert [f.kind for f in faults(measure(write_wav(made)))] == ["silent"]


def test_long_silence_before_the_words_is_told():
    sound = tone(0.5, level=4500)
    late = Sound(array("h", [0] * 8000) + sound.samples, 8000)

    (fault,) = faults(measure(write_wav(late)))
    assert fault.kind == "slow"
    assert "1.0 s of silence before its words" in fault.message
