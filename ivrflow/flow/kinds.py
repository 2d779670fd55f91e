"""The kinds of values that a key may have: they carry the meaning.

`Target` is a step to go to, `Duration` are seconds written with a unit, `Sayable` is
what a caller hears. Loading, checking, the schema, the reference page and the drawing
all come from these types; see `kind` for what they share.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Annotated, Any, ClassVar, Self, TypeVar

from pydantic import BeforeValidator

from ivrflow.flow.expression import BadExpression, Expression, ExpressionFault
from ivrflow.flow.kind import BAD_VALUE, Kind, Or, Part, Written, bad, walk
from ivrflow.flow.measures import (
    DigitsRange,
    Duration,
    DurationRange,
    Number,
    Whole,
    YesNo,
)
from ivrflow.flow.source import Items, Scalar
from ivrflow.prompts.text import BadText, Slot, Words, parse_text
from ivrflow.prompts.tones import NAMES as TONES
from ivrflow.prompts.tones import tone_in

__all__ = [
    "DigitsRange",
    "Duration",
    "DurationRange",
    "Expression",
    "ExpressionFault",
    "FlowName",
    "Key",
    "Kind",
    "MailboxName",
    "MenuKey",
    "Name",
    "Number",
    "OneOrMore",
    "Outcome",
    "Part",
    "Plain",
    "PromptName",
    "QueueName",
    "Sayable",
    "SourceName",
    "SwitchName",
    "Target",
    "Text",
    "TimetableName",
    "Whole",
    "YesNo",
    "bad",
    "did_you_mean",
    "walk",
]

T = TypeVar("T")

WORD = re.compile(r"[a-z][a-z0-9_]*")
"""How names are written: of steps, prompts, queues, variables."""

AGENT = re.compile(r"[0-9]{1,12}")
"""How agents are numbered: what callers hear and phones dial."""

SPECIAL = ("repeat", "back", "return", "hangup")
"""Targets that are no step: ask again, the question before, leave the flow, the end."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The end of a message: `; did you mean 'balance'?`, or "" for nothing like it."""
    close = get_close_matches(name, [str(one) for one in known], n=1)
    return f"; did you mean {close[0]!r}?" if close else ""


class Plain(Written):
    """A text taken as it was written: a title, an address, a number to dial."""

    what = "a text"
    examples: ClassVar[tuple[str | int, ...]] = ("Customer service",)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        return cls(value, value.at)


class _Called(Written):
    """A name: one lower-case word."""

    pattern = WORD.pattern

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if not WORD.fullmatch(value):
            raise bad(
                BAD_VALUE,
                f"{str(value)!r} is not {cls.what}: one word of a-z, 0-9 and _",
            )
        return cls(value, value.at)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {**super().schema(), "type": "string"}


class Target(_Called):
    """Where to go: a step of this flow, or `repeat`, `back`, `return`, `hangup`."""

    what = "a step to go to"
    examples: ClassVar[tuple[str | int, ...]] = SPECIAL

    @property
    def special(self) -> bool:
        """True if it is no step."""
        return self in SPECIAL


class Outcome(Target):
    """Where to go when a step ends in one of the fixed ways of its verb."""


class StepName(_Called):
    """The name of a step, where it stands."""

    what = "a name for a step"
    pattern = f"(?!(?:{'|'.join(SPECIAL)})$){WORD.pattern}"
    examples = ("main_menu",)

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if value in SPECIAL:
            message = f"no step can be called {str(value)!r}: that word is a target"
            raise bad(BAD_VALUE, message)
        return super().read(value)


class Name(_Called):
    """The name of a value: a variable, a column, a skill, a field of a log line."""

    what = "a name for a value"
    examples = ("customer",)


class PromptName(_Called):
    """A prompt of `prompts/<language>.yaml`."""

    what = "a prompt's name"
    examples = ("welcome",)


class Referred(_Called):
    """A name of something in another file of the site, or `${...}` that gives one."""

    pattern = rf"{WORD.pattern}|.*\$\{{.*"
    text: Text | None = None

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if "${" not in value:
            return super().read(value)
        self = cls(value, value.at)
        self.text = Text.read(value)
        return self

    def given(self, names: Mapping[str, object]) -> str:
        """The name: itself, or what the data says; that it exists is not sure then.

        Raises `ExpressionFault` where the data says nothing.
        """
        if self.text is None:
            return str(self)
        if (value := self.text.value(names)) is None:
            raise ExpressionFault(f"{self.at}: {self} is not set")
        return str(value)


class SourceName(_Called):
    """A look-up or store of `data.yaml`."""

    what = "a name from data.yaml"
    examples = ("customers",)


class FlowName(Referred):
    what = "a flow's name"
    examples = ("hotline",)


class QueueName(Referred):
    what = "a queue's name"
    examples = ("service",)


class AgentNumbered(Referred):
    """An agent of agents.yaml by number, or `${...}` that gives one."""

    what = "an agent's number"
    pattern = rf"{AGENT.pattern}|.*\$\{{.*"
    examples = ("1003",)

    @classmethod
    def schema(cls) -> dict[str, Any]:
        return {**super().schema(), "type": ["string", "integer"]}

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if "${" in value:
            return super().read(value)
        if not AGENT.fullmatch(value):
            raise bad(BAD_VALUE, f'{str(value)!r} is not {cls.what}: write "1003"')
        return cls(value, value.at)

    def number(self, names: Mapping[str, object]) -> str:
        """The number; "" where the data gives none."""
        value = str(self) if self.text is None else self.text.value(names)
        return "" if value is None else str(value)


class MailboxName(Referred):
    what = "a mailbox's name"
    examples = ("office",)


class TimetableName(Referred):
    what = "a timetable's name"
    examples = ("office",)


class SwitchName(_Called):
    what = "a switch's name"
    examples = ("office_closed",)


class Key(Written):
    """A key of the telephone: "0" to "9", "*" or "#"; written 0-9, star, hash."""

    what = "a key of a telephone (0-9, star, hash)"
    pattern = "[0-9]|star|hash"
    examples = (1, "star", "hash")

    @classmethod
    def read(cls, value: Scalar) -> Self:
        signs = {"star": "*", "hash": "#"}
        if value in ("*", "#"):
            name = {v: k for k, v in signs.items()}[str(value)]
            raise bad(BAD_VALUE, f"the key {value!s} is written `{name}`")
        if value in signs or (len(value) == 1 and value in "0123456789"):
            return cls(signs.get(value, value), value.at)
        raise bad(BAD_VALUE, f"{str(value)!r} is not {cls.what}")

    @property
    def written(self) -> str:
        """As an author writes it."""
        return {"*": "star", "#": "hash"}.get(str(self), str(self))


class MenuKey(Key):
    """What is pressed at a menu: a key, or up to four digits, such as 10."""

    what = "what is pressed at a menu (0-9, star, hash, or up to four digits)"
    pattern = "[0-9]{1,4}|star|hash"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if 1 < len(value) <= 4 and value.isascii() and value.isdigit():
            return cls(value, value.at)
        return super().read(value)


class Keys(Written):
    """Several keys in one text: end keys, clear keys. Written `hash`, `star hash`."""

    what = "one or several keys (0-9, star, hash), as in `star hash`"
    pattern = "none|(?:[ ,]*(?:[0-9]|star|hash)(?=[ ,]|$))+[ ,]*"
    examples = ("hash", "star hash", "none")

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if value == "none":
            return cls("", value.at)
        words = value.replace(",", " ").split()
        if len(value) > 1 and re.fullmatch(r"[0-9*#]+", value):
            wanted = " ".join(Key(key, value.at).written for key in value)
            raise bad(BAD_VALUE, f"several keys stand apart: write `{wanted}`")
        keys = [Key.read(Scalar(word, value.at)) for word in words]
        return cls("".join(keys), value.at)


class Text(Written):
    """A text with `${...}` in it. One that is a single `${...}` keeps its type."""

    what = "a text"
    examples = ("Order ${order.number}",)
    words: Words
    slots: tuple[tuple[Slot, Expression], ...]

    @classmethod
    def read(cls, value: Scalar) -> Self:
        try:
            words = parse_text(value)
        except BadText as error:
            raise bad(BAD_VALUE, error.message, value.place(error.offset)) from None
        self = cls(value, value.at)
        self.words = words
        self.slots = tuple(
            (slot, read_expression(slot.expression, value, slot.offset))
            for slot in words.slots
        )
        self._by_slot = dict(self.slots)
        return self

    _by_slot: dict[Slot, Expression]

    def value(self, names: Mapping[str, object]) -> object:
        """What it is now: of any type if it is one `${...}` alone, else a text.

        Raises `ExpressionFault` where a value inside a longer text is not there.
        """
        if (alone := self.words.alone) is not None:
            return self._by_slot[alone].evaluate(names)
        parts = []
        for part in self.words.parts:
            if isinstance(part, Slot):
                value = self._by_slot[part].evaluate(names)
                if value is None:
                    raise ExpressionFault(f"{self.at}: {part.expression} is not set")
                parts.append(shown(value))
            else:
                parts.append(part)
        return "".join(parts)


class Value(Text):
    """What a variable is set to: a text, or plain `yes`, `no` or `none` as it is."""

    what = "a value"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        if value.plain and value in ("yes", "no", "none"):
            return super().read(Scalar(f"${{{value}}}", value.at))
        return super().read(value)


def shown(value: object) -> str:
    """*value* inside a text: yes and no as words, all else as Python writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def read_expression(source: str, inside: Scalar, offset: int = 0) -> Expression:
    """Compile an expression that begins at *offset* in the scalar *inside*."""
    try:
        return Expression.compiled(source, inside.place(offset), exact=inside.exact)
    except BadExpression as error:
        at = inside.place(offset + error.offset)
        raise bad(BAD_VALUE, error.message, at) from None


class Sayable(Written):
    """What a caller hears: a prompt's name (one lower-case word), a text, a `tone:`."""

    what = "a prompt's name or a text"
    examples = ("welcome", "Your balance is ${account.balance | money}.", "tone:ring")
    prompt: PromptName | None = None
    text: Text | None = None

    @classmethod
    def read(cls, value: Scalar) -> Self:
        self = cls(value, value.at)
        if WORD.fullmatch(value):
            self.prompt = PromptName(value, value.at)
            return self
        if value.swallowed is not None:
            raise bad(
                "Y002",
                "what follows ` #` is a comment to YAML and is never said; put the "
                'whole text in quotes: "..."',
                value.swallowed,
            )
        tone = tone_in(value)
        if tone is not None and tone not in TONES:
            known = " ".join(TONES)
            hint = did_you_mean(tone, TONES) or f"; there are {known}"
            raise bad(BAD_VALUE, f"there is no tone {tone!r}{hint}")
        self.text = Text.read(value)
        return self

    @classmethod
    def of_prompt(cls, name: str) -> Self:
        """The prompt *name*, as a default of a step."""
        return cls.read(Scalar(name))


def _listed(value: object) -> object:
    return value if isinstance(value, list | tuple) else Items([value])


OneOrMore = Annotated[tuple[T, ...], BeforeValidator(_listed), Or()]
"""One, or a list of them: `OneOrMore[Sayable]` is a tuple in any case."""
