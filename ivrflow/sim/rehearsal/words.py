"""Compares words as a listener does: case, punctuation and spaces aside."""

from __future__ import annotations

import unicodedata


def plain_words(text: str) -> str:
    """*text* in small letters, one space between words, nothing but letters and digits.

    The spoken sentence "twenty-one, please." and the written "Twenty one please" are
    the same. Chinese has no spaces between words, so none are kept beside its signs.
    """
    signs = (c if _spoken(c) else " " for c in unicodedata.normalize("NFKC", text))
    words = "".join(signs).casefold().split()
    joined = ""
    for word in words:
        gap = " " if joined and word[0].isascii() and joined[-1].isascii() else ""
        joined += gap + word
    return joined


def _spoken(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNM"
