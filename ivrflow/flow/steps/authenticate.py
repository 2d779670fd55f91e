"""`authenticate`: find out who calls, by a card and a PIN, or a one-time code."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ivrflow.aio import beside
from ivrflow.facts import IdentityJudged
from ivrflow.flow.asked import look_up, look_up_all
from ivrflow.flow.call import Call, log
from ivrflow.flow.collect import (
    TRIES,
    Question,
    ask,
    forget_answers,
    prompt_words,
    repeating,
)
from ivrflow.flow.entry import EntryKeys, follow_left, question_for
from ivrflow.flow.filler import while_it_takes_long
from ivrflow.flow.identity import (
    JUDGED,
    OneTimeCode,
    about_to_judge,
    attempt,
    counted_against,
)
from ivrflow.flow.kinds import (
    Duration,
    Expression,
    Name,
    Outcome,
    Part,
    PromptName,
    Sayable,
    SourceName,
    Whole,
    bad,
)
from ivrflow.flow.letters import written
from ivrflow.flow.source import Scalar, Table
from ivrflow.flow.spoken_code import say_code
from ivrflow.flow.step import Goto, Step
from ivrflow.flow.world import Against, Letter, Limit, Row, Trouble
from ivrflow.secret import Masked, Secret
from ivrflow.telephony.digits import Choices, Result, Rules


class SecretEntry(EntryKeys, Part):
    """The card, or the PIN: a question of its own, with tries of its own."""

    ask: PromptName = Field(description="What is said.")


class CardEntry(SecretEntry):
    """The card. It may be known already by the number that calls.

    `known` gives the number; the source `by` finds its `card` for `number`. When that
    is one card and no other, the caller is offered to use it: 1 yes, 2 another one. It
    is a convenience and no proof: the PIN is asked as ever.
    """

    known: Expression | None = Field(None, description="The number: `call.from`.")
    by: SourceName | None = Field(
        None, description="The entry of data.yaml that finds the `card` of a `number`."
    )
    offer: PromptName | None = Field(
        None, description="Asks whether to use that card: 1 yes, 2 another one."
    )

    @model_validator(mode="before")
    @classmethod
    def _whole(cls, value: Any) -> Any:
        if isinstance(value, Table):
            there = [key for key in ("known", "by", "offer") if key in value]
            if 0 < len(there) < 3:
                message = "`known`, `by` and `offer` belong together"
                raise bad("F012", message, value.at)
        return value


class Code(EntryKeys, Part):
    """A one-time code that is sent to the caller, and entered.

    It is valid for `valid`, for this call alone, and nothing but its hash is kept. By
    `voice` the number is rung, as the settings' `outbound` allows, and the code is said
    there, three times, while the caller is asked for it here.
    """

    send: Literal["sms", "email", "voice"] = Field(description="How it is sent.")
    to: Name = Field(description="The column that holds the number or the address.")
    text: Sayable = Field(description="What is sent or said: a prompt with `${code}`.")
    subject: Sayable | None = Field(None, description="The subject of a mail.")
    ask: PromptName = Field(description="What is said.")
    valid: Duration = Field(Duration(300), description="How long it can be entered.")

    @model_validator(mode="before")
    @classmethod
    def _built(cls, value: Any) -> Any:
        by_email = isinstance(value, Table) and value.get(Scalar("send")) == "email"
        if by_email and "subject" not in value:
            raise bad("F012", "a code by email needs a `subject`", value.at)
        return value

    @model_validator(mode="after")
    def _one_length(self) -> Self:
        if self.digits.low != self.digits.high or not 4 <= self.digits.low <= 10:
            raise bad("F014", "a code has one length, of 4 to 10 digits", self.at)
        return self


class Lock(Part):
    """When a card is locked, over all calls."""

    after: Whole = Field(description="Wrong PINs that lock the card.")
    within: Duration = Field(description="The time in which they are counted.")
    lasting: Duration = Field(alias="for", description="How long it stays locked.")

    @property
    def limit(self) -> Limit:
        """The same, as it is counted."""
        return Limit(int(self.after), float(self.within), float(self.lasting))


class Authenticate(Step):
    """Ask for a card and a PIN, or a one-time code, and find the row they belong to.

    A wrong PIN asks for the PIN again, a second one for both; star before the first
    digit of the PIN asks for the card again. An unknown card and a wrong PIN sound the
    same and take the same time. Wrong PINs are counted in the database before they are
    checked, and lock the card as `lock` says; whether it is locked is told only after
    the PIN. With `code` a one-time code is sent then, and counts as the PIN does. The
    row is kept without its verify column; in it, `.card` is masked and `.pin` secret.
    After a restart of the service it goes on with what was typed; where that is not
    kept, it begins anew, with the tries that were left.
    """

    verb: ClassVar[str] = "authenticate"
    listens: ClassVar[bool] = True
    keys_come_again: ClassVar[bool] = True

    source: SourceName = Field(
        alias="authenticate", description="The entry of data.yaml, with `verify`."
    )
    card: CardEntry = Field(description="The question for the card.")
    pin: SecretEntry | None = Field(None, description="The question for the PIN.")
    code: Code | None = Field(None, description="A one-time code, after the PIN.")
    tries: Whole = Field(Whole(3), description="Wrong pairs in one call.")
    again: Literal["pin", "both"] | None = Field(
        None, description="What a wrong PIN asks again; left out: PIN, then both."
    )
    lock: Lock | None = Field(None, description="When a card is locked.")
    save: Name | None = Field(None, description="The variable that takes the row.")
    failed: Outcome | None = Field(None, description="The tries are used up.")
    locked: Outcome | None = Field(None, description="The card is locked.")
    error: Outcome | None = Field(None, description="The source is away or too slow.")

    @model_validator(mode="before")
    @classmethod
    def _provable(cls, value: Any) -> Any:
        if isinstance(value, Table) and "pin" not in value and "code" not in value:
            raise bad("F012", "a card alone proves nothing: add `pin` or `code`")
        return value

    @property
    def forgets_keys(self) -> bool:
        return not self.card.type_ahead

    async def run(self, call: Call) -> Goto:
        if call.resuming and not call.keys_came_again:
            # It may be the rest of a PIN, which is no answer to what is asked first.
            call.channel.keys.clear()
        try:
            return await self._prove(call)
        except Trouble as trouble:
            return Goto("error", str(trouble))

    async def _prove(self, call: Call) -> Goto:
        card = await self._offered(call)
        if isinstance(card, Goto):
            return card
        card_said = said = "first"
        noted = call.marks.get(PAIRS)
        wrong_pairs = noted if isinstance(noted, int) else 0
        while True:
            if card is None:
                entered = await self._enter(call, self.card, "card", card_said)
                if isinstance(entered, Goto):
                    return entered
                card = entered
                said = "first"
            if card is None:
                continue
            proved = await self._proved(call, card, said)
            if isinstance(proved, Goto):
                return proved
            if isinstance(proved, Mapping):
                if self.save:
                    call.set(str(self.save), proved)
                return Goto("then", "the PIN belongs to the card")
            if proved is _Wrong.CARD_AGAIN:
                card, card_said = None, "first"
                # The next PIN is another attempt, whatever was judged before.
                forget_answers(call, "pin")
                call.set_marks({JUDGED: None})
                continue
            wrong_pairs += 1
            if wrong_pairs >= self.tries:
                return Goto("failed", f"{wrong_pairs} wrong pairs of card and PIN")
            # What was typed after a mistake was meant for something else.
            call.channel.keys.clear()
            said = "wrong"
            if self.again == "both" or (self.again is None and wrong_pairs >= 2):
                card, card_said = None, "wrong"
                forget_answers(call, "offer", "card")
            forget_answers(call, "pin")
            await call.mark(**{PAIRS: wrong_pairs, TRIES: None, JUDGED: None})
            await call.rest()

    async def _proved(self, call: Call, card: Secret, said: str) -> Row | Goto | _Wrong:
        """Ask for what proves *card*; return its row if all of it is right."""
        source = call.site.data[self.source]
        lock = self.lock.limit if self.lock else None
        against = counted_against(call, str(self.source), card, lock)
        pin: Secret | None = None
        if self.pin is not None:
            entered = await self._enter(call, self.pin, "pin", said)
            if entered is None:
                return _Wrong.CARD_AGAIN
            if isinstance(entered, Goto):
                return entered
            pin = entered
        counted = (
            None if pin is None else await about_to_judge(call, against, pin.typed)
        )
        async with while_it_takes_long(call, source.filler):
            row = await look_up(call, source, {"card": card})
            if pin is not None:
                judge = partial(self._pin_is_right, call, card, pin, row)
                right = await attempt(call, against, judge, counted)
                _judged(call, "PIN", right)
                if right is None:
                    return LOCKED
                if not right:
                    return _Wrong.PAIR
        if self.code is not None:
            verdict = await self._code_is_right(call, self.code, row, against, said)
            if verdict is not None:
                return verdict
        if row is None:
            return _Wrong.PAIR
        if self.lock:
            await call.world.lock_outs.forget(str(self.source), card)
        kept = {k: v for k, v in row.items() if k not in source.hash_columns}
        return {**kept, "card": card, **({"pin": pin} if pin is not None else {})}

    async def _pin_is_right(
        self, call: Call, card: Secret, pin: Secret, row: Row | None, may: bool
    ) -> bool:
        """Judge the PIN. Every path does the same work, so that time tells nothing."""
        world, source = call.world, call.site.data[self.source]
        verify = source.verify.get(Name("pin"))
        if verify is not None and verify.post is not None:
            if world.judge is None:
                raise Trouble(f"{self.source}: no core system judges PINs here")
            # A locked card is no business of the core system's any more.
            right = may and await world.judge.right(source, card, pin)
        else:
            column = str(verify.column) if verify else ""
            hashed = str(row[column]) if row and row.get(column) else None
            right = await world.verifier.matches(pin, hashed)
        return may and right and row is not None

    async def _code_is_right(
        self,
        call: Call,
        ask_for: Code,
        row: Row | None,
        against: list[Against],
        said: str,
    ) -> Goto | _Wrong | None:
        """Send a code and ask for it; None if it is right.

        It is sent while the question is asked: a card that nobody has, to which nothing
        is sent, takes no less time.
        """
        world = call.world
        if call.resuming:
            call.channel.keys.clear()  # it may be of the code that was sent before
        code = Secret(world.new_code(int(ask_for.digits.low)))
        known = OneTimeCode.of(code, float(ask_for.valid))
        to = row.get(str(ask_for.to)) if row else None
        spoken = ask_for.send == "voice" and bool(to)
        saying = (say_code(call, str(to), ask_for.text, code),) if spoken else ()
        # What is said ends with the question; what is sent must have been handed over.
        async with beside(*saying) as group:
            if to and not spoken:
                group.create_task(self._send_code(call, ask_for, str(to), code))
            pin_asked = self.pin is not None
            entered = await self._enter(
                call, ask_for, "code", "first" if pin_asked else said
            )
        if entered is None:
            return _Wrong.CARD_AGAIN
        if isinstance(entered, Goto):
            return entered

        async def judge(may: bool) -> bool:
            return known.matches(entered) and may and bool(to)

        right = await attempt(call, against, judge)
        _judged(call, "code", right)
        if right is None:
            return LOCKED
        return None if right else _Wrong.PAIR

    async def _send_code(
        self, call: Call, ask_for: Code, to: str, code: Secret
    ) -> None:
        """Hand the code over now: a code in the outbox would be a secret on a disk."""
        courier = call.world.couriers.get(ask_for.send)
        if courier is None:
            raise Trouble(f"a code can't be sent by {ask_for.send}: see the settings")
        subject = written(call, ask_for.subject) if ask_for.subject else ""
        letter = Letter(
            key=f"{call.id}.{call.world.new_id()}",
            channel=ask_for.send,
            to=to,
            subject=subject,
            text=Secret(written(call, ask_for.text, code=code)),
            call=call.id,
        )
        await courier.deliver(letter)

    async def _offered(self, call: Call) -> Secret | Goto | None:
        """The card of the calling number, if the caller wants to use it."""
        card = await self._known(call)
        if card is None or self.card.offer is None:
            return None
        grammar = Choices("12")
        always = {k: c for k, (_, c) in call.always().items() if k not in "12"}
        question = Question(
            said=prompt_words(call, self.card.offer),
            rules=Rules(
                grammar=grammar, wrong_at_once=True, leave_keys="".join(always)
            ),
            repeat_keys=repeating(always),
            name="offer",
            holds=True,
        )
        ended = await ask(call, question)
        if ended.result is Result.LEFT:
            return follow_left(call, ended)
        used = ended.result is Result.ACCEPTED and ended.entry == "1"
        return card if used else None

    async def _known(self, call: Call) -> Secret | None:
        """The one card of the calling number; None if there is none, or several."""
        if self.card.known is None or self.card.by is None:
            return None
        number = call.value(self.card.known)
        if not number:
            return None
        source, values = call.site.data[self.card.by], {"number": number}
        try:
            if source.many is not None:
                rows = await look_up_all(call, source, values, quiet=True)
            else:
                row = await look_up(call, source, values, quiet=True)
                rows = () if row is None else (row,)
        except Trouble as trouble:
            log.warning("call %s: no card is offered: %s", call.id, trouble)
            return None
        card = str(rows[0].get("card") or "") if len(rows) == 1 else ""
        digits = self.card.digits
        fits = card.isdigit() and digits.low <= len(card) <= digits.high
        return call.hide(Masked, card) if fits else None

    async def _enter(
        self, call: Call, entry: SecretEntry | Code, name: str, start: str
    ) -> Secret | Goto | None:
        """Ask for the card, the PIN or the code. None: star on nothing, card again."""
        question = question_for(
            call,
            entry,
            prompt_words(call, entry.ask),
            entry_name=name,
            hidden=Masked if name == "card" else Secret,
            start=start,
            clear_on_nothing=name != "card",
            holds=name != "code",
        )
        ended = await ask(call, question)
        if ended.result is Result.ACCEPTED:
            assert question.hidden is not None
            return call.hide(question.hidden, ended.entry, ended.typed)
        if ended.result is Result.CLEARED:
            return None
        if ended.result is Result.LEFT:
            return follow_left(call, ended)
        return Goto("failed", f"no {name} after {entry.tries} tries: {ended.why}")


def _judged(call: Call, what: str, right: bool | None) -> None:
    verdict = {True: "right", False: "wrong", None: "locked"}[right]
    call.note(IdentityJudged, step=call.step_name, what=what, verdict=verdict)


PAIRS = "pairs"
"""The mark: wrong pairs in this step so far."""


class _Wrong(Enum):
    """Why a card was not proved."""

    PAIR = "a wrong PIN or code, or no such card"
    CARD_AGAIN = "the caller wants to enter the card again"


LOCKED = Goto("locked", "too many wrong PINs for this card, or from this side")
