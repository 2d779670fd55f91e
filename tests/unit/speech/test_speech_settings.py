"""`speech:` in the settings."""

import pytest

from ivrflow.config import BadConfig, read_settings
from ivrflow.service.recordings import speech_of
from ivrflow.speech.voices import voices

REST = """\
site: site
database: sqlite:///a.db
pepper_file: pepper
ari: {password_file: secret}
api: {token_file: secret}
"""


def settings(folder, speech):
    (folder / "secret").write_text("hush\n")
    path = folder / "ivrflow.yaml"
    path.write_text(REST + speech, "utf-8")
    return read_settings(path)


def test_voices_are_read_with_their_secrets(tmp_path):
    read = settings(
        tmp_path,
        "speech:\n  cache: spoken\n  within: 2s\n  voices:\n"
        "    en: {with: espeak-ng, voice: en-gb, speed: 0.9}\n"
        "    fr: {with: http, url: https://tts.example.com, token_file: secret}\n"
        "    de: {with: command, command: [piper, -f, '{out}']}\n",
    )

    known = voices(read)

    assert (known["en"].provider, known["en"].voice) == ("espeak-ng", "en-gb")
    assert known["en"].speed == 0.9
    assert known["fr"].token.reveal() == "hush"
    assert known["de"].command == ("piper", "-f", "{out}")
    assert speech_of(read) is not None


def test_without_speech_nothing_speaks(tmp_path):
    read = settings(tmp_path, "")

    assert voices(read) == {}
    assert speech_of(read) is None


@pytest.mark.parametrize(
    ("voice", "why"),
    [
        ("{with: command}", "needs command:"),
        ("{with: http}", "needs url:"),
        ("{with: kokoro, url: https://x}", "takes no url:"),
        ("{with: espeak-ng, speed: 9}", "0.5 to 2"),
        ("{with: espeek}", "espeak-ng"),
        ("{}", "'speech.voices.en.with' is missing"),
    ],
)
def test_mistakes_are_told(tmp_path, voice, why):
    with pytest.raises(BadConfig, match=why):
        settings(tmp_path, f"speech: {{cache: c, voices: {{en: {voice}}}}}\n")


def test_a_cache_that_can_not_be_written_is_refused_at_the_start(tmp_path):
    (tmp_path / "taken").write_text("a file, and no folder")
    read = settings(
        tmp_path, "speech: {cache: taken, voices: {en: {with: espeak-ng}}}\n"
    )

    with pytest.raises(BadConfig, match=r"speech: cache: .*taken can't be written"):
        speech_of(read)
