from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest

from ivrflow.prompts.say import KEYS, About, CannotSay, languages, speller
from ivrflow.prompts.say.values import LARGEST
from ivrflow.secret import Secret

ABOUT = About(today=date(2026, 3, 2))
BOTH = ["en", "zh-CN"]


def said(language, filter, value, about=ABOUT):
    words = speller(language)
    return words.written(words.say(filter, value, about))


def cases(table):
    """Read lines of `filter | value | english | chinese`."""
    found = []
    for line in table.strip().splitlines():
        filter, value, english, chinese = (cell.strip() for cell in line.split("|"))
        found.append((filter, value, "en", english))
        found.append((filter, value, "zh-CN", chinese))
    return found


@pytest.mark.parametrize(
    ("filter", "value", "language", "words"),
    cases(
        """
number  | 0            | zero                                        | 零
number  | 2            | two                                         | 二
number  | 10           | ten                                         | 十
number  | 34           | thirty-four                                 | 三十四
number  | 105          | one hundred five                            | 一百零五
number  | 112          | one hundred twelve                          | 一百一十二
number  | 200          | two hundred                                 | 两百
number  | 1234         | one thousand two hundred thirty-four        | 一千二百三十四
number  | 2002         | two thousand two                            | 两千零二
number  | 2222         | two thousand two hundred twenty-two         | 两千二百二十二
number  | 10010        | ten thousand ten                            | 一万零一十
number  | 20000        | twenty thousand                             | 两万
number  | 32000        | thirty-two thousand                         | 三万二千
number  | 100500       | one hundred thousand five hundred           | 十万零五百
number  | 12000000     | twelve million                              | 一千二百万
number  | 200000000    | two hundred million                         | 两亿
number  | 100000005    | one hundred million five                    | 一亿零五
number  | 2147483648   | two billion one hundred forty-seven million four hundred eighty-three thousand six hundred forty-eight | 二十一亿四千七百四十八万三千六百四十八
number  | -12.50       | minus twelve point five                     | 负十二点五
number  | 0.05         | zero point zero five                        | 零点零五
number  | -0           | zero                                        | 零
ordinal | 1            | first                                       | 第一
ordinal | 2            | second                                      | 第二
ordinal | 12           | twelfth                                     | 第十二
ordinal | 20           | twentieth                                   | 第二十
ordinal | 32           | thirty-second                               | 第三十二
ordinal | 99           | ninety-ninth                                | 第九十九
ordinal | 100          | one hundredth                               | 第一百
ordinal | 200          | two hundredth                               | 第二百
ordinal | 1121         | one thousand one hundred twenty-first       | 第一千一百二十一
ordinal | 3000         | three thousandth                            | 第三千
count   | 1            | one                                         | 一
count   | 2            | two                                         | 两
count   | 12           | twelve                                      | 十二
count   | 22           | twenty-two                                  | 二十二
money   | 1234.50      | one thousand two hundred thirty-four yuan fifty | 一千二百三十四元五角
money   | 1234.56      | one thousand two hundred thirty-four yuan fifty-six | 一千二百三十四元五角六分
money   | 1234.05      | one thousand two hundred thirty-four yuan zero five | 一千二百三十四元零五分
money   | 1000         | one thousand yuan                           | 一千元
money   | 2            | two yuan                                    | 两元
money   | 2.22         | two yuan twenty-two                         | 两元二角二分
money   | 0.50         | fifty fen                                   | 五角
money   | 0.2          | twenty fen                                  | 两角
money   | 0.02         | two fen                                     | 两分
money   | 0            | zero yuan                                   | 零元
money   | -3.10        | minus three yuan ten                        | 负三元一角
money   | -0.001       | zero yuan                                   | 零元
money   | 9.999        | ten yuan                                    | 十元
digits  | 1001         | one zero zero one                           | 幺零零幺
digits  | 007          | zero zero seven                             | 零零七
digits  | 20260315     | two zero two six, zero three one five       | 二零二六，零三幺五
digits  | SO-12        | S O one two                                 | SO幺二
digits  | *#           | star hash                                   | 星号键井号键
phone   | 13800138000  | one three eight, zero zero one three, eight zero zero zero | 幺三八，零零幺三，八零零零
phone   | 057112313    | zero five seven, one one two, three one three | 零五七，幺幺二，三幺三
phone   | +86 138 0013 8000 | plus eight six, one three eight, zero zero one three, eight zero zero zero | 加八六，幺三八，零零幺三，八零零零
duration | 0           | zero seconds                                | 零秒
duration | 1           | one second                                  | 一秒
duration | 150         | two minutes thirty seconds                  | 两分钟三十秒
duration | 3600        | one hour                                    | 一小时
duration | 3725        | one hour two minutes                        | 一小时两分钟
duration | 172800      | two days                                    | 两天
minutes | 0            | one minute                                  | 一分钟
minutes | 35           | one minute                                  | 一分钟
minutes | 130          | two minutes                                 | 两分钟
minutes | 720          | twelve minutes                              | 十二分钟
"""  # noqa: E501  a table is read across
    ),
)
def test_values_are_said_as_people_say_them(filter, value, language, words):
    assert said(language, filter, value) == words


@pytest.mark.parametrize(
    ("at", "english", "chinese"),
    [
        ("00:00", "midnight", "凌晨零点"),
        ("00:05", "twelve oh five at night", "凌晨零点零五分"),
        ("02:00", "two o'clock in the morning", "凌晨两点"),
        ("06:30", "six thirty in the morning", "早上六点半"),
        ("07:30", "seven thirty in the morning", "早上七点半"),
        ("08:30", "eight thirty", "上午八点半"),
        ("09:00", "nine o'clock", "上午九点"),
        ("12:00", "noon", "中午十二点"),
        ("12:15", "twelve fifteen", "中午十二点十五分"),
        ("13:30", "one thirty in the afternoon", "下午一点半"),
        ("17:45", "five forty-five in the afternoon", "下午五点四十五分"),
        ("20:30", "eight thirty in the evening", "晚上八点半"),
        ("23:59", "eleven fifty-nine at night", "晚上十一点五十九分"),
    ],
)
def test_a_time_has_its_part_of_the_day_where_it_could_be_misunderstood(
    at, english, chinese
):
    assert said("en", "time", time.fromisoformat(at)) == english
    assert said("zh-CN", "time", time.fromisoformat(at)) == chinese


@pytest.mark.parametrize(
    ("day", "english", "chinese"),
    [
        ("2026-03-15", "March the fifteenth", "三月十五日"),
        ("2026-12-31", "December the thirty-first", "十二月三十一日"),
        ("2027-02-05", "February the fifth, twenty twenty-seven", "二零二七年二月五日"),
        (
            "2005-01-20",
            "January the twentieth, two thousand five",
            "二零零五年一月二十日",
        ),
        ("1999-10-01", "October the first, nineteen ninety-nine", "一九九九年十月一日"),
        ("1900-10-02", "October the second, nineteen hundred", "一九零零年十月二日"),
        ("1905-10-03", "October the third, nineteen oh five", "一九零五年十月三日"),
    ],
)
def test_a_date_has_its_year_only_when_it_is_another_one(day, english, chinese):
    assert said("en", "date", date.fromisoformat(day)) == english
    assert said("zh-CN", "date", date.fromisoformat(day)) == chinese


def test_without_a_today_the_year_is_always_said():
    assert said("en", "date", date(2026, 3, 2), About()) == (
        "March the second, twenty twenty-six"
    )


def test_a_wait_is_said_as_a_range_that_covers_it():
    assert said("en", "minutes", (130, 230)) == "two to four minutes"
    assert said("zh-CN", "minutes", (130, 230)) == "两到四分钟"
    assert said("en", "minutes", (230, 130)) == "two to four minutes"
    assert said("en", "minutes", (0, 20)) == "one minute"
    assert said("en", "minutes", timedelta(minutes=2)) == "two minutes"


def test_money_in_other_currencies():
    assert said("en", "money", 1, About(currency="USD")) == "one dollar"
    assert said("en", "money", "2.01", About(currency="USD")) == "two dollars zero one"
    assert said("en", "money", "0.01", About(currency="EUR")) == "one cent"
    assert said("zh-CN", "money", "2.01", About(currency="USD")) == "两美元一美分"
    with pytest.raises(CannotSay, match="XXX"):
        said("en", "money", 1, About(currency="XXX"))


def test_a_value_without_a_filter_is_said_by_its_type():
    assert said("en", "", 12) == "twelve"
    assert said("en", "", datetime(2026, 3, 15, 8, 30)) == (
        "March the fifteenth eight thirty"
    )
    assert said("en", "", timedelta(seconds=90)) == "one minute thirty seconds"


@pytest.mark.parametrize("language", BOTH)
@pytest.mark.parametrize(
    ("filter", "value"),
    [
        ("number", None),
        ("number", True),
        ("number", "abc"),
        ("number", "12\n"),
        ("number", "１２"),
        ("number", float("nan")),
        ("number", Decimal("Infinity")),
        ("number", LARGEST),
        ("number", Secret("246810")),
        ("ordinal", -1),
        ("ordinal", Decimal("1.5")),
        ("money", date(2026, 1, 1)),
        ("digits", ""),
        ("digits", "12٣"),
        ("digits", "1" * 41),
        ("digits", -5),
        ("digits", Secret("246810")),
        ("phone", "a; rm -rf /'"),
        ("date", "2026-03-15"),
        ("date", time(8)),
        ("time", 8),
        ("duration", -1),
        ("minutes", (1, 2, 3)),
        ("minutes", "soon"),
        ("", None),
        ("", False),
        ("", Secret("246810")),
    ],
)
def test_what_does_not_fit_is_refused_without_being_shown(language, filter, value):
    with pytest.raises(CannotSay) as caught:
        said(language, filter, value)
    assert "246810" not in str(caught.value)
    if isinstance(value, str) and value:
        assert value not in str(caught.value)


@pytest.mark.parametrize("language", BOTH)
def test_pieces_have_names_that_are_files_and_each_name_once(language):
    pieces = list(speller(language).pieces("CNY"))
    assert len({piece.clip for piece in pieces}) == len(pieces)
    assert all(re.fullmatch(r"[A-Za-z-]+/pieces/\w+", p.clip) for p in pieces)


def test_a_key_is_named_as_on_a_menu():
    assert [speller("en").key(key) for key in KEYS[-3:]] == ["zero", "star", "hash"]
    assert [speller("zh-CN").key(key) for key in ("1", "star")] == ["一", "星号键"]


def test_a_speller_is_found_by_its_file_alone():
    assert languages() == ("en", "zh")
    assert speller("en-GB").say("number", 1, ABOUT)[0].clip == "en-GB/pieces/1"
    with pytest.raises(LookupError, match="there are en zh"):
        speller("xx")
