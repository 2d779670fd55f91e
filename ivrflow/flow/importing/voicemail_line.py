"""One line of voicemail.conf: `password,name,email|email,pager|pager,a=b|c=d`.

Read as Asterisk reads it: from left to right, a field may be missing or empty, and all
that stands behind the fourth comma are options, in which commas are part of a value.
Unlike there, space around a field does not count. Pure.

A line may be anything, and its fields may stand in the wrong columns. So of what it
holds nothing is shown in an error but names of options that look like ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ivrflow.secret import Secret

PIN = re.compile("[0-9]{1,30}", re.ASCII)
"""A PIN that a phone can send."""

LONGEST_LINE = 8190
"""Characters of a line that Asterisk reads."""

MOST_OPTIONS = 100
MOST_ADDRESSES = 20
LONGEST_NAME = 80
LONGEST_ADDRESS = 254

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\\\"|]{1,64}@[^\s@<>()\[\],;:\\\"|]{1,189}")
_OPTION = re.compile("[a-z][a-z0-9_-]{0,39}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Line:
    """What a mailbox's line says."""

    pin: Secret
    """An empty one where there is none, and where no phone could send it."""
    unheard_of: bool
    """True if there is a password that no phone could send."""
    fixed: bool
    """True if the mailbox's owner may not change it by phone: `-1234`."""
    name: str
    emails: tuple[str, ...]
    pagers: tuple[str, ...]
    bad_addresses: int
    """How many addresses were left out: no mail could be sent to them, or too many."""
    options: tuple[tuple[str, str], ...]
    """Each with its name in small letters, in the line's order: the last one counts."""
    bad_options: int
    """How many pieces between `|` are no `name=value`, or too many."""


def read_line(value: str) -> Line:
    """Read what stands behind `mailbox =>`. Any text is a line."""
    fields = [field.strip() for field in value.split(",", 4)]
    password, name, email, pager, written = fields + [""] * (5 - len(fields))
    fixed = password.startswith("-")
    pin = password.removeprefix("-")
    known = PIN.fullmatch(pin) is not None
    emails, wrong = _addresses(email)
    pagers, wrong_too = _addresses(pager)
    options, bad = _options(written)
    return Line(
        pin=Secret(pin if known else ""),
        unheard_of=bool(pin) and not known,
        fixed=fixed,
        name="".join(c for c in name if c.isprintable())[:LONGEST_NAME].strip(),
        emails=emails,
        pagers=pagers,
        bad_addresses=wrong + wrong_too,
        options=options,
        bad_options=bad,
    )


def changed_pin(text: str) -> Secret:
    """The PIN in the `secret.conf` of a mailbox; an empty one if there is none that a
    phone can send.
    """
    # Line by line: on spaces without end a pattern for the whole takes minutes.
    lines = (line.partition("=") for line in text.split("\n"))
    found = [
        value.removeprefix(">").strip()
        for key, _, value in lines
        if key.strip().lower() == "password"
    ]
    pin = found[-1].removeprefix("-") if found else ""
    return Secret(pin if PIN.fullmatch(pin) else "")


def _addresses(written: str) -> tuple[tuple[str, ...], int]:
    """The addresses between `|`, each once; how many pieces are none, or too many."""
    pieces = [piece for piece in map(str.strip, written.split("|")) if piece]
    good = [p for p in pieces if _ADDRESS.fullmatch(p) and p.isprintable()]
    kept = list(dict.fromkeys(good))[:MOST_ADDRESSES]
    return tuple(kept), len(pieces) - sum(p in kept for p in good)


def _options(written: str) -> tuple[tuple[tuple[str, str], ...], int]:
    pieces = written.split("|")
    options, bad = [], sum(map(bool, pieces[MOST_OPTIONS:]))
    for piece in pieces[:MOST_OPTIONS]:
        key, equals, value = piece.partition("=")
        key = key.strip().lower()
        if equals and _OPTION.fullmatch(key):
            options.append((key, value.strip()))
        elif piece.strip():
            bad += 1
    return tuple(options), bad
