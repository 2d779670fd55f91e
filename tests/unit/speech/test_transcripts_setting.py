"""`transcripts:` in the settings."""

import pytest

from ivrflow.config import BadConfig
from tests.unit.speech.test_speech_settings import settings


def test_what_listens_is_read(tmp_path):
    read = settings(
        tmp_path,
        "transcripts: {with: command, command: [hear, '{language}'], within: 2m}\n",
    ).transcripts

    assert read.command == ("hear", "{language}")
    assert (read.within, read.longest, read.processes) == (120, 600, 1)


def test_without_it_nobody_listens(tmp_path):
    assert settings(tmp_path, "").transcripts is None


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("{with: command}", "with: command needs command:"),
        ("{with: whisper, command: [x]}", "with: whisper takes no command:"),
        ("{with: command, command: ['{language}']}", "begins with the program's name"),
        ("{with: whisper, processes: 0}", "processes: is 1 to 8"),
        ("{with: whisper, longest: 1h}", "longest: is 1s to 10m"),
        ("{with: whispr}", "whisper"),
        ("{}", "'transcripts.with' is missing"),
        ("{with: whisper, whithin: 5m}", "did you mean 'within'"),
    ],
)
def test_mistakes_are_told(tmp_path, said, why):
    with pytest.raises(BadConfig, match=why):
        settings(tmp_path, f"transcripts: {said}\n")
