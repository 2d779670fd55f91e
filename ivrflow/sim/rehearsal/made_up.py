"""Entries that stand in for those which nobody may keep: cards, PINs, masked numbers.

What a caller has typed in secret is written down nowhere, so a talk that is made of a
past call needs other keys there, which the question takes in the same way: right where
the caller's were right, wrong where they were wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta

from ivrflow.flow.checks import NAMED
from ivrflow.flow.entry import AnyEntryKeys
from ivrflow.flow.expression import ExpressionFault
from ivrflow.flow.forms import Form, of_length
from ivrflow.flow.formula.values import Fault, truth
from ivrflow.flow.model import Node
from ivrflow.flow.steps.ask import Ask
from ivrflow.flow.steps.authenticate import Authenticate
from ivrflow.flow.steps.conference import Conference
from ivrflow.sim.rehearsal.stage import CODE
from ivrflow.telephony.digits import LONGEST, Match
from ivrflow.telephony.keys import KEYS

ID_CARD = "11010519491231002*"
"""The example of the standard for the numbers of ID cards (GB 11643); star is X."""


@dataclass(frozen=True)
class Hidden:
    """A question whose entries are kept nowhere."""

    part: str
    """The name of the entry in the question's `check`: card, pin, code, or its own."""
    prompt: str
    keys: AnyEntryKeys
    form: Form
    of_the_settings: bool = False
    """Whether it must be a secret of the settings, which in a talk is `CODE`."""

    @property
    def fixed_end(self) -> str:
        """The end keys, as the question works them out."""
        if self.keys.end_keys is not None:
            return str(self.keys.end_keys)
        return "" if self.form.fixed else "#"

    def right(self, today: date) -> str:
        """Keys that it accepts; "" if none were found."""
        if self.of_the_settings:
            return one_time_code(self, right=True)
        return next(self._whole(today, right=True), "")

    def wrong(self, why: str, today: date) -> str:
        """Keys that it refuses for the reason *why*; "" if none were found."""
        grammar = self.form.grammar
        if why.startswith("too short"):
            whole = self.right(today)
            for end in range(len(whole) - 1, 0, -1):
                if grammar.match(whole[:end]) is Match.POTENTIAL:
                    return whole[:end]
            return ""
        if why.startswith("more than"):
            return "1" * (LONGEST + 1)
        if why.startswith("not a valid entry"):
            taken = self.fixed_end + str(self.keys.clear_key)
            for key in KEYS:
                if key not in taken and grammar.match(key) is Match.NO:
                    return key
            whole = self.right(today)
            longer = whole + whole[-1:]
            return longer if grammar.match(longer) is Match.NO else ""
        if self.of_the_settings:
            return one_time_code(self, right=False)
        return next(self._whole(today, right=False), "")

    def _whole(self, today: date, *, right: bool) -> Iterator[str]:
        """Complete entries of which the check holds, or does not."""
        for keys in _candidates(today):
            if self.form.grammar.match(keys) in (Match.MATCH, Match.MAX):
                with suppress(ExpressionFault, Fault):
                    if self._holds(keys, today) is right:
                        yield keys

    def _holds(self, keys: str, today: date) -> bool:
        try:
            value = self.form.value(keys, today)
        except ValueError:
            return False
        check = self.keys.check
        if check is None:
            return True
        if named := NAMED.get(check.source.strip()):
            return bool(named(keys))
        # Only what the entry itself decides: of the caller nothing is known here.
        return truth(check.evaluate({self.part: value}))


def hidden_questions(node: Node) -> tuple[Hidden, ...]:
    """The questions of a step whose entries are secret or masked, in their order."""
    step = node.step
    if isinstance(step, Ask):
        if step.hidden is None:
            return ()
        return (Hidden(step.entry_name, str(step.prompt), step, step.form),)
    if isinstance(step, Authenticate):
        parts = [("card", step.card), ("pin", step.pin), ("code", step.code)]
        return tuple(
            Hidden(name, str(part.ask), part, of_length(part.digits))
            for name, part in parts
            if part is not None
        )
    if isinstance(step, Conference) and step.pin is not None:
        pin = step.pin
        form, secret = of_length(pin.digits), pin.secret is not None
        return (Hidden("pin", str(pin.ask), pin, form, secret),)
    return ()


def one_time_code(question: Hidden, *, right: bool) -> str:
    """The code that a stage sends, or another one of its length."""
    for length in range(1, len(CODE) + 1):
        code = CODE[:length] if right else "0" * length
        if question.form.grammar.match(code) is Match.MAX:
            return code
    return ""


def _candidates(today: date) -> Iterator[str]:
    """Entries that might be right, the plainest first."""
    for length in range(1, LONGEST + 1):
        yield ("1234567890" * 7)[:length]
        yield "1" * length
        stem = "4" + "0" * (length - 2)
        # The Luhn check takes one of ten last digits.
        yield from (f"{stem[: length - 1]}{digit}" for digit in range(10))
    yield ID_CARD
    for days in (0, 1, 30, -1, -365, -10_000):
        day = today + timedelta(days)
        yield from (f"{day:%Y%m%d}", f"{day:%m%d}")
    # For a check that is an expression: all short ones.
    for length in (3, 4):
        yield from (f"{number:0{length}}" for number in range(10**length))
