from __future__ import annotations

import copy
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.prompts.text import BadText, Slot, Titled, parse_text, safe


def test_a_text_without_values_is_one_part():
    assert parse_text("Goodbye.").parts == ("Goodbye.",)
    assert parse_text("").parts == ()


def test_a_text_is_cut_at_its_values():
    words = parse_text("Order ${order.number | digits} is ${x | word order_states}.")

    assert words.parts == (
        "Order ",
        Slot("order.number", "digits", "", 8),
        " is ",
        Slot("x", "word", "order_states", 36),
        ".",
    )


def test_the_offset_of_a_slot_is_where_its_expression_begins():
    text = "到 ${   call.from  | phone} 为止"

    [slot] = parse_text(text).slots

    assert text[slot.offset :].startswith("call.from")
    assert slot.expression == "call.from"


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("${'a | b'}", "'a | b'"),
        ('${"it\'s }" + x}', '"it\'s }" + x'),
        (r"${'a\'}' | text}", r"'a\'}'"),
        ("${{'a': {'b': 1}}['a'] | text}", "{'a': {'b': 1}}['a']"),
        ("${f(x, [1, 2]) | number}", "f(x, [1, 2])"),
    ],
)
def test_quotes_and_brackets_inside_a_value_are_its_own(text, expression):
    [slot] = parse_text(text).parts
    assert slot.expression == expression


def test_a_text_that_is_one_value_is_known_to_be_alone():
    assert parse_text("${n + 1}").alone == Slot("n + 1", offset=2)
    assert parse_text("${n | number}").alone is None
    assert parse_text("${n} calls").alone is None


@pytest.mark.parametrize(
    ("text", "offset", "cure"),
    [
        ("due ${account.due", 4, "never closed"),
        ("${}", 2, "is empty"),
        ("${ | money}", 2, "is empty"),
        ("${'abc}", 2, "close it"),
        ("${a)}", 3, "closes nothing"),
        ("${a | monye}", 6, "did you mean 'money'?"),
        ("${a | }", 4, "a filter's name goes after '|'"),
        ("${a || b}", 4, "write 'or'"),
        ("${a | text | phone}", 11, "one filter"),
        ("${a | word}", 6, "name a table"),
        ("${a | word Table!}", 6, "name a table"),
        ("${a | money USD}", 12, "take 'USD' out"),
        ("x" * 5000, 4000, "longer than 4000"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_cure(text, offset, cure):
    with pytest.raises(BadText) as caught:
        parse_text(text)
    assert caught.value.offset == offset
    assert cure in caught.value.message


@settings(deadline=None)
@given(st.text(alphabet="${}|'\"\\ a1.([", max_size=60))
def test_any_text_is_read_or_refused_and_nothing_is_lost(text):
    words, offset = None, 0
    try:
        words = parse_text(text)
    except BadText as bad:
        offset = bad.offset
    assert 0 <= offset <= len(text)
    if words is None:
        return
    fixed = [part for part in words.parts if isinstance(part, str)]
    assert all(part in text for part in fixed)
    assert all(text[slot.offset :].startswith(slot.expression) for slot in words.slots)


def test_a_marked_text_is_kept_as_it_was_given():
    class Marked(str):
        line = 7

    assert parse_text(Marked("Hello")).text.line == 7


def test_a_title_carries_its_recording_through_copies():
    title = Titled.of("en", "queue", "service", "Retail service")

    for other in (title, copy.deepcopy(title), pickle.loads(pickle.dumps(title))):
        assert other == "Retail service"
        assert other.clip == "en/titles/queue.service"


@pytest.mark.parametrize("name", ["../../etc/passwd", "a b", "a\0b", "配货", "a/b"])
def test_no_name_from_a_file_gets_out_of_its_folder(name):
    assert safe(name).replace("_", "").replace("-", "").isalnum()
    assert safe(name).isascii()
