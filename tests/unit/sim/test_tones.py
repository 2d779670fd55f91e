import math

import pytest

from ivrflow.sim import tones


def mixed(*parts: bytes) -> bytes:
    waves = [tones.samples(part) for part in parts]
    total = [sum(numbers) for numbers in zip(*waves, strict=True)]
    return b"".join(n.to_bytes(2, "little", signed=True) for n in total)


def noise(seconds: float) -> bytes:
    """White noise that is the same in each run."""
    state, numbers = 1, []
    for _ in range(round(seconds * tones.RATE)):
        state = state * 1103515245 + 12345 & 0x7FFFFFFF
        numbers.append(((state >> 15) - 32768) // 8)
    return b"".join(n.to_bytes(2, "little", signed=True) for n in numbers)


@pytest.mark.parametrize("frequency", tones.FREE)
def test_each_free_frequency_is_found_and_taken_for_no_other(frequency):
    heard = tones.tone(frequency, 0.5)

    found = [f for f in tones.FREE if tones.has_tone(heard, f)]

    assert found == [frequency]
    assert tones.strongest(heard, tones.FREE) == frequency


@pytest.mark.parametrize("frequency", tones.FREE)
def test_a_free_frequency_is_no_key_and_no_tone_of_the_exchange(frequency):
    taken = {*tones.DTMF, 350, 400, 425, 440, 480, 620, 950, 1100, 1400, 1800, 2100}
    others = {f * n for f in tones.FREE if f != frequency for n in (1, 2, 3)}

    assert min(abs(frequency - f) for f in taken) >= 50
    assert min(abs(frequency - f) for f in others) >= 40


@pytest.mark.parametrize("frequency", tones.DTMF)
def test_a_key_holds_no_free_frequency(frequency):
    key = mixed(tones.tone(frequency, 0.5), tones.tone(tones.DTMF[0], 0.5))

    assert tones.strongest(key, tones.FREE) is None


def test_two_parties_in_one_bridge_are_both_heard():
    both = mixed(tones.tone(550, 0.5), tones.tone(1530, 0.5))

    assert tones.has_tone(both, 550)
    assert tones.has_tone(both, 1530)
    assert not tones.has_tone(both, 1050)


def test_a_tone_is_heard_through_noise():
    assert tones.has_tone(mixed(tones.tone(1050, 1), noise(1)), 1050)
    assert tones.strongest(noise(1), tones.FREE) is None


def test_a_tone_in_the_middle_of_silence_is_found():
    heard = tones.silence(1.03) + tones.tone(550, 0.4) + tones.silence(1)

    assert tones.has_tone(heard, 550)


def test_a_blip_is_no_tone():
    heard = tones.silence(1) + tones.tone(550, 0.1) + tones.silence(1)

    assert not tones.has_tone(heard, 550)
    assert tones.has_tone(heard, 550, lasting=0.1)


def test_silence_has_no_tone_and_no_level():
    quiet = tones.silence(1)

    assert not tones.has_tone(quiet, 550)
    assert tones.strongest(quiet, tones.FREE) is None
    assert tones.share(quiet, 550) == 0
    assert tones.rms(quiet) == tones.rms(b"") == 0
    assert tones.level(quiet) == tones.level(b"") == tones.SILENT


def test_what_a_codec_adds_to_silence_is_no_tone():
    assert not tones.has_tone(tones.tone(550, 1, level=-60), 550)


def test_no_frequencies_to_look_for_are_no_tone():
    assert tones.strongest(tones.tone(550, 1), []) is None


def test_a_tone_has_the_level_and_the_length_asked_for():
    made = tones.tone(1050, 1.5, level=-20)

    assert tones.duration(made) == 1.5
    assert math.isclose(tones.level(made), -20, abs_tol=0.05)
    assert tones.share(tones.tone(1050, 0.2), 1050) > 0.99


def test_half_a_sample_at_the_end_is_left_out():
    assert tones.rms(b"\x00\x01\x7f") == 256


@pytest.mark.parametrize("frequency", [0, -5, 4000, 9000])
def test_a_frequency_that_a_telephone_does_not_carry_is_refused(frequency):
    with pytest.raises(ValueError, match="a telephone carries 1 to 3999 Hz"):
        tones.tone(frequency, 1)


def test_a_tone_that_would_be_cut_off_is_refused():
    with pytest.raises(ValueError, match="cut off"):
        tones.tone(550, 1, level=0)
