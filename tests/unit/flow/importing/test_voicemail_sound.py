"""Sounds of Asterisk's voicemail, made into WAV."""

import math
import struct
import sys
from array import array

import pytest

from ivrflow.flow.importing.voicemail_sound import LARGEST_TO_CONVERT, NEEDED, wav_of
from ivrflow.prompts.audio import BadSound, Sound, read_wav, write_wav

TONE = array("h", (round(9000 * math.sin(n * 0.4)) for n in range(8000)))
WAV = write_wav(Sound(TONE, 8000))


def wav(body, *, rate=8000, channels=1, bits=16):
    """A WAV of any kind."""
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * block, block, bits)
    head = struct.pack("<4sI4s4sI", b"RIFF", 36 + len(body), b"WAVE", b"fmt ", 16)
    return head + form + struct.pack("<4sI", b"data", len(body)) + body


def loudness(samples):
    return math.sqrt(sum(s * s for s in samples) / len(samples))


def test_wav_as_asterisk_writes_it_stays_as_it_is():
    assert wav_of(WAV, "wav") is WAV


def test_wav_that_a_crash_has_cut_short_is_whole_again():
    cut = bytearray(WAV)
    cut[4:8] = cut[40:44] = bytes(4)

    assert wav_of(bytes(cut), "wav") == WAV


def test_sln_is_samples_alone():
    assert wav_of(WAV[44:] + b"x", "sln") == WAV


@pytest.mark.parametrize(
    ("rate", "channels"), [(8000, 2), (16000, 1), (44100, 1), (48000, 2)]
)
def test_wav_of_another_rate_or_more_channels_becomes_one_of_8_khz(rate, channels):
    tone = (round(9000 * math.sin(n * 2500 / rate)) for n in range(rate))
    body = b"".join(struct.pack("<h", s) * channels for s in tone)

    form, sound = read_wav(wav_of(wav(body, rate=rate, channels=channels), "wav"))

    assert (form.rate, form.channels, form.bits) == (8000, 1, 16)
    assert sound.seconds == pytest.approx(1, abs=0.01)
    assert loudness(sound.samples) == pytest.approx(9000 / math.sqrt(2), rel=0.02)


@pytest.mark.parametrize(
    ("data", "suffix", "words"),
    [
        (b"", "wav", "it is no WAV file"),
        (b"ID3" * 100, "wav", "it is no WAV file"),
        (wav(b""), "wav", "it has no samples"),
        (b"", "sln", "it has no samples"),
        (wav(bytes(800), rate=3), "wav", "are not PCM"),
        (wav(bytes(800), bits=4), "wav", "are not PCM"),
        (wav(bytes(LARGEST_TO_CONVERT), channels=2), "wav", "and over 8,000,000 bytes"),
        (WAV, "mp3", "'mp3' is no format that is read"),
    ],
)
def test_what_is_no_sound_is_refused_with_the_reason(data, suffix, words):
    with pytest.raises(BadSound, match=words):
        wav_of(data, suffix)


# Coded as GSM ---------------------------------------------------------------------

SILENT_FRAME = bytes.fromhex(
    "d820a2e15a50004924924924500049249249245000492492492450004924924924"
)


def gsm_wav(frames):
    """A header as Asterisk writes it for wav49; *frames* has 65 bytes for 40 ms."""
    form = struct.pack("<HHIIHHHH", 49, 1, 8000, 1625, 65, 0, 2, 320)
    fact = struct.pack("<4sII", b"fact", 4, len(frames) // 65 * 320)
    body = b"WAVEfmt " + struct.pack("<I", 20) + form + fact
    body += struct.pack("<4sI", b"data", len(frames)) + frames
    return struct.pack("<4sI", b"RIFF", len(body)) + body


def test_without_the_library_gsm_is_refused_with_the_cure(monkeypatch):
    monkeypatch.setitem(sys.modules, "soundfile", None)

    for data, suffix in ((SILENT_FRAME, "gsm"), (gsm_wav(bytes(65)), "WAV")):
        with pytest.raises(BadSound) as refused:
            wav_of(data, suffix)
        assert str(refused.value) == NEEDED


def test_raw_gsm_is_decoded():
    pytest.importorskip("soundfile")

    _, sound = read_wav(wav_of(SILENT_FRAME * 50 + b"cut", "gsm"))

    assert (sound.rate, len(sound.samples)) == (8000, 8000)
    assert max(map(abs, sound.samples)) < 300


@pytest.mark.parametrize("crashed", [False, True])
def test_wav49_is_decoded_whole_or_cut_short(crashed, tmp_path):
    soundfile = pytest.importorskip("soundfile")
    path = tmp_path / "a.wav"
    with soundfile.SoundFile(
        path, "w", samplerate=8000, channels=1, subtype="GSM610", format="WAV"
    ) as out:
        out.buffer_write(TONE.tobytes(), dtype="int16")
    data = bytearray(path.read_bytes())
    if crashed:
        data[4:8] = bytes(4)
        at = data.index(b"data")
        data[at + 4 : at + 8] = bytes(4)

    _, sound = read_wav(wav_of(bytes(data), "WAV"))

    assert sound.rate == 8000
    assert sound.seconds == pytest.approx(1, abs=0.05)
    assert loudness(sound.samples) == pytest.approx(loudness(TONE), rel=0.2)


@pytest.mark.parametrize(
    ("data", "suffix"), [(b"", "gsm"), (b"x" * 32, "gsm"), (gsm_wav(b""), "WAV")]
)
def test_gsm_without_a_whole_frame_is_refused(data, suffix):
    pytest.importorskip("soundfile")

    with pytest.raises(BadSound):
        wav_of(data, suffix)


@pytest.mark.parametrize(("rate", "channels"), [(192_000, 1), (16_000, 1)])
def test_gsm_that_asterisk_has_not_made_is_refused(rate, channels, monkeypatch):
    pytest.importorskip("soundfile")
    monkeypatch.setattr(
        "soundfile.SoundFile.buffer_read", None
    )  # nothing of it is decoded
    data = bytearray(gsm_wav(bytes(65 * 10)))
    data[22:24] = channels.to_bytes(2, "little")
    data[24:28] = rate.to_bytes(4, "little")

    with pytest.raises(BadSound, match=f"{channels} channels, {rate} samples a second"):
        wav_of(bytes(data), "WAV")
