"""Robot phones against the real Asterisk: other tests rely on what they claim."""

import asyncio
import signal
import sys
import wave

import pytest
import pytest_asyncio

from ivrflow.asterisk.home.credentials import Kept, Ports, save
from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.sim import tones
from ivrflow.sim.phone import CallRefused, Phones, read_wav
from ivrflow.telephony.channel import Cause, HungUp

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(20)]

KEYS, ECHO, PROMPT, BUSY, RECORDER = "8001", "8002", "8003", "8004", "8005"
NOWHERE = "nobody"

# Into the contexts themselves: an include would come after the flows' numbers.
NUMBERS = """
[{context}](+)
exten => 8001,1,Answer()
 same => n,Read(KEYS,,4,,1,8)
 same => n,SendDTMF(${{KEYS}})
 same => n,Wait(0.3)
 same => n,Hangup()
exten => 8002,1,Answer()
 same => n,Echo()
exten => 8003,1,Answer()
 same => n,Playback(hello-world)
 same => n,Wait(2)
 same => n,Hangup()
exten => 8004,1,Hangup(17)
exten => 8005,1,Answer()
 same => n,Record({recording},0,2,q)
 same => n,Hangup()
exten => _81XXXX,1,Dial(PJSIP/${{EXTEN:2}},10)
 same => n,Hangup(${{HANGUPCAUSE}})
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    return tmp_path_factory.mktemp("recording") / "silence.wav"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def pbx(tmp_path_factory, recording):
    """An Asterisk with a few numbers that need no flow."""
    folder = tmp_path_factory.mktemp("pbx")
    async with private_asterisk(find(fetched_folder()), folder) as asterisk:
        numbers = asterisk.folders.etc / "extensions.conf"
        with numbers.open("a") as file:
            for context in ("from-trunk", "from-agents"):
                file.write(NUMBERS.format(context=context, recording=recording))
        await asterisk.rx("dialplan reload")
        yield asterisk


@pytest.fixture
async def phones(pbx):
    async with Phones(sip=pbx.sip) as phones:
        yield phones


@pytest.fixture
def password(pbx):
    return pbx.credentials.agents


# Callers ------------------------------------------------------------------------------


async def test_keys_arrive_in_order_and_keys_of_the_far_end_are_heard(phones):
    call = await phones.call(KEYS, caller="13800138001")

    await call.press("7*19")

    assert await call.ended() is Cause.NORMAL_CLEARING
    assert call.keys_heard == "7*19"


async def test_a_tone_is_heard_where_it_is_sent_and_for_as_long(phones):
    call = await phones.call(ECHO, caller="13800138001")

    call.send_tone(1050)
    assert await call.hears_tone(1050, within=3)
    assert not await call.hears_tone(1270, within=0.5)
    call.stop_sending()

    await call.until_quiet(0.5, within=3)
    assert tones.level(await call.listen(0.5)) < -60


async def test_a_sound_is_sent_once_and_takes_its_time(phones, tmp_path):
    call = await phones.call(ECHO, caller="13800138001")
    with wave.open(str(tmp_path / "tone.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(tones.tone(550, 1))

    began = asyncio.get_running_loop().time()
    await call.play_wav(tmp_path / "tone.wav")

    assert asyncio.get_running_loop().time() - began == pytest.approx(1, abs=0.2)
    assert tones.has_tone(call.heard, 550, lasting=0.8)


async def test_a_prompt_is_heard_to_its_end_and_can_be_saved(phones, tmp_path):
    call = await phones.call(PROMPT, caller="13800138001")

    await call.until_sound(within=3)
    await call.until_quiet(1)
    await call.ended()
    call.save(tmp_path / "heard.wav")

    heard = read_wav(tmp_path / "heard.wav")
    assert tones.level(heard[:32000]) > -40
    assert tones.level(heard[-16000:]) == tones.SILENT
    lasted = call.ended_at - call.answered_at
    assert tones.duration(heard) == pytest.approx(lasted, abs=0.2)


async def test_a_silent_phone_sends_as_much_as_a_speaking_one(phones, recording):
    call = await phones.call(RECORDER, caller="13800138001")
    await call.ended()

    assert call.ended_at - call.answered_at == pytest.approx(2, abs=0.3)
    assert tones.duration(read_wav(recording)) == pytest.approx(2, abs=0.2)


async def test_waiting_for_somebody_who_hangs_up_raises_hung_up(phones):
    call = await phones.call(PROMPT, caller="13800138001")

    with pytest.raises(HungUp):
        await call.listen(30)
    with pytest.raises(HungUp):
        await call.press("1")

    assert not call.up
    assert not await call.hears_tone(550, within=30)


@pytest.mark.parametrize(("number", "status"), [(BUSY, 486), (NOWHERE, 404)])
async def test_a_call_that_is_refused_tells_the_status(phones, number, status):
    with pytest.raises(CallRefused) as refused:
        await phones.call(number, caller="13800138001")

    assert refused.value.status == status


async def test_a_number_where_nothing_listens_is_refused_by_the_clock(monkeypatch):
    monkeypatch.setattr("ivrflow.sim.phone.line.GIVE_UP", 1.0)
    async with Phones(sip=("127.0.0.1", 9)) as phones:
        with pytest.raises(CallRefused) as refused:
            await phones.call("1")

    assert refused.value.status == 408


async def test_leaving_hangs_up(pbx):
    async with Phones(sip=pbx.sip) as phones:
        call = await phones.call(ECHO, caller="13800138001")

    assert call.cause is Cause.NORMAL_CLEARING
    assert call.ended_at is not None


# Agents -------------------------------------------------------------------------------


async def test_a_robot_agent_of_the_command_answers_talks_and_goes(
    phones, pbx, tmp_path
):
    host, port = pbx.sip
    ports = Ports(sip=port, ari=1, events=1, rtp=(1, 2))
    kept = Kept(credentials=pbx.credentials, ports=ports, sip_host=host)
    save(tmp_path / "credentials.json", kept)
    words = ["agent", "1003", "--dir", str(tmp_path), "--answers", "0.2s"]
    robot = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "ivrflow", "asterisk", *words, "--talks", "1s"),
        stdout=asyncio.subprocess.PIPE,
    )
    assert robot.stdout is not None
    first = await robot.stdout.readline()
    call = await phones.call("811003", caller="13800138001")
    await call.ended(within=5)
    robot.send_signal(signal.SIGINT)
    told, _ = await robot.communicate()

    assert b"1003 is registered, answers after 0.2 s" in first
    assert 0.8 < call.ended_at - call.answered_at < 2
    assert told.decode().splitlines() == [
        "13800138001 rings",
        "  13800138001: answered",
        "  13800138001: the robot hung up",
        "1003 is registered no more",
    ]
    assert robot.returncode == 0


async def test_an_agent_answers_and_both_hear_each_other(phones, password):
    agent = await phones.agent("1001", password=password["1001"])
    agent.answers(after=0.2)

    call = await phones.call("811001", caller="13800138001", display='陈 "Li"')
    talk = await agent.next_call()
    call.send_tone(550)
    talk.send_tone(1530)

    assert await call.hears_tone(1530, within=3)
    assert await talk.hears_tone(550, within=3)
    assert call.early == 180
    assert talk.caller == "13800138001"
    assert talk.number == "1001"

    await call.press("5")
    await talk.hang_up()
    assert await call.ended() is Cause.NORMAL_CLEARING
    assert talk.keys_heard == "5"


async def test_an_agent_who_rejects_is_busy(phones, password):
    agent = await phones.agent("1001", password=password["1001"])
    agent.rejects()

    with pytest.raises(CallRefused, match="486"):
        await phones.call("811001", caller="13800138001")

    assert [call.cause for call in agent.rang] == [Cause.CALL_REJECTED]


async def test_a_caller_who_gives_up_stops_the_ringing(phones, password):
    agent = await phones.agent("1001", password=password["1001"])
    agent.ignores()

    with pytest.raises(TimeoutError):
        await phones.call("811001", caller="13800138001", within=0.5)

    rang = await agent.rung()
    await rang.ended(within=3)
    assert rang.answered_at is None


async def test_a_phone_can_be_answered_by_hand(phones, password):
    agent = await phones.agent("1001", password=password["1001"])
    async with asyncio.TaskGroup() as group:
        calling = group.create_task(phones.call("811001"))
        rang = await agent.rung()
        rang.answer()

    assert rang.caller == "anonymous"
    assert calling.result().up
    await rang.answered()


async def test_an_agent_calls_under_his_own_number(phones, password):
    ann = await phones.agent("1001", password=password["1001"])
    bob = await phones.agent("1002", password=password["1002"])
    bob.answers(after=0)

    call = await ann.call("811002")
    talk = await bob.next_call()

    assert talk.caller == "1001"
    await call.hang_up()
    await talk.ended()


async def test_an_agent_with_a_wrong_password_is_refused(phones):
    with pytest.raises(CallRefused, match=r"the registration of .*1001.* refused: 401"):
        await phones.agent("1001", password="wrong")


async def test_an_agent_who_left_does_not_ring(phones, password):
    agent = await phones.agent("1001", password=password["1001"])
    await agent.unregister()

    with pytest.raises(CallRefused):
        await phones.call("811001", caller="13800138001")
    assert agent.rang == []

    await agent.register()
    agent.answers(after=0)
    assert (await phones.call("811001", caller="13800138001")).up


async def test_a_phone_that_vanishes_does_not_hang_up(phones, password):
    agent = await phones.agent("1001", password=password["1001"])
    agent.answers(after=0)
    call = await phones.call("811001", caller="13800138001")

    (await agent.next_call()).vanish()

    with pytest.raises(TimeoutError):
        await call.ended(within=1)


# Many ---------------------------------------------------------------------------------


async def test_sixty_calls_at_once_have_their_keys_right(phones):
    async def one(number: int) -> tuple[str, str]:
        call = await phones.call(KEYS, caller=f"138{number:08}", keep=0)
        keys = f"{number * 163 % 10000:04}"
        await call.press(keys)
        await call.ended(within=20)
        return keys, call.keys_heard

    async with asyncio.TaskGroup() as group:
        calls = [group.create_task(one(number)) for number in range(60)]

    assert [call.result()[0] for call in calls] == [call.result()[1] for call in calls]
