"""Values as our YAML writes them, so that they are read again as they were."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

_PLAIN = re.compile(r"[^\W\d_][\w./-]*(?: [\w./-]+)*")
"""What needs no quotes: words that begin with a letter, apart by one space."""

_DURATION = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h|d)")
"""Nor does this: to YAML it is no number either."""

_MEANS_ELSE = frozenset(("yes", "no", "none", "true", "false", "null", "on", "off"))

_CONTROLS = re.compile("[\x7f-\x9f\ufffe\uffff]")

WIDTH = 88


def scalar(value: object) -> str:
    """*value* as one scalar. What only looks like a number stays a text."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int | float | Decimal):
        return f"{value:f}" if isinstance(value, Decimal) else repr(value)
    text = str(value)
    if _PLAIN.fullmatch(text) and text.lower() not in _MEANS_ELSE:
        return text
    if _DURATION.fullmatch(text):
        return text
    # JSON leaves these as they are; YAML refuses them, or takes one for a line's end.
    quoted = json.dumps(text, ensure_ascii=False)
    return _CONTROLS.sub(lambda sign: f"\\u{ord(sign[0]):04x}", quoted)


def flow(value: object) -> str:
    """*value* in one line: `{id: 7, name: Li}`."""
    if isinstance(value, Mapping):
        inside = (f"{key(name)}: {flow(one)}" for name, one in value.items())
        return f"{{{', '.join(inside)}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(flow, value))}]"
    return scalar(value)


def key(name: object) -> str:
    """*name* as a key."""
    return scalar(str(name))


def lines(name: str, value: object, indent: int) -> Iterator[str]:
    """`name: value`, in one line if it fits, else a line for each part."""
    margin = " " * indent
    one = f"{margin}{key(name)}: {flow(value)}"
    if len(one) <= WIDTH or not isinstance(value, Mapping | list | tuple) or not value:
        yield one
        return
    yield f"{margin}{key(name)}:"
    if isinstance(value, Mapping):
        for inside, part in value.items():
            yield from lines(str(inside), part, indent + 2)
    else:
        yield from (f"{margin}  - {flow(part)}" for part in value)
