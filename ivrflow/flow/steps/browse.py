"""`browse`: go through a list with the caller, one item at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from ivrflow.flow.call import Call
from ivrflow.flow.collect import TRIES, Question, ask
from ivrflow.flow.explain import MISSING_KEY
from ivrflow.flow.kind import bad
from ivrflow.flow.kinds import (
    Duration,
    Expression,
    Key,
    Name,
    Outcome,
    Sayable,
    Target,
    Whole,
)
from ivrflow.flow.step import Goto, KeyChoice, Step
from ivrflow.flow.world import Trouble
from ivrflow.telephony.digits import Choices, Result, Rules

ITEM = "item"
"""The mark: the place of the item that is on."""

MOVES = ("next", "previous", "again")


class Move(Target):
    """Where a key leads: to a step, or to the `next` or `previous` item, or `again`."""

    what = "a step to go to, or next, previous, again"
    examples = (*MOVES, *Target.examples)

    @property
    def special(self) -> bool:
        return self in MOVES or super().special


class BrowseChoice(KeyChoice):
    """What a key leads to: another item, or a step."""

    then: Move = Field(description="next, previous, again, or a step.")


class Browse(Step):
    """Say the items of a list that was looked up, and let the caller page through it.

    Each item is the variable `as` while it is said, and after a key that leads to a
    step. The words may also say `${position}` and `${total}`. `previous` on the first
    item says that one again; `next` on the last one leads to `end`. Who comes `back`
    from a step is at the item that he left.
    """

    verb: ClassVar[str] = "browse"
    keys_come_again: ClassVar[bool] = True
    listens: ClassVar[bool] = True
    falls_through: ClassVar[bool] = False

    items: Expression = Field(
        alias="browse", description="The list: what a look-up with `many` saved."
    )
    as_: Name = Field(
        Name("item"), alias="as", description="The variable that is the item."
    )
    say: Sayable = Field(description="What is said for each item.")
    keys: dict[Key, BrowseChoice] = Field(
        examples=[{"1": "next", "2": "details"}],
        description="Key -> next, previous, again, or a step.",
    )
    tries: Whole = Field(Whole(3), description="How often one item is said in all.")
    wait: Duration = Field(Duration(6), description="Time for a key.")
    barge_in: Literal["yes", "no", "fits"] = Field(
        "yes", description="Whether a key stops the words; `fits`: only a right one."
    )
    none: Outcome | None = Field(None, description="The list is empty.")
    end: Outcome | None = Field(None, description="`next` was pressed on the last one.")
    failed: Outcome | None = Field(None, description="The tries are used up.")

    @model_validator(mode="after")
    def _has_an_end(self) -> Self:
        goes_on = any(choice.then == "next" for choice in self.keys.values())
        if goes_on and self.end is None:
            message = "'browse' needs the key 'end': where `next` leads after the last"
            raise bad(MISSING_KEY, message, self.items.at)
        return self

    async def run(self, call: Call) -> Goto:
        items = call.value(self.items)
        if items is not None and not isinstance(items, list | tuple):
            raise Trouble(f"{self.items.at}: {self.items.source} is no list")
        if not items:
            return Goto("none", "the list is empty")
        browsing = call.frame.browsing
        left = browsing.get(call.step_name)
        place = left[1] if left is not None and left[0] is items else 0
        if isinstance(noted := call.marks.get(ITEM), int):
            place = noted  # it goes on after a restart
        place = min(place, len(items) - 1)
        while True:
            call.set(str(self.as_), items[place])
            found = await self._one(call, items, place)
            if isinstance(found, Goto):
                # For who comes back to this list from there.
                browsing[call.step_name] = (items, place)
                return found
            place += found
            if place >= len(items):
                browsing.pop(call.step_name, None)
                return Goto("end", "that was the last one")
            place = max(0, place)
            await call.mark(**{ITEM: place, TRIES: None})
            await call.rest()

    async def _one(self, call: Call, items: Sequence[Any], place: int) -> Goto | int:
        """Say one item. Return by how many to go on, or the way out."""
        always = call.always()
        own = {
            str(key): choice
            for key, choice in self.keys.items()
            if choice.when is None or call.holds(choice.when)
        }
        leads = {key: choice for key, (_, choice) in always.items()} | own
        more = {"position": place + 1, "total": len(items)}
        question = Question(
            said=lambda variant, attempt: call.words_of(
                self.say, variant=variant, attempt=attempt, given=more
            ),
            rules=Rules(grammar=Choices(leads), wait=self.wait, wrong_at_once=True),
            tries=self.tries,
            barge_in=self.barge_in,
            repeat_keys={
                key: choice.then
                for key, choice in leads.items()
                if choice.then in ("again", "repeat") and not choice.values
            },
        )
        ended = await ask(call, question)
        if ended.result is not Result.ACCEPTED:
            return Goto("failed", f"{self.tries} tries are used up: {ended.why}")
        key, why = ended.entry, f"the caller pressed {ended.entry}"
        if (choice := own.get(key)) is None:
            return Goto(f"key {key}", why, call.take_always(key, *always[key]))
        if choice.values:
            call.set_all(choice.values)
        steps = {"next": 1, "previous": -1, "again": 0}
        if choice.then in steps:
            return steps[str(choice.then)]
        return Goto(f"key {key}", why, choice.then)
