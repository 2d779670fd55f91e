"""What a dialplan hands in is text; here it is read as what a flow takes."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from types import MappingProxyType

_NUMBER = re.compile(r"-?[0-9]{1,20}(?:\.[0-9]{1,6})?")


def _number(text: str) -> Decimal:
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    return Decimal(text)


def _yes_no(text: str) -> bool:
    if text not in ("yes", "no"):
        raise ValueError(text)
    return text == "yes"


def _duration(text: str) -> timedelta:
    return timedelta(seconds=float(_number(text)))


READS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "text": str,
        "phone": str,
        "number": _number,
        "money": _number,
        "yes/no": _yes_no,
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "duration": _duration,
    }
)
"""Type -> what reads a text as one, or raises `ValueError`. A duration is in seconds.
The row of a table is none of them."""
