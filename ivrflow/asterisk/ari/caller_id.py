"""Who calls: numbers and phones as they came from outside, and what may be used."""

from __future__ import annotations

import re
from typing import Any

OF_PHONE = re.compile(r"(PJSIP/[A-Za-z0-9_.-]{1,80})-[0-9a-f]{8}")

WITHHELD = frozenset({"anonymous", "unknown", "restricted", "unavailable", "private"})
"""What phones and trunks write where no number is to be seen."""

LONGEST_NUMBER = 64


def number(text: Any) -> str:
    """A telephone number as it came from outside: "" if it is withheld.

    What is no printable character is dropped, and it is cut where no number goes on.
    """
    text = printable(text)
    return "" if text.lower() in WITHHELD else text


def printable(text: Any) -> str:
    """What may stand in a log, of a text that came from outside."""
    return "".join(c for c in str(text or "") if c.isprintable())[:LONGEST_NUMBER]


def phone(name: str) -> str:
    """The phone of a channel called *name*; "" for a channel of another kind.

    `PJSIP/1001-0000002a` is a call of `PJSIP/1001`, which has logged in as that.
    """
    found = OF_PHONE.fullmatch(name)
    return found[1] if found else ""
