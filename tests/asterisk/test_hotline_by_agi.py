"""The sample's talks, by ARI, FastAGI and the old kind of AGI: the same flow, unchanged
but for `agi: yes` in its head."""

import asyncio
import shutil

import pytest
import pytest_asyncio
from agi_on_asterisk_rig import add_numbers
from asterisk_rig import until
from hotline_rig import SITE, hotline

from ivrflow.demo.setup import CUSTOMERS
from ivrflow.facts import (
    CallEnded,
    CallResumed,
    Connected,
    Decided,
    DigitsCollected,
    Said,
    StepEntered,
)
from ivrflow.sim.phone import Phones

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.timeout(120),
    pytest.mark.asyncio(loop_scope="module"),
]

WAYS = {"12313": "ARI", "70": "FastAGI", "71": "AGI"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def rig(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hotline")
    site = folder / "site"
    shutil.copytree(SITE, site)
    head = site / "flows/hotline.yaml"
    text = head.read_text("utf-8")
    head.write_text(text.replace("flow: hotline\n", "flow: hotline\nagi: yes\n"))
    (folder / "conf.d").mkdir()
    (folder / "conf.d/agi.yaml").write_text("agi: {port: 0}\n")
    async with hotline(folder, site=site) as rig, Phones(sip=rig.pbx.sip) as phones:
        await rig.running.scripts.server.listens()
        await add_numbers(rig.pbx, rig.running.scripts.server.port, flow="hotline")
        rig.phones = phones
        yield rig


async def in_the_menu(rig, number, caller):
    """A call of the first customer, who has proved who he is; and its id."""
    customer = CUSTOMERS[0]
    call = await rig.phones.call(number, caller=caller)
    for prompt, keys in (
        ("choose_language", "2"),
        ("enter_card", customer.card),
        ("enter_pin", customer.pin),
        ("main_menu", ""),
    ):
        await rig.heard.said(caller, prompt)
        if keys:
            await call.press(keys)
    return call, rig.heard.call_of(caller)


def menus(rig, call):
    """How often the main menu was said."""
    return sum(f.prompt.partition(".")[0] == "main_menu" for f in of(rig, Said, call))


def course(rig, call):
    """All that a flow decided and said in a call, but for what differs by its time."""
    told = []
    for fact in rig.heard.facts:
        if fact.call != call:
            continue
        match fact:
            case StepEntered():
                told.append((fact.flow, fact.step, fact.number))
            case Said():
                told.append((fact.prompt, fact.words))
            case DigitsCollected():
                told.append((fact.step, fact.digits, fact.result))
            case Decided():
                told.append((fact.outcome, fact.target))
    return told


async def self_service(rig, number, caller):
    """The course of a call whose caller asks for his balance, and hangs up."""
    phone, call = await in_the_menu(rig, number, caller)
    await phone.press("1")
    # The balance, and the menu again.
    await until(lambda: menus(rig, call), wanted=2, within=30)
    await phone.hang_up()
    await until(lambda: rig.running.live.of(call), wanted=None)
    return course(rig, call)


async def test_self_service_is_the_same_by_each_way(rig):
    async with asyncio.TaskGroup() as group:
        calls = {
            way: group.create_task(self_service(rig, number, customer.caller))
            for (number, way), customer in zip(WAYS.items(), CUSTOMERS, strict=False)
        }
    courses = {way: call.result() for way, call in calls.items()}

    assert len(courses["ARI"]) > 15
    assert courses["FastAGI"] == courses["ARI"]
    assert courses["AGI"] == courses["ARI"]


async def test_a_caller_by_agi_talks_to_an_agent(rig):
    agent = await rig.phones.agent("1003", password=rig.pbx.credentials.agents["1003"])
    agent.answers(0.2)
    await rig.running.desk.ready("1003")
    phone, call = await in_the_menu(rig, "70", "13900000070")
    await phone.press("0")
    theirs = await agent.next_call(within=30)
    phone.send_tone(550)
    assert await theirs.hears_tone(550, within=20)
    await phone.hang_up()
    await until(lambda: rig.running.live.of(call), wanted=None)
    (resumed,) = of(rig, CallResumed, call)
    assert (resumed.step, resumed.how) == ("wait_for_agent", "handed over")
    assert len(of(rig, Connected, call)) == 1
    assert [fact.by for fact in of(rig, CallEnded, call)] == ["caller"]
    await until(rig.left_over, wanted=[])


def of(rig, kind, call):
    return [f for f in rig.heard.facts if isinstance(f, kind) and f.call == call]
