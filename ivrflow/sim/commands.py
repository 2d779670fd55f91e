"""What is typed beside keys in a talk at a terminal: `:wait 6s`, `:agent 1003 answers`.

Each command is a function of the talk and of what stands behind its name; what is wrong
with that is `NotUnderstood`, which says what to write instead.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ivrflow.acd.desk.attendance import NotInWrapUp
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.disposing import DispositionOwed
from ivrflow.facts import CallStarted, Fact, StepEntered
from ivrflow.flow.kinds import Duration, did_you_mean
from ivrflow.flow.source import Problem, Scalar, Table, read
from ivrflow.flow.why.account import account_of
from ivrflow.flow.why.told import told
from ivrflow.sim.rehearsal.outside import address_of
from ivrflow.sim.rehearsal.people import CHOICES
from ivrflow.sim.rehearsal.read import ENDING
from ivrflow.sim.rehearsal.save import save
from ivrflow.sim.rehearsal.scene import read_answers
from ivrflow.sim.rehearsal.write import CannotWrite

if TYPE_CHECKING:
    from ivrflow.sim.terminal import Terminal

HELP = """\
  digits, * and #          press these keys
  (an empty line)          wait until something happens
  :wait 6s                 do nothing for so long
  :speak 12s               speak, where a message is recorded
  :agent 1003 answers      the phone of agent 1003 rings, and is answered
                           (also: rejects, hangs up, ready, out, pauses lunch, ...)
  :phone 0571888 answers   a number that a transfer has dialled (rejects, hangs up)
  :switch outage on        throw a switch; off puts it back
  :data balance error      what a look-up answers from now on: error, not found, slow,
                           wrong, locked, or a row: {amount: 12.50, due: 2026-03-15}
  :why                     every decision so far, with the line that made it
  :save tests/x.test.yaml  the talk so far becomes a test of the site
  :hangup                  hang up
  :quit                    hang up, and end
  :help                    this"""

REACTION = 0.1
"""Seconds that the flow has to see what was done."""

Command = Callable[["Terminal", str], Awaitable[None]]


class NotUnderstood(Exception):
    """What was typed is no command, or lacks something. Says what to write."""


async def do(talk: Terminal, typed: str) -> None:
    """Do what *typed* says, without its colon. Raises `NotUnderstood`."""
    word, _, rest = typed.partition(" ")
    command = COMMANDS.get(word)
    if talk.stage.over and word not in AFTER_THE_END:
        there = ", ".join(f":{name}" for name in AFTER_THE_END)
        raise NotUnderstood(f"the call is over; there are {there}")
    if command is None:
        hint = did_you_mean(word, COMMANDS)
        raise NotUnderstood(
            f"{':' + typed!r} is not understood{hint}; :help says what is"
        )
    await command(talk, rest.strip())


async def _help(talk: Terminal, _: str) -> None:
    talk.show(HELP)


async def _hang_up(talk: Terminal, _: str) -> None:
    talk.stage.channel.drop()
    await talk.wait(REACTION)


async def _wait(talk: Terminal, rest: str) -> None:
    await talk.wait(_seconds(rest, ":wait 6s"))


async def _speak(talk: Terminal, rest: str) -> None:
    seconds = _seconds(rest, ":speak 12s")
    if not talk.stage.channel.recording:
        talk.show("  nothing is recorded just now: nobody hears it")
    talk.stage.channel.speak(seconds)
    await talk.wait(seconds)


def _seconds(text: str, example: str) -> float:
    try:
        return float(Duration.read(Scalar(text)))
    except ValueError:
        raise NotUnderstood(f"say how long: {example}") from None


async def _agent(talk: Terminal, rest: str) -> None:
    stage = talk.stage
    number, _, does = rest.partition(" ")
    if number not in stage.site.agents:
        known = ", ".join(map(str, stage.site.agents)) or "none"
        raise NotUnderstood(f"there is no agent {number}; there are {known}")
    verb, _, reason = does.partition(" ")
    if does in CHOICES or (verb == "pauses" and reason in stage.site.pauses):
        chosen = (verb, reason) if verb == "pauses" else (does, "")
        try:
            await stage.agent_does(number, *chosen)
        except (BoardAway, NotInWrapUp, DispositionOwed) as refused:
            talk.show(f"  {refused}")
        await talk.wait(REACTION)
        return
    await _person(talk, stage.phone_of(number), f"agent {number}", does)


async def _phone(talk: Terminal, rest: str) -> None:
    number, _, does = rest.partition(" ")
    if not number or number.strip("+0123456789"):
        raise NotUnderstood("say which number and what happens: :phone 0571888 answers")
    await _person(talk, address_of(number), number, does)


async def _person(talk: Terminal, phone: str, who: str, does: str) -> None:
    phones = talk.stage.phones
    if does in ("answers", "rejects"):
        if phone not in phones.ringing:
            raise NotUnderstood(f"the phone of {who} does not ring")
        if does == "answers":
            phones.answer(phone)
        else:
            phones.refuse(phone)
    elif does == "hangs up":
        if phones.leg_at(phone) is None:
            raise NotUnderstood(f"{who} talks to nobody")
        phones.hang_up(phone)
    else:
        hint = did_you_mean(does, ("answers", "rejects", "hangs up", *CHOICES))
        raise NotUnderstood(
            f"{who} can't {does!r}{hint}; :help says what is understood"
        )
    await talk.wait(REACTION)


async def _switch(talk: Terminal, rest: str) -> None:
    stage = talk.stage
    name, _, to = rest.partition(" ")
    switch = next((s for n, s in stage.site.switches.items() if n == name), None)
    if switch is None:
        known = ", ".join(map(str, stage.site.switches)) or "none"
        hint = did_you_mean(name, map(str, stage.site.switches))
        raise NotUnderstood(f"there is no switch {name!r}{hint}; there are {known}")
    now = stage.clock()
    if to == "on":
        await stage.switches.throw(name, by="you", now=now, until=switch.end(now, None))
    elif to == "off":
        await stage.switches.put_back(name, by="you", now=now)
    else:
        raise NotUnderstood(f"say :switch {name} on, or off")
    talk.show(f"  the switch {name} is {'thrown' if to == 'on' else 'put back'}")


async def _data(talk: Terminal, rest: str) -> None:
    site = talk.stage.site
    name, _, given = rest.partition(" ")
    if not given:
        raise NotUnderstood("say which look-up, and its answer: :data balance error")
    problems: list[Problem]
    written, problems = read(f"{name}: {given}".encode(), "what you typed")
    answers = {}
    if isinstance(written, Table) and not problems:
        answers = read_answers(written, site, problems)
    if problems:
        raise NotUnderstood("; ".join(problem.message for problem in problems))
    for source, answer in answers.items():
        talk.stage.lookups.give(source, answer)
        talk.show(f"  {source} answers so from now on: {given}")


async def _why(talk: Terminal, _: str) -> None:
    account = account_of(talk.stage.facts, talk.texts)
    for line in told(account, talk.paint):
        talk.show(line)


async def _save(talk: Terminal, rest: str) -> None:
    if not rest:
        raise NotUnderstood(f"say which file: :save tests/my_talk{ENDING}")
    facts: list[Fact] = list(talk.stage.facts)
    if not any(isinstance(fact, StepEntered) for fact in facts):
        raise NotUnderstood("nothing has happened yet that could be saved")
    started = next(fact for fact in facts if isinstance(fact, CallStarted))
    name = f"talk of {started.local[:16].replace('T', ' ')}"
    begun = talk.stage.scene.flow
    first = talk.stage.site.flows[begun.name].start  # where it begins by itself
    try:
        # Not in this loop: the test that is written is run there.
        saved = await asyncio.to_thread(
            save,
            talk.stage.site,
            facts,
            Path(rest),
            name=name,
            saved_by="made of a talk in `ivrflow try`",
            step="" if begun.start == first else begun.start,
        )
    except (CannotWrite, OSError) as error:
        raise NotUnderstood(f"not saved: {error}") from None
    for line in saved.told():
        talk.show(f"  {line}")


async def _quit(talk: Terminal, _: str) -> None:
    talk.done = True
    talk.stage.channel.drop()
    await talk.stage.until(lambda: talk.stage.over, None)


COMMANDS: dict[str, Command] = {
    "wait": _wait,
    "speak": _speak,
    "agent": _agent,
    "phone": _phone,
    "switch": _switch,
    "data": _data,
    "why": _why,
    "save": _save,
    "hangup": _hang_up,
    "quit": _quit,
    "help": _help,
}

AFTER_THE_END = ("save", "why", "help", "quit")
"""What can be done when the call is over."""
