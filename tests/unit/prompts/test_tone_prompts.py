"""Tones in flows: what may be written, and what is played."""

import pytest
from pydantic_core import PydanticCustomError

from ivrflow.asterisk.ari.media import Media, Sounds, media
from ivrflow.flow.kinds import Sayable
from ivrflow.flow.source import Scalar
from ivrflow.prompts.audio import read_wav
from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.text import parse_text
from ivrflow.prompts.tones import NAMES, TONES, seconds, sound
from ivrflow.shipped import shipped


@pytest.mark.parametrize("name", NAMES)
def test_tone_is_played_and_never_spoken(name):
    catalogue = Catalogue.build(["en"], {"en": {}}, pytest.fail)

    said = catalogue.text(
        parse_text(f"tone:{name}"),
        language="en",
        value=lambda slot: "",
        recorded=lambda clip: None,
        spoken=lambda words, language, own: "speech:x",
    )

    assert [one.clips for one in said] == [(f"tone:{name}",)]
    expected = "sound:beep" if name == "beep" else f"sound:/srv/tones/{name}"
    assert media(said, Sounds.below("/srv/")) == [Media((expected,))]


def test_shipped_tones_are_those_that_are_known():
    files = {path.stem: path for path in (shipped("sounds") / "tones").glob("*.wav")}

    assert set(files) == set(TONES)
    for name, path in files.items():
        form, kept = read_wav(path.read_bytes())
        assert str(form) == "8 kHz, 16 bit, mono"
        assert kept == sound(name)
        assert kept.seconds == pytest.approx(seconds(name), abs=0.01)


def test_tone_that_there_is_not_is_told_with_its_cure():
    with pytest.raises(
        PydanticCustomError, match="no tone 'rinng'; did you mean 'ring'"
    ):
        Sayable.read(Scalar("tone:rinng"))
    assert Sayable.read(Scalar("tone:ring")).text is not None
