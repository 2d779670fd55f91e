"""Plays a talk against its flow, each on a fresh clock that jumps.

The caller of a test is patient and attentive: keys are pressed only when the flow waits
for them, `hears` lets the call go on until the prompt comes, and what the talk does not
mention happens as if nobody did anything. When the talk is over and nobody has hung up,
the caller does, as soon as the flow waits for him.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ivrflow.facts import Fact, Note, Said, StepEntered, ignore
from ivrflow.flow.site import Site
from ivrflow.flow.source import Mark
from ivrflow.sim import clock
from ivrflow.sim.rehearsal.after import after_the_end
from ivrflow.sim.rehearsal.coverage import covered_by
from ivrflow.sim.rehearsal.ears import Ears, listening
from ivrflow.sim.rehearsal.floor import PATIENCE, CanNot, Floor
from ivrflow.sim.rehearsal.limit import TooSlow, real_time_limit
from ivrflow.sim.rehearsal.model import Heard, Move, Pressed, Talk
from ivrflow.sim.rehearsal.outside import address_of
from ivrflow.sim.rehearsal.people import AgentMove, Rings
from ivrflow.sim.rehearsal.read import Rehearsal
from ivrflow.sim.rehearsal.stage import Stage
from ivrflow.sim.rehearsal.story import Story
from ivrflow.sim.rehearsal.verdict import Failure, Verdict
from ivrflow.sim.rehearsal.words import plain_words
from ivrflow.telephony.sound import Utterance

LONGEST_CALL = 86_400.0
"""Seconds that the flow has to end the call: more than any `longest_call`."""

BETWEEN_KEYS = 0.25
"""Seconds between two keys of one move."""

AFTERMATH = 12
"""Lines of the story that are shown after the move that could not be made began."""

LONGEST_TALK = 20.0
"""Seconds of real time that one talk may take: a thousand times what it should."""

LAST_WORDS = 30.0
"""Seconds that the flow has after the last move until the caller hangs up."""


def rehearse(
    site: Site,
    rehearsal: Rehearsal,
    *,
    longest: float = LONGEST_TALK,
    note: Note = ignore,
) -> Verdict:
    """Run one talk from its first move to its last check. Raises nothing of the talk's.

    Takes milliseconds; a talk that takes *longest* seconds of real time has failed.
    *note* hears every fact. Must not be called inside a running event loop.
    """
    talk = rehearsal.talk
    if talk.later:
        return Verdict(talk, later=tuple(dict.fromkeys(talk.later)))
    began = time.perf_counter()
    with listening() as ears:
        try:
            with real_time_limit(longest):
                verdict = clock.run(_rehearse(site, rehearsal, ears, note))
        except TooSlow:
            wanted = f"an end within {longest:g} s of real time"
            instead = "it goes in a circle in which no time passes, or is very long"
            verdict = Verdict(talk, failures=(Failure(talk.at, wanted, instead),))
        except Exception as fault:
            told = f"the rehearsal itself failed: {type(fault).__name__}: {fault}"
            verdict = Verdict(talk, failures=(Failure(talk.at, told),))
    return replace(verdict, seconds=time.perf_counter() - began)


async def _rehearse(
    site: Site, rehearsal: Rehearsal, ears: Ears, note: Note
) -> Verdict:
    stage = Stage(site, rehearsal.scene)
    stage.on_fact = note
    faults: list[str] = []
    asyncio.get_running_loop().set_exception_handler(
        lambda _, context: faults.append(str(context.get("message")))
    )
    failures: list[Failure] = []
    async with stage.open():
        player = _Player(stage)
        try:
            for move in rehearsal.talk.talk:
                await player.play(move)
            if not player.hung_up:
                await stage.until(lambda: stage.waiting, LAST_WORDS)
        except _Missed as missed:
            if not stage.unanswered:
                failures.append(missed.failure)
    failures += _faults(rehearsal.talk, stage, ears, faults)
    if not failures:
        failures += after_the_end(rehearsal.talk, stage, ears.heard)
    return Verdict(
        rehearsal.talk,
        failures=tuple(failures),
        story=tuple(_story(stage, player, failures)),
        log=tuple(ears.warnings),
        steps=steps_of(stage.facts),
        covered=covered_by(stage.facts),
    )


def steps_of(facts: Sequence[Fact]) -> tuple[str, ...]:
    """The steps that a call went through, in order."""
    return tuple(fact.step for fact in facts if isinstance(fact, StepEntered))


def _story(stage: Stage, player: _Player, failures: Sequence[Failure]) -> Iterator[str]:
    """The story of the talk; what came while a move waited in vain is cut short."""
    story = Story(stage.site.settings.zone)
    after = 0
    for number, fact in enumerate(stage.facts):
        if failures and player.missed and number == player.move_began:
            yield f"--- from here on: {failures[0].expected}?"
        line = story.line(fact)
        after += bool(line) and player.missed and number >= player.move_began
        if line and after <= AFTERMATH:
            yield line
    if after > AFTERMATH:
        yield f"... and {after - AFTERMATH} lines more"


def _faults(
    talk: Talk, stage: Stage, ears: Ears, faults: Sequence[str]
) -> list[Failure]:
    """What no talk may bring about, whatever it checks."""
    failures = []
    for source, place in {s.name: at for s, at in stage.unanswered}.items():
        told = f"nothing is said of {source}, which the flow looks up"
        failures.append(Failure(talk.at, f"data: {{{source}: ...}}", told, place))
    failures += [
        Failure(talk.at, "a fault of ours, not of the flow", told)
        for told in (*ears.errors, *faults)
    ]
    return failures


class _Missed(Exception):
    """A move that could not be made."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.expected)
        self.failure = failure


class _Player:
    """Makes the moves of one talk, one after the other."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._floor = Floor(stage)
        self._heard = 0
        """How much of what the phone said lies behind the talk."""
        self._passed: list[tuple[int, int, int]] = []
        """From where to where a move has heard, and its line in the test."""
        self._reached = 0
        """How many facts lie behind the last step that was to be reached."""
        self.hung_up = False
        self.move_began = 0
        """How many facts there were when the last move began."""
        self.missed = False
        """True if that move could not be made."""

    async def play(self, move: Move) -> None:
        """Make *move*; raise `_Missed`."""
        stage = self._stage
        self.move_began = len(stage.facts)
        if move.hears is not None:
            await self._hears(move.hears, move.hears.at)
        elif move.then_hears is not None:
            await self._then_hears(move.then_hears, move.then_hears.at)
        elif move.says is not None:
            await self._says(str(move.says), move.says.at)
        elif move.keys is not None:
            await self._keys(move.keys)
        elif move.waits is not None:
            await stage.until(lambda: False, float(move.waits))
        elif move.speaks is not None:
            await self._speaks(float(move.speaks), move.speaks.at)
        elif move.reaches is not None:
            await self._reaches(str(move.reaches), move.reaches.at)
        elif move.hangs_up == "flow":
            if not await stage.until(lambda: stage.over, LONGEST_CALL):
                told = f"it goes on in {stage.place}"
                raise self._missed(move.at, "the flow ends the call", told)
        elif move.agent is not None:
            phone = stage.phone_of(move.agent.number)
            await self._person(move.agent, phone, f"agent {move.agent.number}")
        elif move.rings is not None:
            await self._rings(move.rings)
        elif move.phone is not None:
            phone = address_of(move.phone.number)
            await self._person(move.phone, phone, move.phone.number)
        elif move.hangs_up is not None:
            if stage.channel.gone.done():
                raise self._missed(move.at, "the caller hangs up", "it had ended")
            stage.channel.drop()
            self.hung_up = True
            await stage.until(lambda: stage.over, PATIENCE)

    async def _hears(self, heard: Heard, at: Mark) -> None:
        if not await self._find(lambda said: heard.means(said.prompt), at):
            told = self._said_instead(heard.prompt) + self._earlier(heard)
            raise self._missed(at, f"hears {heard}", told)

    async def _then_hears(self, heard: Heard, at: Mark) -> None:
        """What is said next is *heard*: nothing is skipped."""
        before = [said for _, said in self._stage.channel.heard[: self._heard]]

        def other(said: Utterance) -> bool:
            # The same prompt in the site's other languages is part of what was heard.
            last = before[-1] if before else None
            same = last is not None and last.prompt == said.prompt != ""
            return not (same and last is not None and last.language != said.language)

        start = self._heard
        found = await self._find(other, at)
        if found:
            _, said = self._stage.channel.heard[self._heard - 1]
            if heard.means(said.prompt):
                return
            self._heard = start
        told = self._said_instead()
        raise self._missed(at, f"then hears {heard}", told)

    def _earlier(self, heard: Heard) -> str:
        """Which move went past *heard* already, if one did."""
        said = [utterance for _, utterance in self._stage.channel.heard[: self._heard]]
        for place in reversed(range(len(said))):
            if heard.means(said[place].prompt):
                for begin, end, line in reversed(self._passed):
                    if begin <= place < end:
                        return f"; it was heard already, up to the move in line {line}"
        return ""

    async def _reaches(self, step: str, at: Mark) -> None:
        """Let the call go on until it comes to *step*, from where it was before."""
        facts = self._stage.facts
        looked = self._reached

        def there() -> bool:
            nonlocal looked
            while looked < len(facts):
                looked += 1
                fact = facts[looked - 1]
                if isinstance(fact, StepEntered) and fact.step == step:
                    return True
            return bool(self._stage.unanswered)

        if not await self._stage.until(there, PATIENCE) or self._stage.unanswered:
            told = f"it went to {self._stage.place}"
            raise self._missed(at, f"reaches {step}", told)
        self._reached = looked

    async def _says(self, words: str, at: Mark) -> None:
        wanted = plain_words(words)
        if not await self._find(lambda said: plain_words(said.words) == wanted, at):
            raise self._missed(at, f'says "{words}"', self._said_instead())

    async def _find(self, wanted: Callable[[Utterance], bool], at: Mark) -> bool:
        """Let the call go on until *wanted* is said; skip what is said before it."""
        heard = self._stage.channel.heard
        start = looked = self._heard

        def said() -> bool:
            nonlocal looked
            while looked < len(heard):
                looked += 1
                if wanted(heard[looked - 1][1]):
                    return True
            return bool(self._stage.unanswered)

        found = await self._stage.until(said, PATIENCE)
        if found and not self._stage.unanswered:
            self._pass(looked, at)
            return True
        self._heard = start
        return False

    async def _keys(self, pressed: Pressed) -> None:
        stage = self._stage
        for number, key in enumerate(pressed.keys):
            if number:
                await stage.until(lambda: False, BETWEEN_KEYS)
            elif not await self._until(lambda: stage.channel.listening):
                told = f"presses {pressed}, at the next question"
                raise self._missed(pressed.at, told, self._said_instead())
            if stage.channel.gone.done():
                raise self._missed(pressed.at, f"presses {pressed}", "it had ended")
            self._pass(len(stage.channel.heard), pressed.at)
            stage.channel.press(key)

    def _pass(self, place: int, at: Mark) -> None:
        """What was said up to *place* is behind the talk: the move at *at* is made."""
        self._passed.append((self._heard, place, at.line))
        self._heard = place

    async def _speaks(self, seconds: float, at: Mark) -> None:
        stage = self._stage
        if not await self._until(lambda: stage.channel.recording):
            told = "speaks, when it is recorded"
            raise self._missed(at, told, self._said_instead())
        stage.channel.speak(seconds)
        await stage.until(lambda: False, seconds)

    async def _person(self, person: AgentMove, phone: str, who: str) -> None:
        try:
            await self._floor.does(person, phone, who)
        except CanNot as why:
            raise self._missed(person.at, str(person), str(why)) from None

    async def _rings(self, wanted: Rings) -> None:
        try:
            await self._floor.rings(wanted)
        except CanNot as why:
            raise self._missed(wanted.at, str(wanted), str(why)) from None

    async def _until(self, holds: Callable[[], object]) -> bool:
        stage = self._stage
        await stage.until(lambda: holds() or stage.unanswered, PATIENCE)
        return bool(holds()) and not stage.unanswered

    def _said_instead(self, prompt: str = "") -> str:
        """What the caller heard since the last move; *prompt* first, if it was said."""
        said = [utterance for _, utterance in self._stage.channel.heard[self._heard :]]
        if not said:
            return "nothing was said"
        same = [u for u in said if u.prompt.partition(".")[0] == prompt]
        first = [*same, *said][0]
        others = [u.prompt for u in said if u.prompt not in ("", first.prompt)]
        name = f"{first.prompt} " if first.prompt else ""
        more = f", then {', '.join(dict.fromkeys(others))}" if others else ""
        return f'{name}"{first.words}"{more}'

    def _missed(self, at: Mark, expected: str, instead: str) -> _Missed:
        self.missed = True
        if self._stage.over:
            instead += "; then the call ended"
        return _Missed(Failure(at, expected, instead, self._place()))

    def _place(self) -> str:
        """Where the call was when it did something else than the move wanted."""
        place = self._stage.place
        for fact in self._stage.facts[self.move_began :]:
            if isinstance(fact, StepEntered):
                place = f"{fact.place} ({fact.step})"
            elif isinstance(fact, Said):
                break
        return place
