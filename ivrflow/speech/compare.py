"""Is what was heard what was said? Numbers written in digits count as the same.

Both texts are brought to one spelling: "eight thirty" and "8:30" to `830`, 二百元五角
and 200.5元 to the same as well. Chinese that differs in characters but sounds the same
(工号, 公号) is right too: the ear can't tell, and nothing else was asked. Tones are not
compared, nor -n with -ng: at 8 kHz Whisper's smaller models don't tell them apart.
"""

from __future__ import annotations

import difflib
import re
import unicodedata

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: value for value, word in enumerate(_ONES)}
_SMALL |= {word: value * 10 for value, word in enumerate(_TENS, start=2)}
_SMALL["oh"] = 0
_TH = {"first": "1st", "second": "2nd", "third": "3rd", "fifth": "5th"}
_TH |= {"eighth": "8th", "ninth": "9th", "twelfth": "12th"}
_TH |= {f"{word}th": f"{_SMALL[word]}th" for word in _ONES}
_TH |= {f"{word[:-1]}ieth": f"{_SMALL[word]}th" for word in _TENS}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_SAME = {
    "license": "licence",
    "ok": "okay",
    "weight": "wait",
    "mins": "minutes",
    "advisor": "adviser",
    "center": "centre",
    "program": "programme",
}
"""Words that sound the same."""
_MONTHS = (
    "january|february|march|april|may|june|july|august|september|october|november|"
    "december"
)
_DROPPED = {"the", "and"}


def same(said: str, heard: str, language: str) -> bool:
    if language.startswith("zh"):
        one, other = chinese(said), chinese(heard)
        return one == other or sound(one) == sound(other) or sound(said) == sound(heard)
    if not language.startswith("en"):
        return plain(said) == plain(heard)
    if " point " not in said:  # then a point is only how the ear writes 8.30
        heard = re.sub(r"(?<=\d)\.(?=\d)", " ", heard)
    return english(said) == english(heard)


def closeness(said: str, heard: str, language: str) -> float:
    """Return how much of what was said was heard, from 0 to 1: signs or syllables."""
    if language.startswith("zh"):
        one, other = sound(chinese(said)), sound(chinese(heard))
        return difflib.SequenceMatcher(None, one, other).ratio()
    if not language.startswith("en"):
        return difflib.SequenceMatcher(None, plain(said), plain(heard)).ratio()
    return difflib.SequenceMatcher(None, english(said), english(heard)).ratio()


def plain(text: str) -> str:
    """Return the letters and digits of *text*, without accents: for any language."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in apart if char.isalnum())


def english(text: str) -> str:
    """Return *text* without blanks and signs, its numbers in digits."""
    text = text.lower().replace("o'clock", "oclock")
    text = re.sub(r"\b(you on|u[ -]?on|u[ -]an)\b", "yuan", text)
    text = re.sub(rf"({_MONTHS}) (\d{{1,2}})\b(?!:)", r"\1 \2th", text)
    text = re.sub(r"\bdo on\b", "due on", text)
    text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
    text = re.sub(r"(?<=\d)\.(?=\d)", " point ", text)
    text = re.sub(r"(?<!\w)-(?=\d)", " minus ", text)
    text = re.sub(r"(?<=\d)(?=(?:am|pm|a\.m|p\.m)\b)", " ", text)
    text = re.sub(r"(?<=\d)-(?=\d+ minute)", " to ", text)
    words = re.findall(r"\d+(?:st|nd|rd|th)|\d+|[a-z']+", text.replace("-", " "))
    words = [_SAME.get(word, word) for word in words if word not in _DROPPED]
    found: list[str] = []
    at = 0
    while at < len(words):
        read = _english_number(words, at)
        if read is None:
            found.append(_TH.get(words[at], words[at]))
            at += 1
        else:
            number, at = read
            found.append(number)
    joined = "".join(found)
    # "thirty first" came out as 301st: an ordinal's tens are added to it.
    joined = re.sub(r"([2-9])0(\d)(st|nd|rd|th)", r"\1\2th", joined)
    return re.sub(r"(\d)(st|nd|rd)", r"\1th", joined).replace("'", "")


def _english_number(words: list[str], at: int) -> tuple[str, int] | None:
    read = _below_thousand(words, at)
    if read is None:
        return None
    number, at = read
    if at >= len(words) or words[at] not in _SCALES:
        return number, at
    total, scale = int(number) * _SCALES[words[at]], _SCALES[words[at]]
    at += 1
    while (more := _below_thousand(words, at)) is not None:
        number, after = more
        next_scale = _SCALES.get(words[after], 0) if after < len(words) else 0
        if next_scale >= scale or int(number) >= scale:
            break
        total += int(number) * (next_scale or 1)
        at = after + bool(next_scale)
        if not next_scale:
            break
        scale = next_scale
    return str(total), at


def _below_thousand(words: list[str], at: int) -> tuple[str, int] | None:
    read = _below_hundred(words, at)
    if read is None:
        return None
    number, at = read
    if at < len(words) and words[at] == "hundred":
        total, at = int(number) * 100, at + 1
        rest = _below_hundred(words, at)
        if rest is not None and 0 < int(rest[0]) < 100 and rest[0][0] != "0":
            return str(total + int(rest[0])), rest[1]
        return str(total), at
    return number, at


def _below_hundred(words: list[str], at: int) -> tuple[str, int] | None:
    if at >= len(words):
        return None
    word = words[at]
    if word.isdigit():
        return word, at + 1
    if word not in _SMALL:
        return None
    if word in _TENS and at + 1 < len(words) and 0 < _SMALL.get(words[at + 1], 0) < 10:
        return str(_SMALL[word] + _SMALL[words[at + 1]]), at + 2
    return str(_SMALL[word]), at + 1


_DIGITS = {char: str(value) for value, char in enumerate("零一二三四五六七八九")}
_DIGITS |= {"两": "2", "幺": "1", "〇": "0"}


def chinese(text: str) -> str:
    """Return *text* without signs, its numbers in digits."""
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text.lower())
    text = re.sub(r"(\d+):(\d\d)", r"\1点\2分", text)
    text = re.sub(r"(?<=\d)-(?=\d+分)", "到", text)
    text = re.sub(r"[^\w.]|(?<!\d)\.|\.(?!\d)|_", "", text)
    text = text.replace("点半", "点30分")
    text = re.sub(r"[0-9零〇一二三四五六七八九十百千万亿两幺]+", _chinese_number, text)
    text = re.sub(r"(\d+)元(\d)角(?:(\d)分)?", _money, text)
    text = re.sub(r"(\d+)元0(\d)分", r"\1.0\2元", text)
    text = re.sub(r"(\d+\.\d)0元", r"\1元", text)
    return text.replace("号", "日") if re.search(r"\d月\d+号", text) else text


def _money(found: re.Match[str]) -> str:
    return f"{found[1]}.{found[2]}{found[3] or ''}元"


def _chinese_number(found: re.Match[str]) -> str:
    run = found[0]
    if not re.search("[十百千万亿]", run):
        return "".join(_DIGITS.get(char, char) for char in run)
    if re.search(r"[零一二三四五六七八九两]{2,}[十百千万亿]", run.replace("零", "")):
        return run
    return str(_value(run))


def _value(run: str) -> int:
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        if unit in run:
            high, _, low = run.rpartition(unit)
            return (_value(high) if high else 1) * size + (_value(low) if low else 0)
    total, digit = 0, ""
    for char in run:
        if char in "十百千":
            total += int(digit or 1) * 10 ** (1 + "十百千".index(char))
            digit = ""
        else:
            digit += _DIGITS.get(char, char)
    return total + int(digit or 0)


def sound(text: str) -> list[str]:
    """Return how Chinese *text* sounds, without tones; -n and -ng are one."""
    from pypinyin import Style, lazy_pinyin  # of the extra `stt`

    words = re.sub(r"[^\w]|_", "", text)
    found = lazy_pinyin(words, style=Style.NORMAL)
    return [re.sub("(?<=[ie])ng$", "n", syllable) for syllable in found]
