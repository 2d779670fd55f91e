"""Our driver on the real Asterisk: what the contract can't say of every driver.

The second half shows the habits of Asterisk that the driver is built on. When one of
these fails on a newer Asterisk, the code that it names has to be looked at again.
"""

import asyncio
import logging
import signal

import pytest

from ivrflow.asterisk.ari import generate
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AlreadyThere, AriError, Gone
from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.secret import Secret
from ivrflow.sim.phone import CallRefused, Phones
from ivrflow.telephony.channel import (
    Cause,
    DialOrder,
    HungUp,
    RecordingFailed,
    RecordOrder,
    while_up,
)
from ivrflow.telephony.sound import Utterance
from tests.asterisk_rig import TONE, Rig, connected, record_sounds, settings_of, until

pytestmark = pytest.mark.asterisk

RESOURCES = (
    "applications",
    "asterisk",
    "bridges",
    "channels",
    "deviceStates",
    "endpoints",
    "events",
    "mailboxes",
    "playbacks",
    "recordings",
    "sounds",
)


def said(*clips):
    return [Utterance("greeting", "words", "en", clips)]


def elapsed(since):
    return asyncio.get_running_loop().time() - since


def now():
    return asyncio.get_running_loop().time()


# Calls ------------------------------------------------------------------------------


async def test_a_call_says_who_calls_whom(ari):
    channel, phone = await ari.call("12345", caller="13800138000")

    assert (channel.caller_id, channel.dialled) == ("13800138000", "12345")
    assert phone.up


async def test_a_withheld_number_is_empty(ari):
    channel, _ = await ari.call(caller="")

    assert channel.caller_id == ""


async def test_a_call_that_cannot_be_taken_is_hung_up(ari, caplog):
    ari.switch._on_call = lambda channel: 1 / 0

    with pytest.raises(CallRefused):
        await ari.phones.call("12345", within=5)

    assert "could not be taken; it is hung up" in caplog.text
    caplog.clear()


async def test_a_call_may_be_refused_as_busy(ari):
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(_refused(ari))
        channel = await ari.next_call()
        await channel.hang_up(Cause.USER_BUSY)

    assert calling.result().status == 486


async def _refused(ari):
    with pytest.raises(CallRefused) as refused:
        await ari.phones.call("12345")
    return refused.value


# Sounds -----------------------------------------------------------------------------


async def test_a_prompt_is_heard(ari):
    channel, phone = await ari.call()

    async with asyncio.TaskGroup() as group:
        heard = group.create_task(phone.hears_tone(TONE, within=3))
        assert await channel.play([ari.sound(10)])

    assert heard.result()


async def test_the_beep_is_heard(ari):
    channel, phone = await ari.call()

    async with asyncio.TaskGroup() as group:
        group.create_task(phone.until_sound(within=3))
        assert await channel.play(said("tone:beep"))


async def test_a_pause_takes_its_time_and_a_key_ends_it(ari):
    channel, phone = await ari.call()
    began = now()
    await channel.play(said("silence:400"))
    assert 0.39 <= elapsed(began) <= 0.6

    began = now()
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(channel.play(said("silence:9000"), stop_on="1"))
        await phone.press("1")
    assert playing.result() is False
    assert elapsed(began) < 1


async def test_a_key_between_two_parts_is_not_lost(ari):
    channel, phone = await ari.call()
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(
            channel.play(
                said("tone3", *["silence:10", "tone3"] * 5, "tone100"), stop_on="1"
            )
        )
        await asyncio.sleep(0.7)
        await phone.press("1")
    assert playing.result() is False


async def test_a_key_that_overtakes_the_order_to_play_stops_it_all_the_same(ari):
    channel, _ = await ari.call()
    began = now()
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(channel.play([ari.sound(100)], stop_on="1"))
        await asyncio.sleep(0)
        assert channel._ear._playing is not None
        channel._pressed("1")  # the order is not even answered

    assert playing.result() is False
    assert elapsed(began) < 0.5
    assert await channel.play([ari.sound(3)])
    assert elapsed(began) < 1  # nothing of the first one was left


async def test_a_recording_that_is_missing_is_said_once_and_passed_over(ari, caplog):
    channel, _ = await ari.call()

    assert await channel.play(said("nothing-here"))

    assert "Asterisk can't play sound:ivrflow-test/nothing-here" in caplog.text
    caplog.clear()
    assert await channel.play([ari.sound(3)])


async def test_music_goes_on_after_a_prompt(ari):
    channel, phone = await ari.call()
    async with channel.music("default"):
        await channel.play([ari.sound(3)])
        await phone.listen(0.2)
        await phone.until_sound(within=2)
    await phone.listen(0.2)
    await phone.until_quiet(0.5, within=3)


# Recordings -------------------------------------------------------------------------


async def test_a_recording_holds_what_the_caller_said(ari, asterisk):
    channel, phone = await ari.call()
    phone.send_tone(550)
    done = await channel.record(RecordOrder(name="boxes/a1", longest=1))

    wav = (asterisk.recordings_dir / "boxes" / "a1.wav").read_bytes()
    assert abs((len(wav) - 44) / 16_000 - done.seconds) < 0.3


async def test_a_recording_is_never_written_over(ari):
    channel, _ = await ari.call()
    await channel.record(RecordOrder(name="boxes/once", longest=0.2))

    with pytest.raises(RecordingFailed, match="already exists"):
        await channel.record(RecordOrder(name="boxes/once", longest=0.2))


async def test_a_recording_of_before_is_found_on_the_disk(ari):
    channel, phone = await ari.call()
    phone.send_tone(550)
    done = await channel.record(RecordOrder(name="boxes/old", longest=1))

    kept = await ari.switch.kept("boxes/old")

    assert abs(kept.seconds - done.seconds) < 0.3


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out", "", "a b"])
async def test_a_name_that_leads_elsewhere_is_not_recorded(ari, name):
    channel, _ = await ari.call()

    with pytest.raises(RecordingFailed, match="is no name for a recording"):
        await channel.record(RecordOrder(name=name, longest=1))


# Agents -----------------------------------------------------------------------------


async def test_caller_and_agent_hear_each_other(ari):
    caller, phone = await ari.call()
    agent = await ari.agent("1001")
    agent.answers(after=0.1)
    leg = await ari.switch.dial(
        DialOrder(address="PJSIP/1001", leg=ari.new_id(), ring_for=5)
    )
    desk = await agent.next_call()
    phone.send_tone(550)
    desk.send_tone(1270)

    async with ari.switch.bridge(caller, leg):
        assert await phone.hears_tone(1270, within=3)
        assert await desk.hears_tone(550, within=3)

    await phone.listen(0.3)
    assert not await phone.hears_tone(1270, within=0.5)


async def test_an_agents_phone_shows_the_caller(ari):
    agent = await ari.agent("1001")
    agent.rejects(486)

    with pytest.raises(Exception, match="busy"):
        await ari.switch.dial(
            DialOrder(
                address="PJSIP/1001",
                leg=ari.new_id(),
                ring_for=5,
                caller_id="13800138000",
            )
        )

    assert agent.rang[0].caller == "13800138000"


async def test_the_same_order_twice_rings_once(ari):
    agent = await ari.agent("1001")
    agent.answers(after=0.5)
    order = DialOrder(address="PJSIP/1001", leg=ari.new_id(), ring_for=5)

    async with asyncio.TaskGroup() as group:
        first = group.create_task(ari.switch.dial(order))
        await asyncio.sleep(0.2)
        second = group.create_task(ari.switch.dial(order))

    assert first.result().id == second.result().id == order.leg
    assert len(agent.rang) == 1


@pytest.mark.parametrize("address", ["PJSIP/a&PJSIP/b", "PJSIP/a,b", "1001", "X/", ""])
async def test_what_is_no_address_of_a_phone_is_not_rung(ari, address, caplog):
    with pytest.raises(Exception, match="unreachable"):
        await ari.switch.dial(DialOrder(address=address, leg="x", ring_for=1))
    caplog.clear()


# The client -------------------------------------------------------------------------


async def test_the_names_of_ari_py_work(ari):
    heard = []

    def started(channel, event):
        heard.append(("start", channel.id))
        channel.on_event(
            "ChannelDtmfReceived", lambda channel, event: heard.append(event.digit)
        )

    ari.client.on_channel_event("StasisStart", started)
    channel, phone = await ari.call()
    await phone.press("7")
    await channel.keys.next(2)

    assert heard == [("start", channel.id), "7"]
    there = await ari.client.channels.get(channel.id)
    assert there.state == "Up"
    await ari.client.channel(channel.id).hangup()
    async with asyncio.timeout(2):
        await channel.gone


async def test_events_that_nobody_wants_are_filtered_in_asterisk(ari):
    async def unwanted():
        app = await ari.client.applications.get("ivrflow")
        return {event["type"] for event in app.events_disallowed}

    async def is_wanted(kind):
        return kind not in await unwanted()

    assert {"ChannelVarset", "BridgeCreated", "PlaybackStarted"} <= await unwanted()
    assert "StasisStart" not in await unwanted()

    ari.client.on_event("ChannelVarset", print)
    await until(lambda: is_wanted("ChannelVarset"))


async def test_a_wrong_password_says_where_to_look(asterisk):
    client = Client(settings_of(asterisk, password=Secret("wrong")))

    with pytest.raises(AriError, match=r"check the user and password.*ari\.conf"):
        await client.asterisk.get_info()
    await client.close()


async def test_calls_that_came_while_we_were_away_are_taken_when_we_are_back(asterisk):
    async with connected(asterisk) as rig:
        phones = rig.phones
        rig.phones = None
    async with Phones(sip=asterisk.sip) as phones, asyncio.TaskGroup() as group:
        calling = group.create_task(phones.call("12345", within=10))
        await asyncio.sleep(0.5)
        async with connected(asterisk) as rig:
            channel = await rig.next_call()
            await channel.answer()
            assert (await calling).up
            await rig.nothing_is_left()


async def test_an_end_that_got_lost_with_the_connection_is_noticed(ari):
    channel, _ = await ari.call()
    async with asyncio.TaskGroup() as group:
        playing = group.create_task(channel.play([ari.sound(5)]))
        await asyncio.sleep(0.2)
        channel._ear._playing.watch.close()  # so that its end is not heard
        await asyncio.sleep(0.6)
        assert not playing.done()
        ari.client._source.drop("the test closes it")
    assert playing.result() is True
    assert await channel.play([ari.sound(3)])


async def test_a_restart_of_asterisk_ends_its_calls_and_new_ones_come(tmp_path, caplog):
    caplog.set_level(logging.INFO, "ivrflow.asterisk.ari")
    binary = find(fetched_folder())
    async with private_asterisk(binary, tmp_path / "one") as pbx:
        record_sounds(pbx)
        rig = Rig(pbx, Client(settings_of(pbx)))
        running = asyncio.get_running_loop().create_task(rig.client.run())
        assert await rig.client.link.until_ready(10)
        async with Phones(sip=pbx.sip) as rig.phones:
            channel, phone = await rig.call()
            playing = asyncio.get_running_loop().create_task(
                _until_hung_up(channel, rig.sound(100))
            )
            await asyncio.sleep(0.2)
            pbx.process.send_signal(signal.SIGKILL)
            await pbx.process.wait()
            phone.vanish()
            ports, credentials = pbx.ports, pbx.credentials
    async with private_asterisk(
        binary, tmp_path / "two", ports=ports, credentials=credentials
    ) as pbx:
        back = now()
        assert await rig.client.link.until_ready(10)
        assert elapsed(back) < 2
        async with asyncio.timeout(2):
            assert (await playing).cause is Cause.SWITCH_RESTARTED
        assert rig.switch.channels == 0
        async with Phones(sip=pbx.sip) as rig.phones:
            channel, _ = await rig.call()
            await channel.hang_up()
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    for once in ("is away", "was started anew", "is back", "ended while"):
        assert caplog.text.count(once) == 1, once


async def _until_hung_up(channel, sound):
    try:
        async with while_up(channel):
            await channel.play([sound])
    except HungUp as error:
        return error


async def test_the_committed_wire_types_are_those_that_asterisk_describes(
    ari, tmp_path, monkeypatch
):
    info = await ari.client.asterisk.get_info()
    if not info.system.version.startswith("22.10."):
        pytest.skip(f"the wire types are of 22.10, this is {info.system.version}")
    committed = {path.name: path.read_text() for path in generate.WIRE.glob("*.py")}
    described, written = tmp_path / "api", tmp_path / "wire"
    described.mkdir()
    written.mkdir()
    for name in ("resources", *RESOURCES):
        text = await ari.client._call("GET", f"/api-docs/{name}.json", answer=bytes)
        (described / f"{name}.json").write_bytes(text)
    monkeypatch.setattr(generate, "WIRE", written)

    assert await asyncio.to_thread(generate.main, [str(described)]) == 0

    for path in written.glob("*.py"):
        assert path.read_text() == committed.pop(path.name), path.name
    assert sorted(committed) == ["__init__.py", "base.py"]


# Habits of Asterisk -----------------------------------------------------------------


async def test_setting_a_variable_waits_for_the_end_of_the_sound(ari):
    """Why there are two lanes (transport.py)."""
    channel, _ = await ari.call()
    async with asyncio.TaskGroup() as group:
        group.create_task(channel.play([ari.sound(10)]))
        await asyncio.sleep(0.2)
        began = now()
        setting = group.create_task(
            ari.client.channels.set_channel_var(channel.id, "X", value="1")
        )
        await asyncio.sleep(0)
        await ari.client.channels.get(channel.id)
        assert elapsed(began) < 0.3
        await setting
        assert elapsed(began) > 0.5


async def test_two_playbacks_may_bear_one_id(ari):
    """Why each try to play has a new id (channel.py)."""
    channel, _ = await ari.call()
    finished = []
    ari.client.on_event("PlaybackFinished", lambda e: finished.append(e.playback.id))
    for _ in range(2):
        await ari.client.channels.play_with_id(
            channel.id, "same", ["sound:ivrflow-test/tone3"]
        )
    await until(lambda: finished == ["same", "same"])


async def test_a_sound_that_is_missing_in_a_row_is_passed_over_in_silence(ari):
    """Why the checker looks for recordings: Asterisk tells of the last one only."""
    channel, _ = await ari.call()
    began = now()

    assert await channel.play(said("tone3", "nothing-here", "tone3"))

    assert 0.55 <= elapsed(began) <= 1


async def test_a_recording_may_climb_out_of_its_folder(ari, asterisk):
    """Why names are checked by us (media.py): Asterisk does not."""
    channel, _ = await ari.call()
    await ari.client.channels.record(channel.id, "x/../../climbed", "wav")
    await asyncio.sleep(0.2)
    await channel.hang_up()

    assert (asterisk.recordings_dir / ".." / "climbed.wav").resolve().exists()


async def test_a_tone_of_asterisks_never_ends(ari):
    """Why pauses are waited for, and the beep is a recording (media.py)."""
    channel, _ = await ari.call()
    finished = []
    ari.client.on_event("PlaybackFinished", finished.append)
    await ari.client.channels.play_with_id(channel.id, "tone", ["tone:!1000/100"])
    await asyncio.sleep(0.6)

    assert finished == []


async def test_what_is_made_twice_is_refused(ari):
    channel, _ = await ari.call()
    await ari.client.bridges.create_with_id("twice", type="mixing")
    with pytest.raises(AlreadyThere):
        await ari.client.channels.create(
            "Local/12345@from-trunk", "ivrflow", channel_id=channel.id
        )
    await ari.client.bridges.destroy("twice")


async def test_what_has_hung_up_is_gone_whatever_is_asked(ari):
    channel, phone = await ari.call()
    await phone.hang_up()
    await until(lambda: ari.switch.channels == 0)
    await ari.client.bridges.create_with_id("empty", type="mixing")
    channels = ari.client.channels
    for asked in (
        channels.get(channel.id),
        channels.answer(channel.id),
        channels.play_with_id(channel.id, "p", ["sound:beep"]),
        channels.set_channel_var(channel.id, "X", value="1"),
        channels.hangup(channel.id),
        ari.client.bridges.add_channel("empty", [channel.id]),
        ari.client.playbacks.stop("p"),
    ):
        with pytest.raises(Gone):
            await asked
    await ari.client.bridges.destroy("empty")


async def test_a_phone_that_nobody_registered_and_one_that_is_unknown(ari):
    """Both look alike to a caller; Asterisk tells them in different ways."""
    for address in ("PJSIP/1002", "PJSIP/nobody", "Nonsense/1"):
        began = now()
        with pytest.raises(Exception, match="unreachable"):
            await ari.switch.dial(
                DialOrder(address=address, leg=ari.new_id(), ring_for=5)
            )
        assert elapsed(began) < 2


async def test_asterisk_undoes_nothing_when_the_bridge_goes(ari):
    channel, _ = await ari.call()
    async with ari.switch.bridge(channel):
        pass

    assert await channel.play([ari.sound(3)])
