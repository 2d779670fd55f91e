"""A site plays only what says its own words."""

import json
from pathlib import Path

import pytest

from ivrflow.config import BadConfig
from ivrflow.flow.load import load_site
from ivrflow.service.recordings import Recording, fitting, read_recordings

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"clips": []}', '{"clips": {"a": 1}}', '{"clips": {"a": {}}}'],
)
def test_a_list_of_recordings_that_is_none_is_told(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)

    with pytest.raises(BadConfig, match="no list of recordings"):
        read_recordings(tmp_path)


def test_lengths_and_words_are_read_from_the_list(tmp_path):
    clips = {"en/a": {"seconds": 2, "text": "Hello."}, "en/b": {"seconds": 1}}
    (tmp_path / "manifest.json").write_text(json.dumps({"clips": clips}))

    assert read_recordings(tmp_path) == {
        "en/a": Recording(2.0, "Hello."),
        "en/b": Recording(1.0),
    }


def test_every_word_of_the_sample_is_recorded(caplog):
    recordings = read_recordings(ROOT / "sounds")
    fits = fitting(load_site(ROOT / "flows/hotline"), recordings)

    assert "en/welcome" in fits
    assert "zh-CN/titles/queue.service" in fits
    assert "missing or say other words" not in caplog.text


def test_a_site_never_speaks_with_another_sites_words(caplog):
    recordings = read_recordings(ROOT / "sounds")
    fits = fitting(load_site(ROOT / "flows/bank"), recordings)

    assert "en/enter_card" in recordings
    assert "en/enter_card" not in fits
    assert "en/pieces/1" in fits
    assert "missing or say other words" in caplog.text


def test_a_recording_without_words_is_taken_at_its_name():
    site = load_site(ROOT / "flows/bank")

    assert fitting(site, {"en/enter_card": Recording(2.0)}) == {"en/enter_card": 2.0}
