"""From a tree to closures: what a call runs, without looking at the tree again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ivrflow.flow.formula.tree import (
    Comparison,
    Constant,
    Element,
    Function,
    Listing,
    Member,
    Name,
    Reckoning,
    Sign,
    Tree,
)
from ivrflow.flow.formula.values import (
    ARITHMETIC,
    COMPARE,
    FUNCTIONS,
    element,
    member,
    negative,
    truth,
)

Names = Mapping[str, object]
Run = Callable[[Names], object]


def closure(tree: Tree) -> Run:
    """The function that works *tree* out."""
    match tree:
        case Constant(value=value):
            return lambda names: value
        case Name(name=name):
            return lambda names: names.get(name)
        case Member(record=record, name=name):
            return _member(closure(record), name)
        case Element(where=where, index=index):
            return _element(closure(where), closure(index))
        case Listing(items=items):
            runs = tuple(map(closure, items))
            return lambda names: [run(names) for run in runs]
        case Sign(sign=sign, value=inside):
            return _signed(sign, closure(inside))
        case Reckoning(sign=sign, left=left, right=right):
            return _reckoned(sign, closure(left), closure(right))
        case Comparison():
            return _compared(tree)
        case Function(name=name, values=values):
            return _called(name, tuple(map(closure, values)))


def _member(record: Run, name: str) -> Run:
    return lambda names: member(record(names), name)


def _element(where: Run, index: Run) -> Run:
    return lambda names: element(where(names), index(names))


def _signed(sign: str, run: Run) -> Run:
    if sign == "not":
        return lambda names: not truth(run(names))
    return lambda names: negative(run(names))


def _reckoned(sign: str, one: Run, two: Run) -> Run:
    if sign == "and":
        return lambda names: truth(one(names)) and truth(two(names))
    if sign == "or":
        return lambda names: truth(one(names)) or truth(two(names))
    work = ARITHMETIC[sign]
    return lambda names: work(one(names), two(names))


def _compared(tree: Comparison) -> Run:
    works = tuple(_compare(*pair) for pair in tree.pairs())
    runs = tuple(map(closure, tree.values))
    if len(works) == 1:
        (work,), (one, two) = works, runs
        return lambda names: work(one(names), two(names))
    first, pairs = runs[0], tuple(zip(works, runs[1:], strict=True))

    def chain(names: Names) -> bool:
        value = first(names)
        for work, run in pairs:
            following = run(names)
            if not work(value, following):
                return False
            value = following
        return True

    return chain


def _compare(sign: str, left: Tree, right: Tree) -> Callable[[Any, Any], bool]:
    # `x == none` asks whether x is set; with any other value a comparison is false.
    if sign in ("==", "!=") and (is_none(left) or is_none(right)):
        wanted = sign == "=="
        return lambda one, two: (one is None and two is None) is wanted
    return COMPARE[sign]


def is_none(tree: Tree) -> bool:
    """True for the word `none`."""
    return isinstance(tree, Constant) and tree.value is None


def _called(name: str, runs: tuple[Run, ...]) -> Run:
    if name == "choose":
        condition, yes, no = runs
        return lambda n: yes(n) if truth(condition(n)) else no(n)
    if name == "default":
        one, instead = runs
        return lambda n: instead(n) if (v := one(n)) is None else v
    _, _, work = FUNCTIONS[name]
    if name in ("min", "max"):  # they leave out what is none
        return lambda names: work(*[run(names) for run in runs])

    def call(names: Names) -> object:
        values = [run(names) for run in runs]
        return None if values[0] is None else work(*values)  # of nothing, nothing

    return call
