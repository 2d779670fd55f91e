"""What must be true at the end of a talk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any

from ivrflow.facts import (
    AgentOffered,
    CallbackAsked,
    CallEnded,
    CallerQueued,
    CallRecordingBegan,
    Connected,
    Fact,
    LeftQueue,
    Logged,
    MessageLeft,
    Notified,
    StepEntered,
    TransferBegan,
)
from ivrflow.flow.kinds import Plain
from ivrflow.flow.source import Mark
from ivrflow.sim.rehearsal.model import Talk
from ivrflow.sim.rehearsal.stage import Stage
from ivrflow.sim.rehearsal.verdict import Failure
from ivrflow.sim.rehearsal.wanted import Never
from ivrflow.sim.rehearsal.words import plain_words

Found = Sequence[Mapping[str, Any]]


def after_the_end(talk: Talk, stage: Stage, logged: Sequence[str]) -> list[Failure]:
    """Hold the final checks of *talk* against what has happened."""
    failures: list[Failure] = []
    for what, at, wanted, found in _wanted(talk, stage):
        if not any(agrees(wanted, one) for one in found):
            instead = "; ".join(_shown(one) for one in found) or "nothing of the kind"
            failures.append(Failure(at, f"{what} {_shown(wanted)}", instead))
    if talk.ends_in:
        ended = [f.step for f in stage.facts if isinstance(f, CallEnded)]
        if talk.ends_in not in ended:
            told = f"it ended in {', '.join(ended) or 'no step'}"
            failures.append(Failure(talk.ends_in.at, f"ends in {talk.ends_in}", told))
    failures += _way(talk, stage)
    for prompt, times in (talk.said or {}).items():
        names = [said.prompt.partition(".")[0] for _, said in stage.channel.heard]
        if names.count(prompt) != times:
            told = f"it was said {names.count(prompt)} times"
            failures.append(Failure(prompt.at, f"said: {{{prompt}: {times}}}", told))
    if talk.recorded is not None:
        failures += _recording(talk, bool(talk.recorded), stage)
    if talk.never:
        failures += _never(talk.never, stage, logged)
    return failures


def _wanted(
    talk: Talk, stage: Stage
) -> Iterator[tuple[str, Mark, Mapping[Any, Any], Found]]:
    """What is wanted, its place, its values, and all that there is of its kind."""
    # Those who stand in the line before this caller have facts of their own.
    facts = [fact for fact in stage.facts if fact.call in ("", stage.call.id)]
    if talk.queued is not None:
        wanted = _given(talk.queued, skills=talk.queued.skills or None)
        yield "queued", talk.queued.at, wanted, [*_queued(facts)]
    if talk.served is not None:
        yield "served", talk.served.at, _given(talk.served), [*_served(facts)]
    if talk.left is not None:
        yield "left", talk.left.at, _given(talk.left), [*_left_queue(facts)]
    if talk.shown is not None:
        screens = Connected | TransferBegan
        shown = [dict(f.shown) for f in facts if isinstance(f, screens)]
        yield "shown", _place_in(talk.shown, talk), talk.shown, shown
    if talk.voicemail is not None:
        yield "voicemail", talk.voicemail.at, _given(talk.voicemail), [*_left(facts)]
    if talk.email is not None:
        sent = [
            {"to": f.to, "attach": f.attach}
            for f in facts
            if isinstance(f, Notified) and f.channel == "email"
        ]
        sent += _letters(stage, "email")
        yield "email", talk.email.at, _given(talk.email), sent
    if talk.sms is not None:
        yield "sms", talk.sms.at, _given(talk.sms), _letters(stage, "sms")
    if talk.webhook is not None:
        posted = _letters(stage, "webhook")
        yield "webhook", talk.webhook.at, _given(talk.webhook), posted
    if talk.callback is not None:
        yield "callback", talk.callback.at, _given(talk.callback), [*_asked_for(facts)]
    if talk.logged is not None:
        written = [dict(f.data) for f in facts if isinstance(f, Logged)]
        yield "logged", _place_in(talk.logged, talk), talk.logged, written
    for source, row in (talk.asked or {}).items():
        asked = stage.lookups.asked.get(str(source), [])
        yield f"{source} asked with", source.at, row, asked
    for source, row in (talk.stored or {}).items():
        stored = stage.lookups.stored.get(str(source), [])
        yield f"stored in {source}", source.at, row, stored


def _way(talk: Talk, stage: Stage) -> Iterator[Failure]:
    went = [fact.step for fact in stage.facts if isinstance(fact, StepEntered)]
    if talk.way and went != list(talk.way):
        wanted = f"way {' '.join(talk.way)}"
        yield Failure(talk.way[0].at, wanted, f"it went {' '.join(went)}")


def _recording(talk: Talk, wanted: bool, stage: Stage) -> Iterator[Failure]:
    was = any(isinstance(fact, CallRecordingBegan) for fact in stage.facts)
    if was != wanted:
        told = ("it was not recorded", "it was recorded")[was]
        yield Failure(talk.at, f"recorded: {'yes' if wanted else 'no'}", told)


def _letters(stage: Stage, channel: str) -> list[dict[str, Any]]:
    """What was sent on *channel*, codes included: these are masked."""
    letters = [*stage.outbox.letters.values(), *stage.outbox.delivered]
    return [
        {
            "to": one.to,
            "subject": one.subject,
            "text": str(one.text),
            "data": dict(one.data),
        }
        for one in letters
        if one.channel == channel
    ]


def _given(part: Any, **more: Any) -> dict[str, Any]:
    """The keys of *part* that the test gives."""
    given = {name: getattr(part, name) for name in type(part).model_fields} | more
    return {name: value for name, value in given.items() if value is not None}


def _queued(facts: Sequence[Fact]) -> Iterator[Mapping[str, Any]]:
    for fact in facts:
        if isinstance(fact, CallerQueued):
            yield {
                "queue": fact.queue,
                "skills": fact.needs,
                "priority": fact.priority,
                "position": fact.position,
            }


def _served(facts: Sequence[Fact]) -> Iterator[Mapping[str, Any]]:
    for fact in facts:
        if isinstance(fact, Connected):
            waited = round(fact.waited)
            yield {"queue": fact.queue, "agent": fact.agent, "waited": waited}


def _left_queue(facts: Sequence[Fact]) -> Iterator[Mapping[str, Any]]:
    for fact in facts:
        if isinstance(fact, LeftQueue):
            waited = round(fact.waited)
            yield {"queue": fact.queue, "how": fact.how, "waited": waited}


def _asked_for(facts: Sequence[Fact]) -> Iterator[Mapping[str, Any]]:
    """Each callback; its due time without seconds, as a test writes it."""
    for fact in facts:
        if isinstance(fact, CallbackAsked):
            due = fact.due[:16].replace("T", " ") or None
            yield {"queue": fact.queue, "number": fact.number, "due": due}


def _left(facts: Sequence[Fact]) -> Iterator[Mapping[str, Any]]:
    for fact in facts:
        if isinstance(fact, MessageLeft):
            seconds = round(fact.seconds)
            yield {"box": fact.mailbox, "seconds": seconds, "urgent": fact.urgent}


def _place_in(values: Mapping[Any, Plain], talk: Talk) -> Mark:
    return next((name.at for name in values), talk.at)


def agrees(wanted: Any, found: Any) -> bool:
    """True if *found* is what a test wrote; of a table, at least what it names."""
    if isinstance(wanted, Mapping):
        return isinstance(found, Mapping) and all(
            str(name) in found and agrees(value, found[str(name)])
            for name, value in wanted.items()
        )
    if isinstance(found, bool):
        return wanted is found or str(wanted) == ("yes" if found else "no")
    if found is None:
        return str(wanted) == "none"
    if str(wanted) == str(found):
        return True
    if isinstance(found, str):
        return False
    try:
        return Decimal(str(wanted)) == Decimal(str(found))
    except InvalidOperation:
        return False


def _shown(value: Mapping[Any, Any]) -> str:
    """A table as a test would write it."""
    shown = []
    for name, inside in value.items():
        if isinstance(inside, Mapping):
            inside = _shown(inside)
        elif isinstance(inside, bool):
            inside = "yes" if inside else "no"
        elif isinstance(inside, float):
            inside = f"{inside:g}"
        shown.append(f"{name}: {inside}")
    return f"{{{', '.join(shown)}}}"


def _never(never: Never, stage: Stage, logged: Sequence[str]) -> Iterator[Failure]:
    kept = [*_kept(stage)]
    for text in never.logged:
        for where, written in (*(("a log message", x) for x in logged), *kept):
            if str(text) in written:
                yield Failure(text.at, f"never logged: {text}", f"it is in {where}")
                break
    heard = [utterance for _, utterance in stage.channel.heard]
    for text in never.said:
        # A prompt's name is no words: `your_miles` is not "press five for your miles".
        words = "" if stage.site.catalogue.has(text) else plain_words(text)
        for said in heard:
            name = said.prompt.partition(".")[0]
            if text in (said.prompt, name) or (
                words and words in plain_words(said.words)
            ):
                told = f'{said.prompt} "{said.words}" was said'
                yield Failure(text.at, f"never said: {text}", told)
                break
    for step in never.reached:
        for fact in stage.facts:
            if isinstance(fact, StepEntered) and fact.step == step:
                told = f"it was, from {fact.place}"
                yield Failure(step.at, f"never reached: {step}", told)
                break
    for agent in never.rings:
        for fact in stage.facts:
            if isinstance(fact, AgentOffered) and fact.agent == agent:
                told = f"{agent} rang ({fact.why})"
                yield Failure(agent.at, f"never rings: {agent}", told)
                break


def _kept(stage: Stage) -> Iterator[tuple[str, str]]:
    """Everything that outlives the call, as text: facts and stores."""
    for fact in stage.facts:
        yield f"the fact {fact.kind}", repr(fact.details())
    for source, rows in stage.lookups.stored.items():
        yield f"the store {source}", repr(rows)
    for message in stage.messages.all.values():
        yield "a message", repr(message)
    for notice in stage.messages.outbox:
        yield "the outbox", repr(notice)
    for letter in stage.outbox.letters.values():
        yield "the outbox", repr(letter)
    yield "the callbacks", repr(stage.callbacks.asked)
