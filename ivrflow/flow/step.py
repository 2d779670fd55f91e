"""What a step is.

A step type is a frozen model in `ivrflow.flow.steps`: its fields are the keys that an
author may write, and their types (`ivrflow.flow.kinds`) say all that the rest of the
house needs: loading reads by them, the checker follows every `Target`, the schema and
the reference page list them. So a new verb is one new file.

`run` returns which way out the step takes; where that leads is the flow's business.

The service may die while a step runs. The next process runs the same step again from
its beginning, with the same number: what it makes gets its id from `Call.own_id`, so
that it is made once, and what it need not do twice it notes with `Call.mark`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from ivrflow.flow.kind import Kind, walk
from ivrflow.flow.kinds import Expression, Key, Name, Outcome, Part, Target, Value

if TYPE_CHECKING:
    from ivrflow.flow.call import Call


@dataclass(frozen=True, slots=True)
class Goto:
    """The way out of a step: one of its outcomes, and why.

    *target* is set where the author wrote it beside a key or a condition; else the
    outcome's own key says where it leads. It keeps its place in the file, so that it is
    known which of several keys to one step was taken.
    """

    outcome: str
    why: str = ""
    target: str | None = None


VERBS: dict[str, type[Step]] = {}
"""Every verb that is built, with its step type."""


class Step(BaseModel):
    """Base of all step types."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    verb: ClassVar[str]
    listens: ClassVar[bool] = False
    """True for a verb that waits for the caller's keys: what `back` goes back to."""
    ends: ClassVar[bool] = False
    """True for a verb after which nothing follows."""
    falls_through: ClassVar[bool] = True
    """False for a verb that never goes on to the next step by itself."""
    after_the_end: ClassVar[bool] = False
    """True for a verb that may stand in `on_end`, when the caller has gone."""
    passes: ClassVar[bool] = False
    """True for a verb that neither waits nor acts. Before any other one it is made
    durable where the call is; such a step costs nothing, and must never suspend."""
    keys_come_again: ClassVar[bool] = False
    """True for a verb that takes keys by questions alone, or none at all. When it runs
    again in another process, all keys that were pressed since wait for it. Any other
    verb may have acted on some of them, so to it they don't come again."""
    needs_switch: ClassVar[bool] = False
    """True for a verb that joins channels, which bare FastAGI can't."""

    then: Outcome | None = Field(None, description="The step that follows.")
    on_error: Target | None = Field(
        None, description="Where this step goes when something unexpected happens."
    )

    @classmethod
    def __pydantic_init_subclass__(cls, **more: Any) -> None:
        super().__pydantic_init_subclass__(**more)
        if "verb" not in cls.__dict__:
            return
        if cls.verb in VERBS:
            raise TypeError(f"two step types are called {cls.verb!r}")
        VERBS[cls.verb] = cls

    @cached_property
    def kinds(self) -> tuple[tuple[str, Kind], ...]:
        """Every kind in it, with the way to it: walked once, for all that ask."""
        return tuple(walk(self))

    @cached_property
    def targets(self) -> tuple[tuple[str, Target], ...]:
        """Every target in it, with the way to it."""
        return tuple((way, to) for way, to in self.kinds if isinstance(to, Target))

    @property
    def forgets_keys(self) -> bool:
        """Whether it begins by throwing away what was pressed before."""
        return False

    async def run(self, call: Call) -> Goto:
        """Do the step's work. Return the way out."""
        raise NotImplementedError


class KeyChoice(Part):
    """What a key leads to: a step, perhaps under a condition, perhaps setting values.

    `1: balance` is short for `1: {then: balance}`.
    """

    short: ClassVar[str] = "then"

    then: Target = Field(description="The step that this key leads to.")
    when: Expression | None = Field(
        None, alias="if", description="The key is offered only while this holds."
    )
    values: dict[Name, Value] | None = Field(
        None, alias="set", description="Values to set when the key is pressed."
    )


Keys = dict[Key, KeyChoice]
"""Key -> what it leads to, as in a menu."""
