"""Lines of the log: whose they are, and what they don't show."""

import json
import logging
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.logs.lines import JsonLines, TextLines, seen
from ivrflow.logs.where import about, whose
from ivrflow.secret import Masked, Secret
from tests.unit.logs.calls import ACall, record

CARD = "6222020012345678"


def text(made, call=None):
    return written(TextLines(), made, call)


def as_json(made, call=None):
    return json.loads(written(JsonLines(), made, call))


def written(lines, made, call):
    if call is None:
        return lines.format(made)
    with about(call):
        return lines.format(made)


def failing(error):
    try:
        raise error
    except type(error):
        return sys.exc_info()


# Whose --------------------------------------------------------------------------------


def test_a_line_that_is_about_no_call_is_as_it_always_was():
    line = text(record("the disk is %s", "full"))

    assert re.fullmatch(r"\S+ \S+ WARNING ivrflow.flow: the disk is full", line)


def test_a_line_of_a_call_names_it_and_its_place():
    assert text(record("slow"), ACall()).endswith(
        "ivrflow.flow: slow [call 1731.17 flows/main.yaml:14]"
    )


def test_what_a_line_says_itself_is_not_said_twice():
    call = ACall()
    said = text(record("call %s: slow", call.id), call)
    assert said.endswith("call 1731.17: slow [flows/main.yaml:14]")

    said = text(record("call %s %s: slow", call.id, call.place), call)
    assert said.endswith("call 1731.17 flows/main.yaml:14: slow")


def test_a_call_that_has_no_place_yet_names_none():
    assert text(record("slow"), ACall(place="")).endswith("slow [call 1731.17]")


def test_what_was_raised_follows_the_line():
    made = record("it fails")
    made.exc_info = failing(ValueError("no"))
    first, *rest = text(made, ACall()).splitlines()

    assert first.endswith("it fails [call 1731.17 flows/main.yaml:14]")
    assert rest[0] == "    Traceback (most recent call last):"
    assert rest[-1] == "    ValueError: no"


def test_outside_of_the_block_it_is_about_nobody():
    with about(ACall()):
        assert whose().id == "1731.17"
    assert whose() is None


def test_json_has_the_same_in_fields():
    made = record("slow: %d", 7)
    made.exc_info = failing(ValueError("no"))
    found = as_json(made, ACall())

    assert found["level"] == "warning"
    assert found["logger"] == "ivrflow.flow"
    assert found["message"] == "slow: 7"
    assert (found["call"], found["place"]) == ("1731.17", "flows/main.yaml:14")
    assert found["raised"].endswith("ValueError: no")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+\+00:00", found["at"])


def test_json_about_no_call_has_no_fields_of_one():
    assert set(as_json(record("x"))) == {"at", "level", "logger", "message", "process"}


# What is not shown --------------------------------------------------------------------


@pytest.mark.parametrize("how", ["%s", "%r", "%-30s"])
@pytest.mark.parametrize("secret", [Secret(CARD), Masked(CARD)])
def test_a_secret_shows_itself_masked_however_it_is_logged(how, secret):
    for line in (text(record(how, secret)), str(as_json(record(how, secret)))):
        assert "******" in line
        assert CARD not in line


@pytest.mark.parametrize("shape", ["{}", "card={}&x=1", '{{"card": "{}"}}', "a{}b"])
def test_what_was_entered_in_confidence_is_taken_out_of_plain_texts_too(shape):
    call = ACall(hidden=[Masked(CARD)])
    said = shape.format(CARD)

    for line in (text(record("%s", said), call), str(as_json(record(said), call))):
        assert CARD not in line
        assert "******5678" in line


def test_it_is_taken_out_of_what_was_raised():
    call = ACall(hidden=[Secret(CARD)])
    made = record("it fails")
    made.exc_info = failing(ValueError(f"no card {CARD}"))

    assert CARD not in text(made, call)
    assert CARD not in str(as_json(made, call))


def test_a_number_without_its_leading_zeros_is_the_same_secret():
    call = ACall(hidden=[Secret("0012345678")])

    assert "12345678" not in text(record("card %d", 12345678), call)


def test_a_secret_that_died_with_its_process_harms_no_line():
    lost = Secret.lost("******", Secret("x").asked)

    assert text(record("all is well"), ACall(hidden=[lost])).count("well") == 1


# What comes from outside --------------------------------------------------------------


def test_nobody_outside_can_begin_a_line_of_his_own():
    name = "Wang\n2026-11-23 00:00:00,000 INFO ivrflow: all is well\r\n\r x"
    lines = text(record("caller %s", name)).splitlines()

    assert len(lines) > 1
    assert all(line.startswith("    ") for line in lines[1:])


def test_what_shows_nothing_is_written_as_what_it_is():
    assert seen("a\x1b[31mb") == "a\\x1b[31mb"
    assert seen("a\u202eb") == "a\\u202eb"
    assert seen("a\ud800b") == "a\\ud800b"
    assert seen("客服 café\u3000ok") == "客服 café\u3000ok"


@given(st.text(st.characters(exclude_categories=()), max_size=40))
def test_whatever_is_logged_can_be_written_and_read(said):
    line = text(record("%s", said))
    line.encode()  # no half of a character is left
    assert "\x1b" not in line
    _, *rest = line.split("\n")
    assert all(one.startswith("    ") for one in rest)
    assert not set(line) & set("\r\x85\u2028\u2029\x0b\x0c")

    told = written(JsonLines(), record("%s", said), None)
    told.encode()
    assert "\n" not in told
    # Two halves of a character that stand beside each other are one when read.
    read, wrote = (
        one.encode("utf-16", "surrogatepass")
        for one in (json.loads(told)["message"], said)
    )
    assert read == wrote


def test_a_message_that_does_not_fit_its_values_is_no_crash(capsys):
    handler = logging.StreamHandler()
    handler.setFormatter(TextLines())
    handler.handle(record("%d", "no number"))

    assert "Logging error" in capsys.readouterr().err
