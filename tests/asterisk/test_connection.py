"""The connection for events on the real Asterisk, both ways of making it."""

import asyncio
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import pytest
import pytest_asyncio

from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import Replaced
from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.ports import free_ports
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.sim.phone import Phones
from ivrflow.telephony.channel import DialOrder
from tests.adoption_rig import now
from tests.asterisk_rig import (
    TONE,
    Rig,
    brought_by,
    record_sounds,
    settings_of,
    until,
)
from tests.tcp_proxy import proxied

pytestmark = pytest.mark.asterisk


BOTH = pytest.mark.parametrize("way", ["inbound", "outbound"])


@pytest.fixture
def way():
    return "outbound"


@pytest_asyncio.fixture
async def asterisk(tmp_path, way):
    """One for each test: who has connected to it leaves traces in it."""
    ports = free_ports(outbound=way == "outbound")
    folder = tmp_path / "pbx"
    async with private_asterisk(find(fetched_folder()), folder, ports=ports) as running:
        yield running


@asynccontextmanager
async def through_a_proxy(asterisk, way, unused_port):
    """A rig whose events come through a proxy."""
    if way == "inbound":
        proxying = proxied(urlsplit(asterisk.ari_url).port)
    else:
        proxying = proxied(unused_port, port=asterisk.events_port)
    async with proxying as proxy:
        if way == "inbound":
            changes = {"url": f"http://127.0.0.1:{proxy.port}/ari"}
        else:
            changes = {"events": brought_by(asterisk, unused_port)}
        async with connected_as(asterisk, **changes) as rig:
            yield rig, proxy


@asynccontextmanager
async def connected_as(asterisk, **changes):
    client = Client(settings_of(asterisk, **changes))
    rig = Rig(asterisk, client)
    async with asyncio.TaskGroup() as group:
        running = group.create_task(client.run())
        try:
            assert await client.link.until_ready(10)
            async with Phones(sip=asterisk.sip) as rig.phones:
                yield rig
        finally:
            running.cancel()


@BOTH
async def test_a_line_that_is_cut_without_a_word_is_found_within_5_s(
    asterisk, way, unused_tcp_port, caplog
):
    async with through_a_proxy(asterisk, way, unused_tcp_port) as (rig, proxy):
        channel, phone = await rig.call()
        first = rig.client.link.connection

        proxy.cut()
        began = asyncio.get_running_loop().time()
        await until(lambda: rig.client.link.connection == first, wanted=False, within=9)
        assert asyncio.get_running_loop().time() - began < 5
        assert await rig.client.link.until_ready(3)

        await phone.press("5")
        assert await channel.keys.next(5) == "5"
        await phone.hang_up()
        await rig.nothing_is_left()
        assert rig.client.probe.dropped == 1
    assert "no event came back within 2 s" in caplog.text


@BOTH
async def test_a_call_goes_the_same_way_over_both(asterisk, way):
    record_sounds(asterisk)
    async with connected_as(asterisk) as rig:
        agent = await rig.agent()
        agent.answers(after=0.1)
        channel, phone = await rig.call()
        await channel.play([rig.sound(3)])
        await phone.press("5#")
        assert [await channel.keys.next(5) for _ in "5#"] == ["5", "#"]

        order = DialOrder(
            leg=rig.new_id(), address="PJSIP/1001", caller_id="1", ring_for=10
        )
        leg = await rig.switch.dial(order)
        theirs = await agent.next_call()
        async with rig.switch.bridge(channel, leg):
            phone.send_tone(TONE)
            assert await theirs.hears_tone(TONE, within=3)
            await phone.hang_up()
            async with asyncio.timeout(5):
                await channel.gone
        await leg.hang_up()
        await rig.nothing_is_left()


@BOTH
async def test_callers_stay_while_nobody_is_there_and_new_ones_wait(
    asterisk, processes
):
    one = await processes()
    stays, leaves = (await one.call("20001"))[1], (await one.call("20002"))[1]
    await one.dies()
    await leaves.hang_up()
    async with asyncio.TaskGroup() as group:
        phone = group.create_task(one.phones.call("20003"))
        await asyncio.sleep(0.6)
        began = now()
        two = await processes()
        new = await two.next_call()
        assert now() - began < 1
        await new.answer()

    assert new.dialled == "20003"
    assert phone.result().early == 180, "it rang meanwhile"
    assert [caller.dialled for caller in two.found] == ["20001"]
    assert stays.up


@BOTH
async def test_a_quiet_line_is_left_alone(asterisk, way, unused_tcp_port):
    async with through_a_proxy(asterisk, way, unused_tcp_port) as (rig, _):
        await asyncio.sleep(5)

        assert rig.client.link.connection == 1
        assert rig.client.probe.dropped == 0
        assert rig.client.hub.received >= 2


async def test_a_connection_that_asterisk_has_taken_the_application_from_is_found(
    asterisk, caplog
):
    async with connected_as(asterisk):
        pass
    async with connected_as(asterisk, events=None):
        pass  # Asterisk never gives it back to the connection that it makes
    async with connected_as(asterisk) as rig:
        _, phone = await rig.call()
        await phone.hang_up()
        await rig.nothing_is_left()
        assert not rig.client.replaced.is_set()
    assert "connecting to it at" in caplog.text


@BOTH
async def test_who_has_lost_the_application_lets_go_of_it(asterisk, way, caplog):
    async with connected_as(asterisk) as older:
        channel, phone = await older.call()
        async with connected_as(asterisk, events=None) as newer:
            async with asyncio.timeout(5):
                await older.client.replaced.wait()
            with pytest.raises(Replaced):
                await older.client.channels.list()
            await asyncio.sleep(2)

            assert newer.client.link.connection == 1  # nobody fights for it
            assert not newer.client.replaced.is_set()
            assert [c.id for c in await newer.client.channels.list()] == [channel.id]
            await newer.client.channels.hangup(channel.id)
            await phone.ended()
    assert "leaves all calls to the other" in caplog.text
    caplog.clear()
