import pytest

from ivrflow.asterisk.ari.media import AT_ONCE, Media, Pause, Sounds, media, safe
from ivrflow.telephony.sound import BEEP, Utterance


def said(*clips):
    return Utterance("greeting", "words", "en", clips)


def test_sounds_in_a_row_are_one_order():
    assert media([said("en/a", "en/b"), said("en/c")], Sounds.below("ivrflow/")) == [
        Media(("sound:ivrflow/en/a", "sound:ivrflow/en/b", "sound:ivrflow/en/c"))
    ]


def test_a_pause_parts_them_and_is_waited_for():
    assert media([said("a", "silence:150", "b")], Sounds.below("/srv/sounds/")) == [
        Media(("sound:/srv/sounds/a",)),
        Pause(0.15),
        Media(("sound:/srv/sounds/b",)),
    ]


def test_the_beep_is_asterisks_own():
    assert media([BEEP], Sounds.below("ivrflow/")) == [Media(("sound:beep",))]


def test_words_without_recordings_are_not_said():
    assert media([said()], Sounds.below("ivrflow/")) == []


def test_a_long_row_is_several_orders():
    parts = media([said(*["a"] * (AT_ONCE + 1))], Sounds.below(""))

    assert [len(part) for part in parts] == [AT_ONCE, 1]


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/passwd",
        "/etc/passwd",
        "a/../b",
        "a/./b",
        ".hidden",
        "a//b",
        "a/",
        "recording:../x",
        "recording:",
        "http://x/y",
        "a b",
        "a,b",
        "a\x00",
        "a\n",
        "%2e%2e/x",
        "",
        "x" * 201,
        "silence:9999999",
        "tone:dial",
    ],
)
def test_a_name_that_could_lead_elsewhere_is_left_out(name, caplog):
    assert not safe(name)
    assert media([said("a", name, "b")], Sounds.below("")) == [
        Media(("sound:a", "sound:b"))
    ]
    assert "prompt 'greeting'" in caplog.text
    caplog.clear()


@pytest.mark.parametrize("name", ["en/welcome", "zh-CN/digits/0", "a.b_c+d", "7"])
def test_a_plain_name_is_played(name):
    assert safe(name)


def test_a_recording_of_ours_is_played_by_its_own_name():
    heard = Utterance("", "(the message)", "", ("recording:voicemail/1f",))

    assert media([heard], Sounds.below("/sounds/")) == [
        Media(("recording:voicemail/1f",))
    ]
