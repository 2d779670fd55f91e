"""From the text of an expression to its tree, and to closures that work it out.

A tokenizer and a Pratt parser: each operator binds as tightly as its power says.

    or  <  and  <  not  <  == != < <= > >= in  <  + -  <  * / %  <  -x  <  a.b a[b] f(x)

Comparisons chain as on paper: `1 <= score <= 5`. There is no loop and no recursion, so
the number of parts, which is limited, bounds the work.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from typing import NoReturn

from ivrflow.flow.formula.closures import Run, closure
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
    paths,
)
from ivrflow.flow.formula.values import FUNCTIONS

LONGEST = 500
"""Characters of an expression."""

DEEPEST = 20
"""Brackets inside brackets."""

MOST = 150
"""Parts (names, values, operators, brackets) of an expression."""

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>[0-9]+(?:\.[0-9]+)?)
    | (?P<text>'[^'\n]*'|"[^"\n]*")
    | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
    | (?P<sign>==|!=|<=|>=|=>|=<|<>|\*\*|//|&&|\|\||->|[-+*/%<>=!.,:;()\[\]{}&|^~?@$])
    )""",
    re.VERBOSE,
)

_CONSTANTS: dict[str, object] = {"yes": True, "no": False, "none": None}

_HINTS = {
    "=": "write == to compare",
    "=>": "write >=",
    "=<": "write <=",
    "<>": "write !=",
    "&&": "write `and`",
    "&": "write `and`",
    "||": "write `or`",
    "|": "a filter stands in a text: ${value | digits}",
    "!": "write `not`",
    "**": "there is no power",
    "^": "there is no power",
    "//": "write / and round()",
    "?": "write choose(condition, a, b)",
    "{": "${...} is for texts; here the name alone is enough",
    "$": "${...} is for texts; here the name alone is enough",
    "True": "write `yes`",
    "true": "write `yes`",
    "False": "write `no`",
    "false": "write `no`",
    "None": "write `none`",
    "null": "write `none`",
    "is": "write ==",
    "if": "write choose(condition, a, b)",
}

_COMPARISONS = frozenset(("==", "!=", "<", "<=", ">", ">=", "in", "not in"))
_POWER = {"or": 1, "and": 2, "+": 5, "-": 5, "*": 6, "/": 6, "%": 6}
_NOT, _COMPARE, _MINUS = 3, 4, 7

SPECIAL_FUNCTIONS = {"choose": 3, "default": 2}


class BadExpression(ValueError):
    """An expression that can't be read. *offset* is where in it, in characters."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Compiled:
    """An expression that is ready to run."""

    run: Run
    tree: Tree
    paths: tuple[tuple[str, ...], ...]
    offsets: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    at: int


def compile_expression(source: str) -> Compiled:
    """Compile *source*; raise `BadExpression`, and nothing else."""
    if len(source) > LONGEST:
        raise BadExpression(f"longer than {LONGEST} characters", LONGEST)
    tree = _Parser(_tokens(source)).whole()
    found = paths(tree)
    return Compiled(closure(tree), tree, tuple(found), tuple(found.values()))


def _tokens(source: str) -> list[_Token]:
    tokens, at = [], 0
    while at < len(source):
        found = _TOKEN.match(source, at)
        if found is None:
            rest = source[at:]
            if not rest.strip():
                break
            at += len(rest) - len(rest.lstrip())
            sign = source[at]
            if sign in "'\"":
                raise BadExpression(f"a text that begins with {sign} never ends", at)
            raise BadExpression(f"{sign!r} has no meaning here", at)
        kind = str(found.lastgroup)
        text = found[kind]
        start = found.start(kind)
        if kind == "number" and found.end() < len(source):
            after = source[found.end()]
            if after.isalnum() or after == "_":
                message = (
                    "a name can't begin with a digit, and units have no place here"
                )
                raise BadExpression(message, start)
        tokens.append(_Token(kind, text, start))
        at = found.end()
        if len(tokens) > MOST:
            raise BadExpression(f"more than {MOST} parts; split it with `set`", start)
    tokens.append(_Token("end", "", len(source)))
    return tokens


class _Parser:
    def __init__(self, tokens: list[_Token]) -> None:
        self.tokens = tokens
        self.place = 0
        self.depth = 0

    @property
    def next(self) -> _Token:
        return self.tokens[self.place]

    def take(self) -> _Token:
        token = self.next
        if token.kind != "end":
            self.place += 1
        return token

    def found(self, *texts: str) -> bool:
        """True if the next token is one of *texts*; a quoted text never is."""
        token = self.next
        return token.kind in ("sign", "name") and token.text in texts

    def want(self, text: str, why: str) -> None:
        if not self.found(text):
            self.fail(self.next, f"{why}: `{text}` is missing")
        self.take()

    def fail(self, token: _Token, message: str = "") -> NoReturn:
        if token.text in _HINTS and token.kind != "text":
            message = f"`{token.text}` is not for expressions; {_HINTS[token.text]}"
        elif token.kind == "end":
            message = message or "something is missing at the end"
        raise BadExpression(message or f"`{token.text}` does not fit here", token.at)

    def whole(self) -> Tree:
        if self.next.kind == "end":
            self.fail(self.next, "an expression is wanted here")
        tree = self.expression(0)
        if self.next.kind != "end":
            self.fail(self.next)
        return tree

    def expression(self, power: int) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            self.fail(
                self.next, f"more than {DEEPEST} levels deep; split it with `set`"
            )
        left = self.first()
        while (step := self.following(left, power)) is not None:
            left = step
        self.depth -= 1
        return left

    def following(self, left: Tree, power: int) -> Tree | None:
        """Take one operator and what is behind it, if it binds tighter than *power*."""
        operator = self.comparison()
        if operator:
            return self.compared(left) if power < _COMPARE else None
        token = self.next
        binds = _POWER.get(token.text, 0) if token.kind in ("sign", "name") else 0
        if binds <= power:
            return None
        self.take()
        return Reckoning(token.text, left, self.expression(binds), left.at)

    def comparison(self) -> str:
        """The comparison that is next, or ""."""
        token = self.next
        if token.kind not in ("sign", "name"):
            return ""
        if token.text == "not":
            after = self.tokens[self.place + 1]
            return "not in" if (after.kind, after.text) == ("name", "in") else ""
        return token.text if token.text in _COMPARISONS else ""

    def compared(self, left: Tree) -> Tree:
        """A comparison, or a chain of them: each holds for its two neighbours."""
        values, signs = [left], []
        while operator := self.comparison():
            self.take()
            if operator == "not in":
                self.take()
            signs.append(operator)
            values.append(self.expression(_COMPARE))
        return Comparison(tuple(values), tuple(signs), left.at)

    def first(self) -> Tree:
        """What an expression may begin with, and what hangs on it: `.b`, `[b]`."""
        token = self.take()
        if token.kind == "number":
            number = Decimal(token.text) if "." in token.text else int(token.text)
            return self.behind(Constant(number, token.at))
        if token.kind == "text":
            return self.behind(Constant(token.text[1:-1], token.at))
        if token.kind == "name":
            return self.named(token)
        if token.text == "(":
            inside = self.expression(0)
            self.want(")", "the bracket is not closed")
            return self.behind(inside)
        if token.text == "[":
            return self.behind(Listing(self.values("]"), token.at))
        if token.text == "-":
            return Sign("-", self.expression(_MINUS), token.at)
        return self.fail(token)

    def named(self, token: _Token) -> Tree:
        name = token.text
        if name == "not":
            return Sign("not", self.expression(_NOT), token.at)
        if name in _CONSTANTS:
            return Constant(_CONSTANTS[name], token.at)
        if name in ("and", "or", "in") or (name in _HINTS and not self.found("(")):
            self.fail(token)
        if self.found("("):
            return self.behind(self.function(token))
        return self.behind(Name(name, token.at))

    def function(self, token: _Token) -> Tree:
        name = token.text
        known = [*FUNCTIONS, *SPECIAL_FUNCTIONS]
        if name not in known:
            close = get_close_matches(name, known, n=1)
            hint = (
                f"did you mean {close[0]}?" if close else "there are " + " ".join(known)
            )
            raise BadExpression(f"there is no function {name}(); {hint}", token.at)
        self.take()
        values = self.values(")")
        if name in SPECIAL_FUNCTIONS:
            least = most = SPECIAL_FUNCTIONS[name]
        else:
            least, most, _ = FUNCTIONS[name]
        if not least <= len(values) <= most:
            count = f"{least}" if least == most else f"{least} to {most}"
            message = f"{name}() takes {count} values, not {len(values)}"
            raise BadExpression(message, token.at)
        return Function(name, values, token.at)

    def values(self, end: str) -> tuple[Tree, ...]:
        """Values with commas between them, up to *end*."""
        found: list[Tree] = []
        while not self.found(end):
            if found:
                self.want(",", "between two values")
            found.append(self.expression(0))
        self.take()
        return tuple(found)

    def behind(self, tree: Tree) -> Tree:
        """`.column` and `[index]`, as many as there are."""
        while self.found(".", "["):
            if self.take().text == ".":
                token = self.take()
                if token.kind != "name":
                    self.fail(token, "a column's name is wanted after the point")
                tree = Member(tree, token.text, tree.at)
                continue
            index = self.expression(0)
            self.want("]", "the bracket is not closed")
            tree = Element(tree, index, tree.at)
        if self.found("("):
            self.fail(self.next, "only functions have brackets behind them")
        return tree
