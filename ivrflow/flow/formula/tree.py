"""What an expression says, as a tree: for those who run it and those who prove it.

`at` is where a part begins in the text, in characters, so that the checker can point at
the very word that is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Constant:
    value: object
    at: int


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Member:
    """`record.name`."""

    record: Tree
    name: str
    at: int


@dataclass(frozen=True, slots=True)
class Element:
    """`where[index]`."""

    where: Tree
    index: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Listing:
    """`[a, b]`."""

    items: tuple[Tree, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Function:
    name: str
    values: tuple[Tree, ...]
    at: int


@dataclass(frozen=True, slots=True)
class Sign:
    """`-x`, `not x`: one value."""

    sign: str
    value: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Reckoning:
    """`a + b` and its like; `a and b`, `a or b`."""

    sign: str
    left: Tree
    right: Tree
    at: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """`a < b`, or a chain of them: each sign stands between its two neighbours."""

    values: tuple[Tree, ...]
    signs: tuple[str, ...]
    at: int

    def pairs(self) -> Iterator[tuple[str, Tree, Tree]]:
        """Each sign with what stands before and behind it."""
        neighbours = zip(self.values, self.values[1:], strict=False)
        for sign, (left, right) in zip(self.signs, neighbours, strict=True):
            yield sign, left, right


Tree: TypeAlias = (
    Constant
    | Name
    | Member
    | Element
    | Listing
    | Function
    | Sign
    | Reckoning
    | Comparison
)


def dotted(tree: Tree) -> tuple[str, ...] | None:
    """The dotted name that the whole tree is; None if it is something else."""
    names: list[str] = []
    while isinstance(tree, Member):
        names.append(tree.name)
        tree = tree.record
    return (tree.name, *reversed(names)) if isinstance(tree, Name) else None


def paths(tree: Tree) -> dict[tuple[str, ...], int]:
    """Every dotted name that is read, with the first place where it stands."""
    found: dict[tuple[str, ...], int] = {}
    _collect(tree, found)
    return found


def chosen_in(tree: Tree, name: str) -> Iterator[tuple[Element, str]]:
    """Each `name[...]` of the tree, with the column behind it: `hours[x].opens`."""
    column, inside = "", tree
    if isinstance(tree, Member):
        column, inside = tree.name, tree.record
    match inside:
        case Element(where=Name(name=found)) if found == name:
            yield inside, column
    for part in parts(inside):
        yield from chosen_in(part, name)


def _collect(tree: Tree, found: dict[tuple[str, ...], int]) -> None:
    if (path := dotted(tree)) is not None:
        found.setdefault(path, tree.at)
        return
    for inside in parts(tree):
        _collect(inside, found)


def parts(tree: Tree) -> tuple[Tree, ...]:
    """What a tree is made of, from left to right."""
    match tree:
        case Member(record=record):
            return (record,)
        case Element(where=where, index=index):
            return (where, index)
        case Listing(items=items):
            return items
        case Function(values=values) | Comparison(values=values):
            return values
        case Sign(value=value):
            return (value,)
        case Reckoning(left=left, right=right):
            return (left, right)
    return ()
