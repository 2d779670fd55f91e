"""What YAML does to a telephone's words, and what to write instead.

libyaml's own messages ("did not find expected key") help nobody who designs talks.
These functions look at the line on which it stumbled and say what was probably meant.
Pure: lines in, messages out. Lines and columns count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Characters that no text file holds."""

_HASH_KEY = re.compile(r"^(?:\s*|.*[{,]\s*)#\s*:(?:\s|$)")
_STAR_KEY = re.compile(r"(?:^\s*|[{,]\s*)\*\s*:(?:\s|$)")
_CALL = re.compile(r"(?<![\w'\"])[a-z_]+\([^()'\"]*,")
_SLOT = re.compile(r"\$\{")
_GLUED = re.compile(r"\s*(?:-\s+)?[\w.-]+:(?!//)\S")
_BRACE_VALUE = re.compile(r"(?:^\s*(?:-\s+)?|:\s+|-\s+)([{\[])")

QUOTE = 'put the whole text in quotes: "..."'


def vanished(
    lines: Sequence[str], inside_text: Container[int]
) -> Iterator[tuple[int, int, str]]:
    """Find lines `#: target`, which are comments to YAML.

    *inside_text* are the lines of texts that go over several lines: there it is text.
    """
    for number, line in enumerate(lines, 1):
        if number not in inside_text and re.match(r"^\s*#\s?:(\s|$)", line):
            column = line.index("#") + 1
            yield number, column, "this line is a comment to YAML; write `hash:`"


COMMA_INSIDE = 'inside { } a formula with a comma needs quotes: "f(a, b)"'
"""What is wrong with `{if: f(a, b), then: c}`."""

MOST_TORN = 32
"""Pieces that a formula is torn into at most. Without an end each of a hundred thousand
open brackets would be looked for its partner through the whole file."""


def torn(values: Sequence[str], pieces: Sequence[str | None]) -> dict[int, int]:
    """Find the values that YAML has cut at a comma inside round brackets.

    `{if: max(a, b) > 1}` is a key `b) > 1` to YAML. *pieces* says of each entry what it
    is if it is the rest of one before it; None: it is none. Returns the number of the
    entry that is cut -> the number of the first entry that is no part of it.
    """
    found: dict[int, int] = {}
    number = 0
    while number < len(values):
        begun, number = number, number + 1
        open_ = values[begun].count("(") - values[begun].count(")")
        if open_ <= 0:
            continue
        for end in range(number, min(number + MOST_TORN, len(pieces))):
            piece = pieces[end]
            if piece is None:
                break
            open_ += piece.count("(") - piece.count(")")
            if open_ <= 0:
                found[begun] = number = end + 1
                break
    return found


def explain_alias(name: str | None) -> tuple[str, str]:
    """Code and message for `*something`."""
    return (
        "Y009",
        f"`*{name or ''}` is an alias to YAML, which is not for us; "
        "a text that begins with * needs quotes, the key is written `star`",
    )


def explain(
    lines: Sequence[str],
    line: int,
    column: int,
    problem: str,
    begun: int,
    begun_at: int = 1,
) -> tuple[int, int, str, str]:
    """Say what is wrong where libyaml stopped: line, column, code, message.

    *begun* and *begun_at* are the line and the column of the table, list or quotation
    that it was reading.
    """
    text = lines[line - 1] if line <= len(lines) else ""
    before = lines[begun - 1] if begun <= len(lines) else ""
    for number, there in ((line, text), (line - 1, lines[line - 2]), (begun, before)):
        if found := _STAR_KEY.search(there):
            at = found.start() + there[found.start() :].index("*") + 1
            return number, at, "Y004", "`*:` is an alias to YAML; write `star:`"
        if (found := _HASH_KEY.match(there)) and number <= line:
            at = there.index("#") + 1
            return number, at, "Y003", "`#:` is a comment to YAML; write `hash:`"
    if "\t" in text[: len(text) - len(text.lstrip())] or text[column - 1 :][:1] == "\t":
        at = text.index("\t") + 1
        return line, at, "Y008", "a tab; YAML wants spaces at the beginning of a line"
    if "alias" in problem or "anchor" in problem:
        return line, column, *explain_alias(None)
    if "mapping values are not allowed" in problem:
        return _colon(lines, line, column)
    if "end of stream" in problem and _open_quote(before):
        return begun, _open_quote(before), "Y014", "a quotation that does not end"
    if hint := _slot_or_brace(lines, line, begun):
        return hint
    if text[column - 1 : column] in ("@", "`", "%"):
        sign = text[column - 1]
        return line, column, "Y016", f"a text can't begin with {sign}; {QUOTE}"
    until = text[: column - 1].rstrip()
    sign = until[-1:]
    if "expected key" in problem and sign in ("'", '"'):
        other = "'...'" if sign == '"' else '"..."'
        hint_text = f"a {sign} inside a text in {sign}...{sign}; write {other}"
        return line, len(until), "Y014", f"{hint_text} around the whole text"
    if "expected ',' or" in problem:
        if call := _CALL.search(text):
            return line, call.start() + 1, "Y007", COMMA_INSIDE
        if line != begun:
            return begun, begun_at, "Y001", "a { or [ that is not closed"
        return line, column, "Y001", "a { or [ that is not closed, or a missing comma"
    if "could not find expected ':'" in problem:
        return _no_key(lines, begun, begun_at)
    if "block" in problem or "expected key" in problem or "'-'" in problem:
        return line, column, "Y001", "the indentation does not fit the lines above"
    return line, column, "Y001", f"not valid YAML: {problem or 'unreadable'}"


def _colon(lines: Sequence[str], line: int, column: int) -> tuple[int, int, str, str]:
    """A `: ` where YAML wants none: in a text; or the line above it is not right."""
    key = lines[line - 1][: column - 1].strip().removeprefix("- ")
    above = line - 1
    while above and lines[above - 1].lstrip()[:1] in ("", "#"):
        above -= 1
    if re.search(r"\s", key) or not above:
        return line, column, "Y006", f"`: ` inside a text that is not quoted; {QUOTE}"
    before = lines[above - 1]
    at = len(before) - len(before.lstrip()) + 1
    if re.search(r":(\s|$)", before):
        message = "the indentation does not fit: the line above has its value already"
        return line, column - len(key), "Y001", message
    return _no_key(lines, above, at)


def _no_key(lines: Sequence[str], line: int, column: int) -> tuple[int, int, str, str]:
    """A line on which YAML has looked for a key, and found none."""
    if found := _GLUED.match(lines[line - 1] if line <= len(lines) else ""):
        message = "behind the `:` of a key YAML wants a space"
        return line, found.end() - 1, "Y001", message
    return line, column, "Y001", "a key without its `:`, or a line indented wrongly"


def _open_quote(line: str) -> int:
    """The column of a quotation that begins on *line* and doesn't end there, or 0."""
    for sign in ('"', "'"):
        if line.count(sign) % 2:
            return line.rindex(sign) + 1
    return 0


def _slot_or_brace(
    lines: Sequence[str], line: int, begun: int
) -> tuple[int, int, str, str] | None:
    """`{n: ${n + 1}}` and `say: {balance} yuan`: braces that were meant as text."""
    for number in dict.fromkeys((line, begun, line - 1)):
        text = lines[number - 1] if 0 < number <= len(lines) else ""
        if (slot := _SLOT.search(text)) and re.search(r"[{\[].*\$\{", text):
            message = 'inside { } a text with ${...} needs quotes: "${...}"'
            return number, slot.start() + 1, "Y007", message
        if (brace := _BRACE_VALUE.search(text)) and re.search(r"[}\]]\s*\w", text):
            message = (
                "a text can't begin with { or [, which begin a table or a list; "
                f"values are written ${{...}}, and {QUOTE}"
            )
            return number, brace.start(1) + 1, "Y007", message
    return None
