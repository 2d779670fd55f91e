"""What a WAV is like, and the same without its end."""

import contextlib
import io
import wave

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.audio.cutting import Shape, cut, shape
from ivrflow.prompts.audio import BadSound


def wav(seconds, *, rate=8000, channels=1, width=2):
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        frames = round(seconds * rate)
        body = bytes(n % 251 for n in range(frames * channels * width))
        out.writeframes(body)
    return file.getvalue()


WHOLE = wav(1.0)


def test_a_sound_has_a_shape():
    assert shape(wav(1.5, rate=16000, channels=2, width=1)) == Shape(
        rate=16000, channels=2, bits=8, frames=24000
    )
    assert shape(wav(1.5)).seconds == 1.5


def test_one_that_a_crash_cut_short_is_as_long_as_it_is():
    broken = WHOLE[:4] + bytes(4) + WHOLE[8:40] + bytes(4) + WHOLE[44:]
    assert shape(broken).seconds == 1.0
    assert cut(broken, 0) == WHOLE
    assert cut(broken, 0.5) == cut(WHOLE, 0.5)


@pytest.mark.parametrize(("rate", "ending"), [(8000, ".wav"), (16000, ".wav16")])
def test_asterisk_plays_it_under_the_name_of_its_rate(rate, ending):
    assert shape(wav(0.1, rate=rate)).ending == ending


@pytest.mark.parametrize(
    "odd", [{"rate": 44100}, {"channels": 2}, {"width": 1}, {"width": 3}]
)
def test_what_asterisk_can_not_play_says_what_it_can(odd):
    with pytest.raises(BadSound, match="8 or 16 kHz, 16 bit and mono can"):
        _ = shape(wav(0.1, **odd)).ending


@settings(deadline=None)  # of a busy machine
@given(st.floats(0.0001, 0.9999))
def test_what_is_cut_begins_as_the_whole_does(ends):
    short = cut(WHOLE, ends)
    assert abs(shape(short).seconds - ends) < 1 / 8000
    assert WHOLE[44:].startswith(short[44:])


@pytest.mark.parametrize("ends", [0, -1.0, 1.0, 2.0])
def test_all_of_it_stays_where_there_is_nothing_to_cut(ends):
    assert cut(WHOLE, ends) == WHOLE


@settings(deadline=None)  # of a busy machine
@given(st.binary(max_size=100))
def test_what_is_no_wav_comes_back_as_it_is(noise):
    assert cut(noise, 1.0) == noise
    with pytest.raises(BadSound):
        shape(noise)


@settings(deadline=None)  # of a busy machine
@given(st.binary(max_size=60), st.integers(0, 60))
def test_a_wav_with_a_broken_head_is_a_bad_sound_or_a_sound(noise, at):
    broken = bytearray(wav(0.01))
    broken[at : at + len(noise)] = noise
    short = cut(bytes(broken), 0.005)
    assert len(short) <= len(broken)
    with contextlib.suppress(BadSound):
        assert shape(bytes(broken)).frames <= len(broken)
        assert shape(short).seconds <= shape(bytes(broken)).seconds
