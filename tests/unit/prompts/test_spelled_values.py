"""What must hold for every value: an independent reader gets it back."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivrflow.prompts.say import About, speller

ABOUT = About(today=date(2026, 3, 2))
BOTH = ["en", "zh-CN"]


def said(language, filter, value):
    words = speller(language)
    return words.written(words.say(filter, value, ABOUT))


SMALL = {"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
SMALL |= {"seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12}
SMALL |= {"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16}
SMALL |= {"seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30}
SMALL |= {"forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80}
SMALL |= {"ninety": 90}
BIG = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}


def from_english(words: str) -> int:
    """Read "two million one hundred five": a running group, and big words close it."""
    total = group = 0
    for word in re.split(r"[ -]", words):
        if word in BIG:
            total += group * BIG[word]
            group = 0
        elif word == "hundred":
            group *= 100
        else:
            group += SMALL[word]
    return total + group


CHINESE = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"两": 2}


def from_chinese(words: str) -> int:
    """Read 两亿零三万 by splitting at 亿 and 万, the largest unit first."""
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in words:
            high, _, low = words.rpartition(unit)
            return from_chinese(high) * size + (from_chinese(low) if low else 0)
    total, digit = 0, 0
    for char in words:
        if char in "十百千":
            total += (digit or 1) * 10 ** (1 + "十百千".index(char))
            digit = 0
        else:
            digit = CHINESE[char]
    return total + digit


@settings(deadline=None)
@given(st.integers(0, 10**15 - 1))
def test_english_numbers_can_be_read_back(number):
    assert from_english(said("en", "number", number)) == number


@settings(deadline=None)
@given(st.integers(0, 10**15 - 1) | st.integers(0, 20_000))
def test_chinese_numbers_can_be_read_back(number):
    words = said("zh-CN", "number", number)
    assert from_chinese(words) == number
    assert "零零" not in words
    assert number == 0 or not words.endswith("零")


@settings(deadline=None)
@given(st.decimals(0, 10**9, places=2))
def test_chinese_money_can_be_read_back(amount):
    words = said("zh-CN", "money", amount)
    found = re.fullmatch("(?:(.+)元)?零?(?:(.)角)?(?:(.)分)?", words)
    yuan, jiao, fen = (from_chinese(part or "零") for part in found.groups())
    assert yuan + Decimal(jiao) / 10 + Decimal(fen) / 100 == amount


@settings(deadline=None)
@given(st.text(alphabet="0123456789", min_size=1, max_size=20))
def test_no_digit_is_lost_in_groups(number):
    for filter in ("digits", "phone"):
        words = said("en", filter, number).replace(",", "").split()
        assert "".join(str(from_english(word)) for word in words) == number


VALUES = {
    "number": st.decimals(-(10**14), 10**14, places=3),
    "ordinal": st.integers(0, 10**14),
    "count": st.integers(0, 10**14),
    "money": st.decimals(-(10**9), 10**9, places=2),
    "digits": st.text(alphabet="0123456789*#+AZkq", min_size=1, max_size=12),
    "phone": st.text(alphabet="0123456789*#+", min_size=1, max_size=15),
    "date": st.dates(),
    "time": st.times(),
    "duration": st.integers(0, 10**7),
    "minutes": st.tuples(st.integers(0, 10**5), st.integers(0, 10**5)),
}


@pytest.mark.parametrize("currency", ["CNY", "USD", "EUR"])
@pytest.mark.parametrize("language", BOTH)
@settings(deadline=None)
@given(data=st.data())
def test_every_piece_that_is_said_is_in_the_list_of_pieces(language, currency, data):
    words = speller(language)
    listed = {piece.clip: piece.words for piece in words.pieces(currency)}
    filter = data.draw(st.sampled_from(sorted(VALUES)))
    value = data.draw(VALUES[filter])
    for piece in words.say(filter, value, About(currency=currency)):
        assert piece.is_pause or listed[piece.clip] == piece.words.rstrip("-"), piece
