"""Which PINs of a mailbox are too easy."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.voicemail.pins import Easy, too_easy
from tests.unit.voicemail.patience import patient


@pytest.mark.parametrize(
    ("pin", "why"),
    [
        ("", Easy.NOT_DIGITS),
        ("12a4", Easy.NOT_DIGITS),
        ("٣٨١٩", Easy.NOT_DIGITS),
        ("381", Easy.SHORT),
        ("3" + "81" * 10, Easy.LONG),
        ("7319", Easy.NUMBER),
        ("9137", Easy.NUMBER),
        ("007319", Easy.NUMBER),
        ("7777", Easy.SAME),
        ("1212", Easy.SAME),
        ("381381", Easy.SAME),
        ("1234", Easy.ROW),
        ("9876", Easy.ROW),
        ("7890", Easy.ROW),
        ("2468", Easy.ROW),
        ("2580", Easy.ROW),
        ("0852", Easy.ROW),
        ("1379", Easy.ROW),
        ("1987", Easy.YEAR),
        ("2004", Easy.YEAR),
    ],
)
def test_what_a_guesser_tries_first_is_refused(pin, why):
    assert too_easy(pin, number="7319") is why


@pytest.mark.parametrize("pin", ["3817", "40961", "198704", "8052"])
def test_what_is_none_of_it_is_taken(pin):
    assert too_easy(pin, number="7319") is None


def test_the_last_digits_of_a_long_number_are_its_number():
    assert too_easy("5829", number="2165829") is Easy.NUMBER


def test_a_site_may_ask_for_more_digits():
    assert too_easy("3817", shortest=6) is Easy.SHORT
    assert too_easy("381746", shortest=6) is None


@patient(60)
@given(st.text(alphabet="0123456789", min_size=4, max_size=6))
def test_the_reason_never_says_the_pin(pin):
    why = too_easy(pin, number="7319")
    assert why is None or pin not in why.value


def test_most_pins_are_taken():
    taken = [pin for pin in range(10_000) if too_easy(f"{pin:04}") is None]
    assert len(taken) > 9_600
