"""A talk that is heard: which sounds are played, with what this machine has."""

import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from ivrflow.cli.aloud import aloud
from ivrflow.flow.load import load_site
from ivrflow.telephony.sound import Utterance

SITE = load_site(Path(__file__).parents[3] / "flows" / "hotline")
CARD = Utterance("enter_card", "Please enter it.", "en", ("en/enter_card",), 2.0)


@pytest.fixture
def played(tmp_path, monkeypatch):
    """What a player that only writes down its file has played, as it grows."""
    log, player = tmp_path / "played", tmp_path / "paplay"
    player.write_text(f'#!/bin/sh\necho "$1" >> {log}\n')
    player.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return log


def phone():
    return SimpleNamespace(heard=[], playing=None, on_change=lambda: None)


def says(channel, utterance):
    channel.heard.append((0.0, utterance))
    channel.playing = utterance
    channel.on_change()


def within_a_while(holds):
    for _ in range(600):
        if holds():
            return True
        time.sleep(0.05)
    return False


def test_a_recording_is_played_where_there_is_one(played):
    channel = phone()
    with aloud(SITE, print).hearing(channel):
        says(channel, CARD)
        assert within_a_while(played.exists)

    assert played.read_text().strip().endswith("sounds/en/enter_card.wav")


def test_the_length_of_a_recording_is_that_of_the_prompt():
    player = aloud(SITE, print)

    assert player.seconds("en/enter_card") > 1
    assert player.seconds("en/no_such") is None


def test_a_machine_that_plays_nothing_says_so_once(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    told, channel = [], phone()
    with aloud(SITE, told.append).hearing(channel):
        says(channel, CARD)
        assert within_a_while(lambda: told)
        says(channel, CARD)

    assert told[0].startswith("  (this machine has no program that plays sounds")
