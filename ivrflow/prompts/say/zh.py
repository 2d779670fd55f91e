"""Chinese (Mandarin): 一千二百三十四, 两万零五十, 上午八点半, 三月十五日.

- 两 stands for 二 where a number begins with 百 千 万 亿 and before a measure word
  (两元, 两点, 两分钟); within a number it is 二 (三万二千), and so is a plain 二.
- Digit by digit, 1 is 幺: 一 and 七 sound too much alike on a telephone. That holds for
  order and agent numbers (`digits`) as for telephone numbers; a key is 一, as on menus.
- A time always has its part of the day, as people say it.
- Letters are said in English, with the English recordings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal

from ivrflow.prompts.say.speller import Piece, Speller
from ivrflow.prompts.say.values import as_fraction, parts_of

_DIGITS = "零一二三四五六七八九"
_MONEY = {"CNY": "元", "USD": "美元", "EUR": "欧元"}
_CENTS = {"USD": "美分", "EUR": "欧分"}
_NAMES = {
    "零": "0",
    "两": "liang",
    "幺": "yao",
    "负": "fu",
    "点": "dian",
    "第": "di",
    "万": "wan",
    "亿": "yi",
    "到": "dao",
    "年": "nian",
    "加": "plus",
    "半": "ban",
    "分": "fen",
    "角": "jiao",
    "元": "yuan",
    "美元": "dollar",
    "欧元": "euro",
    "美分": "cent",
    "欧分": "eurocent",
    "天": "tian",
    "小时": "xiaoshi",
    "分钟": "fenzhong",
    "秒": "miao",
    "凌晨": "lingchen",
    "早上": "zaoshang",
    "上午": "shangwu",
    "中午": "zhongwu",
    "下午": "xiawu",
    "晚上": "wanshang",
    "星号键": "star",
    "井号键": "hash",
}
"""Words that are one piece, and the plain letters that name their recording."""

_OF_MONEY = ("元", "角", "美元", "欧元", "美分", "欧分")


def _below_hundred(number: int) -> str:
    tens, ones = divmod(number, 10)
    if not tens:
        return _DIGITS[ones]
    begin = "十" if tens == 1 else f"{_DIGITS[tens]}十"
    return begin + (_DIGITS[ones] if ones else "")


def _part_of_day(hour: int) -> str:
    for until, name in ((5, "凌晨"), (8, "早上"), (12, "上午"), (13, "中午")):
        if hour < until:
            return name
    return "下午" if hour < 18 else "晚上"


class Chinese(Speller):
    gap = ""
    pause = "，"
    rate = 4.3

    @property
    def minus(self) -> Piece:
        return self._word("负")

    def number(self, number: Decimal) -> Iterator[Piece]:
        whole, fraction = as_fraction(abs(number))
        if number < 0 and (whole or fraction):
            yield self.minus
        yield from self._whole(whole)
        if fraction:
            yield self._word("点")
            yield from (self._below(int(digit)) for digit in fraction)

    def count(self, count: int) -> Iterator[Piece]:
        yield from self._amount(count, first=True)

    def ordinal(self, count: int) -> Iterator[Piece]:
        yield self._word("第")
        leading, *rest = self._whole(count)
        # Nothing is counted here: 第二百, not 第两百.
        plain = {"两": self._below(2)}
        for unit, zeros in (("百", "00"), ("千", "000")):
            plain[f"两{unit}"] = self._big(2, unit, zeros, first=False)
        yield plain.get(leading.words, leading)
        yield from rest

    def money(self, whole: int, cents: int, currency: str) -> Iterator[Piece]:
        if whole or not cents:
            yield from self._counted(whole, _MONEY[currency])
        if currency != "CNY":
            if cents:
                yield from self._counted(cents, _CENTS[currency])
            return
        jiao, fen = divmod(cents, 10)
        for count, unit in ((jiao, "角"), (fen, "分")):
            if unit == "分" and fen and not jiao and whole:
                yield self._below(0)
            if count:
                # 两 only where the sum begins: 两角, but 三元二角.
                first = not whole and (unit == "角" or not jiao)
                yield from self._counted(count, unit, first=first)

    def date(self, day: date, *, with_year: bool) -> Iterator[Piece]:
        if with_year:
            yield from (self._below(int(digit)) for digit in str(day.year))
            yield self._word("年")
        yield self._month(day.month)
        yield self._day(day.day)

    def time(self, at: time) -> Iterator[Piece]:
        yield self._word(_part_of_day(at.hour))
        yield self._hour(at.hour - 12 if at.hour > 12 else at.hour)
        if at.minute == 30:
            yield self._word("半")
        elif at.minute:
            if at.minute < 10:
                yield self._below(0)
            yield self._below(at.minute)
            yield self._word("分")

    def duration(self, seconds: int) -> Iterator[Piece]:
        counts = parts_of(seconds)
        if not any(counts):
            yield from self._counted(0, "秒")
        units = ("天", "小时", "分钟", "秒")
        for count, unit in zip(counts, units, strict=True):
            if count:
                yield from self._counted(count, unit)

    def minutes(self, low: int, high: int) -> Iterator[Piece]:
        if low != high:
            yield from self._amount(low, first=True)
            yield self._word("到")
        yield from self._counted(high, "分钟")

    def character(self, char: str) -> Piece:
        match char:
            case "1":
                return self._word("幺")
            case "*":
                return self._word("星号键")
            case "#":
                return self._word("井号键")
            case "+":
                return self._word("加")
        if char.isdigit():
            return self._below(int(char))
        return Piece(char, f"en/pieces/letter_{char.lower()}")

    def key(self, key: str) -> str:
        if key.isdigit():
            return "".join(_DIGITS[int(k)] for k in key)
        return "星号键" if key == "star" else "井号键"

    def pieces(self, currency: str) -> Iterable[Piece]:
        others = {_MONEY.get(currency), _CENTS.get(currency)}
        if currency == "CNY":
            others.add("角")
        found = [self._below(number) for number in range(100)]
        found += [self._ten(number) for number in range(10, 20)]
        for unit, name in (("百", "00"), ("千", "000")):
            found += [self._big(n, unit, name, first=False) for n in range(1, 10)]
            found.append(self._big(2, unit, name, first=True))
        found += [self._month(month) for month in range(1, 13)]
        found += [self._day(day) for day in range(1, 32)]
        found += [self._hour(hour) for hour in range(13)]
        found += [
            self._word(word)
            for word in _NAMES
            if word != "零" and (word not in _OF_MONEY or word in others)
        ]
        found += [self.character(chr(code)) for code in range(ord("A"), ord("Z") + 1)]
        return found

    def _counted(self, count: int, unit: str, *, first: bool = True) -> Iterator[Piece]:
        """*count* of something that has a measure word: exactly two is 两."""
        yield from self._amount(count, first=first)
        yield self._word(unit)

    def _amount(self, count: int, *, first: bool) -> Iterator[Piece]:
        if count == 2 and first:
            yield self._word("两")
        else:
            yield from self._whole(count)

    def _whole(self, number: int) -> Iterator[Piece]:
        """A whole number below 10^16, in sections of four digits."""
        if number == 0:
            yield self._below(0)
            return
        high, low = divmod(number, 10**8)
        if high:
            yield from self._section_pair(high, first=True, unit="亿")
            yield self._word("亿")
        if low:
            if high and low < 10**7:
                yield self._below(0)
            yield from self._section_pair(low, first=not high, unit="")

    def _section_pair(self, number: int, *, first: bool, unit: str) -> Iterator[Piece]:
        """A number below 10^8: so many 万, and the rest. *unit* follows after it."""
        high, low = divmod(number, 10**4)
        if high:
            yield from self._section(high, first=first, unit="万")
            yield self._word("万")
        if low:
            if high and low < 1000:
                yield self._below(0)
            yield from self._section(low, first=first and not high, unit=unit)

    def _section(self, number: int, *, first: bool, unit: str) -> Iterator[Piece]:
        """A number from 1 to 9999, followed by 万, 亿 or nothing.

        *first*: nothing was said before it, so 两千 and 十二 are right, and neither
        二千 nor 一十二.
        """
        if number == 2 and first and unit:
            yield self._word("两")
            return
        begun = not first
        thousands, rest = divmod(number, 1000)
        if thousands:
            yield self._big(thousands, "千", "000", first=first)
            begun = True
        hundreds, small = divmod(rest, 100)
        if hundreds:
            yield self._big(hundreds, "百", "00", first=not begun)
            begun = True
        if not small:
            return
        if (thousands and not hundreds) or (hundreds and small < 10):
            yield self._below(0)
        yield self._ten(small) if begun and 10 <= small < 20 else self._below(small)

    def _big(self, number: int, unit: str, zeros: str, *, first: bool) -> Piece:
        if number == 2 and first:
            return self.piece(f"两{unit}", f"liang{zeros}")
        return self.piece(f"{_DIGITS[number]}{unit}", f"{number}{zeros}")

    def _ten(self, number: int) -> Piece:
        """Ten to nineteen inside a number: 一百一十二."""
        return self.piece(f"一{_below_hundred(number)}", f"1x{number}")

    def _below(self, number: int) -> Piece:
        return self.piece(_below_hundred(number), str(number))

    def _month(self, month: int) -> Piece:
        return self.piece(f"{_below_hundred(month)}月", f"month_{month}")

    def _day(self, day: int) -> Piece:
        return self.piece(f"{_below_hundred(day)}日", f"day_{day}")

    def _hour(self, hour: int) -> Piece:
        words = "两" if hour == 2 else _below_hundred(hour)
        return self.piece(f"{words}点", f"hour_{hour}")

    def _word(self, word: str) -> Piece:
        return self.piece(word, _NAMES[word])


SPELLER = Chinese
