"""A mailbox's line of voicemail.conf."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.flow.importing.voicemail_line import (
    MOST_ADDRESSES,
    MOST_OPTIONS,
    PIN,
    changed_pin,
    read_line,
)

TEXT = st.text(max_size=60)
FIELD = st.text(st.characters(exclude_characters=",|", exclude_categories=["C", "Z"]))
DIGITS = st.text("0123456789", min_size=1, max_size=30)
ADDRESS = st.from_regex(r"[a-z0-9.]{1,20}@[a-z0-9.]{1,20}", fullmatch=True)
OPTION = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)


def test_all_five_fields_are_read():
    line = read_line(
        " -4242 , 王芳 , a@x.example|b@x.example , page@x.example , "
        "Tz=european | saycid = yes|emailbody=Hello, you|saycid=no"
    )

    assert line.pin.reveal() == "4242"
    assert line.fixed
    assert line.name == "王芳"
    assert line.emails == ("a@x.example", "b@x.example")
    assert line.pagers == ("page@x.example",)
    assert line.options == (
        ("tz", "european"),
        ("saycid", "yes"),
        ("emailbody", "Hello, you"),
        ("saycid", "no"),
    )


@pytest.mark.parametrize("written", ["", ",", ",,,,", " , , , , "])
def test_a_line_may_be_empty(written):
    line = read_line(written)

    assert not line.pin
    assert not line.unheard_of
    assert (line.name, line.emails, line.pagers, line.options) == ("", (), (), ())


@pytest.mark.parametrize("password", ["abc", "*12", "12 34", "1" * 31, "--12", "１２"])
def test_password_that_no_phone_can_send_is_no_pin(password):
    line = read_line(f"{password},Ann")

    assert line.unheard_of
    assert not line.pin


def test_pieces_that_are_no_options_and_no_addresses_are_counted():
    line = read_line("1,Ann,a b@x|c@x|@|,, |review|=no|a=1|9x=2|b=")

    assert (line.emails, line.bad_addresses) == (("c@x",), 2)
    assert (line.options, line.bad_options) == ((("a", "1"), ("b", "")), 3)


def test_no_line_has_options_without_end():
    line = read_line("1,,,," + "|".join(f"a=a{n}" for n in range(5000)))

    assert len(line.options) == MOST_OPTIONS
    assert line.bad_options == 5000 - MOST_OPTIONS


@settings(deadline=None)
@given(TEXT)
def test_any_text_is_a_line_and_its_pin_does_not_show(text):
    line = read_line(text)

    assert not (line.pin and line.unheard_of)
    assert not line.pin or PIN.fullmatch(line.pin.reveal())
    assert line.name.isprintable()
    assert "******" in repr(line)
    assert repr(line).count("pin=") == 1 + text.count("pin=")


@settings(deadline=None)
@given(
    DIGITS,
    st.booleans(),
    FIELD,
    st.lists(ADDRESS, max_size=3, unique=True),
    st.lists(ADDRESS, max_size=3, unique=True),
    st.lists(st.tuples(OPTION, FIELD), max_size=8),
    st.sampled_from(["", " ", "\t"]),
)
def test_what_was_written_is_read(pin, fixed, name, emails, pagers, options, space):
    written = ",".join(
        f"{space}{field}{space}"
        for field in (
            f"{'-' * fixed}{pin}",
            name,
            "|".join(emails),
            "|".join(pagers),
            "|".join(f"{key}{space}={space}{value}" for key, value in options),
        )
    )
    line = read_line(written)

    assert (line.pin.reveal(), line.fixed) == (pin, fixed)
    assert line.name == name[:80]
    assert (line.emails, line.pagers) == (tuple(emails), tuple(pagers))
    assert line.options == tuple(options)
    assert (line.bad_options, line.bad_addresses) == (0, 0)


def test_no_line_has_addresses_without_end():
    line = read_line("1,Ann," + "|".join(f"a{n}@x.example" for n in range(5000)))

    assert len(line.emails) == MOST_ADDRESSES
    assert line.bad_addresses == 5000 - MOST_ADDRESSES


def test_an_address_that_stands_twice_is_a_good_one():
    line = read_line("1,Ann,a@x.example| |a@x.example|b")

    assert (line.emails, line.bad_addresses) == (("a@x.example",), 1)


@pytest.mark.parametrize(
    ("text", "pin"),
    [
        ("[general]\npassword=4711\n", "4711"),
        (" Password => -4711 \r\npasswords=1\n", "4711"),
        ("password=1\npassword=22\n", "22"),
        ("password=\n", ""),
        ("password=abc\n", ""),
        ("", ""),
    ],
)
def test_a_changed_pin_is_read(text, pin):
    assert changed_pin(text).reveal() == pin


@pytest.mark.parametrize(
    "text", [" " * 64_000, "\n" * 64_000, "password= " + " x" * 32_000]
)
def test_no_changed_pin_takes_long(text):
    begin = time.process_time()
    assert not changed_pin(text)
    assert time.process_time() - begin < 0.5
