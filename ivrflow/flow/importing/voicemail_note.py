"""What Asterisk writes about a message, beside its sound: `msg0000.txt`.

    [message]
    exten=800
    callerid="Li Wei" <13800138000>
    origtime=1767225600
    category=
    msg_id=1767225600-00000001
    flag=Urgent
    duration=12

A caller chooses the name that stands in it. So it is read line by line, nothing is
included, and each value is taken only if it looks like one. Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LARGEST_NOTE = 64_000
"""Bytes of such a file."""

MOST_LINES = 200
LONGEST_NAME = 80
LONGEST_CALLER = 300
"""Characters that are looked at: the pattern takes their square."""

FIRST, LAST = 315_532_800, 4_102_444_800
"""1980 and 2100: a time outside is none."""

LONGEST = 86_400
"""Seconds that a message may be said to last."""

_NUMBER = re.compile(r"\+?[0-9*#]{1,31}", re.ASCII)
_WITH_NAME = re.compile(
    r"""\s*(?:"(?P<quoted>.*)"|(?P<bare>[^<]*))\s*<(?P<number>[^<>]*)>\s*"""
)


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is known of a message; the empty one: nothing."""

    number: str = ""
    """The caller's, without separators; "" if it is none."""
    caller: str = ""
    """The caller's name."""
    dialled: str = ""
    at: float | None = None
    """Seconds since 1970; None: not known."""
    seconds: int | None = None
    urgent: bool = False
    identity: str = ""
    """What tells it from all others, "" if there is nothing that does."""


def read_note(data: bytes) -> Note:
    """Read such a file. What makes no sense is left out."""
    fields = _fields(data.decode("utf-8", "replace"))
    caller, number = _caller(fields.get("callerid", "")[:LONGEST_CALLER])
    at = _whole(fields.get("origtime", ""), FIRST, LAST)
    dialled = fields.get("exten", "")
    msg_id = fields.get("msg_id", "")
    if not msg_id and at is not None:  # before Asterisk 11 there was none
        msg_id = f"{at} {fields.get('callerchan', '')} {fields.get('callerid', '')}"
    return Note(
        number=number,
        caller=caller,
        dialled=dialled if _NUMBER.fullmatch(dialled) else "",
        at=None if at is None else float(at),
        seconds=_whole(fields.get("duration", ""), 0, LONGEST),
        urgent=fields.get("flag", "").lower() == "urgent",
        identity=msg_id[:300],
    )


def _fields(text: str) -> dict[str, str]:
    """The fields of [message]; of several with one name the last one."""
    fields: dict[str, str] = {}
    inside = False
    for line in text.split("\n")[:MOST_LINES]:  # others are part of a name
        stripped = line.strip()
        if stripped.startswith(";"):
            continue
        if stripped.startswith("["):
            inside = stripped.lower().startswith("[message]")
            continue
        key, equals, value = stripped.partition("=")
        if inside and equals:
            fields[key.strip().lower()] = value.removeprefix(">").strip()
    return fields


def _caller(written: str) -> tuple[str, str]:
    """Name and number of `"Li Wei" <13800138000>`, `13800138000` or `Unknown`."""
    found = _WITH_NAME.fullmatch(written)
    name, number = "", written
    if found is not None:
        name, number = found["quoted"] or found["bare"] or "", found["number"]
    number = re.sub(r"[\s().-]", "", number)
    if not _NUMBER.fullmatch(number):
        # Asterisk writes a name alone where there is no number.
        name = name or ("" if written.lower() == "unknown" else written)
        number = ""
    if "\ufffd" in name:  # in another encoding: what it says is not known
        name = ""
    name = "".join(sign for sign in name if sign.isprintable())
    return " ".join(name.split())[:LONGEST_NAME], number


def _whole(written: str, least: int, most: int) -> int | None:
    if not re.fullmatch("[0-9]{1,12}", written, re.ASCII):
        return None
    return int(written) if least <= int(written) <= most else None
