"""What becomes of callers while the service is away, on the real Asterisk."""

import asyncio
import wave
from contextlib import asynccontextmanager

import pytest
import pytest_asyncio
from asterisk_rig import connected, record_sounds, until
from click.testing import CliRunner

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.cli import main
from ivrflow.sim.phone import CallRefused, Phones

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.timeout(60),
    pytest.mark.asyncio(loop_scope="module"),
]

SHORT = {
    "IVRFLOW_DEAD_MAN": "2",
    "IVRFLOW_LINE_FOR": "1",
    "IVRFLOW_LINE_TRIES": "2",
    "IVRFLOW_LANGUAGE": "en",
    "IVRFLOW_OVERFLOW": "",
    "IVRFLOW_MAILBOX_SECONDS": "0",
    "IVRFLOW_PANIC_PIN": "",
    "IVRFLOW_FALLBACK": "ivrflow-test/tone5",
    "IVRFLOW_RETRY_FOR": "9",
}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory):
    folder = tmp_path_factory.mktemp("dialplan")
    async with private_asterisk(find(fetched_folder()), folder) as running:
        record_sounds(running)
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def away(pbx):
    """The robot phones of a house whose service is away; timers are short."""
    await tell(pbx, **SHORT)
    await panic(pbx, "off")
    async with Phones(sip=pbx.sip) as phones:
        yield phones
    await until(lambda: channels(pbx), wanted=0)


async def tell(pbx, **globals):
    """Set globals of the dialplan."""
    for name, value in globals.items():
        await pbx.rx(f'dialplan set global {name} "{value}"')


async def panic(pbx, value):
    await pbx.rx(f"database put ivrflow panic {value}")


async def channels(pbx):
    said = await pbx.rx("core show channels count")
    return int(said.split()[0])


async def words(pbx, text, within=10):
    """Wait until Asterisk has logged *text*."""
    log = pbx.log_dir / "full.log"
    await until(lambda: text in log.read_text(), within=within)


@asynccontextmanager
async def service(pbx):
    """Our driver, connected: a service that comes back."""
    async with connected(pbx) as rig:
        yield rig


async def taken(rig, dialled):
    """The call of this number; those that ended before are passed over."""
    while True:
        channel = await rig.next_call()
        if channel.dialled == dialled:
            return channel


async def test_a_call_that_nobody_takes_gets_the_fallback(pbx, away):
    began = asyncio.get_running_loop().time()
    call = await away.call("20001")
    waited = call.answered_at - began
    assert call.early == 180, "it rang meanwhile"
    assert 1.5 < waited < 6
    assert await call.hears_tone(1050, within=5)
    await call.ended()


async def variable(rig, channel, name, value):
    await rig.client.channels.set_channel_var(channel.id, name, value=value)


async def lost_in_line(rig, away, number):
    """A call of who waits in line, a second before the service can do no more."""
    async with asyncio.TaskGroup() as group:
        phone = group.create_task(away.call(number))
        channel = await taken(rig, number)
        await channel.answer()
    await channel.remember('{"place": "3, says the service"}')
    await variable(rig, channel, "IVRFLOW_LINE", "1")
    await variable(rig, channel, "TIMEOUT(absolute)", "1")
    return channel, phone.result()


async def test_a_caller_in_line_hears_music_and_comes_back_to_his_place(pbx, away):
    async with service(pbx) as rig:
        channel, phone = await lost_in_line(rig, away, "20002")
    await words(pbx, "waits in line: music, time 1")
    await phone.until_sound(5)
    async with service(pbx) as rig:
        again = await taken(rig, "20002")
        await variable(rig, again, "TIMEOUT(absolute)", "0")
        assert again.id == channel.id
        assert again.remembered.endswith('{"place": "3, says the service"}')
        assert phone.up
        await again.hang_up()


async def test_nobody_goes_in_circles(pbx, away):
    async with service(pbx) as rig:
        channel, phone = await lost_in_line(rig, away, "20003")
        name = (await rig.client.channels.get(channel.id)).name
    # A second, twice a second of music, the fallback.
    assert await phone.ended(20) in (16, 41)
    log = (pbx.log_dir / "full.log").read_text()
    mine = [line for line in log.splitlines() if "ivrflow: the service" in line]
    assert sum(f"for {name}, which waits" in line for line in mine) == 2
    assert log.count(f"{name} gets the fallback") == 1


async def test_panic_sends_callers_to_the_fallback_before_any_service(pbx, away):
    await panic(pbx, "fallback")
    async with service(pbx) as rig:
        call = await away.call("20004")
        assert await call.hears_tone(1050, within=5)
        await call.ended()
        came = [rig.taken.get_nowait() for _ in range(rig.taken.qsize())]
        assert "20004" not in [channel.dialled for channel in came]


async def test_panic_sends_callers_straight_to_the_overflow_number(pbx, away):
    await tell(pbx, IVRFLOW_OVERFLOW="PJSIP/2001")
    await panic(pbx, "overflow")
    password = pbx.credentials.agents["2001"]
    reception = await away.agent("2001", password=password)
    reception.answers(after=0.2)
    call = await away.call("20005", caller="13800138000")
    answered = await reception.next_call()
    answered.send_tone(700)
    assert await call.hears_tone(700, within=5)
    await call.hang_up()
    await answered.ended()


async def test_overflow_number_that_nobody_answers_leads_on_to_the_mailbox(pbx, away):
    await tell(
        pbx,
        IVRFLOW_OVERFLOW="PJSIP/2001",
        IVRFLOW_OVERFLOW_RINGS="1",
        IVRFLOW_MAILBOX_SECONDS="9",
    )
    call = await away.call("20006", caller="+8613800138000")
    await words(pbx, "goes to the overflow number")
    folder = pbx.recordings_dir / "ivrflow-fallback"
    await until(lambda: any(folder.glob("*-20006-*.wav")), within=25)
    call.send_tone(700)
    await asyncio.sleep(1.5)
    await call.hang_up()  # what was said until then is kept
    await until(lambda: channels(pbx), wanted=0)
    [message] = folder.glob("*-20006-*.wav")
    began, dialled, caller, _ = message.stem.split("-")
    assert int(began) > 1_700_000_000
    assert (dialled, caller) == ("20006", "p8613800138000")
    with wave.open(str(message)) as sound:
        assert 1 < sound.getnframes() / sound.getframerate() < 3


async def test_who_is_refused_hears_busy_where_there_is_no_overflow_number(pbx, away):
    async with service(pbx) as rig:
        async with asyncio.TaskGroup() as group:
            refused = group.create_task(outcome(away.call("20007")))
            channel = await taken(rig, "20007")
            await rig.client.channels.continue_in_dialplan(
                channel.id, context="ivrflow-overflow", extension="s", priority=1
            )
        assert "486" in refused.result()


async def outcome(call):
    try:
        await call
    except CallRefused as refused:
        return str(refused)
    return "answered"


async def test_a_phone_of_the_house_throws_the_panic_switch_with_its_pin(pbx, away):
    password = pbx.credentials.agents["1001"]
    phone = await away.agent("1001", password=password)
    with pytest.raises(CallRefused):
        await phone.call("*72642")  # no PIN is set, so there is no such code
    await tell(pbx, IVRFLOW_PANIC_PIN="8392")
    call = await phone.call("*72642")
    await call.until_sound()
    await call.press("1111#")
    await words(pbx, "gives a wrong PIN for the panic switch")
    await asyncio.sleep(2.5)
    await call.press("8392#")
    await words(pbx, "sets the panic switch to overflow")
    assert "overflow" in await pbx.rx("database get ivrflow panic")
    await call.ended()
    with pytest.raises(CallRefused, match="404"):
        await away.call("*72642")  # not for those who call from outside


async def test_the_command_finds_a_private_asterisk(pbx):
    """`ivrflow panic`, beside the folder of an Asterisk that runs."""
    folder = str(pbx.folders.etc.parent)
    for word, told in (("on", "on:"), ("show", "on:"), ("off", "off:")):
        said = ["panic", word, "--dir", folder]
        done = await asyncio.to_thread(CliRunner().invoke, main, said)
        assert done.output.startswith(f"panic switch {told}"), done.output


async def test_the_end_of_a_lost_call_does_not_end_its_callers_fallback(pbx, away):
    async with service(pbx) as rig:
        async with asyncio.TaskGroup() as group:
            phone = group.create_task(away.call("20009"))
            channel = await taken(rig, "20009")
            await channel.answer()
        await variable(rig, channel, "TIMEOUT(absolute)", "1")
        await until(channel.gone.done)
        await channel.hang_up()  # what every call does in the end
        assert await phone.result().hears_tone(1050, within=5)
        await phone.result().ended()


async def test_numbers_without_digits_count_as_not_set(pbx, away):
    await tell(pbx, IVRFLOW_DEAD_MAN="soon", IVRFLOW_RETRY_FOR="a while")
    async with service(pbx) as rig:
        async with asyncio.TaskGroup() as group:
            phone = group.create_task(away.call("20010"))
            channel = await taken(rig, "20010")
            await channel.answer()
        ends = await asked(rig, channel, "TIMEOUT(absolute)")
        assert 15 < float(ends) <= 20
        assert await asked(rig, channel, "IVRFLOW_FOR") == "20"
        await phone.result().hang_up()


async def asked(rig, channel, name):
    found = await rig.client.channels.get_channel_var(channel.id, variable=name)
    return found.value


async def test_an_apology_of_ones_own_that_is_not_there_leaves_nobody_in_silence(
    pbx, away
):
    await tell(pbx, IVRFLOW_FALLBACK="ivrflow-test/forgotten")
    call = await away.call("20011")
    await call.until_sound(5)
    await call.ended()
