"""Who may hear a mailbox: its number and its PIN, or a person's own.

A mailbox that has a PIN is opened by its number and that PIN. An agent enters his own
number and PIN, and hears the mailboxes whose `heard_by` names him or his role. The
number of the phone that calls opens nothing: it can be forged.

An attempt is counted in the database before it is judged, against what was entered and
against the calling number, the dialled one and all calls. Five wrong ones in a day lock
for half an hour; that is said after the PIN only. A number that nobody has is counted,
judged, and answered in the same words and the same time as one with a wrong PIN.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ivrflow.facts import MailboxEntered, MailboxRefused
from ivrflow.flow.call import Call, log
from ivrflow.flow.collect import Question, ask, prompt_words
from ivrflow.flow.identity import attempt, counted_against
from ivrflow.flow.site.mailboxes import by_number
from ivrflow.flow.site.switches import may
from ivrflow.flow.talks.who import LOCK_AFTER, LOCK_FOR, LOCK_WITHIN, TRIES
from ivrflow.flow.world import Limit, Trouble
from ivrflow.secret import Secret
from ivrflow.telephony.digits import Length, Result, Rules
from ivrflow.voicemail.pins import LONGEST

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import Boxes

LOCK = Limit(LOCK_AFTER, LOCK_WITHIN, LOCK_FOR)

MAILBOXES, AGENTS = "(mailboxes)", "agents"
"""What attempts are counted under: for mailboxes no name that data.yaml can have, for
agents that of their sign-in."""

WRONG = "wrong"
"""The mark: how many pairs were wrong so far."""

NUMBER_DIGITS = 15


@dataclass(frozen=True, kw_only=True)
class Entry:
    """Who hears which mailbox. Plain values: it goes into a mark."""

    box: str
    """Its name in mailboxes.yaml."""
    who: str
    """As the audit log names him: "mailbox 800" by its own PIN, or "agent 1001"."""
    agent: str = ""
    """His number, "" where the mailbox's own PIN was entered."""
    must_change: bool = False
    """Whether another PIN must be chosen before anything is heard."""
    fixed: bool = True
    """Whether the PIN can't be changed by phone: always where it is not his."""


@dataclass(frozen=True, kw_only=True)
class _Claim:
    """Who somebody says that he is, and what would prove it."""

    source: str
    account: str
    hashed: str | None = None
    """None: nobody is known by that, so no PIN is right."""
    box: str = ""
    agent: str = ""
    must_change: bool = False
    fixed: bool = True


async def entered(
    call: Call, boxes: Boxes, box: str = "", *, agent: str = ""
) -> Entry | None:
    """Ask until somebody has proved that he may hear a mailbox; None: nobody has.

    *box* "": what is entered tells which one. With a *box* that has a PIN, that
    alone is asked; with one that has none, the number and PIN of somebody who may hear
    it, or *agent*'s PIN alone. What is wrong was said. Raises `Trouble`.
    """
    noted = call.marks.get(WRONG)
    for wrong in range(noted if isinstance(noted, int) else 0, TRIES):
        claim = await _claim(call, boxes, box, agent)
        pin = await _digits(call, "box_pin", LONGEST) if claim else None
        if claim is None or pin is None:
            return None
        right = await _is_right(call, claim, pin)
        if right is None:
            await _refuse(call, "locked", "box_locked")
            return None
        if right:
            return await _opened(call, claim, box)
        call.note(MailboxRefused, why="wrong")
        await call.mark(**{WRONG: wrong + 1})
        await call.say("box_wrong")
    return None


async def _claim(call: Call, boxes: Boxes, box: str, agent: str) -> _Claim | None:
    """Whose PIN is to be entered; asks for a number where that is not known."""
    site = call.site
    if box:
        pin = await boxes.pin(box)
        if pin is not None:
            return _Claim(
                source=MAILBOXES,
                account=str(site.mailboxes[box].number or box),
                hashed=pin.hashed,
                box=box,
                must_change=pin.must_change,
                fixed=pin.fixed,
            )
    number = agent or await _digits(call, "box_number", NUMBER_DIGITS)
    if number is None:
        return None
    named = "" if box else by_number(site.mailboxes, number)
    # Both are looked up, whatever it is: so that time tells nothing.
    pin = await boxes.pin(named or number)
    agents = call.world.agents
    own = await agents.pin_hash(number) if agents is not None else None
    if named and pin is not None:
        return _Claim(
            source=MAILBOXES,
            account=number,
            hashed=pin.hashed,
            box=named,
            must_change=pin.must_change,
            fixed=pin.fixed,
        )
    if number in site.agents:
        return _Claim(source=AGENTS, account=number, hashed=own, agent=number)
    return _Claim(source=MAILBOXES, account=number)


async def _is_right(call: Call, claim: _Claim, pin: str) -> bool | None:
    """Count the attempt, and judge it. None: locked."""
    account, verifier = Secret(claim.account), call.world.verifier
    against = counted_against(call, claim.source, account, LOCK)

    async def judge(may_be: bool) -> bool:
        return await verifier.matches(Secret(pin), claim.hashed) and may_be

    right = await attempt(call, against, judge)
    if right:
        await call.world.lock_outs.forget(claim.source, account)
    return right


async def _opened(call: Call, claim: _Claim, box: str) -> Entry | None:
    """What the one who has proved it may hear; None: nothing, which was said."""
    if not claim.agent:
        entry = Entry(
            box=claim.box,
            who=f"mailbox {claim.account}",
            must_change=claim.must_change,
            fixed=claim.fixed,
        )
    else:
        chosen = await _chosen(call, claim.agent, box)
        if not chosen:
            return None
        entry = Entry(box=chosen, who=f"agent {claim.agent}", agent=claim.agent)
    call.note(MailboxEntered, mailbox=entry.box, by=entry.who)
    return entry


async def _chosen(call: Call, agent: str, box: str) -> str:
    """The mailbox that an agent wants, of those that he may hear; "": none."""
    site_now = call.world.site_now
    allowed = heard_by(site_now() if site_now else call.site, agent)
    # Of a version that came meanwhile this call's own may not have all.
    mine = [name for name in allowed if name in call.site.mailboxes]
    if box in mine or (not box and len(mine) == 1):
        return box or mine[0]
    if box or not mine:
        log.warning("call %s: agent %s may not hear %s", call.id, agent, box or "any")
        await _refuse(call, "not allowed", "box_not_now")
        return ""
    for _ in range(TRIES):
        number = await _digits(call, "box_number", NUMBER_DIGITS, hidden=False)
        if number is None:
            return ""
        if (named := by_number(call.site.mailboxes, number)) in mine:
            return named
        await call.say("box_unknown")
    return ""


def heard_by(site: Site, agent: str) -> list[str]:
    """The mailboxes that an agent may hear with his own PIN, in the site's order."""
    listed = next((one for n, one in site.agents.items() if n == agent), None)
    if listed is None:
        return []
    return [
        str(name)
        for name, box in site.mailboxes.items()
        if listed.mailbox == name
        or any(may(str(who), agent, listed.role) for who in box.heard_by)
    ]


def own_box(call: Call) -> tuple[str, str]:
    """The mailbox and the number of the agent who is signed in at the phone that calls.

    By the phone's own login at the switch. "" for what nobody knows.
    """
    agents, phone = call.world.agents, call.channel.phone
    agent = agents.at(phone) if agents is not None and phone else ""
    listed = next((one for n, one in call.site.agents.items() if n == agent), None)
    box = str(listed.mailbox) if listed is not None and listed.mailbox else ""
    return (box, agent) if box in call.site.mailboxes else ("", "")


async def _refuse(call: Call, why: str, prompt: str) -> None:
    call.note(MailboxRefused, why=why)
    await call.say(prompt)


async def _digits(
    call: Call, prompt: str, most: int, *, hidden: bool = True
) -> str | None:
    """Ask for digits; None where none were entered, or star was pressed.

    The number of a mailbox is hidden like its PIN: people enter one for the other.
    """
    question = Question(
        said=prompt_words(call, prompt),
        rules=Rules(grammar=Length(1, most), end_keys="#", leave_keys="*"),
        hidden=Secret if hidden else None,
        name=prompt,
    )
    ended = await ask(call, question)
    return ended.entry if ended.result is Result.ACCEPTED else None


def of_mark(call: Call, noted: object) -> Entry | None:
    """The entry that a process before this one has noted; None for what is none."""
    if not isinstance(noted, dict):
        return None
    try:
        entry = Entry(**noted)
    except TypeError:
        return None
    if entry.box not in call.site.mailboxes:
        raise Trouble(f"there is no mailbox {entry.box!r} any more")
    return entry
