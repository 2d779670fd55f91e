"""The moves of a past call: who did what from outside, and when that matters.

One pass over the facts. What is said in the questions and between them is what the
caller `hears`; keys are pressed at the question that took them; silence and timers need
no move, as the next thing that is heard waits for them. In a line, in a talk and in a
recording time itself is what happens: there the moves `wait`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Any, TypeVar

from ivrflow.facts import (
    AgentOffered,
    CallEnded,
    CallerQueued,
    CallResumed,
    CallStarted,
    Connected,
    Decided,
    DialRefused,
    DigitsCollected,
    Fact,
    IdentityJudged,
    LeftQueue,
    MessageLeft,
    MessageRecorded,
    OfferEnded,
    RoomEntered,
    RoomLeft,
    Said,
    StepEntered,
    TalkEnded,
    TransferBegan,
    TransferEnded,
)
from ivrflow.flow.outbound import WRITTEN
from ivrflow.flow.site import Site
from ivrflow.flow.yaml_text import scalar
from ivrflow.secret import MASK
from ivrflow.sim.rehearsal.made_up import Hidden, hidden_questions, one_time_code

AT_ONCE = 1.0
"""Seconds within which an agent who is offered was free when the caller joined."""

NOTICEABLE = 1.0
"""Seconds that are worth a `waits`."""

_SECONDS = re.compile(r"no (?:further )?key for ([0-9.]+) s")
_HEARD = re.compile(r"([a-z][a-z0-9_]*)(\.(first|silent|wrong))?")

F = TypeVar("F", bound=Fact)


class Moves:
    """What happened from outside in one call, as moves of a test."""

    def __init__(self, facts: Sequence[Fact], site: Site, *, today: date) -> None:
        self.written: list[str] = []
        """Each as the test file has it, without its dash."""
        self.agents: dict[str, str] = {}
        self.waiting: dict[str, int] = {}
        self.wanted: dict[str, Any] = {}
        """What must be true at the end."""
        self.notes: list[str] = []
        """What can't be played again, in words."""
        self._facts = facts
        self._site = site
        self._today = today
        self._fillers = {str(s.filler) for s in site.data.values() if s.filler}
        self._flow = ""
        self._step = ""
        self._verb = ""
        self._anchored = False
        """Whether a move has waited for something of the step where the call is."""
        self._said = ""
        """What was heard last, to hear each prompt once per attempt."""
        self._since = 0.0
        """Up to when the moves have come; while they wait in a line or a talk."""
        self._in_line = False
        self._talks = False
        self._first_line = True
        self._after_line = 0
        """The place among the moves behind the last line that the caller stood in."""
        self._timer = 0.0
        """Seconds of a timer that must run out before the next key, or 0."""
        self._hidden: list[Hidden] = []
        self._asked: Hidden | None = None
        self._recorded = False
        """Whether a recording has ended whose message is not settled yet."""
        self._left = ""
        """What was recorded of the message that was kept last."""
        self._mode = ""
        """Of the transfer that is on."""
        for place, fact in enumerate(facts):
            if (take := _TAKEN.get(type(fact))) is not None:
                take(self, fact, facts[place + 1 :])

    # Moves ----------------------------------------------------------------------------

    def _move(self, what: str, value: str) -> None:
        self.written.append(f"{what}: {value}")
        self._anchored, self._timer = True, 0.0

    def _reach(self) -> None:
        """Make sure that the call is in this step before the next move."""
        if not self._anchored and self._step:
            self._move("reaches", scalar(self._step))

    def _pass_to(self, at: float) -> None:
        """Let time pass up to *at*, if it is worth it."""
        seconds = round(at - self._since)
        if seconds >= NOTICEABLE:
            self._reach()
            self._move("waits", f"{seconds}s")
            self._since += seconds

    # The call -------------------------------------------------------------------------

    def _started(self, fact: CallStarted, _: Sequence[Fact]) -> None:
        self._since = fact.at
        first = next(
            (f for f in self._facts if isinstance(f, CallerQueued | LeftQueue)), None
        )
        # Nobody was signed in: that is how it must begin.
        if isinstance(first, LeftQueue) and first.how == "no agents":
            self.agents = dict.fromkeys(map(str, self._site.agents), "out")

    def _entered(self, fact: StepEntered, _: Sequence[Fact]) -> None:
        self._flow, self._step, self._verb = fact.flow, fact.step, fact.verb
        self._anchored, self._said, self._since = False, "", fact.at
        flow = self._site.flows.get(fact.flow)
        node = flow.nodes.get(fact.step) if flow else None
        self._hidden = list(hidden_questions(node)) if node else []
        self._asked = self._hidden[0] if self._hidden else None

    def _resumed(self, fact: CallResumed, _: Sequence[Fact]) -> None:
        self.notes.append(
            f"the service was started anew in {fact.step or fact.flow}: what it asked "
            "for again is asked for once in a test"
        )

    def _ended(self, fact: CallEnded, _: Sequence[Fact]) -> None:
        if fact.by == "caller":
            if self._in_line or self._talks or self._verb in ("wait", "conference"):
                self._pass_to(fact.at)
            self._reach()
            self._move("hangs up", "caller")
        elif fact.by in ("flow", "limit"):
            self._move("hangs up", "flow")
        else:
            self.notes.append(f"the call was ended by {fact.by}")

    # What is said and pressed ---------------------------------------------------------

    def _heard(self, fact: Said, _: Sequence[Fact]) -> None:
        if fact.to != "caller" or self._in_line or self._talks:
            return
        found = _HEARD.fullmatch(fact.prompt)
        if found is None or not self._site.catalogue.has(found[1]):
            return
        for question in self._hidden:
            if question.prompt == found[1]:
                self._asked = question
        if fact.prompt != self._said and fact.prompt not in self._fillers:
            self._said = fact.prompt
            self._move("hears", fact.prompt)

    def _collected(self, fact: DigitsCollected, after: Sequence[Fact]) -> None:
        self._said = ""
        timer = fact.ended_by in ("between_keys", "after_complete")
        if not fact.ended_by:  # noted before this was
            timer = bool(fact.digits and _SECONDS.search(fact.why))
        if fact.result == "silent" and not fact.key:
            return
        keys = self._keys_of(fact, after)
        if fact.key:
            keys += fact.key
        elif not fact.ended_by and (end := re.search("end key (.) was", fact.why)):
            keys += end[1]
        if not keys:
            self.notes.append(f"no keys were found for {fact.step}: {fact.why}")
            return
        if self._in_line:
            self._pass_to(fact.at)
        elif self._timer:
            # Nothing was heard since: these keys must not join the entry before.
            self._move("waits", f"{self._timer + 0.5:g}s")
        self._move("keys", _pressed(keys))
        found = _SECONDS.search(fact.why)
        self._timer = float(found[1]) if timer and found else 0.0
        if fact.result == "accepted" and self._asked in self._hidden:
            place = self._hidden.index(self._asked)
            self._asked = self._hidden[(place + 1) % len(self._hidden)]

    def _keys_of(self, fact: DigitsCollected, after: Sequence[Fact]) -> str:
        """What was pressed, or what stands for it."""
        question = self._asked
        if not fact.digits.startswith(MASK) or question is None:
            return fact.digits
        if fact.result == "accepted" and question.part == "code":
            judged = (f for f in after if isinstance(f, IdentityJudged))
            verdict = next(judged, None)
            right = verdict is None or verdict.verdict == "right"
            return one_time_code(question, right=right)
        if fact.result == "accepted":
            return question.right(self._today)
        if fact.result == "wrong":
            return question.wrong(fact.why, self._today)
        return ""

    # Lines, agents, talks -------------------------------------------------------------

    def _queued(self, fact: CallerQueued, after: Sequence[Fact]) -> None:
        self._in_line, self._since = True, fact.at
        if self._first_line and fact.position > 1:
            self.waiting[fact.queue] = fact.position - 1
        self.wanted.setdefault("queued", {"queue": fact.queue})
        offered = _next(AgentOffered, after)
        if offered is not None and offered.at - fact.at < AT_ONCE:
            self._free_when_joining(offered.agent)
        self._first_line = False

    def _free_when_joining(self, agent: str) -> None:
        """*agent* was free before the caller joined: it goes before the moves of it."""
        if self._first_line:
            self.agents[agent] = "ready"
            return
        self.written.insert(self._after_line, f"agent: {agent} ready")

    def _offered(self, fact: AgentOffered, _: Sequence[Fact]) -> None:
        if fact.at - self._since >= AT_ONCE:
            self._pass_to(fact.at)
            self._reach()
            self._move("agent", f"{fact.agent} ready")
            self._since = fact.at

    def _offer_ended(self, fact: OfferEnded, after: Sequence[Fact]) -> None:
        following = _next(AgentOffered, after)
        other = following is None or following.agent != fact.agent
        if fact.how in ("rejected", "busy", "unreachable", "lost"):
            self._pass_to(fact.at)
            self._move("agent", f"{fact.agent} rejects")
            self._since = fact.at
            if other:
                self._move("agent", f"{fact.agent} busy")
        # One who lets it ring needs no move, and time passes until somebody does
        # something else.
        if following is not None and following.at - fact.at < AT_ONCE and other:
            self._pass_to(following.at)
            self._move("agent", f"{following.agent} ready")
            self._since = following.at

    def _connected(self, fact: Connected, _: Sequence[Fact]) -> None:
        self._pass_to(fact.at)
        self._move("agent", f"{fact.agent} answers")
        self._in_line, self._talks, self._since = False, True, fact.at

    def _talk_ended(self, fact: TalkEnded, after: Sequence[Fact]) -> None:
        if fact.by == "agent":
            self._pass_to(fact.at)
            self._move("agent", f"{fact.agent} hangs up")
            self._talks = False
        if _next(CallerQueued, after) is not None:
            self._move("agent", f"{fact.agent} busy")
        self._after_line = len(self.written)

    def _left_queue(self, fact: LeftQueue, _: Sequence[Fact]) -> None:
        if fact.how == "full":
            rules = self._site.queues.get(fact.queue)
            longest = getattr(rules, "longest_line", None)
            if longest:
                self.waiting[fact.queue] = int(longest)
        elif fact.how == "no agents" and not self._first_line:
            self._pass_to(fact.at)
            self._reach()
            for agent in self._site.agents:
                self._move("agent", f"{agent} out")
        if fact.how != "abandoned":
            self._in_line = False
        self._after_line = len(self.written)

    # Other phones, rooms, messages ----------------------------------------------------

    def _transfer_began(self, fact: TransferBegan, _: Sequence[Fact]) -> None:
        self._talks, self._since, self._mode = True, fact.at, fact.mode

    def _transfer_ended(self, fact: TransferEnded, _: Sequence[Fact]) -> None:
        # A talk that the caller ended stays one, up to the end of the call.
        gone = fact.how == "caller gone"
        self._talks = gone
        if fact.how in ("busy", "rejected"):
            self._pass_to(fact.at)
            self._phone(fact.to, "rejects")
        elif fact.how == "talked" or (gone and fact.seconds):
            began = fact.at - fact.seconds
            self._pass_to(began)
            self._phone(fact.to, "accepts" if self._mode == "attended" else "answers")
            self._since = began
            if not gone:
                self._pass_to(fact.at)
                self._phone(fact.to, "hangs up")
        elif fact.how in ("unreachable", "not accepted", "failed"):
            self.notes.append(f"the transfer to {fact.to} ended so: {fact.how}")

    def _phone(self, to: str, does: str) -> None:
        """The phone at *to* does that: an agent's, or one outside."""
        for number, agent in self._site.agents.items():
            if agent.endpoint == to and does != "accepts":
                self._move("agent", f"{number} {does}")
                return
        number = to.translate(WRITTEN)
        if re.fullmatch(r"\+?[0-9]{2,20}", number):
            self._move("phone", scalar(f"{number} {does}"))
        else:
            self.notes.append(f"a test can't say what happens at {to}")

    def _dial_refused(self, fact: DialRefused, _: Sequence[Fact]) -> None:
        self.notes.append(f"the settings did not let {fact.step} dial: {fact.why}")

    def _room_entered(self, fact: RoomEntered, _: Sequence[Fact]) -> None:
        self._talks, self._since = True, fact.at
        if fact.members > 1:
            self.notes.append(f"others were in the room {fact.room}")

    def _room_left(self, fact: RoomLeft, after: Sequence[Fact]) -> None:
        if isinstance(_next((Decided, CallEnded), after), Decided):
            flow = self._site.flows[self._flow]
            step = flow.nodes[self._step].step
            self._pass_to(fact.at)
            self._reach()
            self._move("keys", _pressed(str(getattr(step, "leave", "#"))))
            self._talks = False

    def _message_recorded(self, fact: MessageRecorded, _: Sequence[Fact]) -> None:
        self._reach()
        self._speak(fact.seconds)
        if len(fact.ended_by) == 1:
            self._move("keys", _pressed(fact.ended_by))
        self._recorded = True

    def _message_left(self, fact: MessageLeft, _: Sequence[Fact]) -> None:
        if fact.sound and fact.sound == self._left:
            return  # the same one, in another mailbox
        self._left = fact.sound
        if not self._recorded:  # the caller hung up while it was recorded
            self._reach()
            self._speak(fact.seconds)
        self._recorded = False
        urgent = {"urgent": True} if fact.urgent else {}
        self.wanted["voicemail"] = {"box": fact.mailbox, **urgent}

    def _speak(self, seconds: float) -> None:
        if round(seconds):
            self._move("speaks", f"{round(seconds)}s")


def _next(kinds: type[F] | tuple[type[F], ...], facts: Sequence[Fact]) -> F | None:
    """The first fact of *kinds*."""
    return next((fact for fact in facts if isinstance(fact, kinds)), None)


def _pressed(keys: str) -> str:
    """*keys* as a test writes them: `12 hash`, and digits in quotes."""
    if not keys.strip("0123456789"):
        return keys if keys[:1] != "0" and len(keys) < 3 else f'"{keys}"'
    names = {"*": " star ", "#": " hash "}
    words = "".join(names.get(key, key) for key in keys).split()
    return scalar(" ".join(words))


_TAKEN: Mapping[type[Fact], Callable[[Moves, Any, Sequence[Fact]], None]] = {
    CallStarted: Moves._started,
    StepEntered: Moves._entered,
    CallResumed: Moves._resumed,
    CallEnded: Moves._ended,
    Said: Moves._heard,
    DigitsCollected: Moves._collected,
    CallerQueued: Moves._queued,
    AgentOffered: Moves._offered,
    OfferEnded: Moves._offer_ended,
    Connected: Moves._connected,
    TalkEnded: Moves._talk_ended,
    LeftQueue: Moves._left_queue,
    TransferBegan: Moves._transfer_began,
    TransferEnded: Moves._transfer_ended,
    DialRefused: Moves._dial_refused,
    RoomEntered: Moves._room_entered,
    RoomLeft: Moves._room_left,
    MessageRecorded: Moves._message_recorded,
    MessageLeft: Moves._message_left,
}
"""What is made of each kind of fact, given those that came after it."""
