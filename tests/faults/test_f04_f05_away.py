"""F4, F5: the service is away for seconds, for a minute, and for ever.

What callers hear meanwhile is recorded in each place where they may be, and looked at
as a whole. The dialplan holds them, and the dead-man's timer brings to it those who
were in the service's hands. The short form has short timers; the long one those that
are shipped.
"""

import asyncio
import time
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass

from faults_rig.callers import DIALLED
from faults_rig.few import TONE, few
from faults_rig.form import telling
from faults_rig.hearing import silences
from faults_rig.house import house

SILENCE = 5.0
"""Seconds of dead air that a caller may hear at most."""
WAITED_FOR = 6.0
"""Seconds for which a menu waits for a key, and is silent."""


@dataclass(frozen=True)
class Timers:
    """Seconds, as the dialplan and the settings have them."""

    taken: int = 20
    dead_man: int = 45
    line: int = 45
    tries: int = 4
    away: int = 60
    message: int = 4


SHORT = Timers(taken=4, dead_man=6, line=8, tries=4, away=10, message=3)
FOR_EVER = Timers(taken=4, dead_man=6, line=4, tries=2, message=3)
"""The short form of F5: who waits comes to the end of his tries."""


def timers_of(form, short):
    """*short*, or those that are shipped."""
    shipped = asdict(Timers())
    return Timers(**{k: form(v, shipped[k]) for k, v in asdict(short).items()})


@asynccontextmanager
async def scene(folder, timers):
    """A few callers, in a house with *timers*."""
    async with house(folder) as h:
        text = h.settings.read_text("utf-8")
        ami = "password_file: secrets/ami"
        assert ami in text
        text = text.replace(ami, f"{ami}, dead_man: {timers.dead_man}s")
        h.settings.write_text(text, "utf-8")
        for name, value in {
            "IVRFLOW_DEAD_MAN": timers.taken,
            "IVRFLOW_LINE_FOR": timers.line,
            "IVRFLOW_LINE_TRIES": timers.tries,
            "IVRFLOW_MAILBOX_SECONDS": timers.message,
            "IVRFLOW_LANGUAGE": "en",
        }.items():
            await h.running.rx(f"dialplan set global {name} {value}")
        async with h.service() as service, few(h, service) as now:
            yield now


async def everywhere(now):
    """A caller in each place where he may hear something, by the place's name.

    Those in line have music: their first announcement comes ten seconds after they
    have joined.
    """
    calls = {"message": await now.in_menu("13800000004")}
    await calls["message"].press("4")
    await now.at("13800000004", "leave_message")
    calls["message"].send_tone(TONE)
    calls["menu"] = await now.in_menu("13800000003")
    # The first in line is offered; the second one waits.
    calls["ringing"] = await now.in_line("13800000002")
    calls["line"] = await now.in_line("13800000005")
    password = now.house.running.credentials.agents["1002"]
    deaf = await now.phones.agent("1002", password=password)
    assert await now.service.ask("POST", "/api/agents/1002/ready") is not None
    await deaf.rung(within=10)
    await asyncio.sleep(1)  # their places are known to Asterisk
    return calls


def since(call):
    """Seconds since *call* was answered."""
    return asyncio.get_running_loop().time() - call.answered_at


async def heard(call, *, began, longer=SILENCE):
    """Where it was silent for too long, from the second *began* of the call on."""
    return await asyncio.to_thread(silences, call.heard, longer=longer, since=began)


async def test_seconds_without_the_service_are_silent_for_nobody(tmp_path, figures):
    async with scene(tmp_path, Timers()) as now:
        talking, agent = await now.pair("13800000001")
        calls = await everywhere(now)
        began = {place: since(call) for place, call in calls.items()}
        went = time.monotonic()
        await now.service.down()
        await asyncio.sleep(2)
        now.service.start()
        for place, call in calls.items():
            at = now.follow.of(call.caller)
            assert await at.changes(lambda p=at: p.resumed, 0, 20), place
        away = time.monotonic() - went
        await asyncio.sleep(SILENCE)
        # Who leaves a message is silent himself.
        limits = {"line": SILENCE, "ringing": SILENCE, "menu": WAITED_FOR + away}
        found = {
            place: await heard(calls[place], began=began[place], longer=limit)
            for place, limit in limits.items()
        }
        still = [call.up for call in (talking, agent, *calls.values())]
        assert await talking.hears_tone(TONE + 300, within=3)
        for call in (talking, *calls.values()):
            await call.hang_up()
        left = await now.house.left(within=10)

    figures("F4", "away until all went on, s", away, "<= 5")
    for place, there in found.items():
        seconds = f"{limits[place]:.1f} s"
        figures("F4", f"{place}: silences longer than {seconds}", len(there), "0")
    assert not any(found.values()), found
    assert all(still)
    assert left == []


async def test_a_minute_without_the_service_costs_nobody_his_place(
    tmp_path, figures, form
):
    timers = timers_of(form, SHORT)
    async with scene(tmp_path, timers) as now:
        h, service = now.house, now.service
        talking, agent = await now.pair("13800000001")
        waiting = [await now.in_line(f"1380000000{n}") for n in (2, 3)]
        await asyncio.sleep(1.5)  # their places are known to Asterisk

        await service.down()
        began, asleep = time.monotonic(), [since(call) for call in waiting]
        new = await now.phones.call(
            DIALLED, caller="13800000004", within=timers.taken + 10
        )
        rang = time.monotonic() - began
        new.send_tone(TONE)  # what is said to the mailbox
        print(f"  F4: away for {timers.away} s")
        await asyncio.sleep(timers.away - rang)
        still = [call.up for call in (talking, agent, *waiting)]
        assert await talking.hears_tone(TONE + 300, within=3)

        service.start()
        await service.ready()
        back = time.monotonic()
        await agent.hang_up()
        found = []
        for call, at in zip(waiting, asleep, strict=True):
            place = now.follow.of(call.caller)
            connected = await place.changes(lambda p=place: p.connected, False, 60)
            assert connected, h.truth.story(call.caller) + service.words()
            found += await heard(call, began=at)
            theirs = await now.agent.next_call()
            await asyncio.sleep(1)
            await theirs.hang_up()
        served = time.monotonic() - back
        await new.ended(timers.message + 60)
        for call in (talking, *waiting):
            await call.hang_up()
        messages = []
        for _ in range(400):
            messages = h.truth.rows("select caller, state from messages")
            if messages:
                break
            await asyncio.sleep(0.1)
        left = await h.left(within=10)
        queued = [f.data["queue"] for f in h.truth.facts("CallerQueued")]

    figures("F4", "service away for, s", timers.away)
    figures("F4", "a new call rang for, s", rang, f"<= {timers.taken}")
    figures("F4", "callers cut off", still.count(False), "0")
    figures("F4", "silences longer than 5 s", len(found), "0")
    figures("F4", "all who waited were served after, s", served)
    figures("F4", "messages of the fallback in the mailbox", len(messages), "1")
    assert all(still)
    assert rang <= timers.taken + 3
    assert found == []
    assert messages == [("13800000004", "new")], service.words()
    assert len(queued) == 3, "nobody was queued twice"
    assert left == []


async def test_without_the_service_for_ever_everybody_comes_to_the_fallback(
    tmp_path, figures, form
):
    timers = timers_of(form, FOR_EVER)
    async with scene(tmp_path, timers) as now:
        h, service = now.house, now.service
        talking, agent = await now.pair("13800000001")
        calls = await everywhere(now)

        down = {place: since(call) for place, call in calls.items()}
        await service.down()
        began = time.monotonic()
        async with telling("F5", lambda: f"{_up(calls)} have not come to their end"):
            fallback = await _logged(h, "gets the fallback", timers.dead_man + 30)
            reached = fallback - began
            held = timers.dead_man + timers.tries * timers.line + timers.message + 90
            await asyncio.gather(*(call.ended(held) for call in calls.values()))
        assert talking.up
        assert agent.up
        assert await talking.hears_tone(TONE + 300, within=3)
        await talking.hang_up()
        await agent.hang_up()
        left = [name for name in await h.left(within=2) if "/" in name]
        log = (h.running.log_dir / "full.log").read_text(errors="replace")

    found = {}
    for place, call in calls.items():
        # Who waits has music all the while; others hear nothing until the fallback.
        waits = place in ("line", "ringing")
        at = down[place] + (0 if waits else timers.dead_man + 3)
        found[place] = await heard(call, began=at, longer=SILENCE)
    times = log.count("waits in line: music, time")
    figures("F5", "a caller in a menu came to the fallback after, s", reached, "<= 45")
    figures("F5", "two who waited had music so many times, then the fallback", times)
    for place, there in found.items():
        figures("F5", f"{place}: silences longer than 5 s", len(there), "0")
    figures("F5", "talking pairs cut off", 0, "0")
    figures("F5", "channels left", len(left), "0")
    assert reached <= timers.dead_man + 3
    assert times == 2 * timers.tries
    assert log.count("gets the fallback") == len(calls)
    assert not any(found.values()), found
    assert left == []


def _up(calls):
    return [place for place, call in calls.items() if call.up]


async def _logged(h, words, within):
    """When *words* stood in Asterisk's log; raises `TimeoutError`."""
    log = h.running.log_dir / "full.log"
    async with asyncio.timeout(within):
        while words not in log.read_text(errors="replace"):
            await asyncio.sleep(0.1)
    return time.monotonic()
