"""Opus for mail, where the library for it is installed; and what is said without."""

import io
import sys
from array import array
from math import pi, sin

import pytest

from ivrflow.audio.opus import NoOpus, check, opus
from ivrflow.prompts.audio import BadSound, Sound, write_wav


def tone(seconds, rate=8000):
    count = round(seconds * rate)
    return write_wav(
        Sound(
            array("h", (round(9000 * sin(880 * pi * n / rate)) for n in range(count))),
            rate,
        )
    )


def test_without_the_library_it_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)
    for act in (check, lambda: opus(tone(0.1))):
        with pytest.raises(NoOpus, match=r"pip install 'ivrflow\[audio\]'"):
            act()


@pytest.mark.parametrize("rate", [8000, 16000])
def test_a_message_becomes_a_small_ogg_file_of_the_same_length(rate):
    soundfile = pytest.importorskip("soundfile")
    wav = tone(5.3, rate)
    ogg = opus(wav)

    assert ogg.startswith(b"OggS")
    assert b"OpusHead" in ogg[:100]
    assert len(ogg) < len(wav) / 3
    with soundfile.SoundFile(io.BytesIO(ogg)) as read:
        assert read.subtype == "OPUS"
        assert read.frames / read.samplerate == pytest.approx(5.3, abs=0.05)
        heard = array("h", bytes(read.buffer_read(dtype="int16")))
    assert max(heard) == pytest.approx(9000, rel=0.2)


def test_nothing_is_a_file_without_sound():
    pytest.importorskip("soundfile")
    assert opus(tone(0.0)).startswith(b"OggS")


@pytest.mark.parametrize("wav", [b"", b"RIFF", tone(0.1, rate=44100)])
def test_what_is_no_sound_for_opus_says_so(wav):
    pytest.importorskip("soundfile")
    with pytest.raises(BadSound):
        opus(wav)
