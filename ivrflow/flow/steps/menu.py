"""`menu`: say the choices and go where the caller's key leads."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.collect import Question, ask, repeating
from ivrflow.flow.kinds import (
    Duration,
    MenuKey,
    Name,
    Outcome,
    Part,
    PromptName,
    Target,
    Whole,
    YesNo,
)
from ivrflow.flow.site import Site
from ivrflow.flow.step import Goto, KeyChoice, Step
from ivrflow.telephony.digits import Choices, Result, Rules

SPOKEN = {"*": "star", "#": "hash"}
"""How a key is written where it is not a digit."""


class DialExtension(Part):
    """Callers who know an extension dial it at the menu.

    `dial_extension: reach` is short for `{then: reach}`. What was dialled is a record
    with `number` and `name`, and with `endpoint` (an agent's phone) or `flow` (what
    answers that number); the other one is none.
    """

    short: ClassVar[str] = "then"

    then: Target = Field(
        description="The step that goes on with it, mostly a transfer."
    )
    save: Name = Field(
        Name("extension"), description="The variable that is what was dialled."
    )
    agents: YesNo = Field(True, description="Whether agents' numbers can be dialled.")
    numbers: YesNo = Field(
        True, description="Whether the numbers that lead to a flow can be dialled."
    )

    def known(self, site: Site) -> dict[str, dict[str, str | None]]:
        """All that can be dialled, with what it is: digits only, so no feature code."""
        found: dict[str, dict[str, str | None]] = {}
        for name, number in site.numbers.items() if self.numbers else ():
            if str(name).isdigit() and number.flow and number.flow.text is None:
                flow = site.flows.get(str(number.flow))
                found[str(name)] = {
                    "number": str(name),
                    "name": str(flow.title or flow.name) if flow else str(name),
                    "endpoint": None,
                    "flow": str(number.flow),
                }
        for name, agent in site.agents.items() if self.agents else ():
            if agent.endpoint is not None:
                found[str(name)] = {
                    "number": str(name),
                    "name": str(agent.name),
                    "endpoint": str(agent.endpoint),
                    "flow": None,
                }
        return found


class Menu(Step):
    """Say a prompt with its choices and go where the caller's key leads.

    The choices are said for the keys that are offered now, from the prompt's `choices:`
    and the language's `menu_choice`. A key that begins a longer one, as 1 begins 10,
    counts when no further key follows in time. Silence and wrong keys are told apart
    and asked again, `tries` times in all; then the caller goes to `failed`.
    """

    verb: ClassVar[str] = "menu"
    listens: ClassVar[bool] = True
    keys_come_again: ClassVar[bool] = True
    falls_through: ClassVar[bool] = False

    prompt: PromptName = Field(alias="menu", description="What is said.")
    keys: dict[MenuKey, KeyChoice] = Field(
        examples=[{"1": "balance", "0": {"then": "agent", "if": "hours.office.open"}}],
        description="Key -> step, or {then, if, set}.",
    )
    tries: Whole = Field(Whole(3), description="How often it is asked in all.")
    wait: Duration = Field(Duration(6), description="Time for the first key.")
    between_keys: Duration = Field(
        Duration(3), description="Time for a further key, where 1 and 10 are choices."
    )
    barge_in: Literal["yes", "no", "fits"] = Field(
        "yes", description="Whether a key stops the prompt; `fits`: only a right one."
    )
    type_ahead: YesNo = Field(True, description="Whether keys pressed before count.")
    dial_extension: DialExtension | None = Field(
        None, description="The step that reaches an extension which is dialled here."
    )
    failed: Outcome | None = Field(None, description="The tries are used up.")

    @property
    def forgets_keys(self) -> bool:
        return not self.type_ahead

    async def run(self, call: Call) -> Goto:
        always = call.always()
        own = {
            str(key): choice
            for key, choice in self.keys.items()
            if choice.when is None or call.holds(choice.when)
        }
        leads = {key: choice for key, (_, choice) in always.items()} | own
        offered = [(SPOKEN.get(k, k), str(c.then)) for k, c in own.items()]
        extensions = self.dial_extension.known(call.site) if self.dial_extension else {}
        question = Question(
            said=lambda variant, attempt: call.words_of(
                self.prompt, variant=variant, attempt=attempt, offered=offered
            ),
            rules=Rules(
                grammar=Choices({*leads, *extensions}),
                wait=self.wait,
                between_keys=self.between_keys,
                wrong_at_once=True,
            ),
            tries=self.tries,
            barge_in=self.barge_in,
            type_ahead=self.type_ahead,
            repeat_keys=repeating(leads),
        )
        ended = await ask(call, question)
        if ended.result is not Result.ACCEPTED:
            return Goto("failed", f"{self.tries} tries are used up: {ended.why}")
        return self._follow(call, ended.entry, own)

    def _follow(self, call: Call, entry: str, own: dict[str, KeyChoice]) -> Goto:
        """Go where *entry* leads: this menu's key, else an always-key, or extension."""
        why = f"the caller pressed {entry}"
        if (choice := own.get(entry)) is not None:
            if choice.values:
                call.set_all(choice.values)
            return Goto(f"key {entry}", why, choice.then)
        always = call.always()
        if entry in always:
            target = call.take_always(entry, *always[entry])
            return Goto(f"key {entry}", why, target)
        assert self.dial_extension is not None
        extension = self.dial_extension.known(call.site)[entry]
        call.set(str(self.dial_extension.save), extension)
        why = f"the caller dialled the extension {entry}"
        return Goto("dial_extension", why, self.dial_extension.then)
