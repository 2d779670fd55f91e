"""What Whisper gets, and what is taken of it; the real one: test_round_trip.py."""

import pytest

from ivrflow.prompts.shape import resampled
from ivrflow.speech.hearing import Whisper, floats
from tests.unit.speech.wavs import tone

numpy = pytest.importorskip("numpy")


@pytest.mark.parametrize("hertz", [200, 1000, 3000])
def test_the_quick_way_to_16_khz_gives_what_the_exact_one_does(hertz):
    sound = tone(0.2, hertz=hertz)

    quick, exact = floats(sound), numpy.array(resampled(sound.samples, 8000, 16000))

    assert quick.dtype == numpy.float32
    assert len(quick) == len(exact)
    # In the middle: at the ends the two know different numbers of samples.
    assert numpy.abs(quick - exact)[200:-200].max() < 0.01
    assert 0.25 < numpy.abs(quick).max() < 0.3


def test_other_rates_come_out_at_16_khz_too():
    assert len(floats(tone(0.1, rate=11025))) == pytest.approx(1600, abs=2)


class Heard:
    """A model that has understood these parts."""

    supported_languages = ("en", "zh")

    def __init__(self, *parts):
        self.parts = parts
        self.languages, self.filters = [], set()

    def transcribe(self, samples, *, language, vad_filter, **_):
        self.languages.append(language)
        self.filters.add(vad_filter)
        return [Part(text) for text in self.parts], None


class Part:
    def __init__(self, text):
        self.text = text


def test_a_language_that_it_does_not_know_is_found_out_by_hearing():
    model = Heard(" Good morning. ")

    for language in ("zh-CN", "EN-gb", "tlh", ""):
        assert Whisper(model).hears(tone(0.1), language) == "Good morning."

    assert model.languages == ["zh", "en", None, None]


def test_silence_is_left_out_where_people_speak_and_nowhere_else():
    messages, recordings = Heard("Hello."), Heard("Hello.")

    Whisper(messages, skips_silence=True).hears(tone(0.1), "en")
    Whisper(recordings).hears(tone(0.1), "en")

    assert (messages.filters, recordings.filters) == ({True}, {False})


def test_what_it_was_told_beforehand_is_nothing_that_was_said():
    model = Heard("以下是普通话的句子。", "您好", "以下是普通话的句子。")

    assert Whisper(model).hears(tone(0.1), "zh-CN") == "您好"
