"""A dialplan runs flows by AGI, on the real Asterisk, by both kinds of it."""

import asyncio
from contextlib import suppress

import pytest
import pytest_asyncio
from agi_on_asterisk_rig import add_numbers
from asterisk_rig import record_sounds, until
from site_rig import written_site

from ivrflow.facts import CallEnded, CallResumed, CallStarted, DigitsCollected
from ivrflow.telephony.channel import HungUp

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.timeout(90),
    pytest.mark.asyncio(loop_scope="module"),
]

FILES = {
    "demo.sql": "create table empty_one (id integer);\n",
    "site.yaml": "languages: [en]\ntimezone: Asia/Shanghai\n",
    "numbers.yaml": '"12345": {flow: plain}\n',
    "prompts/en.yaml": (
        "hello: Hello.\nenter: Please enter it.\nwhich: {first: Which?, "
        "silent: Which one?, wrong: Not that.}\nwaiting: One moment.\n"
    ),
    "queues.yaml": "desk: {title: Desk}\n",
    "agents.yaml": 'agents:\n  "1001": {name: Li, queues: [desk]}\n',
    "flows/plain.yaml": "flow: plain\nsteps:\n  go: {transfer: {flow: shared}}\n",
    "flows/shared.yaml": """\
flow: shared
gives: {told: text}
steps:
  which: {menu: which, keys: {1: number, 2: help}, failed: bye}
  number: {ask: enter, digits: 4, save: typed, then: keep, failed: bye}
  keep: {set: {told: "${typed}"}, then: return}
  help: {queue: desk, no_agents: nobody, then: bye, on_error: bye}
  nobody: {set: {told: nobody}, then: return}
  bye: {hangup: hello}
""",
    "flows/top.yaml": """\
flow: top
agi: yes
takes: {card: text}
gives: {told: text}
steps:
  in: {call: shared, save: found}
  out: {set: {told: "${card} ${found.told}"}, then: return}
""",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory):
    folder = tmp_path_factory.mktemp("agi")
    async with written_site(folder, FILES, more="agi: {port: 0}\n") as (rig, phones):
        record_sounds(rig.pbx)
        await rig.running.scripts.server.listens()
        await add_numbers(rig.pbx, rig.running.scripts.server.port)
        rig.phones = phones
        yield rig


def of(rig, kind, call):
    return [f for f in rig.heard.facts if isinstance(f, kind) and f.call == call]


async def called(rig, number, caller):
    """The phone of a call, and its id, as soon as its flow has begun."""
    phone = await rig.phones.call(number, caller=caller)
    await rig.heard.said(caller, "which")
    return phone, rig.heard.call_of(caller)


async def told(rig):
    """What the dialplan says that it got back."""
    said = await rig.pbx.rx("dialplan show globals")
    return next(
        line.strip().removeprefix("TOLD=")
        for line in said.splitlines()
        if line.strip().startswith("TOLD=")
    )


@pytest.mark.parametrize("number", ["701", "711", "12345"])
async def test_the_same_flow_is_talked_through_by_each_way(rig, number):
    phone, call = await called(rig, number, f"1380000{number[-4:]:0>4}")
    await phone.press("1")
    await rig.heard.said(f"1380000{number[-4:]:0>4}", "enter")
    with suppress(HungUp):  # by ARI the flow hangs up, while the last key is down
        await phone.press("4711")
    if number == "12345":
        await phone.ended()
    else:
        assert await phone.hears_tone(1050, within=10), "its own dialplan goes on"
        await phone.ended()
        assert (await told(rig)).startswith("flow::+62 2")
        assert (await told(rig)).endswith(" 4711")
    await until(lambda: len(of(rig, CallEnded, call)), wanted=1)
    keys = [f.digits for f in of(rig, DigitsCollected, call)]
    assert keys == ["1", "4711"]
    assert of(rig, CallEnded, call)[0].by == "flow"


async def test_a_queue_is_stood_in_by_ari_and_then_the_dialplan_goes_on(rig):
    phone, call = await called(rig, "702", "13800000702")
    await phone.press("2")
    assert await phone.hears_tone(1050, within=15)
    await phone.ended()
    assert (await told(rig)).endswith(" nobody")
    (resumed,) = of(rig, CallResumed, call)
    assert (resumed.step, resumed.how) == ("help", "handed over")
    assert len(of(rig, CallEnded, call)) == 1
    await until(rig.left_over, wanted=[])


@pytest.mark.parametrize("number", ["703", "713"])
async def test_a_hang_up_is_known_at_once(rig, number):
    phone, call = await called(rig, number, f"13800000{number}")
    began = asyncio.get_running_loop().time()
    await phone.hang_up()
    await until(lambda: len(of(rig, CallEnded, call)), wanted=1)
    assert asyncio.get_running_loop().time() - began < 2
    assert of(rig, CallEnded, call)[0].by == "caller"
    await until(rig.left_over, wanted=[])


async def test_a_flow_that_is_not_there_is_told_to_the_dialplan(rig, caplog):
    phone = await rig.phones.call("724", caller="13800000724")
    assert await phone.hears_tone(1050, within=10), "at once, without trying for 20 s"
    await phone.ended()
    assert await told(rig) == ":no-flow:"


async def test_a_time_limit_of_the_dialplan_ends_the_flow_and_not_the_call(rig):
    phone, call = await called(rig, "731", "13800000731")
    assert await phone.hears_tone(1050, within=10)
    await phone.ended()
    assert await told(rig) == "::"
    await until(lambda: len(of(rig, CallEnded, call)), wanted=1)


@pytest.mark.parametrize(
    "name", ["x\nagi_extension: 999", "x\n\n200 result=1", "x\r\nagi_arg_1: y"]
)
async def test_a_line_end_in_a_callers_name_does_no_harm(rig, name):
    await rig.pbx.rx("dialplan set global TOLD nothing")
    calls = len([f for f in rig.heard.facts if isinstance(f, CallStarted)])
    began = asyncio.get_running_loop().time()
    await rig.running.client.channels.originate(
        "Local/730@from-trunk/n",
        caller_id=f'"{name}" <13800000730>',
        context="after",
        extension="s",
        priority=1,
    )
    await until(lambda: told(rig), wanted=":bad-request:")
    await until(rig.left_over, wanted=[])
    assert asyncio.get_running_loop().time() - began < 5, "nothing is tried again"
    assert len([f for f in rig.heard.facts if isinstance(f, CallStarted)]) == calls
