"""`{hours: NAME}` in numbers.yaml: who may closes for today, or keeps open longer.

    1  closed today
    2  open until a time that is entered: what is open now, or begins before it, ends
       then; what is closed now opens at once
    3  the normal hours again

What is chosen holds for this one day, and its file is as before at the end of it. It is
checked like any other version of the site, which takes some seconds: who hangs up
meanwhile has it all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from datetime import datetime, time, timedelta

from ivrflow.flow.calendar import Timetable
from ivrflow.flow.call import Call, log
from ivrflow.flow.changes import AlreadySo, CannotChange, Place, Unknown
from ivrflow.flow.collect import Question, ask, prompt_words
from ivrflow.flow.forms import Form, form_of
from ivrflow.flow.names import timetable_state
from ivrflow.flow.site.switches import may
from ivrflow.flow.talks.choosing import chosen
from ivrflow.flow.talks.entitled import entitled
from ivrflow.flow.talks.excusing import Talk, excusing
from ivrflow.flow.versions import NotReloaded
from ivrflow.flow.world import SiteChanges, Trouble
from ivrflow.telephony.digits import Result, Rules


def changing_hours(name: str) -> Talk:
    """The talk for the timetable *name*."""

    async def talk(call: Call) -> None:
        await _talk(call, name)

    return excusing(talk, f"setting hours {name}")


async def _talk(call: Call, name: str) -> None:
    agents, changes = call.world.agents, call.world.changes
    table = next((one for n, one in call.site.hours.items() if n == name), None)
    if agents is None or changes is None or table is None or not table.hours.who:
        await call.say("not_available")
        return
    who = str(table.hours.who)
    number = await entitled(
        call, agents, lambda number, role: may(who, number, role), f"hours {name}"
    )
    if not number:
        return
    state = timetable_state(call, name)
    if state.why == "switched":
        await call.say("hours_switched")
    await call.say("hours_open" if state.open else "hours_closed")
    await _choose(call, changes, table, by=f"agent {number}")


async def _choose(
    call: Call, changes: SiteChanges, table: Timetable, *, by: str
) -> None:
    choice = await chosen(call, "hours_menu", ["close", "open_until", "normal"])
    if not choice:
        return
    now = call.world.clock().astimezone(table.zone)
    today = now.date().isoformat()
    if choice == "normal":
        await _say_how(call, changes.undo(Place(table.name, today), by=by))
        return
    hours = "closed"
    if choice == "open_until":
        until = await _until(call, now)
        if until is None:
            return
        hours = open_until(table, now, until)
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    await _say_how(
        call, changes.set_hours(table.name, today, hours, by=by, until=tomorrow)
    )


async def _until(call: Call, now: datetime) -> time | None:
    """The time of day that is entered, one that is still to come; None for none."""
    form = form_of("time")

    def check(entry: str) -> str:
        return "that time is over" if _time(form, entry, now) <= now.time() else ""

    question = Question(
        said=prompt_words(call, "hours_until_when"),
        rules=Rules(grammar=form.grammar, end_keys="#", clear_key="*"),
        check=check,
    )
    ended = await ask(call, question)
    if ended.result is not Result.ACCEPTED:
        return None
    return _time(form, ended.entry, now)


def _time(form: Form, entry: str, now: datetime) -> time:
    value = form.value(entry, now.date())
    assert isinstance(value, time)
    return value


def open_until(table: Timetable, now: datetime, until: time) -> str:
    """The hours of today, as hours.yaml writes them, so that it is open until then.

    *now* is in the timetable's zone, *until* later on that day.
    """
    end = _clock(until)
    today = [
        (_clock(begin.astimezone(table.zone)), _clock(stop.astimezone(table.zone)))
        for begin, stop in table.ranges(now - timedelta(days=1), _last_of(now))
        if begin.astimezone(table.zone).date() == now.date()
    ]
    opens = _clock(now)
    begun = [(begin, stop) for begin, stop in today if begin < end]
    if begun and table.at(now).open:
        kept = [*begun[:-1], (begun[-1][0], end)]
    else:
        kept = [(begin, stop) for begin, stop in today if _over(stop, opens)]
        kept.append((opens, end))
    return ", ".join(f"{begin}-{stop}" for begin, stop in kept)


def _over(stop: str, now: str) -> bool:
    return "00:00" < stop <= now


def _last_of(day: datetime) -> datetime:
    return datetime.combine(day.date(), time.max, day.tzinfo)


def _clock(at: datetime | time) -> str:
    return f"{at:%H:%M}"


async def _say_how(call: Call, change: Awaitable[object]) -> None:
    """Make the change while it is said that this takes a moment; say how it went."""
    async with asyncio.TaskGroup() as group:
        asked = group.create_task(_outcome(call, change))
        await call.say("change_checking")
    await call.say(asked.result())


async def _outcome(call: Call, change: Awaitable[object]) -> str:
    """The prompt that says how *change* went."""
    try:
        await change
    except AlreadySo:
        return "change_made"
    except Unknown:
        return "change_none"
    except (NotReloaded, CannotChange) as why:
        log.warning("call %s: the change is refused: %s", call.id, why)
        return "change_refused"
    except Trouble as trouble:
        log.warning("call %s: the change can't be made: %s", call.id, trouble)
        return "apology"
    return "change_made"
