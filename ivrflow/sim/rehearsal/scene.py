"""Where a talk begins: the world as a test says it is, all names checked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from ivrflow.flow.expression import RESERVED
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.model import Flow
from ivrflow.flow.site import Site
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.source import Problem, Scalar, Table, place_of
from ivrflow.flow.steps.browse import Browse
from ivrflow.sim.rehearsal.answers import (
    MISFIT,
    UNKNOWN,
    Answer,
    plain_value,
    read_answer,
    read_row,
)
from ivrflow.sim.rehearsal.model import ANY_CALLER, ANY_MONDAY, Heard, Talk
from ivrflow.sim.rehearsal.people import AgentAs, Other, Rings

Given = Mapping[str, object]

SAID_BY = {
    "call": ": write `caller`, `to`, `call` or `talked` beside `given`",
    "queue": ": write `waiting` beside `given`",
    "now": ": write `at` beside `given`",
    "hours": ": write `at` beside `given`, when it is open or not",
    "switch": ": write `switches` beside `given`",
    "agent": ": write `agents` beside `given`",
}
"""Built-in name -> how a talk says what it is."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """The world in which one call takes place."""

    flow: Flow
    at: datetime
    """When it begins, in the site's zone."""
    caller: str = ANY_CALLER
    """The calling number; "" when it is withheld."""
    to: str = ""
    answers: Mapping[str, Answer] = field(default_factory=dict)
    """Look-up -> what it answers."""
    agents: Mapping[str, AgentAs] = field(default_factory=dict)
    """Agent's number -> how the agent is; busy where nothing is said."""
    others: Sequence[Other] = ()
    """Who else stands in line, to be served."""
    variables: Given = field(default_factory=dict)
    thrown: frozenset[str] = frozenset()
    """The switches that are thrown."""
    wrong_pins: tuple[int, float] = (0, 0.0)
    """How many wrong PINs were entered before, for any card, and how long ago."""
    talked: Mapping[str, float] = field(default_factory=dict)
    """Agent's number -> seconds since this caller talked with the agent."""
    waiting: Mapping[str, int] = field(default_factory=dict)
    """Queue -> how many others stand in its line, before this caller, for ever."""
    call: str = "call-1"
    """The call's id."""

    def starting_at(self, step: str) -> Scene:
        """The same, but the flow begins at *step*."""
        nodes = self.flow.nodes
        # A mapping keeps the order of its keys, and the first one is the start; which
        # step follows which stands in the steps themselves.
        first = {step: nodes[step], **nodes}
        return replace(self, flow=replace(self.flow, nodes=first))


def opening(site: Site, flow: str, *, at: datetime = ANY_MONDAY, **more: Any) -> Scene:
    """A scene in which *flow* is called at *at*, a time in the site's zone."""
    scene = Scene(
        flow=site.flows[flow], at=at.replace(tzinfo=site.settings.zone), **more
    )
    return scene if scene.to else replace(scene, to=number_of(site, flow))


def number_of(site: Site, flow: str) -> str:
    """The first number that leads to *flow*; "" if none does."""
    for dialled, number in site.numbers.items():
        if number.flow == flow:
            return str(dialled)
    return ""


def scene_of(talk: Talk, site: Site, flow: Flow, problems: list[Problem]) -> Scene:
    """The scene of *talk*; every name in it that the site does not have is noted."""
    check = _Names(site, flow, problems)
    check.talk(talk)
    tried = talk.wrong_pins
    scene = opening(
        site,
        flow.name,
        at=talk.at_.value if talk.at_ else ANY_MONDAY,
        caller=talk.caller.number if talk.caller else ANY_CALLER,
        to=str(talk.to or ""),
        answers=read_answers(talk.data, site, problems),
        agents={str(number): state for number, state in talk.agents.items()},
        others=talk.others,
        variables=_variables(talk, site, flow, problems),
        thrown=frozenset(map(str, talk.switches)),
        wrong_pins=(int(tried.count), float(tried.ago)) if tried else (0, 0.0),
        talked={str(agent): float(ago) for agent, ago in talk.talked.items()},
        waiting={str(queue): int(number) for queue, number in talk.waiting.items()},
        call=str(talk.call or "call-1"),
    )
    step = talk.step
    return scene.starting_at(step) if step and step in flow.nodes else scene


def read_answers(
    given: Mapping[Any, object], site: Site, problems: list[Problem]
) -> dict[str, Answer]:
    """Read look-up -> answer, as under `data:`; note what is wrong with it."""
    answers = {}
    for name, written in given.items():
        source = site.data.get(name)
        if source is None:
            problems.append(_unknown(name, "look-up", site.data))
            continue
        answer = read_answer(source, written, problems)
        if answer is not None:
            answers[str(name)] = answer
    return answers


def _unknown(name: object, what: str, known: Iterable[object]) -> Problem:
    message = (
        f"there is no {what} {str(name)!r}{did_you_mean(str(name), map(str, known))}"
    )
    return Problem(place_of(name), UNKNOWN, message)


def _variables(
    talk: Talk, site: Site, flow: Flow, problems: list[Problem]
) -> dict[str, object]:
    """The variables of `given`, typed as the look-ups are that the flow has them of."""
    sources = _sources(site, flow)
    variables: dict[str, object] = {}
    for name, written in talk.given.items():
        if name == "step":
            continue
        source = sources.get(str(name))
        if source is not None and isinstance(written, Table):
            row = read_row(source, written, problems) or {}
            hidden = source.hash_columns
            variables[str(name)] = {k: v for k, v in row.items() if k not in hidden}
        else:
            variables[str(name)] = plain_value(written)
    return variables


def _sources(site: Site, flow: Flow) -> dict[str, DataSource]:
    """Variable -> the look-up whose row it takes."""
    found: dict[str, DataSource] = {}
    for name, of_type in flow.takes.items():
        if of_type in site.data:
            found[str(name)] = site.data[of_type]
    for node in flow.nodes.values():
        source, save = getattr(node.step, "source", None), getattr(node.step, "save", 0)
        if source in site.data and save:
            found[str(save)] = site.data[str(source)]
        if isinstance(node.step, Browse) and str(node.step.items) in found:
            found[str(node.step.as_)] = found[str(node.step.items)]
    return found


class _Names:
    """Looks for names that the site does not have."""

    def __init__(self, site: Site, flow: Flow, problems: list[Problem]) -> None:
        self.site = site
        self.flow = flow
        self.problems = problems

    def unknown(self, name: object, what: str, known: Iterable[object]) -> None:
        """Note that there is no such thing."""
        self.problems.append(_unknown(name, what, known))

    def talk(self, talk: Talk) -> None:
        site = self.site
        steps = [n for flow in site.flows.values() for n in flow.nodes]
        ended_in = [talk.ends_in] if talk.ends_in else []
        never = talk.never
        self._each([talk.to] if talk.to else [], "number", site.numbers)
        self._each(list(talk.agents), "agent", site.agents)
        self._each(list(talk.talked), "agent", site.agents)
        self._each(talk.switches, "switch", site.switches)
        self._each(list(talk.waiting), "queue", site.queues)
        self._each([other.queue for other in talk.others], "queue", site.queues)
        for state in talk.agents.values():
            self._each(state.queues or (), "queue", site.queues)
        self._each(ended_in, "step", steps)
        self._each(talk.way, "step", steps)
        self._each(list(talk.said or ()), "prompt", [*site.catalogue.names()])
        self._each(never.reached if never else (), "step", steps)
        self._each(never.rings if never else (), "agent", site.agents)
        if talk.queued and talk.queued.queue:
            self._each([talk.queued.queue], "queue", site.queues)
        if talk.voicemail and talk.voicemail.box:
            self._each([talk.voicemail.box], "mailbox", site.mailboxes)
        self._each(list(talk.stored or ()), "store", site.data)
        self._each(list(talk.asked or ()), "look-up", site.data)
        if talk.callback and talk.callback.queue:
            self._each([talk.callback.queue], "queue", site.queues)
        self._start(talk)
        self._moves(talk)

    def _each(self, names: Sequence[object], what: str, known: Any) -> None:
        for name in names:
            if name not in known:
                self.unknown(name, what, known)

    def _start(self, talk: Talk) -> None:
        for name, written in talk.given.items():
            if name == "step" and written not in self.flow.nodes:
                self.unknown(written, "step", self.flow.nodes)
            if name == "language":
                self._each([written], "language", self.site.settings.languages)
            if name in RESERVED:
                message = (
                    f"{str(name)!r} is built in and can't be given"
                    f"{SAID_BY.get(str(name), '')}"
                )
                self.problems.append(Problem(place_of(name), MISFIT, message))
        number = self.site.numbers.get(talk.to) if talk.to else None
        if number is not None and number.flow != self.flow.name:
            message = f"{talk.to} does not lead to {self.flow.name} in numbers.yaml"
            self.problems.append(Problem(place_of(talk.to), MISFIT, message))

    def _moves(self, talk: Talk) -> None:
        catalogue = self.site.catalogue
        steps = [name for flow in self.site.flows.values() for name in flow.nodes]
        self._each([m.reaches for m in talk.talk if m.reaches], "step", steps)
        for move in talk.talk:
            heard = move.hears or move.then_hears
            if heard and not catalogue.has(heard.prompt):
                self.unknown(heard, "prompt", catalogue.names())
            elif heard:
                self._variant(heard)
            if move.agent and move.agent.number not in self.site.agents:
                message = f"there is no agent {move.agent.number!r} in agents.yaml"
                self.problems.append(Problem(move.agent.at, UNKNOWN, message))
            if move.agent and move.agent.does == "pauses" and move.agent.with_:
                reason = Scalar(move.agent.with_, move.agent.at)
                self._each([reason], "pause", self.site.pauses)
            if move.rings:
                self._each([move.rings.agent], "agent", self.site.agents)
                self._other(move.rings, talk)

    def _other(self, rings: Rings, talk: Talk) -> None:
        if rings.caller is not None and not 1 <= rings.caller <= len(talk.others):
            message = f"there are {len(talk.others)} `others`, counted from 1"
            self.problems.append(Problem(rings.caller.at, UNKNOWN, message))

    def _variant(self, heard: Heard) -> None:
        """Note a variant that the prompt has in no language: it is never heard."""
        catalogue, variant = self.site.catalogue, heard.partition(".")[2]
        if variant not in ("silent", "wrong") or any(
            variant in catalogue.variants(heard.prompt, language)
            for language in catalogue.languages
        ):
            return
        message = (
            f"{heard.prompt} has no variant {variant!r}: its `first` is said instead"
        )
        self.problems.append(Problem(heard.at, UNKNOWN, message))
