"""The kinds of values: how each is written, and what is said when it is not."""

from decimal import Decimal
from typing import Literal

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from ivrflow.flow.expression import ExpressionFault
from ivrflow.flow.kind import Part, walk
from ivrflow.flow.kinds import (
    DigitsRange,
    Duration,
    DurationRange,
    Expression,
    Key,
    Keys,
    Number,
    OneOrMore,
    Outcome,
    Plain,
    PromptName,
    QueueName,
    Sayable,
    StepName,
    Target,
    Text,
    Whole,
    YesNo,
)
from ivrflow.flow.source import Mark, Scalar, Table, read

AT = Mark("f.yaml", 3, 7)


def made(kind, text, **more):
    return TypeAdapter(kind).validate_python(Scalar(text, AT, **more))


def refusal(kind, value):
    raw = Scalar(value, AT) if isinstance(value, str) else value
    with pytest.raises(ValidationError) as raised:
        TypeAdapter(kind).validate_python(raw)
    (error,) = raised.value.errors()
    return error["msg"]


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("250ms", 0.25),
        ("6s", 6),
        ("1.5s", 1.5),
        ("5m", 300),
        ("24h", 86400),
        ("7d", 604800),
    ],
)
def test_a_duration_is_seconds_and_is_written_with_a_unit(text, seconds):
    duration = made(Duration, text)

    assert duration == seconds
    assert duration.at == AT


@pytest.mark.parametrize("text", ["6", "6 sec", "-6s", "s", "1e3s", "６s", "6s 5m"])
def test_a_duration_without_a_unit_or_with_another_one_is_refused(text):
    assert "is not a duration; write it with a unit: " in refusal(Duration, text)


def test_the_cure_for_a_missing_unit_is_told():
    assert refusal(Duration, "6").endswith("write it with a unit: 6s")


def test_ranges_have_a_low_and_a_high_end():
    length, digits, fixed = (
        made(DurationRange, "2s..2m"),
        made(DigitsRange, "4..8"),
        made(DigitsRange, "12"),
    )

    assert (length.low, length.high) == (2.0, 120.0)
    assert (digits.low, digits.high, fixed.low, fixed.high) == (4, 8, 12, 12)
    assert DurationRange.of(2, 120) == "2s..120s"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (DurationRange, "2s"),
        (DurationRange, "9s..2s"),
        (DigitsRange, "8..4"),
        (DigitsRange, "0"),
        (DigitsRange, "999"),
        (DigitsRange, "4-8"),
        (Whole, "-1"),
        (Whole, "1.5"),
        (Number, "1e9"),
        (Target, "Main menu"),
        (PromptName, "Welcome!"),
        (StepName, "hangup"),
        (YesNo, "true"),
        (YesNo, "on"),
        (Expression, "1 +"),
        (Text, "${a"),
    ],
)
def test_what_does_not_fit_its_kind_is_refused(kind, text):
    assert refusal(kind, text)


def test_keys_are_written_as_words_where_yaml_would_eat_the_sign():
    assert made(Key, "star") == "*"
    assert made(Key, "hash") == "#"
    assert made(Key, "0") == "0"
    assert made(Key, "star").written == "star"
    assert made(Keys, "star hash") == "*#"
    assert made(Keys, "none") == ""
    assert refusal(Key, "#") == "the key # is written `hash`"
    assert "is not a key of a telephone" in refusal(Key, "10")
    assert refusal(Keys, "12") == "several keys stand apart: write `1 2`"
    assert refusal(Keys, "*#") == "several keys stand apart: write `star hash`"


def test_numbers_know_their_places():
    assert made(Whole, "3") == 3
    assert made(Whole, "3").at == AT
    assert made(Number, "+2.5") == 2.5
    assert made(YesNo, "yes") is True


def test_a_value_that_is_left_empty_says_so():
    assert refusal(Target, "") == "nothing stands here; a step to go to is wanted"


def test_a_table_where_a_value_belongs_is_named():
    assert refusal(Duration, Table()) == "a duration is wanted here, not a table"


def test_an_outcome_is_a_target_too():
    assert isinstance(made(Outcome, "agent"), Target)
    assert made(Target, "back").special
    assert not made(Target, "agent").special


# Texts ------------------------------------------------------------------------------


def test_a_text_that_is_one_value_alone_keeps_its_type():
    assert made(Text, "${n + 1}").value({"n": 1}) == 2
    assert made(Text, "${none}").value({}) is None
    assert made(Text, "zh-CN").value({}) == "zh-CN"


def test_values_inside_a_longer_text_become_text():
    text = made(Text, "Bearer ${token}, ${amount}, ${ok}")

    assert text.value({"token": "x", "amount": Decimal("1.50"), "ok": True}) == (
        "Bearer x, 1.50, yes"
    )


def test_a_value_that_is_not_set_inside_a_text_is_a_fault():
    with pytest.raises(ExpressionFault, match=r"f\.yaml:3:7: name is not set"):
        made(Text, "Dear ${name}").value({})


def test_an_error_inside_a_text_is_told_at_its_character():
    with pytest.raises(ValidationError) as raised:
        made(Text, "Hello ${a.b +}")

    (error,) = raised.value.errors()
    assert error["ctx"]["at"] == Mark("f.yaml", 3, 7 + 13)


def test_one_lower_case_word_is_a_prompt_and_all_else_a_text():
    assert made(Sayable, "welcome").prompt == "welcome"
    assert made(Sayable, "welcome").text is None
    assert made(Sayable, "Welcome.").prompt is None
    assert made(Sayable, "Hello ${name}").text.value({"name": "Li"}) == "Hello Li"


def test_a_said_text_that_a_comment_cuts_off_is_an_error_and_a_prompt_is_not():
    value, _ = read("a: Press # to end\nb: welcome  # a prompt\n", "f.yaml")

    with pytest.raises(ValidationError) as raised:
        TypeAdapter(Sayable).validate_python(value["a"])
    (error,) = raised.value.errors()
    assert (error["type"], error["ctx"]["at"]) == ("Y002", Mark("f.yaml", 1, 10))
    assert TypeAdapter(Sayable).validate_python(value["b"]) == "welcome"


def test_a_name_may_come_from_data():
    plain, given = made(QueueName, "service"), made(QueueName, "${branch.queue}")

    assert plain.text is None
    assert plain.given({}) == "service"
    assert given.given({"branch": {"queue": "north"}}) == "north"


# Tables -----------------------------------------------------------------------------


class Choice(Part):
    short = "then"

    then: Target
    kind: Literal["a", "b"] = "a"


class Sample(BaseModel):
    keys: dict[Key, Choice] = {}
    say: OneOrMore[Sayable] = ()


def test_a_part_may_be_written_as_one_value():
    raw, _ = read("keys:\n  1: agent\n  2: {then: back, kind: b}\n", "f.yaml")

    sample = Sample.model_validate(raw)

    assert [choice.then for choice in sample.keys.values()] == ["agent", "back"]
    assert sample.keys[Key("1")].at == Mark("f.yaml", 2, 6)


def test_one_value_may_stand_for_a_list_of_one():
    one, _ = read("say: welcome", "f.yaml")
    two, _ = read("say: [welcome, Hello]", "f.yaml")

    assert Sample.model_validate(one).say == ("welcome",)
    assert Sample.model_validate(two).say == ("welcome", "Hello")


def test_every_kind_inside_a_model_is_found_with_the_way_to_it():
    raw, _ = read("keys: {1: agent}\nsay: [welcome]", "f.yaml")

    found = [(way, str(kind)) for way, kind in walk(Sample.model_validate(raw))]

    assert found == [("keys.1", "1"), ("keys.1.then", "agent"), ("say.0", "welcome")]


def test_kinds_tell_their_json_schema():
    assert Target.schema()["type"] == "string"
    assert Duration.schema()["pattern"].endswith("(ms|s|m|h|d)$")


def test_kinds_can_be_made_without_a_file():
    assert Duration(6).at.line == 0
    assert TypeAdapter(Plain).validate_python("x") == "x"
    assert TypeAdapter(Duration).validate_python(Duration(6)) == 6
