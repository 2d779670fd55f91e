"""Recordings that a crash of Asterisk has cut short."""

import io
import wave

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.voicemail.salvage import mended


def wav(seconds=1.0, *, channels=1):
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(2)
        out.setframerate(8000)
        out.writeframes(b"\1\2" * channels * round(8000 * seconds))
    return file.getvalue()


def cut_short(whole):
    """As Asterisk leaves it: the lengths are written when it is closed, and it never
    was."""
    return whole[:4] + bytes(4) + whole[8:40] + bytes(4) + whole[44:]


def length(sound):
    with wave.open(io.BytesIO(sound)) as read:
        return read.getnframes() / read.getframerate()


def test_a_recording_that_was_cut_short_plays_again():
    with pytest.raises(wave.Error):
        length(cut_short(wav(3.5)))
    assert mended(cut_short(wav(3.5))) == wav(3.5)


def test_half_a_sample_at_the_end_is_left_out():
    assert length(mended(cut_short(wav(2.0)) + b"\1")) == 2.0


def test_a_whole_recording_stays_as_it_is():
    for sound in (wav(0.0), wav(2.0), wav(1.0, channels=2)):
        assert mended(sound) is sound or mended(sound) == sound


def test_what_stands_after_the_sound_stays():
    sound = wav(1.0) + b"LIST\4\0\0\0INFO"
    assert mended(sound) == sound


def test_a_length_that_is_more_than_there_is_is_set_right():
    assert length(mended(wav(4.0)[:-8000])) == 3.5


@pytest.mark.parametrize(
    "nonsense",
    [b"", b"RIFF", b"RIFF\0\0\0\0WAVE", b"ID3" * 100, b"RIFF\0\0\0\0WAVEdata\0\0\0\0"],
)
def test_what_is_no_wav_file_stays_as_it_is(nonsense):
    assert mended(nonsense) == nonsense


@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_make_it_fail(noise, at):
    sound = bytearray(wav(0.01))
    sound[at : at + len(noise)] = noise
    mended(bytes(sound))
