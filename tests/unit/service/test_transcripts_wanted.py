"""What the settings want of an ear, and what this machine has of it."""

import sys

import pytest

from ivrflow.service.transcripts import (
    ears_of,
    tell_what_ears_lack,
    transcribing_of,
)
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.sim.memory.transcripts import MemoryTranscripts
from tests.unit.speech.test_speech_settings import settings


def test_the_settings_say_who_listens(tmp_path):
    said = "{with: command, command: [hear, -x], processes: 2, longest: 2m}"
    rules = ears_of(settings(tmp_path, f"transcripts: {said}\n"))

    assert (rules.command, rules.processes, rules.longest) == (("hear", "-x"), 2, 120.0)
    assert rules.by == "command"
    assert ears_of(settings(tmp_path, "transcripts: {with: whisper}\n")).by == (
        "whisper base"
    )


def test_without_the_setting_nobody_listens(tmp_path):
    read = settings(tmp_path, "")

    assert ears_of(read) is None
    assert (
        transcribing_of(
            read,
            MemoryTranscripts(),
            MemoryAudio(),
            clock=lambda: 0.0,
            note=lambda fact: None,
        )
        is None
    )


@pytest.mark.parametrize(
    ("ear", "told"),
    [
        ("{with: command, command: [no-such-ear]}", "no-such-ear is no program here"),
        ("{with: whisper}", "whisper"),
    ],
)
def test_what_is_not_there_is_told_at_the_start(
    tmp_path, monkeypatch, caplog, ear, told
):
    monkeypatch.setenv("IVRFLOW_CACHE", str(tmp_path / "no-models"))

    tell_what_ears_lack(settings(tmp_path, f"transcripts: {ear}\n"))

    assert told in caplog.text
    assert "messages wait until it is there" in caplog.text
    caplog.clear()


def test_of_what_is_there_nothing_is_told(tmp_path, caplog):
    program = f"{{with: command, command: ['{sys.executable}', x]}}"

    tell_what_ears_lack(settings(tmp_path, f"transcripts: {program}\n"))
    tell_what_ears_lack(settings(tmp_path, ""))

    assert caplog.text == ""
