"""`ask`: take an entry from the caller."""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from ivrflow.flow.call import Call
from ivrflow.flow.collect import AGAIN, RIGHT, Question, ask, prompt_words, repeating
from ivrflow.flow.entry import AnyEntryKeys, follow_left, question_of
from ivrflow.flow.explain import MISSING_KEY
from ivrflow.flow.forms import (
    COUNTED,
    KEPT,
    NUMERIC,
    As,
    Form,
    Pattern,
    form_of,
)
from ivrflow.flow.kind import BAD_VALUE, bad
from ivrflow.flow.kinds import DigitsRange, Name, OneOrMore, Outcome, PromptName, YesNo
from ivrflow.flow.step import Goto, Step
from ivrflow.secret import Masked, Secret
from ivrflow.telephony.digits import Choices, Ended, Result, Rules
from ivrflow.telephony.keys import Stretch


class Ask(AnyEntryKeys, Step):
    """Ask for an entry, check it, let the caller confirm it, and keep it in a variable.

    `as` says what the entry is, and so what its value is: `digits` and `phone` are kept
    as they were typed, a `number` or `money` can be reckoned with, a `date` (YYYYMMDD;
    or MMDD: the next such day), a `time` (HHMM), an `id_card` (star for X), `yes_no` (1
    and 2). Silence and wrong entries are told apart and asked again, `tries` times in
    all; then the caller goes to `failed`. An entry that the caller takes back when it
    is read to him costs a try too.
    """

    verb: ClassVar[str] = "ask"
    listens: ClassVar[bool] = True
    keys_come_again: ClassVar[bool] = True

    prompt: PromptName = Field(alias="ask", description="What is said.")
    as_: As = Field("digits", alias="as", description="What the entry is.")
    digits: DigitsRange | None = Field(
        None, description="How many digits: `12` or `4..8`."
    )
    pattern: OneOrMore[Pattern] = Field(
        (),
        description="What fits, place by place: digits, X (any), Z (1-9), N (2-9), "
        "[3-9]; or a list of such patterns.",
    )
    decimal: Literal["star"] | None = Field(
        None, description="`star`: star is the decimal point of a number."
    )
    confirm: PromptName | None = Field(
        None, description="Says the value, under its name: 1 is right, 2 asks again."
    )
    secret: YesNo = Field(
        False, description="`yes`: the entry can't be said, logged, stored or sent."
    )
    masked: YesNo = Field(
        False,
        description="`yes`: the entry can be looked up with and said to the caller; "
        "logs, letters and screens show its end alone: `******0002`.",
    )
    save: Name | None = Field(None, description="The variable that takes the value.")
    failed: Outcome | None = Field(None, description="The tries are used up.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        kind, digits, patterns = self.as_, self.digits, self.pattern
        if kind == "digits" and digits is None and not patterns:
            message = "'ask' needs the key 'digits', 'pattern' or 'as'"
            raise bad(MISSING_KEY, message, self.prompt.at)
        if digits is not None and patterns:
            message = "`digits` and `pattern` say the same thing; keep one of them"
            raise bad(BAD_VALUE, message, digits.at)
        if digits is not None and kind not in COUNTED:
            raise bad(BAD_VALUE, f"`as: {kind}` says how many digits", digits.at)
        if patterns and kind not in ("digits", "phone"):
            raise bad(BAD_VALUE, f"`as: {kind}` says what fits", patterns[0].at)
        if self.decimal and kind not in NUMERIC:
            message = f"`decimal` is for `as: number` and `as: money`, not {kind}"
            raise bad(BAD_VALUE, message, self.prompt.at)
        if self.secret and self.masked:
            message = "`secret` and `masked` are two things: a PIN is secret, a card's "
            message += "number is masked"
            raise bad(BAD_VALUE, message, self.prompt.at)
        if self.hidden and kind not in KEPT:
            what = "a secret" if self.secret else "what is masked"
            message = f"{what} is kept as it is typed; it can't be `as: {kind}`"
            raise bad(BAD_VALUE, message, self.prompt.at)
        if self.secret and self.confirm is not None:
            message = "a secret can't be said, so it can't be confirmed"
            raise bad(BAD_VALUE, message, self.confirm.at)
        return self

    @property
    def entry_name(self) -> str:
        """The name of the value in `check` and in the prompt of `confirm`."""
        return str(self.save or "entry")

    @property
    def hidden(self) -> type[Secret] | None:
        """What the entry becomes; None where anybody may see it."""
        if self.secret:
            return Secret
        return Masked if self.masked else None

    @property
    def form(self) -> Form:
        """What may be entered, and what it stands for."""
        return form_of(
            self.as_,
            digits=self.digits,
            patterns=self.pattern,
            decimal=self.decimal is not None,
        )

    @property
    def forgets_keys(self) -> bool:
        return not self.type_ahead

    async def run(self, call: Call) -> Goto:
        form = self.form
        question = question_of(
            call,
            self,
            form,
            prompt_words(call, self.prompt),
            entry_name=self.entry_name,
            hidden=self.hidden,
            holds=self.confirm is not None,
        )
        if self.confirm is not None:
            question = replace(
                question, confirm=lambda entry: self._confirm(call, form, entry)
            )
        ended = await ask(call, question)
        if ended.result is Result.LEFT:
            return follow_left(call, ended)
        if ended.result is not Result.ACCEPTED:
            return Goto("failed", f"{self.tries} tries are used up: {ended.why}")
        if self.save:
            value = self._value(call, form, ended.entry, ended.typed)
            call.set(str(self.save), value)
        return Goto("then", ended.why)

    def _value(
        self, call: Call, form: Form, entry: str, typed: Stretch | None = None
    ) -> object:
        """What the entry stands for, hidden if it has to be; *typed*: its keys."""
        value = form.value(entry, call.world.clock().date())
        if self.hidden is None:
            return value
        return call.hide(self.hidden, str(value), typed if value == entry else None)

    async def _confirm(self, call: Call, form: Form, entry: str) -> Ended:
        """Read the value back; 1 is right, 2 asks again."""
        assert self.confirm is not None
        prompt, value = self.confirm, self._value(call, form, entry)
        always = {k: c for k, (_, c) in call.always().items() if k not in RIGHT + AGAIN}
        question = Question(
            said=lambda variant, attempt: call.words_of(
                prompt, variant=variant, attempt=attempt, given={self.entry_name: value}
            ),
            rules=Rules(
                grammar=Choices((RIGHT, AGAIN)),
                wait=self.wait,
                leave_keys="".join(always),
                wrong_at_once=True,
            ),
            tries=self.tries,
            repeat_keys=repeating(always),
            name="confirm",
        )
        return await ask(call, question)
