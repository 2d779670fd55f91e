"""The service watches over its calls for when it is away, on the real Asterisk."""

import asyncio
import logging
import wave

import pytest
from asterisk_rig import until
from hotline_rig import hotline

from ivrflow.sim.phone import Phones

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

TAPED = "1763808000-12313-p8613800138009-1763808000.17"


def tape(folder, name, seconds):
    """A message as the dialplan records it."""
    folder.mkdir(parents=True, exist_ok=True)
    with wave.open(str(folder / f"{name}.wav"), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes((b"\x00\x10" * 10 + b"\x00\xf0" * 10) * int(400 * seconds))


async def test_timers_are_moved_and_messages_are_taken_in_once(tmp_path, caplog):
    taped = tmp_path / "asterisk/spool/recording/ivrflow-fallback"
    tape(taped, TAPED, seconds=4)
    tape(taped, TAPED.replace("17638080", "17638090"), seconds=0.5)
    tape(taped, "what-is-this", seconds=4)
    with caplog.at_level(logging.WARNING):
        async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
            # Who stands in a menu has so many seconds, and has more a moment later.
            call = await phones.call("12313", caller="13800138002")
            await rig.heard.said("13800138002", "choose_language")
            watch = rig.running.watch
            [channel] = watch.dead_man._callers
            seconds = await left(rig, channel)
            told = watch.dead_man._told[channel]
            told.at -= 60  # its turn
            await until(lambda: told.at > asyncio.get_running_loop().time() - 5)
            again = await left(rig, channel)
            language = await variable(rig, channel, "IVRFLOW_LANGUAGE")
            await call.hang_up()

            [(id, mailbox, caller, call, length, state)] = await until_rows(
                rig, "select id, mailbox, caller, call, seconds, state from messages"
            )
            sound = await rig.running.world.audio.read(id)
            await watch.messages.look()
            assert rig.rows("select count(*) from messages") == [(1,)]
            assert await watch.messages.look() == 0
    assert 35 < seconds <= 45
    assert 35 < again <= 45
    assert language == "zh-CN"
    assert (mailbox, caller, call) == ("service", "+8613800138009", "1763808000.17")
    assert (length, state) == (4.0, "new")
    assert [path.name for path in taped.iterdir()] == ["what-is-this.wav"]
    assert len(sound) == 44 + 64_000
    assert "have names that the dialplan does not give" in caplog.text


async def left(rig, channel):
    """Seconds until Asterisk would take the channel away."""
    return float(await variable(rig, channel, "TIMEOUT(absolute)"))


async def variable(rig, channel, name):
    told = await rig.running.client.channels.get_channel_var(channel, variable=name)
    return told.value


async def until_rows(rig, query):
    await until(lambda: bool(rig.rows(query)), within=10)
    await asyncio.sleep(0.5)
    return rig.rows(query)


async def test_without_ami_no_call_ends_by_the_dialplans_timer(tmp_path, caplog):
    def without(kept):
        settings = kept.settings.model_copy(update={"ami": None})
        object.__setattr__(kept, "settings", settings)

    with caplog.at_level(logging.WARNING):
        async with (
            hotline(tmp_path, change=without) as rig,
            Phones(sip=rig.pbx.sip) as phones,
        ):
            call = await phones.call("12313", caller="13800138002")
            await rig.heard.said("13800138002", "choose_language")
            [channel] = rig.running.watch.dead_man._callers
            seconds = await left(rig, channel)
            await call.hang_up()
    assert seconds == 0, "for ever"
    assert "there is no dead-man's timer" in caplog.text
