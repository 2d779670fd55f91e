"""Where messages are kept, as the settings say it."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from ivrflow.config.voicemail import VoicemailAt


def test_left_out_sounds_lie_beside_the_database_and_are_not_sealed():
    read = VoicemailAt.model_validate({})
    assert (read.folder, read.playing, read.keys, read.room) == (None, None, (), 2000)


def test_the_first_key_stands_first():
    read = VoicemailAt.model_validate(
        {"keys": ["credential:voicemail", "/etc/ivrflow/voicemail.old"], "room": "500"}
    )
    assert read.keys == ("credential:voicemail", "/etc/ivrflow/voicemail.old")
    assert read.room == 500


@pytest.mark.parametrize("wrong", [{"room": "much"}, {"key": ["k"]}, {"keys": "k"}])
def test_what_is_no_such_setting_is_refused(wrong):
    with pytest.raises(ValidationError):
        VoicemailAt.model_validate(wrong)


@pytest.mark.parametrize(
    ("written", "sounds", "playing"),
    [
        ({}, "/var/lib/i/voicemail", "/var/lib/i/voicemail-playing"),
        ({"folder": "/srv/v"}, "/srv/v", "/srv/v-playing"),
        ({"folder": "v/."}, "/etc/i/v", "/etc/i/v-playing"),
        ({"playing": "/run/p"}, "/var/lib/i/voicemail", "/run/p"),
        ({"folder": "/srv/v", "playing": "p"}, "/srv/v", "/etc/i/p"),
    ],
)
def test_what_is_heard_lies_beside_the_sounds_not_among_them(written, sounds, playing):
    read = VoicemailAt.model_validate(written)
    found = read.folders(Path("/etc/i").joinpath, Path("/var/lib/i/voicemail"))
    assert found == (Path(sounds), Path(playing))
