"""`choose`: go on by conditions, or by lot."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, model_validator

from ivrflow.flow.call import Call
from ivrflow.flow.explain import MISSING_KEY
from ivrflow.flow.kind import BAD_VALUE, WRONG_SHAPE, Or, bad
from ivrflow.flow.kinds import Expression, Part, Target, Whole
from ivrflow.flow.source import Items, Scalar, Table
from ivrflow.flow.step import Goto, Step


class Choice(Part):
    """One way on: under a condition, for all that is left, or for a share of calls."""

    when: Expression | None = Field(
        None, alias="if", description="This way is taken if this holds."
    )
    then: Target | None = Field(None, description="Where this way leads.")
    otherwise: Target | None = Field(
        None, alias="else", description="Where the call goes if nothing above holds."
    )
    share: Whole | None = Field(None, description="Of a hundred calls, so many.")

    @property
    def target(self) -> Target:
        """Where it leads."""
        found = self.then or self.otherwise
        assert found is not None
        return found

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.otherwise is not None:
            if self.when is not None or self.then is not None:
                message = "`else` stands alone: {else: STEP}"
                raise bad(WRONG_SHAPE, message, self.otherwise.at)
        elif self.then is None or (self.when is None and self.share is None):
            raise bad(MISSING_KEY, "a choice is {if: ..., then: STEP} or {else: STEP}")
        return self


class Shares(Part):
    """How many of a hundred calls go each way."""

    share: dict[Target, Whole] = Field(
        examples=[{"new_menu": 10, "main_menu": 90}],
        description="Step -> of a hundred calls.",
    )


def _from_shares(value: object) -> object:
    """`share: {a: 90, b: 10}` as the list that it is short for."""
    if not isinstance(value, Mapping):
        return value
    shares = value.get("share")
    if not isinstance(shares, Mapping) or set(value) != {"share"}:
        message = "`choose` is a list of {if, then}, or {share: {STEP: 90, STEP: 10}}"
        raise bad(WRONG_SHAPE, message)
    then, share = Scalar("then"), Scalar("share")
    return Items(Table([(then, to), (share, n)]) for to, n in shares.items())


class Choose(Step):
    """Take the first way whose condition holds, or send shares of the calls each way.

    The conditions are a list of {if, then}; {else} as the last one takes what is left.
    With `share: {a: 90, b: 10}` chance decides, but always alike for the same call.
    """

    verb: ClassVar[str] = "choose"
    passes: ClassVar[bool] = True
    falls_through: ClassVar[bool] = False

    choices: Annotated[
        tuple[Choice, ...], BeforeValidator(_from_shares), Or(Shares)
    ] = Field(
        alias="choose",
        examples=[
            [{"if": "customer.level >= 2", "then": "vip"}, {"else": "main_menu"}]
        ],
        description="A list of {if, then}, {else}; or {share: ...}.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if not self.choices:
            raise bad(WRONG_SHAPE, "there is nothing to choose from")
        for choice in self.choices[:-1]:
            if choice.otherwise is not None:
                message = "`else` takes everything: what follows it is never reached"
                raise bad(BAD_VALUE, message, choice.otherwise.at)
        shares = [choice.share for choice in self.choices]
        if any(share is not None for share in shares):
            if None in shares:
                message = "conditions and shares can't be mixed; make two steps of it"
                raise bad(WRONG_SHAPE, message)
            if (total := sum(share or 0 for share in shares)) != 100:
                message = f"the shares make {total}, and must make 100"
                at = next(share.at for share in shares if share is not None)
                raise bad(BAD_VALUE, message, at)
        return self

    async def run(self, call: Call) -> Goto:
        if self.choices[0].share is not None:
            return self._by_lot(call)
        for choice in self.choices:
            if choice.when is None:
                return Goto("else", "no condition holds", choice.target)
            if call.holds(choice.when):
                return Goto("if", choice.when.source, choice.target)
        if self.then is not None:
            return Goto("then", "no condition holds")
        return Goto("error", "no condition holds, and there is no `else`")

    def _by_lot(self, call: Call) -> Goto:
        lot = lot_of(call.id, call.frame.flow.name, call.step_name)
        total = 0
        for choice in self.choices:
            total += int(choice.share or 0)
            if lot < total:
                break
        why = f"the call drew {lot:.2f} of 100; this way takes {choice.share} %"
        return Goto("share", why, choice.target)


def lot_of(*what: str) -> float:
    """A number from 0 to below 100: evenly spread, and the same for the same *what*."""
    digest = sha256("\n".join(what).encode()).digest()
    return int.from_bytes(digest[:6], "big") * 100 / 2**48
