"""Tools of the rules: which names an expression needs, and which a condition proves.

`none` runs through an expression: a column of none is none, and so is a sum with it; a
comparison with it is false. So an expression that is yes says that all its names were
set, and `x != none` says it of x.

A name is a variable ("rating") or a column of what a called flow gave
("rating.score"): of a row that was looked up, all columns are there.
"""

from __future__ import annotations

from collections.abc import Set

from ivrflow.flow.formula.closures import is_none
from ivrflow.flow.formula.tree import (
    Comparison,
    Constant,
    Element,
    Function,
    Member,
    Reckoning,
    Sign,
    Tree,
    dotted,
)

NOTHING: frozenset[str] = frozenset()


def needs(tree: Tree) -> frozenset[str]:
    """The names that must be set so that *tree* is not none."""
    if (path := dotted(tree)) is not None:
        return frozenset(".".join(path[:end]) for end in range(1, len(path) + 1))
    match tree:
        case Element(where=where, index=index):
            return needs(where) | needs(index)
        case Member(record=inside) | Sign("-", inside):
            return needs(inside)
        case Reckoning(sign=sign, left=left, right=right) if sign not in ("and", "or"):
            return needs(left) | needs(right)
        case Function(name="choose" | "default" | "min" | "max"):
            return NOTHING
        case Function(values=values):
            return needs(values[0])
    return NOTHING


def proven(tree: Tree, holds: bool) -> frozenset[str]:
    """The names that are set when the condition *tree* holds, or does not hold."""
    match tree:
        case Sign("not", inside):
            return proven(inside, not holds)
        case Reckoning(sign="and" | "or"):
            one, two = proven(tree.left, holds), proven(tree.right, holds)
            return one | two if (tree.sign == "and") == holds else one & two
        case Comparison():
            return _compared(tree, holds)
    return needs(tree) if holds else NOTHING


def _compared(tree: Comparison, holds: bool) -> frozenset[str]:
    if not holds and len(tree.signs) > 1:
        return NOTHING  # one of the chain does not hold, and nobody knows which
    found = NOTHING
    for sign, left, right in tree.pairs():
        asks = is_none(left) or is_none(right)
        # `x != none` is asked for that; any other comparison with none never holds.
        if ((sign == "!=") == holds) if asks else holds:
            found |= needs(left) | needs(right)
    return found


def missing(tree: Tree, given: Set[str], names: Set[str]) -> frozenset[str]:
    """The names of *names* that are not in *given* and may make *tree* none."""
    match tree:
        case Function(name="default", values=(_, instead)):
            return missing(instead, given, names)
        case Function(name="choose", values=(condition, yes, no)):
            return missing(yes, given | proven(condition, True), names) | missing(
                no, given | proven(condition, False), names
            )
        case Function(name="min" | "max", values=values):
            lacking = [missing(value, given, names) for value in values]
            return frozenset().union(*lacking) if all(lacking) else NOTHING
        case Constant() | Comparison() | Sign("not"):
            return NOTHING
    return frozenset(needs(tree) & names) - given
