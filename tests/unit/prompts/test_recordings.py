"""The recordings that we ship are those that the sample and our prompts need."""

from __future__ import annotations

import array
import json
import wave
from pathlib import Path

import pytest
import yaml

from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.inventory import missing, needed
from ivrflow.prompts.text import Titled

ROOT = Path(__file__).parents[3]
SOUNDS = ROOT / "sounds"
SITE = ROOT / "flows" / "hotline"
LANGUAGES = ["zh-CN", "en"]


def read(path):
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


@pytest.fixture(scope="module")
def manifest():
    return json.loads((SOUNDS / "manifest.json").read_text(encoding="utf-8"))["clips"]


@pytest.fixture(scope="module")
def catalogue():
    shipped = ROOT / "ivrflow" / "prompts" / "shipped"
    wrong = []
    made = Catalogue.build(
        LANGUAGES,
        {
            language: read(shipped / f"{language}.yaml")
            | read(SITE / "prompts" / f"{language}.yaml")
            for language in LANGUAGES
        },
        lambda *mistake: wrong.append(mistake),
    )
    assert wrong == []
    return made


@pytest.fixture(scope="module")
def titles():
    return [
        Titled.of(language, kind, name, text)
        for kind, file in (("queue", "queues.yaml"), ("switch", "switches.yaml"))
        for name, one in read(SITE / file).items()
        if isinstance(one, dict) and "title" in one
        for language, text in one["title"].items()
    ]


def test_nothing_that_can_be_said_is_without_a_recording(manifest, catalogue, titles):
    def recorded(clip):
        return manifest.get(clip, {}).get("seconds")

    assert missing(catalogue, recorded, titles) == []


def test_each_recording_says_the_words_of_today(manifest, catalogue, titles):
    stale = [
        clip.name
        for clip in needed(catalogue, titles)
        if manifest[clip.name]["text"] != clip.words
    ]
    assert stale == []  # ivrflow sounds build flows/hotline --into sounds --with kokoro


def test_there_is_no_recording_that_nobody_says(manifest, catalogue, titles):
    wanted = {clip.name for clip in needed(catalogue, titles)}
    files = {
        path.relative_to(SOUNDS).with_suffix("").as_posix()
        for path in SOUNDS.rglob("*.wav")
        if path.parent.name != "tones"
    }

    assert files == wanted == set(manifest)


def test_the_recordings_are_what_asterisk_plays_without_converting(manifest):
    for name, entry in manifest.items():
        with wave.open(str(SOUNDS / f"{name}.wav")) as file:
            assert file.getparams()[:3] == (1, 2, 8000), name
            assert abs(file.getnframes() / 8000 - entry["seconds"]) < 0.01, name
            peak = max(array.array("h", file.readframes(file.getnframes())))
            assert 3000 < peak < 32000, f"{name} is silent or clipped"


def test_the_recordings_are_small_enough_to_be_cloned():
    size = sum(path.stat().st_size for path in SOUNDS.rglob("*.wav"))
    assert size < 20_000_000
