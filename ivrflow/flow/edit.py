"""Changes one value in a YAML file, and not one byte beside it.

Whoever keeps a site's files in a version control, with comments and an order of their
own, finds nothing else touched: an edit is one splice of the text, made at the marks of
the reader. Quotes and line ends stay as they are used there.

How a value is written is not derived but tried: the text is read again, and an edit
counts only if that gives exactly the values that were wanted. So no trap of YAML gets
through, whatever the words are; what can't be done so is refused with `CannotEdit`.

Pure: texts in, texts out. Texts have the line ends of the file; places are those that
the reader gives.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ivrflow.flow.source import Items, Mark, Table, read
from ivrflow.flow.yaml_nodes import (
    PLAIN,
    CannotEdit,
    Node,
    Path,
    pair_of,
    scalar_at,
    table_at,
    tree_of,
)

__all__ = [
    "CannotEdit",
    "Splice",
    "place_of_value",
    "put_before",
    "put_first",
    "remove",
    "restore",
    "rewrite",
    "token_at",
]

_LINE_END = re.compile("\r\n|\r|\n")
_BLOCK_HEAD = re.compile(r"[|>][0-9+-]*")
_COMMA = re.compile(r"[ \t]*,[ \t]*")
_SINGLE = "'"


@dataclass(frozen=True, slots=True)
class Splice:
    """At the character *at*, *removed* stands in the old text and *put* in the new."""

    at: int
    removed: str
    put: str

    def applied(self, text: str) -> str:
        """The new text of the old one."""
        return _spliced(text, self.at, self.removed, self.put)

    def undone(self, text: str) -> str:
        """The old text of the new one."""
        return _spliced(text, self.at, self.put, self.removed)


def _spliced(text: str, at: int, old: str, new: str) -> str:
    if text[at : at + len(old)] != old:
        raise CannotEdit("the text is another one there")
    return text[:at] + new + text[at + len(old) :]


# What is asked for --------------------------------------------------------------------


def token_at(text: str, at: Mark) -> str:
    """The value that begins at *at*, as it is written there, quotes and all."""
    node = scalar_at(tree_of(text), at)
    return text[node.begin : node.end]


def rewrite(text: str, at: Mark, value: str) -> Splice:
    """Give the value that begins at *at* other words, in its own quotes if they fit."""
    node = scalar_at(tree_of(text), at)
    return _first_that_holds(
        text,
        (_replacing(text, node, token) for token in _tokens(value, node.style)),
        _with(text, node.begin, value),
    )


def restore(text: str, at: Mark, value: str, token: str) -> Splice:
    """As `rewrite`, but written as *token*, which `token_at` gave, if that fits."""
    node = scalar_at(tree_of(text), at)
    exact = Splice(node.begin, text[node.begin : node.end], token)
    try:
        return _first_that_holds(text, iter([exact]), _with(text, node.begin, value))
    except CannotEdit:
        return rewrite(text, at, value)


def place_of_value(text: str, path: Path, key: str) -> Mark | None:
    """Where the value at *key* of the table at *path* begins; None if there is none."""
    table = table_at(tree_of(text), path)
    found = pair_of(table, key) if table is not None else None
    return None if found is None else Mark("", found[1].line, found[1].column)


def put_first(text: str, path: Path, key: str, value: str) -> Splice:
    """Put `key: value` before all others of the table at *path*.

    *path* names one key at least. It may end in a table that is not there yet: it is
    made, as the last one of its own table. The key must not be there.
    """
    root = tree_of(text)
    table = table_at(root, path)
    if table is None:
        outer = table_at(root, path[:-1])
        if outer is None or not outer.pairs or pair_of(outer, path[-1]) is not None:
            raise CannotEdit(f"there is no table {'.'.join(path)!r}")
        splices: Iterator[Splice] = _making(text, outer, path[-1], key, value)
    else:
        if pair_of(table, key) is not None:
            raise CannotEdit(f"{key!r} is there already")
        splices = _putting(text, _own_key(root, path), table, key, value)
    return _first_that_holds(text, splices, _expected_put(text, path, key, value))


def put_before(
    text: str, path: Path, key: str, value: str, other: str | None
) -> Splice:
    """As `put_first`, but before the key *other*; None: behind all others."""
    table = table_at(tree_of(text), path)
    if table is None or not table.pairs:
        return put_first(text, path, key, value)
    pairs = table.pairs
    names = [name.scalar for name, _ in pairs]
    at = len(pairs) if other is None else names.index(other)
    if at == 0:
        return put_first(text, path, key, value)
    # Behind the one before it: a comment above *other* stays with that.
    name, last = pairs[at - 1]
    splices = (
        Splice(last.end, "", f", {key}: {token}")
        if table.flow
        else _line_after(text, last.end, _indent(text, name), f"{key}: {token}")
        for token in _tokens(value, PLAIN)
    )
    return _first_that_holds(text, splices, _expected_put(text, path, key, value, at))


def remove(text: str, path: Path, key: str) -> Splice:
    """Take *key* and its value out of the table at *path*.

    A table that would be left empty goes too, unless a comment stands in it.
    """
    root = tree_of(text)
    table = table_at(root, path)
    found = pair_of(table, key) if table is not None else None
    if table is None or found is None:
        raise CannotEdit(f"there is no {'.'.join((*path, key))!r}")
    if len(table.pairs) == 1 and (not table.flow or _in_brackets(root, path)):
        splice = _emptying(text, root, path, found)
    else:
        splice = _taking_out(text, table, found)
    left = _plain(_value(text))
    _drop(left, path, key)
    got = _plain(_value(splice.applied(text)))
    if got not in (left, _without_empty(left, path)):
        raise CannotEdit("it can't be taken out without touching what is beside it")
    return splice


# How it is written --------------------------------------------------------------------


def _tokens(value: str, style: str) -> Iterator[str]:
    """Ways to write *value* on one line, the first in the style it had."""
    single = "'" + value.replace("'", "''") + "'"
    if style == PLAIN:
        yield value
    elif style == _SINGLE:
        yield single
    # The escapes of JSON are escapes of YAML too.
    yield json.dumps(value, ensure_ascii=False)


def _replacing(text: str, node: Node, token: str) -> Splice:
    old = text[node.begin : node.end]
    if node.style in ("|", ">"):
        head = _BLOCK_HEAD.match(old)
        assert head is not None, old
        lines = _LINE_END.split(old, maxsplit=1)
        token += lines[0][head.end() :]  # a comment behind the sign
    return Splice(node.begin, old, token)


def _putting(
    text: str, own: Node, table: Node, key: str, value: str
) -> Iterator[Splice]:
    for token in _tokens(value, PLAIN):
        if table.flow:
            at = table.pairs[0][0].begin if table.pairs else table.begin + 1
            more = ", " if table.pairs else ""
            yield Splice(at, "", f"{key}: {token}{more}")
        else:
            # Right below the table's own key: a comment above the first pair stays so.
            yield _line_after(
                text, own.end, _indent(text, table.pairs[0][0]), f"{key}: {token}"
            )


def _making(
    text: str, outer: Node, name: str, key: str, value: str
) -> Iterator[Splice]:
    last = outer.pairs[-1][1]
    for token in _tokens(value, PLAIN):
        if outer.flow:
            yield Splice(last.end, "", f", {name}: {{{key}: {token}}}")
            continue
        indent = _indent(text, outer.pairs[0][0])
        line = f"{name}:{_line_end(text)}{indent}  {key}: {token}"
        yield _line_after(text, last.end, indent, line)


def _line_after(text: str, at: int, indent: str, line: str) -> Splice:
    """*line* below the line in which *at* stands."""
    found, end = _LINE_END.search(text, at), _line_end(text)
    if found is None:
        return Splice(len(text), "", f"{end}{indent}{line}")
    return Splice(found.end(), "", f"{indent}{line}{end}")


def _taking_out(text: str, table: Node, found: tuple[Node, Node]) -> Splice:
    key, value = found
    if not table.flow:
        begin, end = _lines_of(text, key.begin, value.end)
        return Splice(begin, text[begin:end], "")
    at = table.pairs.index(found)
    begin, end = key.begin, value.end
    if at + 1 < len(table.pairs):
        comma = _COMMA.match(text, value.end)
        end = comma.end() if comma else end
    elif at > 0:
        begin = table.pairs[at - 1][1].end
    return Splice(begin, text[begin:end], "")


def _own_key(root: Node, path: Path) -> Node:
    """The key of the table at *path*, which is there."""
    outer = table_at(root, path[:-1])
    own = pair_of(outer, path[-1]) if outer is not None else None
    assert own is not None, path
    return own[0]


def _in_brackets(root: Node, path: Path) -> bool:
    """Whether the table that holds the one at *path* is in brackets, beside others."""
    outer = table_at(root, path[:-1])
    return outer is not None and outer.flow and len(outer.pairs) > 1


def _emptying(text: str, root: Node, path: Path, found: tuple[Node, Node]) -> Splice:
    """Take out the last entry of a table, and the table with it if it can go."""
    outer = table_at(root, path[:-1])
    assert outer is not None, path
    own = pair_of(outer, path[-1])
    assert own is not None, path
    key, table = own
    if table.flow:
        return _taking_out(text, outer, own)
    begin, end = _lines_of(text, found[0].begin, found[1].end)
    between = text[key.end : begin]
    if between.strip() == ":" and len(outer.pairs) > 1:
        return _taking_out(text, outer, own)
    colon = text.index(":", key.end) + 1
    kept = text[colon:begin]
    return Splice(colon, text[colon:end], " {}" + kept)


def _lines_of(text: str, begin: int, end: int) -> tuple[int, int]:
    """The whole lines from *begin* to *end*, a comment behind them included."""
    first = _line_begin(text, begin)
    if text[first:begin].strip():
        raise CannotEdit("something else stands on its line")
    found = _LINE_END.search(text, end)
    if found is not None:
        return first, found.end()
    # The last line of a file that ends without a line end: it takes the one before.
    before = re.search("(\r\n|\r|\n)$", text[:first])
    return before.start() if before else first, len(text)


def _line_begin(text: str, at: int) -> int:
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def _line_end(text: str) -> str:
    """The line end of this file."""
    found = _LINE_END.search(text)
    return found.group() if found else "\n"


def _indent(text: str, node: Node) -> str:
    indent = text[_line_begin(text, node.begin) : node.begin]
    if indent.strip(" "):
        raise CannotEdit("something else stands on its line")
    return indent


# Whether it is right ------------------------------------------------------------------

Plain = Any
"""A value as texts, lists, and tables as lists of pairs, so that order counts."""


def _value(text: str) -> object:
    value, problems = read(text, "")
    if value is None or problems:
        raise CannotEdit("the file would not be read any more")
    return value


def _plain(value: object) -> Plain:
    if isinstance(value, Table):
        return [[str(key), _plain(inside)] for key, inside in value.items()]
    if isinstance(value, Items):
        return ["-", *(_plain(inside) for inside in value)]
    return str(value)


def _first_that_holds(text: str, splices: Iterator[Splice], wanted: Plain) -> Splice:
    for splice in splices:
        after = splice.applied(text)
        try:
            found = _value(after)
        except CannotEdit:
            continue
        if _plain(found) == wanted:
            return splice
    raise CannotEdit("it can't be written there; change the file by hand")


def _with(text: str, begin: int, value: str) -> Plain:
    """What the text holds with *value* for the scalar at the character *begin*."""

    def built(node: Node) -> Plain:
        if node.scalar is not None:
            return value if node.begin == begin else node.scalar
        if node.style == "map":
            return [[key.scalar, built(inside)] for key, inside in node.pairs]
        return ["-", *(built(inside) for inside in node.items)]

    return built(tree_of(text))


def _expected_put(text: str, path: Path, key: str, value: str, at: int = 0) -> Plain:
    whole = _plain(_value(text))
    table = whole
    for name in path[:-1]:
        table = next(inside for k, inside in table if k == name)
    mine = next((pair for pair in table if pair[0] == path[-1]), None)
    if mine is None:
        table.append([path[-1], [[key, value]]])
    else:
        mine[1].insert(at, [key, value])
    return whole


def _drop(whole: Plain, path: Sequence[str], key: str) -> None:
    table = whole
    for name in path:
        table = next(inside for k, inside in table if k == name)
    table[:] = [pair for pair in table if pair[0] != key]


def _without_empty(whole: Plain, path: Sequence[str]) -> Plain:
    """As `whole`, without the table at *path* if nothing is in it."""
    if not path:
        return whole
    copy: Plain = json.loads(json.dumps(whole))
    table = copy
    for name in path[:-1]:
        table = next(inside for k, inside in table if k == name)
    table[:] = [pair for pair in table if not (pair[0] == path[-1] and not pair[1])]
    return copy
