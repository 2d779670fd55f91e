"""A YAML text as values that know where in it they begin and end.

`source` reads a text for its meaning and keeps where each value begins; who changes a
text also needs their ends, to the character. Built from the same events.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from yaml.events import (
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from ivrflow.flow.source import LOADER, Mark

BOM = "\ufeff"
PLAIN = ""
"""The style of a value that stands without quotes."""

Path = tuple[str, ...]
"""The keys that lead to a table."""


class CannotEdit(Exception):
    """The text can't be changed so. Says why, for whoever asked."""


@dataclass(slots=True)
class Node:
    """A value and where it stands, in characters from the beginning."""

    begin: int
    line: int
    column: int
    end: int = 0
    flow: bool = False
    """A table or list in brackets, or one value."""
    style: str = PLAIN
    """The quote or sign before a value; `map` and `list` for what holds others."""
    scalar: str | None = None
    pairs: list[tuple[Node, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)

    def inside(self) -> Iterator[Node]:
        """What it holds, keys too, in order."""
        for key, value in self.pairs:
            yield key
            yield value
        yield from self.items


def tree_of(text: str) -> Node:
    """The text as nodes. It has been read without errors before."""
    shift = len(BOM) if text.startswith(BOM) else 0
    root: Node | None = None
    stack: list[Node] = []
    keys: list[Node | None] = []
    for event in _events(text[shift:]):
        kind = type(event)
        if kind in (MappingEndEvent, SequenceEndEvent):
            done = stack.pop()
            keys.pop()
            # Where a block ends only its last value tells: the event comes later.
            inner = [node.end for node in done.inside()]
            done.end = (
                event.end_mark.index + shift if done.flow else max(inner, default=0)
            )
            node = done
        elif kind is ScalarEvent:
            node = _scalar_node(text, event, shift)
        elif kind in (MappingStartEvent, SequenceStartEvent):
            stack.append(_begun(event, shift))
            keys.append(None)
            continue
        else:
            continue
        if not stack:
            root = node
        elif keys[-1] is not None:
            stack[-1].pairs.append((keys[-1], node))
            keys[-1] = None
        elif stack[-1].scalar is None and stack[-1].style == "map":
            keys[-1] = node
        else:
            stack[-1].items.append(node)
    if root is None:
        raise CannotEdit("the file is empty")
    return root


def _events(text: str) -> Iterator[Any]:
    loader = LOADER(text)
    try:
        while loader.check_event():
            yield loader.get_event()
    finally:
        loader.dispose()


def _begun(event: Any, shift: int) -> Node:
    mark = event.start_mark
    return Node(
        mark.index + shift,
        mark.line + 1,
        mark.column + 1,
        flow=bool(event.flow_style),
        style="map" if isinstance(event, MappingStartEvent) else "list",
    )


def _scalar_node(text: str, event: Any, shift: int) -> Node:
    mark, end = event.start_mark, event.end_mark.index + shift
    style = event.style or PLAIN
    begin = mark.index + shift
    if style in ("|", ">"):
        # Its end is where the next thing begins: blank lines are nobody's.
        end = begin + len(text[begin:end].rstrip())
    return Node(
        begin,
        mark.line + 1,
        mark.column + 1,
        end=end,
        flow=True,
        style=style,
        scalar=event.value,
    )


def scalar_at(node: Node, at: Mark) -> Node:
    """The value inside *node* that begins at *at*; raises `CannotEdit`."""
    for one in all_of(node):
        if one.scalar is not None and (one.line, one.column) == (at.line, at.column):
            if one.begin == one.end:
                break
            return one
    raise CannotEdit(f"{at}: no value begins there")


def all_of(node: Node) -> Iterator[Node]:
    """*node* and all that is inside it."""
    yield node
    for one in node.inside():
        yield from all_of(one)


def table_at(node: Node, path: Path) -> Node | None:
    """The table at *path* below *node*; None if there is none, or something else."""
    for key in path:
        found = pair_of(node, key)
        if found is None:
            return None
        node = found[1]
    return node if node.style == "map" and node.scalar is None else None


def pair_of(table: Node, key: str) -> tuple[Node, Node] | None:
    """The key and its value in *table*; None if it has none."""
    return next((pair for pair in table.pairs if pair[0].scalar == key), None)
