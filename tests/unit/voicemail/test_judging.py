"""Which recordings are messages, and where they end."""

import time
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.voicemail.judging import Judged, Verdict, judge
from ivrflow.voicemail.rules import Limits
from tests.unit.voicemail.made_sounds import (
    RATE,
    SOUNDS,
    cadence,
    noise,
    samples,
    scaled,
    silence,
    spoken,
    together,
    tone,
)
from tests.unit.voicemail.patience import patient

LIMITS = Limits(shortest=1.0, longest=120.0)
SHORTER = Limits(shortest=0.5, longest=120.0)
SENTENCE = spoken("en/message_urgent.wav")
SAYING = len(SENTENCE) / RATE

BUSY = {
    "China": (0.35, 0.35, 450),
    "China, congestion": (0.7, 0.7, 450),
    "North America": (0.5, 0.5, 480, 620),
    "North America, reorder": (0.25, 0.25, 480, 620),
    "United Kingdom": (0.375, 0.375, 400),
    "Germany": (0.48, 0.48, 425),
    "Europe, congestion": (0.2, 0.2, 425),
    "Japan": (0.5, 0.5, 400),
}
each_busy_tone = pytest.mark.parametrize("busy", BUSY.values(), ids=BUSY.keys())


def judged(sound, rate=RATE, limits=LIMITS):
    return judge(samples(sound), rate, limits)


def verdict(sound):
    return judged(sound).verdict


def over(sound, *, least):
    """*sound*, on a line whose noise is *least* dB."""
    return together(sound, noise(len(sound) / RATE, least))


# What nobody has said


def test_silence_is_no_message():
    assert judged(silence(5)) == Judged(verdict=Verdict.SILENT, seconds=5.0)


def test_an_empty_recording_is_silent():
    assert judged([]) == Judged(verdict=Verdict.SILENT, seconds=0.0)


@pytest.mark.parametrize("decibels", [-70, -60, -50, -42])
def test_the_noise_of_a_line_is_silence(decibels):
    assert verdict(noise(20, decibels)) is Verdict.SILENT


def test_noise_whose_gain_rises_while_nobody_speaks_is_silence():
    rising = [
        sample * 10 ** (min(20, at / RATE * 5) / 20)
        for at, sample in enumerate(noise(12, -65))
    ]
    assert verdict(rising) is Verdict.SILENT
    said = judged(SENTENCE + rising)
    assert said.ends == pytest.approx(SAYING, abs=0.3)


def test_an_offset_of_the_line_is_silence():
    assert verdict([1500.0] * 5 * RATE) is Verdict.SILENT
    said = judged([sample + 1500 for sample in over(SENTENCE + silence(4), least=-60)])
    assert said.verdict is Verdict.MESSAGE
    assert said.ends == pytest.approx(SAYING, abs=0.3)


def test_the_hum_of_a_mains_is_silence():
    assert verdict(tone(5, 50, loud=200)) is Verdict.SILENT


def test_a_click_is_no_message():
    assert verdict(silence(2) + tone(0.03, 900) + silence(2)) is Verdict.SILENT
    said = judged(SENTENCE + silence(3) + tone(0.03, 900) + silence(1))
    assert said.ends == pytest.approx(SAYING, abs=0.3)


# Messages


@pytest.mark.parametrize("pitch", [440, 700, 1000, 1004, 2000])
def test_a_steady_tone_is_a_message(pitch):
    said = judged(tone(4, pitch))
    assert said == Judged(verdict=Verdict.MESSAGE, seconds=4.0, begins=0.0, ends=4.0)


def test_loud_noise_is_a_message():
    assert verdict(noise(5, -30)) is Verdict.MESSAGE


def test_silence_before_and_after_speech_is_told():
    said = judged(over(silence(2) + SENTENCE + silence(6), least=-62))
    assert said.verdict is Verdict.MESSAGE
    assert said.begins == pytest.approx(1.8, abs=0.15)
    assert said.ends == pytest.approx(2 + SAYING, abs=0.3)


def test_pauses_inside_a_message_stay():
    said = judged(SENTENCE + silence(8) + SENTENCE + silence(5))
    assert said.ends == pytest.approx(2 * SAYING + 8, abs=0.3)


def test_a_short_recording_is_short_however_long_the_silence_after_it_is():
    short = judged(tone(0.6, 300) + silence(5))
    assert short.verdict is Verdict.SHORT
    assert short.ends == pytest.approx(0.8, abs=0.03)
    assert verdict(tone(0.95, 300) + silence(5)) is Verdict.MESSAGE
    assert verdict(tone(0.95, 300)) is Verdict.SHORT
    assert verdict(tone(1.0, 300)) is Verdict.MESSAGE


def test_shipped_sentences_are_messages_loud_and_low():
    for at, path in enumerate(sorted(SOUNDS.glob("*/*.wav"))):
        if path.parent.name == "tones":
            continue
        words = spoken(path.relative_to(SOUNDS))
        lasts = len(words) / RATE
        if lasts < 1.2:
            continue
        factor = (1.0, 0.1, 0.03)[at % 3]  # each its own: in all it takes seconds
        said = judged(scaled(words, factor) + silence(2), limits=SHORTER)
        assert said.verdict is Verdict.MESSAGE, (path, factor)
        assert lasts - 0.6 < said.ends < lasts + 0.25, (path, factor)


@pytest.mark.parametrize("least", [-65, -55, -45])
def test_speech_is_heard_in_noise(least):
    said = judged(over(silence(2) + SENTENCE + silence(5), least=least))
    assert said.verdict is Verdict.MESSAGE
    assert said.ends == pytest.approx(2 + SAYING, abs=0.4)


# Busy tones


@each_busy_tone
def test_a_busy_tone_alone_is_no_message(busy):
    assert verdict(cadence(6, *busy)) is Verdict.TONE


@each_busy_tone
@pytest.mark.parametrize("begins", [0.07, 0.31])
@pytest.mark.parametrize("lacks", [0.11, 0.23, 0.37])
def test_a_busy_tone_is_known_wherever_the_recording_cuts_it(busy, begins, lacks):
    whole = cadence(8, *busy)
    piece = whole[round(begins * RATE) : len(whole) - round(lacks * RATE)]
    assert verdict(piece) is Verdict.TONE


@each_busy_tone
@pytest.mark.parametrize("loud", [500, 20_000])
def test_a_busy_tone_is_known_low_loud_and_in_noise(busy, loud):
    assert verdict(over(cadence(6, *busy, loud=loud), least=-55)) is Verdict.TONE


@each_busy_tone
def test_a_message_ends_before_the_busy_tone(busy):
    whole = over(SENTENCE + silence(1.1) + cadence(10, *busy), least=-58)
    said = judged(whole)
    assert said.verdict is Verdict.MESSAGE
    assert said.ends == pytest.approx(SAYING, abs=0.3)
    assert said.seconds == pytest.approx(len(whole) / RATE)


@each_busy_tone
def test_a_busy_tone_right_after_the_last_word_costs_no_word(busy):
    said = judged(SENTENCE + cadence(10, *busy))
    assert SAYING - 0.3 < said.ends < SAYING + busy[0] + busy[1] + 0.25


@pytest.mark.parametrize("lost", [0.9, 1.1, 2.4, 2.55])
def test_a_packet_of_a_busy_tone_may_be_lost(lost):
    sound = cadence(6, 0.5, 0.5, 425)
    begin = round(lost * RATE)
    sound[begin : begin + 160] = [0.0] * 160
    assert verdict(sound) is Verdict.TONE


def test_silence_after_a_busy_tone_is_no_matter():
    assert verdict(cadence(6, 0.35, 0.35, 450) + silence(5)) is Verdict.TONE


def test_cadences_of_several_tones_are_known():
    unobtainable = (cadence(3, 0.1, 0.1, 450) + cadence(1, 0.4, 0.4, 450)) * 4
    congestion = (
        cadence(1, 0.4, 0.35, 400, loud=4000) + cadence(1, 0.225, 0.525, 400)
    ) * 4
    assert verdict(unobtainable) is Verdict.TONE
    assert verdict(congestion) is Verdict.TONE


def test_the_busy_tone_that_is_shipped_is_one():
    assert verdict(spoken("tones/busy.wav") * 2) is Verdict.TONE


def test_too_short_a_message_before_a_busy_tone_is_short():
    said = judged(tone(0.5, 300) + silence(0.4) + cadence(9, 0.35, 0.35, 450))
    assert said.verdict is Verdict.SHORT


# What only resembles one


def test_tones_out_of_turn_are_a_message():
    melody = [0.3, 0.15, 0.9, 0.45, 0.2, 1.1, 0.6]
    sound = [s for on in melody for s in tone(on, 440) + silence(0.3)]
    assert verdict(sound) is Verdict.MESSAGE
    assert judged(sound).ends == pytest.approx(len(sound) / RATE - 0.1, abs=0.05)


def test_tones_of_changing_pitch_are_a_message():
    scale = (400, 450, 500, 550, 600, 650)
    assert verdict([s for p in scale for s in cadence(1, 0.3, 0.3, p)]) is (
        Verdict.MESSAGE
    )


def test_tones_that_swell_are_a_message():
    swelling = [
        sample * at / (0.4 * RATE) for at, sample in enumerate(tone(0.4, 450))
    ] + silence(0.4)
    assert verdict(swelling * 6) is Verdict.MESSAGE


def test_regular_noise_and_high_tones_are_a_message():
    assert verdict((noise(0.3, -20) + silence(0.3)) * 6) is Verdict.MESSAGE
    assert verdict(cadence(6, 0.35, 0.35, 1000)) is Verdict.MESSAGE  # it may reverse
    assert verdict(cadence(6, 0.35, 0.35, 770, 1336)) is Verdict.MESSAGE  # a key


def test_two_tones_are_not_enough():
    assert verdict(cadence(2, 0.5, 0.5, 425)) is Verdict.MESSAGE


def test_a_word_said_again_and_again_is_a_message():
    for at in range(0, len(SENTENCE) - 2400, 1200):
        word = SENTENCE[at : at + 2400]
        assert verdict((word + silence(0.3)) * 8) in (Verdict.MESSAGE, Verdict.SILENT)


def test_who_speaks_after_a_busy_tone_is_a_message():
    sound = cadence(5, 0.35, 0.35, 450) + SENTENCE
    said = judged(sound)
    assert said.verdict is Verdict.MESSAGE
    assert said.ends > len(sound) / RATE - 0.3


# At other rates, and what always holds


@each_busy_tone
def test_sound_of_16_kilohertz_is_judged_alike(busy):
    rate = 16_000
    twice = [sample for sample in SENTENCE for _ in range(2)]
    tail = silence(1, rate=rate) + cadence(6, *busy, rate=rate)
    assert judged(cadence(6, *busy, rate=rate), rate).verdict is Verdict.TONE
    said = judged(twice + tail, rate)
    assert said.verdict is Verdict.MESSAGE
    assert said.ends == pytest.approx(SAYING, abs=0.3)


def test_a_rate_below_the_telephones_is_refused():
    with pytest.raises(ValueError, match="4000 samples a second"):
        judge(array("h", [0] * 4000), 4000, LIMITS)


pieces = st.one_of(
    st.builds(silence, st.floats(0, 2)),
    st.builds(noise, st.floats(0, 1), st.integers(-70, -10)),
    st.builds(tone, st.floats(0, 1), st.integers(50, 3900), loud=st.integers(0, 40000)),
    st.builds(cadence, st.integers(1, 6), st.just(0.35), st.just(0.35), st.just(450)),
    st.just(SENTENCE[:8000]),
)
sounds = st.lists(pieces, max_size=5).map(lambda found: [s for p in found for s in p])


@patient(40)
@given(sounds, st.sampled_from([8000, 11025, 16000, 48000]))
def test_a_message_is_never_longer_than_its_recording(sound, rate):
    said = judged(sound, rate)
    assert 0 <= said.begins <= said.ends <= said.seconds == len(sound) / rate
    if said.verdict is Verdict.MESSAGE:
        assert said.ends >= LIMITS.shortest


@patient(40)
@given(st.lists(st.integers(-32768, 32767), max_size=3000))
def test_any_samples_are_judged(values):
    said = judge(array("h", values), 8000, LIMITS)
    assert 0 <= said.begins <= said.ends <= said.seconds


@patient(6)
@given(st.floats(0.08, 1.4))
def test_the_verdict_does_not_depend_on_how_loud_the_line_is(factor):
    for sound in (
        over(SENTENCE + silence(3), least=-60),
        cadence(4, 0.5, 0.5, 480, 620, loud=20_000),
        SENTENCE + silence(0.6) + cadence(4, 0.35, 0.35, 450),
        noise(3, -50),
    ):
        plain, other = judged(sound), judged(scaled(sound, factor))
        assert other.verdict is plain.verdict
        assert other.ends == pytest.approx(plain.ends, abs=0.25)


@patient(15)
@given(st.floats(0, 3), st.floats(0, 3))
def test_silence_around_it_changes_no_message(before, after):
    said = judged(silence(before) + SENTENCE + silence(after))
    assert said.verdict is Verdict.MESSAGE
    assert said.ends == pytest.approx(before + SAYING, abs=0.25)
    assert said.begins == pytest.approx(max(0.0, before - 0.15), abs=0.25)


@pytest.mark.alone
def test_three_minutes_are_judged_within_60_ms_of_a_processor():
    words = (SENTENCE + silence(0.3)) * 100
    for sound in (words[: 180 * RATE], cadence(257, 0.35, 0.35, 450)):
        found = samples(sound)
        spent = []
        for _ in range(5):
            begun = time.thread_time()
            judge(found, RATE, LIMITS)
            spent.append(time.thread_time() - begun)
        assert min(spent) < 0.06
