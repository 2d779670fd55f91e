"""Is what was heard what was said?"""

import pytest

from ivrflow.speech.compare import closeness, same


@pytest.mark.parametrize(
    ("said", "heard", "language"),
    [
        ("It is eight thirty.", "It is 8:30", "en"),
        ("one thousand two hundred thirty-four yuan fifty", "1,234 yuan 50.", "en"),
        ("March the twenty-first", "March 21st", "en"),
        ("your adviser", "Your advisor.", "en"),
        ("Où êtes-vous ?", "ou etes vous", "fr"),
    ],
)
def test_numbers_in_digits_and_other_spellings_are_the_same(said, heard, language):
    assert same(said, heard, language)
    assert not same(said, heard + " now", language)


def test_how_much_came_through_is_told():
    assert closeness("press one", "press one", "en") == 1
    assert 0.5 < closeness("press one", "press nine", "en") < 1
    assert closeness("bonjour", "xyz", "fr") < 0.3


def test_chinese_is_compared_by_its_sound():
    pytest.importorskip("pypinyin", reason="needs ivrflow[stt]")
    assert same("请输入工号。", "请输入公号", "zh-CN")
    assert same("二百元五角", "200.5元", "zh-CN")
