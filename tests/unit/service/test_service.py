"""The service without an Asterisk: it starts, says what is wrong, and ends."""

import asyncio
import socket
from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace

import aiohttp
import pytest

from ivrflow.config import BadConfig, read_settings
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.load import load_site
from ivrflow.flow.outbound import Refused
from ivrflow.hashing import make_pepper
from ivrflow.service.clock import SteadyClock
from ivrflow.service.door import Door, answered, at_another_time
from ivrflow.service.names import random_name
from ivrflow.service.outbound import dial_guard
from ivrflow.service.run import serving
from ivrflow.sim.memory import MemorySwitches
from ivrflow.sim.scripted import ScriptedChannel

TOKEN = "a-token-of-more-than-20-signs"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

SITE = {
    "site.yaml": "languages: [en]\ntimezone: Asia/Shanghai\n",
    "numbers.yaml": '"100": {flow: top}\n',
    "prompts/en.yaml": "hello: Hello.\n",
    "flows/top.yaml": "flow: top\nsteps:\n  hello: {hangup: hello}\n",
    "queues.yaml": "desk: {title: Desk}\n",
    "agents.yaml": 'agents:\n  "1001": {name: Li, queues: [desk]}\n',
}

SETTINGS = """\
site: site
database: sqlite:///ivrflow.db
pepper_file: pepper
ari: {url: "http://127.0.0.1:9/ari", password_file: password}
api: {port: 0, token_file: token}
sounds: sounds
"""


def write(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


def installed(folder, settings=SETTINGS, **files):
    """An installation in *folder*: its settings and its site."""
    for name, text in SITE.items():
        write(folder, f"site/{name}", files.get(name.partition(".")[0], text))
    make_pepper(folder / "pepper")
    write(folder, "password", "p" * 20)
    write(folder, "token", TOKEN)
    write(folder, "sounds/manifest.json", '{"clips": {"en/hello": {"seconds": 1.5}}}')
    write(folder, "ivrflow.yaml", settings)
    return read_settings(folder / "ivrflow.yaml"), load_site(folder / "site")


async def refused(folder, settings=SETTINGS, **files):
    """What the service says when it can't begin."""
    with pytest.raises(BadConfig) as bad:
        async with serving(*installed(folder, settings, **files)):
            pass
    return str(bad.value)


async def test_service_runs_without_asterisk_and_ends(tmp_path, caplog):
    facts = []
    async with serving(*installed(tmp_path), listener=facts.append) as running:
        url = "http://{}:{}/api".format(*running.api)
        async with aiohttp.ClientSession(headers=BEARER) as web:
            async with web.post(f"{url}/agents/1001/ready") as answer:
                assert (answer.status, (await answer.json())["presence"]) == (
                    200,
                    "ready",
                )
            async with web.get(f"{url}/calls") as answer:
                assert await answer.json() == {"calls": []}
            async with web.get(f"{url}/health") as answer:
                asterisk = (await answer.json())["asterisk"]
                assert not asterisk["ready"]
                assert asterisk["line"] == "http://127.0.0.1:9/ari/events"

    # Agents are called over once, at whatever moment the desk knows them.
    kinds = [f.kind for f in facts if f.kind != "AgentSeen"]
    assert kinds == ["ServiceBegan", "AgentChanged", "ServiceEnded"]
    caplog.clear()


async def test_agent_who_is_ready_is_so_still_after_a_restart(tmp_path, caplog):
    settings, site = installed(tmp_path)
    async with serving(settings, site) as running:
        await running.desk.ready("1001")

    async with serving(settings, site) as running:
        await running.desk.not_ready("1001", "lunch")
        [agent] = running.desk.state().agents

    assert agent.reason == "lunch"
    caplog.clear()


async def test_port_that_is_taken_is_told_with_what_to_change(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = await refused(
            tmp_path, SETTINGS.replace("api: {port: 0", f"api: {{port: {port}")
        )

    assert str(port) in said
    assert "change api: port" in said


async def test_token_that_is_too_short_names_its_file(tmp_path):
    settings, site = installed(tmp_path)
    write(tmp_path, "token", "short")

    with pytest.raises(BadConfig, match=r"token: .*20 characters"):
        async with serving(settings, site):
            pass


async def test_database_that_data_yaml_names_must_be_in_the_settings(tmp_path):
    write(
        tmp_path,
        "site/data.yaml",
        "x: {database: crm, sql: select id from x, gives: {id: number}, timeout: 2s}",
    )

    assert "'crm'" in await refused(tmp_path)


async def test_keys_of_messages_that_can_not_be_used_are_said_at_the_start(tmp_path):
    write(tmp_path, "key", "c0ffee\n")
    said = await refused(tmp_path, SETTINGS + "voicemail: {keys: [key, lost]}\n")

    assert f"voicemail: keys: {tmp_path}/key: holds no key" in said
    assert f"voicemail: keys: {tmp_path}/lost: there is no such key" in said


async def test_a_folder_of_messages_that_others_can_read_is_said_too(tmp_path):
    (tmp_path / "voicemail").mkdir()
    (tmp_path / "voicemail").chmod(0o755)

    said = await refused(tmp_path)
    assert said.endswith("voicemail: others may look into it; chmod 700 it")


async def test_recordings_without_their_list_are_told(tmp_path):
    said = await refused(tmp_path, SETTINGS.replace("sounds: sounds", "sounds: empty"))

    assert "manifest.json" in said
    assert "sounds:" in said


def test_names_are_long_and_never_the_same():
    names = {random_name() for _ in range(100)}

    assert len(names) == 100
    assert all(len(name) == 24 and name.isalnum() for name in names)


async def test_steady_clock_goes_on_from_the_time_of_its_start():
    clock = SteadyClock()
    first = clock()
    await asyncio.sleep(0.01)

    assert 0.005 < clock() - first < 1


async def test_rehearsed_call_has_a_clock_of_its_own(tmp_path):
    async with serving(*installed(tmp_path)) as running:
        begins = datetime.fromisoformat("2026-03-02T10:00+08:00")
        world = at_another_time(running.world, begins)

        assert timedelta(0) <= world.clock() - begins < timedelta(seconds=1)
        assert abs(world.seconds() - running.world.seconds()) < 1


async def test_door_takes_calls_only_while_it_is_open(tmp_path):
    settings, site = installed(tmp_path)
    live = LiveCalls()
    async with serving(settings, site) as running:
        door = Door(settings, site, live)
        with pytest.raises(RuntimeError):
            door.take(ScriptedChannel())
        async with asyncio.TaskGroup() as calls:
            door.open(calls, running.world)
            channel = ScriptedChannel()
            door.take(channel)
            await asyncio.sleep(0.05)
            assert len(live) == 1
            door.close()
        assert channel.gone.done()
        assert len(live) == 0
        with pytest.raises(RuntimeError):
            door.take(ScriptedChannel())


async def test_fault_of_ours_ends_one_call_and_leaves_no_silent_caller(
    tmp_path, caplog
):
    def fails(fact):
        raise ZeroDivisionError

    async with serving(*installed(tmp_path)) as running:
        site = load_site(tmp_path / "site")
        channel = ScriptedChannel()
        await answered(channel, site, replace(running.world, note=fails), LiveCalls())

    assert channel.gone.done()
    assert "a fault of ours ended it" in caplog.text
    caplog.clear()


async def test_service_that_is_stopped_ends_its_calls_in_order(tmp_path, caplog):
    facts = []
    channel = SimpleNamespace()
    async with serving(*installed(tmp_path), listener=facts.append) as running:
        channel = ScriptedChannel()
        task = asyncio.get_running_loop().create_task(
            answered(channel, load_site(tmp_path / "site"), running.world, running.live)
        )
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.wait([task])

    assert [fact.kind for fact in facts[-2:]] == ["CallEnded", "ServiceEnded"]
    assert facts[-2].by == "shutdown"
    caplog.clear()


# Numbers that may be dialled ---------------------------------------------------------

OUTBOUND = "outbound: {endpoint: 'PJSIP/{number}@t', prefixes: ['010'], hours: HOURS}\n"
HOURS = (
    "always:\n  mon-sun: 00:00-24:00\n"
    "shut:\n  mon-sun: 00:00-24:00\n  closed_by: closed\n"
)


def guard_of(folder, hours, *, thrown=()):
    write(folder, "site/hours.yaml", HOURS)
    write(folder, "site/switches.yaml", "closed: {title: Closed, expires: 8h}\n")
    settings, site = installed(folder, SETTINGS + OUTBOUND.replace("HOURS", hours))
    return dial_guard(settings, site, lambda: 0.0, MemorySwitches(*thrown)), site


async def test_timetable_of_the_numbers_must_be_one_of_the_site(tmp_path):
    with pytest.raises(BadConfig, match=r"no timetable 'alwais'; did you mean 'alw"):
        guard_of(tmp_path, "alwais")


async def test_numbers_are_dialled_in_their_hours_as_the_settings_say(tmp_path):
    guard, site = guard_of(tmp_path, "always")

    with guard.placing("01065521234", site) as line:
        assert (line.address, line.longest) == ("PJSIP/01065521234@t", 3600)


async def test_a_thrown_switch_ends_the_dialling_of_numbers(tmp_path):
    guard, site = guard_of(tmp_path, "shut", thrown=["closed"])

    with pytest.raises(Refused, match="hours"), guard.placing("0101111", site):
        pass


async def test_without_the_setting_nothing_is_dialled(tmp_path):
    settings, site = installed(tmp_path)
    guard = dial_guard(settings, site, lambda: 0.0, MemorySwitches())

    with pytest.raises(Refused, match="no outbound"), guard.placing("0101111", site):
        pass
