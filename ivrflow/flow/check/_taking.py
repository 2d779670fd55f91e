"""Tools of the rules: what each step takes of a caller, in seconds and in keys.

What a question takes at most:

    an answer      the prompt, a second for each key, the wait for its end
    a failed try   the prompt and `wait` in full, or the longest answer, if longer
    answered       all tries but one fail, and the last one is answered
    failed         all tries fail

In `authenticate`, tries of one kind are not multiplied with those of the other: either
all pairs are wrong, each entered in one go, or one entry uses up the tries of its own.
A look-up takes its timeout, once more for each retry. How long prompts are is
`_lengths`'.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ivrflow.flow.asking_number import NUMBER
from ivrflow.flow.check._lengths import lengths
from ivrflow.flow.check._site import once
from ivrflow.flow.collect import AGAIN
from ivrflow.flow.entry import AnyEntryKeys
from ivrflow.flow.forms import CENTS, COUNTED, DECIMALS, Form
from ivrflow.flow.steps.ask import Ask
from ivrflow.flow.steps.authenticate import Authenticate, Code, SecretEntry
from ivrflow.flow.steps.browse import Browse
from ivrflow.flow.steps.callback import Callback
from ivrflow.flow.steps.conference import Conference
from ivrflow.flow.steps.lookup import Lookup
from ivrflow.flow.steps.menu import SPOKEN, Menu
from ivrflow.flow.steps.say import Say
from ivrflow.flow.steps.store import Store
from ivrflow.flow.steps.wait import Wait
from ivrflow.telephony.grammars import Amount, Patterns

if TYPE_CHECKING:
    from ivrflow.flow.model import Node
    from ivrflow.flow.site import Site
    from ivrflow.flow.step import Step

A_KEY = 1.0
"""Seconds in which a caller presses a key."""

TRIES, WAIT = 3, 6.0
"""Those of questions that our own talks ask."""

Said = Callable[[str, int], float]
"""Variant and attempt of a prompt -> its seconds."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What something takes of a caller."""

    seconds: float = 0.0
    keys: int = 0

    def __add__(self, other: Cost) -> Cost:
        return Cost(self.seconds + other.seconds, self.keys + other.keys)

    def __or__(self, other: Cost) -> Cost:
        """The most of both, each measure for itself."""
        return Cost(max(self.seconds, other.seconds), max(self.keys, other.keys))


FREE = Cost()


@dataclass(frozen=True)
class Taking:
    """What a step takes at most, by the way on which it is left."""

    answered: Cost = FREE
    failed: Cost = FREE
    left: Cost = FREE
    """By an always-key, where that is shorter than the entry."""

    @cached_property
    def most(self) -> Cost:
        return self.answered | self.failed | self.left

    def by(self, how: str, *, by_key: bool) -> Cost:
        """*how* is the way as `_flowing` calls it; *by_key*: keys are its answers."""
        if how == "error":
            return self.most
        if how in ("failed", "locked"):
            return self.failed
        return self.left if how.startswith("key ") and not by_key else self.answered


def taking(cost: Cost) -> Taking:
    """That of a step which takes the same on every way."""
    return Taking(cost, cost, cost)


class Takings:
    """What the steps of a site take."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._lengths = lengths(site)
        self._steps: dict[int, Taking] = {}

    def step(self, node: Node) -> Taking:
        """What a step takes of a caller, the waits of other systems included."""
        known = self._steps.get(id(node))
        if known is None:
            known = self._steps[id(node)] = self._step(node.step)
        return known

    def _step(self, step: Step) -> Taking:
        match step:
            case Menu():
                return self._menu(step)
            case Ask():
                return self._ask(step)
            case Authenticate():
                return self._authenticate(step)
            case Browse():
                prompt = step.say.prompt
                said = (
                    self._said(prompt)
                    if prompt
                    else _always(self._lengths.sayable(step.say))
                )
                return question(said, step.tries, step.wait, keys=1)
            case Callback():
                return self._callback(step)
            case Conference(pin=pin) if pin is not None:
                return self._entry(pin, pin.ask, _longest_entry(pin))
            case Lookup() | Store():
                return taking(Cost(self._away(step.source)))
            case Say():
                return taking(
                    Cost(sum(self._lengths.sayable(part.say) for part in step.parts))
                )
            case Wait():
                said_first = (
                    self._lengths.sayable(step.say) if step.say is not None else 0.0
                )
                return taking(Cost(said_first + step.duration))
        return taking(FREE)

    def _said(self, prompt: str) -> Said:
        return lambda variant, attempt: self._lengths.prompt(prompt, variant, attempt)

    def _menu(self, menu: Menu) -> Taking:
        offered = tuple(
            (SPOKEN.get(str(key), str(key)), str(choice.then))
            for key, choice in menu.keys.items()
        )
        keys = [str(key) for key in menu.keys]
        keys += menu.dial_extension.known(self._site) if menu.dial_extension else ()
        begins = any(a != b and b.startswith(a) for a in menu.keys for b in keys)
        return question(
            lambda variant, attempt: self._lengths.prompt(
                menu.prompt, variant, attempt, offered
            ),
            menu.tries,
            menu.wait,
            keys=max(map(len, keys), default=1),
            after=Cost(menu.between_keys) if begins else FREE,
        )

    def _ask(self, ask: Ask) -> Taking:
        after = FREE
        if ask.confirm is not None:
            after = Cost(self._lengths.prompt(ask.confirm) + A_KEY, len(AGAIN))
        keys = _longest(ask.form, ask)
        return self._entry(ask, ask.prompt, keys, after, fixed=ask.form.fixed)

    def _entry(
        self,
        entry: AnyEntryKeys,
        prompt: str,
        keys: int,
        after: Cost = FREE,
        *,
        fixed: bool = True,
    ) -> Taking:
        after += _ending(entry, fixed)
        return question(self._said(prompt), entry.tries, entry.wait, keys, after)

    def _authenticate(self, step: Authenticate) -> Taking:
        entries: list[SecretEntry | Code] = [step.card]
        entries += [one for one in (step.pin, step.code) if one is not None]
        away = Cost(self._away(step.source))
        once = [self._in_one_go(one) for one in entries]
        most = taking(self._all_wrong(step, entries, away))
        for number, one in enumerate(entries):
            own = self._entry(one, one.ask, _longest_entry(one))
            before = sum(once[:number], away)
            most = Taking(
                answered=most.answered | sum(once[number + 1 :], before + own.answered),
                failed=most.failed | (before + own.failed),
                left=most.left | (before + own.left),
            )
        if step.card.offer is None:
            return most
        first = question(self._said(step.card.offer), TRIES, WAIT, keys=1).most
        return Taking(first + most.answered, first + most.failed, first + most.left)

    def _in_one_go(self, entry: SecretEntry | Code, variant: str = "first") -> Cost:
        keys = _longest_entry(entry)
        return Cost(self._lengths.prompt(entry.ask, variant) + keys * A_KEY, keys)

    def _all_wrong(
        self, step: Authenticate, entries: list[SecretEntry | Code], away: Cost
    ) -> Cost:
        """All pairs are entered in one go, and none is right."""
        pairs = int(step.tries)
        cards = {"pin": 1, "both": pairs}.get(str(step.again), 1 + max(0, pairs - 2))
        found = sum([away] * pairs, FREE)
        for entry, times in zip(entries, (cards, pairs, pairs), strict=False):
            found += self._in_one_go(entry)
            found = sum([self._in_one_go(entry, "wrong")] * (times - 1), found)
        return found

    def _callback(self, step: Callback) -> Taking:
        number = self._said(step.number.ask)
        asked = question(number, TRIES, WAIT, keys=NUMBER.high, after=Cost(A_KEY, 1))
        confirmed = question(self._said(step.confirm), TRIES, WAIT, keys=1)
        cost = asked.most + confirmed.most
        if step.when is not None:
            cost += question(self._said(step.when.ask), TRIES, WAIT, keys=1).most
        return taking(cost)

    def _away(self, source: str) -> float:
        """Seconds that a look-up takes at most, where the site says so."""
        found = self._site.data.get(source)
        if found is None or found.timeout is None:
            return 0.0
        return float(found.timeout) * (1 + int(found.retry))


@once
def takings(site: Site) -> Takings:
    """What the steps of *site* take."""
    return Takings(site)


def question(
    said: Said, tries: int, wait: float, keys: int, after: Cost = FREE
) -> Taking:
    """What a question takes; *after* comes with every answer, right or wrong."""
    prompts = [said("first", 1)]
    for attempt in range(1, int(tries)):
        prompts.append(max(said("silent", attempt), said("wrong", attempt)))
    answer = Cost(keys * A_KEY, keys) + after
    fails = max(float(wait), answer.seconds)
    before, last = sum(prompts[:-1]) + fails * len(prompts[1:]), prompts[-1]
    pressed = answer.keys * len(prompts[1:])
    return Taking(
        answered=Cost(before + last + answer.seconds, pressed + answer.keys),
        failed=Cost(before + last + fails, pressed + answer.keys),
        left=Cost(before + last + A_KEY, pressed + 1),
    )


def _always(seconds: float) -> Said:
    return lambda variant, attempt: seconds


def _ending(entry: AnyEntryKeys, fixed: bool) -> Cost:
    """The end key, or the pause that ends an entry which could go on."""
    if entry.end_keys or (entry.end_keys is None and not fixed):
        return Cost(A_KEY, 1)
    return FREE if fixed else Cost(float(entry.between_keys))


def _longest_entry(entry: SecretEntry | Code | AnyEntryKeys) -> int:
    digits = getattr(entry, "digits", None)
    return int(digits.high) if digits is not None else 1


def _longest(form: Form, ask: Ask) -> int:
    """The most keys of one entry."""
    if ask.digits is not None and ask.as_ not in COUNTED:
        return int(ask.digits.high)
    match form.grammar:
        case Patterns() as patterns:
            return max(patterns.lengths)
        case Amount() as amount:
            places = CENTS if ask.as_ == "money" else DECIMALS
            return amount.high + (1 + places if amount.decimals else 0)
        case grammar if hasattr(grammar, "high"):
            return int(grammar.high)
    return {"date": 8, "yes_no": 1}.get(ask.as_, 1)
