"""Recordings first, pieces next, speech last: what is handed to a voice."""

from datetime import date

import pytest

from ivrflow.prompts.catalogue import Catalogue
from ivrflow.prompts.text import Titled
from ivrflow.secret import Masked

PROMPTS = {
    "menu_choice": "${choice}, press ${key}.",
    "hello": "Welcome.",
    "owe": "Dear ${name}, you owe ${n | number} yuan by then.",
    "state": "It is ${state | word states}.",
    "states": {"lost": "lost"},
    "line": "You are in the line for ${title}.",
    "card": "Your card is ${card | digits}.",
    "menu": {"first": "Choose.", "choices": {"a": "For ann", "b": "For bob"}},
}


def spoken(prompt, recorded=(), offered=(), **values):
    """The clips of a prompt, and what of it a voice was given: (words, own?)."""
    given = []

    def speak(words, language, own):
        given.append((words, own))
        return f"speech:{len(given)}"

    catalogue = Catalogue.build(["en"], {"en": PROMPTS}, pytest.fail)
    (said,) = catalogue.utterances(
        prompt,
        language="en",
        value=lambda slot: values[slot.expression],
        recorded=lambda clip: 1.0 if clip.removeprefix("en/") in recorded else None,
        offered=offered,
        spoken=speak,
        today=date(2026, 3, 2),
    )
    return said.clips, given


def test_recording_is_played_and_nothing_is_spoken():
    assert spoken("hello", {"hello"}) == (("en/hello",), [])


def test_what_nobody_recorded_is_spoken_and_is_the_sites_own():
    assert spoken("hello") == (("speech:1",), [("Welcome.", True)])


def test_words_that_stand_together_are_spoken_in_one_breath_as_the_callers_own():
    clips, given = spoken("owe", name="Ann", n=34)

    assert given == [("Dear Ann, you owe thirty-four yuan by then.", False)]
    assert clips == ("speech:1",)


def test_recorded_stretches_and_pieces_are_played_around_what_is_spoken():
    recorded = {"owe.part1", "owe.part3", "pieces/34"}

    clips, given = spoken("owe", recorded, name="Ann", n=34)

    assert clips == ("en/owe.part1", "speech:1", "en/pieces/34", "en/owe.part3")
    assert given == [("Ann, you owe", False)]


def test_words_of_a_table_and_titles_are_the_sites_own():
    title = Titled.of("en", "queue", "desk", "Front desk")

    assert spoken("state", state="lost")[1] == [("It is lost.", True)]
    assert spoken("line", title=title)[1] == [
        ("You are in the line for Front desk.", True)
    ]


def test_choices_are_spoken_each_by_itself_so_that_they_stay_the_same():
    _, given = spoken("menu", offered=[("1", "a"), ("2", "b")])

    assert given == [
        ("Choose.", True),
        ("For ann, press one.", True),
        ("For bob, press two.", True),
    ]


def test_what_is_masked_is_never_given_to_a_voice():
    clips, given = spoken("card", {"pieces/4"}, card=Masked("6222440000001234"))

    assert given == [("Your card is", True)]
    assert clips[0] == "speech:1"
    assert "en/pieces/4" in clips
    assert set(clips[1:]) == {"en/pieces/4", "silence:180"}
