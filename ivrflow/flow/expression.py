"""Expressions: `customer.level >= 2 and not switch.outage`.

An expression is compiled once, when its file is loaded, to closures; a call only runs
them. It knows the names that it is given and nothing else: no attribute of Python, no
call outside, no power, no loop. What it may cost is bounded when it is compiled, so a
step that evaluates one never holds up other calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Self

from ivrflow.flow.formula.parse import BadExpression, Compiled, compile_expression
from ivrflow.flow.formula.tree import Tree
from ivrflow.flow.formula.values import Fault
from ivrflow.flow.kind import BAD_VALUE, Kind, bad
from ivrflow.flow.source import NOWHERE, Mark, Scalar
from ivrflow.flow.traps import COMMA_INSIDE
from ivrflow.prompts.text import Slot

__all__ = ["RESERVED", "BadExpression", "Expression", "ExpressionFault"]

_WORDS = ("and", "or", "not", "in", "yes", "no", "none", "true", "false")
_BUILT_IN = ("call", "queue", "now", "hours", "switch", "agent", "secret")
RESERVED = frozenset((*_WORDS, *_BUILT_IN))
"""Names that no variable may have."""


class ExpressionFault(Exception):
    """An expression met a value that it can't work with. Says where and what."""


class Expression(Kind, str):
    """A compiled expression, with its text and its place."""

    what = "an expression"
    examples = ("customer.level >= 2", "not switch.outage")
    _compiled: Compiled
    _exact: bool

    @classmethod
    def compiled(cls, source: str, at: Mark = NOWHERE, *, exact: bool = True) -> Self:
        """Compile *source*; raise `BadExpression`.

        *exact* is false where it goes over several lines: all of it then stands at
        *at*.
        """
        self = cls(source)
        self.at = at
        self._exact = exact
        self._compiled = _compiled(str(source))
        return self

    @classmethod
    def of(cls, slot: Slot) -> Expression:
        """The expression of a slot of a text that was checked when it was loaded."""
        return _of(slot.expression)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        try:
            return cls.compiled(value, value.place(0), exact=value.exact)
        except BadExpression as error:
            if value.plain and value.count("(") > value.count(")"):
                # `{n: f(a, b)}`: to YAML the comma ends the value.
                raise bad("Y007", COMMA_INSIDE) from None
            raise bad(BAD_VALUE, error.message, value.place(error.offset)) from None

    @property
    def source(self) -> str:
        """The expression as it was written."""
        return str(self)

    @property
    def paths(self) -> tuple[tuple[str, ...], ...]:
        """The dotted names that it reads: `(("customer", "level"), ("score",))`."""
        return self._compiled.paths

    @property
    def tree(self) -> Tree:
        """What it says, for the checker."""
        return self._compiled.tree

    def place(self, offset: int) -> Mark:
        """Where the character at *offset* of it stands in its file."""
        if not self._exact:
            return self.at
        return Mark(self.at.file, self.at.line, self.at.column + offset)

    def places(self) -> tuple[tuple[tuple[str, ...], Mark], ...]:
        """Each of `paths` with its place."""
        marks = map(self.place, self._compiled.offsets)
        return tuple(zip(self.paths, marks, strict=True))

    def evaluate(self, names: Mapping[str, object]) -> object:
        """Its value; a name that is not there is None. Raises `ExpressionFault`."""
        try:
            return self._compiled.run(names)
        except Fault as fault:
            raise ExpressionFault(f"{self.at}: {fault} in {self.source!r}") from None


@lru_cache(maxsize=10_000)
def _compiled(source: str) -> Compiled:
    return compile_expression(source)


@lru_cache(maxsize=10_000)
def _of(source: str) -> Expression:
    return Expression.compiled(source)
