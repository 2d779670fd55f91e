"""Tools of the rules: the type of an expression, and what can't be meant in it.

The rules are those of `formula.values`, told before any call runs: what would fail
there, or would always be false, is a mistake in the file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_

from ivrflow.flow.check._kinds import (
    A_NUMBER,
    A_TEXT,
    ANY,
    LIST,
    MOMENT,
    NOT_SET,
    RECORD,
    TEXTS,
    YES_NO,
    Type,
    may_compare,
    text_of,
)
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
    dotted,
)
from ivrflow.flow.kinds import did_you_mean

Complain = Callable[[int, str], None]
"""Takes the place in the expression, in characters, and the message."""

JOIN = 'to put texts together write "${a}${b}"'


def type_of(tree: Tree, names: Mapping[str, Type], complain: Complain) -> Type:
    """What *tree* gives; *complain* is told of everything in it that can't be."""
    return _Prover(names, complain).of(tree)


def silently(tree: Tree, names: Mapping[str, Type]) -> Type:
    """The same, where the mistakes are told by somebody else."""
    return type_of(tree, names, lambda offset, message: None)


def want_yes_no(tree: Tree, found: Type, complain: Complain) -> None:
    """Complain of a condition that is neither yes nor no."""
    if not found.unknown and found.kind != "yes/no":
        message = f"{_named(tree, found)} is no yes or no; compare it"
        complain(tree.at, message)


class _Prover:
    def __init__(self, names: Mapping[str, Type], complain: Complain) -> None:
        self.names = names
        self.complain = complain

    def of(self, tree: Tree) -> Type:
        match tree:
            case Constant(value=value):
                return _constant(value)
            case Name(name=name):
                return self.names.get(name, ANY)
            case Member():
                return self._member(tree)
            case Element(where=where, index=index):
                return _element(self.of(where), self.of(index))
            case Listing(items=items):
                types = [self.of(item) for item in items]
                values = [t.values for t in types if t.values is not None]
                known = len(values) == len(types)
                return Type(
                    kind=LIST, values=frozenset().union(*values) if known else None
                )
            case Sign(sign="not", value=value):
                want_yes_no(value, self.of(value), self.complain)
                return YES_NO
            case Sign(value=value):
                return self._reckoned("-", A_NUMBER, value, tree)
            case Reckoning(sign="and" | "or"):
                for side in (tree.left, tree.right):
                    want_yes_no(side, self.of(side), self.complain)
                return YES_NO
            case Reckoning(sign=sign, left=left, right=right):
                return self._reckoned(sign, self.of(left), right, left)
            case Comparison():
                return self._compared(tree)
            case Function():
                return self._called(tree)

    def _member(self, tree: Member) -> Type:
        record = self.of(tree.record)
        # Columns that a record of a known kind does not have: rules of their own.
        if not record.unknown and record.kind != RECORD:
            message = f"{_named(tree.record, record)} has no columns"
            self.complain(tree.at, message)
        return record.member(tree.name)

    def _compared(self, tree: Comparison) -> Type:
        types = {id(value): self.of(value) for value in tree.values}
        for sign, left, right in tree.pairs():
            self._pair(sign, left, right, types[id(left)], types[id(right)])
        return YES_NO

    def _pair(self, sign: str, left: Tree, right: Tree, one: Type, two: Type) -> None:
        if sign in ("in", "not in"):
            self._inside(left, right, one, two)
            return
        order = sign not in ("==", "!=")
        if _is_none(left) or _is_none(right):
            if order:
                message = f"nothing is {sign} none; ask `== none` or `!= none`"
                self.complain(left.at, message)
            return
        if not may_compare(one, two, order=order):
            message = (
                f"{_named(left, one)} is compared with "
                f"{_named(right, two)}{_cure(left, right, one, two)}"
            )
            self.complain(left.at, message)
            return
        for known, fixed, tree in ((one, two, right), (two, one, left)):
            if isinstance(tree, Constant):
                self._possible(known, fixed, left if tree is right else right, tree)

    def _possible(self, known: Type, fixed: Type, tree: Tree, constant: Tree) -> None:
        """A value that is never there: mostly a slip of the pen."""
        if known.values is None or not fixed.values or isinstance(tree, Constant):
            return
        for value in fixed.values - known.values:
            hint = did_you_mean(value, known.values)
            listed = ", ".join(sorted(known.values))
            message = f"{_bare(tree)} is never {value!r}{hint or f'; only {listed}'}"
            self.complain(constant.at, message)

    def _inside(self, item: Tree, where: Tree, one: Type, two: Type) -> None:
        if two.unknown:
            return
        if two.kind in TEXTS and not one.unknown and one.kind not in TEXTS:
            message = f"{_named(item, one)} can't be part of a text"
            self.complain(item.at, message)
        elif two.kind not in (*TEXTS, LIST, RECORD):
            self.complain(where.at, f"nothing can be in {two.called}")
        elif isinstance(where, Listing):
            for part in where.items:
                self._pair("==", item, part, one, self.of(part))

    def _reckoned(self, sign: str, one: Type, right: Tree, left: Tree) -> Type:
        two = self.of(right)
        if one.unknown or two.unknown:
            return ANY
        if one.kind in ("date", MOMENT) and sign in "+-":
            if two.numeric:
                return one
            if sign == "-" and two.kind in ("date", MOMENT):
                return A_NUMBER
        for tree, found in ((left, one), (right, two)):
            if not found.numeric:
                cure = JOIN if found.kind == "text" and sign == "+" else ""
                text_cure = "declare it as number, or write number(...)"
                cure = cure or (text_cure if found.kind == "text" else "")
                message = f"{_named(tree, found)} can't be reckoned with"
                self.complain(tree.at, message + (f"; {cure}" if cure else ""))
                return ANY
        for kind in ("money", "duration"):
            if kind in (one.kind, two.kind):
                # Money by money is a share; all else stays what it was.
                same = sign == "/" and one.kind == two.kind
                return A_NUMBER if same else Type(kind=kind)
        return A_NUMBER

    def _called(self, tree: Function) -> Type:
        types = [self.of(value) for value in tree.values]
        match tree.name:
            case "choose":
                want_yes_no(tree.values[0], types[0], self.complain)
                return types[1] | types[2]
            case "default":
                return types[0] | types[1]
            case "len":
                self._want(tree, types, (*TEXTS, LIST), "has no length")
            case "lower" | "upper" | "text":
                if tree.name != "text":
                    self._want(tree, types, TEXTS, "is no text")
                return A_TEXT
            case "starts_with" | "ends_with":
                self._want(tree, types, TEXTS, "is no text; write text(...)")
                return YES_NO
            case "min" | "max" | "abs" | "round":
                for value, found in zip(tree.values, types, strict=True):
                    if not found.numeric and found.kind != LIST:
                        message = f"{_named(value, found)} is no number"
                        self.complain(value.at, message)
                return types[0] if len(types) == 1 and types[0].kind != LIST else ANY
        return A_NUMBER

    def _want(
        self, tree: Function, types: list[Type], kinds: object, lacks: str
    ) -> None:
        assert isinstance(kinds, frozenset | tuple)
        for value, found in zip(tree.values, types, strict=True):
            if not found.unknown and found.kind not in kinds:
                self.complain(value.at, f"{_named(value, found)} {lacks}")


def _element(inside: Type, index: Type) -> Type:
    """What `inside[index]` is: of a record, any of the columns that are possible."""
    if inside.kind in TEXTS:
        return A_TEXT
    if inside.kind == RECORD and index.values:
        return reduce(or_, (inside.member(name) for name in sorted(index.values)))
    return inside.items or ANY


def _constant(value: object) -> Type:
    if value is None:
        return NOT_SET
    if isinstance(value, bool):
        return YES_NO
    return text_of([value]) if isinstance(value, str) else A_NUMBER


def _is_none(tree: Tree) -> bool:
    return isinstance(tree, Constant) and tree.value is None


def _named(tree: Tree, found: Type) -> str:
    """`'customer.level' (a number)`; the kind alone for what has no name."""
    bare = _bare(tree)
    return f"{bare} ({found.called})" if bare else found.called


def _bare(tree: Tree) -> str:
    path = dotted(tree)
    if path is not None:
        return repr(".".join(path))
    if isinstance(tree, Constant) and not isinstance(tree.value, bool | None):
        return str(tree.value)
    return ""


def _cure(left: Tree, right: Tree, one: Type, two: Type) -> str:
    if {one.kind, two.kind} == {"text", "number"}:
        fixed = left if isinstance(left, Constant) else right
        if isinstance(fixed, Constant) and not isinstance(fixed.value, str):
            return f"; write '{fixed.value}' in quotes, or declare it as number"
        return "; declare it as number, or write number(...)"
    kinds = {one.kind, two.kind}
    if kinds & {"date", MOMENT, "time"} and "text" in kinds:
        return "; write it as '2026-03-15' or '08:30', or declare its type"
    return ""
