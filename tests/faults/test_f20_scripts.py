"""F20: dialplans run flows by AGI; the service is killed, and its port abused."""

import asyncio
import random
from collections import Counter

from asterisk_rig import record_sounds
from faults_rig.house import house
from site_rig import written

from ivrflow.asterisk.home.ports import free_port
from ivrflow.sim.phone import Phones

TONE = 1050
PATIENCE = 45.0
"""Seconds for a caller to come to the end of his dialplan."""

SITE = {
    "demo.sql": "create table empty_one (id integer);\n",
    "numbers.yaml": "{}\n",
    "site.yaml": "languages: [en]\ntimezone: Asia/Shanghai\n",
    "prompts/en.yaml": "hello: Hello.\n",
    "flows/top.yaml": """\
flow: top
agi: yes
takes: {card: text}
gives: {told: text}
steps:
  one: {wait: 1s}
  two: {wait: 1s}
  three: {wait: 1s}
  four: {wait: 1s}
  keep: {set: {told: "${card}"}, then: return}
""",
}
DIALPLAN = """\
exten => 700,1,Answer()
 same => n,Gosub(ivrflow-agi,s,1(top?card=62))
 same => n,GotoIf($["${IVRFLOW_ENDED}:${IVR_told}" = "flow:62"]?good)
 same => n,Hangup(34)
 same => n(good),Playback(ivrflow-test/tone10)
 same => n,Hangup(16)
"""


async def scripted(h, port):
    record_sounds(h.running)
    (h.running.folders.etc / "extensions-local.conf").write_text(DIALPLAN)
    await h.running.rx(f"dialplan set global IVRFLOW_AGI 127.0.0.1:{port}")
    await h.running.rx("dialplan reload")


async def one_call(phones, number):
    """How a caller fared: "good", if his dialplan went on with what the flow gave."""
    try:
        phone = await phones.call("700", caller=f"1380000{number:04}")
        heard = await phone.hears_tone(TONE, within=PATIENCE)
        await phone.ended()
    except TimeoutError:
        return "stuck"
    return "good" if heard else "lost"


async def abuse(port, stop, counts, seed=20):
    """Say everything but what should be said to the port, until *stop*."""
    chance = random.Random(seed)
    kinds = {
        "garbage": lambda: chance.randbytes(chance.randrange(1, 3000)),
        "half a request": lambda: b"agi_network: yes\nagi_network_script: flow/top\n",
        "nothing": lambda: b"",
        "another protocol": lambda: b"GET /flow/top HTTP/1.1\r\n\r\n",
        "a command": lambda: b"EXEC System id\n\n",
    }
    left_open = []
    while not stop.is_set():
        kind = chance.choice(list(kinds))
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            counts["nobody there"] += 1
            await asyncio.sleep(0.05)
            continue
        counts[kind] += 1
        try:
            writer.write(kinds[kind]())
            await writer.drain()
        except OSError:
            pass
        if chance.random() < 0.5:
            writer.transport.abort()
        else:
            left_open.append(writer)  # half-open: it says nothing more
        await asyncio.sleep(0.005)
    for writer in left_open:
        writer.transport.abort()


async def test_calls_in_scripts_go_on_whatever_becomes_of_the_service_and_its_port(
    tmp_path, figures, form
):
    count, kills = form(12, 200), form(3, 20)
    port = free_port()
    site = written(tmp_path / "scripts", SITE)
    more = f"agi: {{port: {port}, connections: 400}}\n"
    counts = Counter()
    async with (
        house(tmp_path / "house", site=site, more=more) as h,
        h.service() as service,
        Phones(sip=h.sip) as phones,
    ):
        await scripted(h, port)
        await service.ready()
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            abusing = group.create_task(abuse(port, stop, counts))
            calls = []
            for number in range(count):
                calls.append(group.create_task(one_call(phones, number)))
                await asyncio.sleep(0.25)
                if number % max(1, count // kills) == 1:
                    service.kill()
            outcomes = Counter([await call for call in calls])
            stop.set()
            await abusing
        await service.ready()
        left = await h.left(within=15)
        await asyncio.sleep(1)
        rows = h.truth.rows("select kind, count(*) from facts group by kind")
        twice = h.truth.rows(
            "select call, json_extract(data, '$.number') as n, count(*) from facts "
            "where kind = 'StepEntered' group by call, n having count(*) > 1"
        )
        unended = h.truth.one("select count(*) from calls where ended is null")
        words = service.log.read_text(errors="replace")

    noted = dict(rows)
    figures("F20", "calls by AGI", count)
    figures("F20", "kills", len(service.launches) - 1)
    figures("F20", "connections that were none", sum(counts.values()))
    figures("F20", "calls whose dialplan went on as it should", outcomes["good"])
    figures("F20", "calls that went on after a kill", noted.get("CallResumed", 0))
    figures("F20", "steps that were entered twice", len(twice), "0")
    figures("F20", "calls without an end", unended, "0")
    assert outcomes == {"good": count}
    assert noted.get("CallResumed", 0) >= 1
    assert twice == []
    assert unended == 0
    assert left == []
    assert "Traceback" not in words
