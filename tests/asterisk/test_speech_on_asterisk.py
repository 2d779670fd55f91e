"""Sites that nobody has recorded, on the real Asterisk: built, and spoken live.

A program speaks that says each letter as a tone; what the phone receives is compared
with the files that it made.
"""

import asyncio
import shlex
import shutil

import pytest
from click.testing import CliRunner
from site_rig import CALLER, FLOWS, running_site

from ivrflow.cli.sounds import sounds
from ivrflow.flow.load import load_site
from ivrflow.prompts.audio import read_wav
from ivrflow.sim.hearing import HEARD, likeness
from ivrflow.sim.phone import Phones
from ivrflow.speech.provider import Line, Voice, key_of
from tests.unit.speech.wavs import speaker

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

BANK = "95599"


async def hears(call, path, within=20):
    """Whether the caller has heard the recording in *path*, or soon will have.

    It is noted as said when it begins; on a busy machine that may be long before it is
    in the air.
    """
    wav = await asyncio.to_thread(path.read_bytes)
    pcm = read_wav(wav)[1].samples.tobytes()
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    while True:
        last = loop.time() >= until
        if await asyncio.to_thread(likeness, call.heard, pcm) > HEARD:
            return True
        if last:
            return False
        await asyncio.sleep(1)


async def test_site_whose_recordings_were_built_hears(tmp_path):
    folder = tmp_path / "bank"
    shutil.copytree(FLOWS / "bank", folder)
    command = shlex.join(speaker(tmp_path))
    for prompt in ("zh-CN/welcome", "zh-CN/choose_language"):
        made = CliRunner().invoke(
            sounds,
            [
                *("build", str(folder), "--whole", "--only", prompt),
                *("--with", "command", "--command", command),
            ],
            env={"IVRFLOW_CACHE": str(tmp_path / "cache")},
        )
        assert made.exit_code == 0, made.output

    (tmp_path / "rig").mkdir()
    async with (
        running_site(folder, tmp_path / "rig") as rig,
        Phones(sip=rig.pbx.sip) as phones,
    ):
        call = await phones.call(BANK, caller=CALLER)
        await rig.heard.said(CALLER, "choose_language")

        assert await hears(call, folder / "sounds/zh-CN/welcome.wav")
        assert await hears(call, folder / "sounds/zh-CN/choose_language.zh-CN.wav")
        await call.hang_up()


async def test_what_nobody_recorded_is_spoken_and_a_balance_leaves_no_file(tmp_path):
    def enrol(kept):
        pin = kept.hashed("246810")
        kept.write("update customer set pin_hash = ? where id = 1", pin)

    command = speaker(tmp_path)
    words = ", ".join(f'"{part}"' for part in command)
    cache = tmp_path / "speech"
    speech = (
        f"speech: {{cache: {cache}, within: 20s, voices: {{"
        f"zh-CN: {{with: command, command: [{words}]}}, "
        f"en: {{with: command, command: [{words}]}}}}}}\n"
    )
    voice = Voice(language="zh-CN", provider="command", command=command)
    (welcome,) = load_site(FLOWS / "bank").catalogue.utterances(
        "welcome", language="zh-CN", value=lambda slot: "", recorded=lambda clip: None
    )
    key = key_of(voice, Line(text=welcome.words), 8000)

    async with (
        running_site("bank", tmp_path, change=enrol, more=speech) as rig,
        Phones(sip=rig.pbx.sip) as phones,
    ):
        call = await phones.call(BANK, caller=CALLER)
        await rig.heard.said(CALLER, "choose_language")
        kept = cache / key[:2] / f"{key}.wav"
        assert await hears(call, kept)
        for prompt, keys in (
            ("choose_language", "2"),
            ("first_menu", "1"),
            ("enter_card", "6222001234567813"),
            ("enter_pin", "246810"),
            ("main_menu", "1"),
        ):
            await rig.heard.said(CALLER, prompt, within=20)
            await call.press(keys)
        said = await rig.heard.said(CALLER, "your_balance", within=20)
        assert "ten thousand two hundred thirty-four yuan" in said
        async with asyncio.timeout(20):  # noted as said, it has yet to be spoken
            while not (files := list((cache / "calls").glob("*.wav"))):
                await asyncio.sleep(0.05)
        assert await hears(call, files[0])
        await call.hang_up()
        await rig.running.live.nobody()
        async with asyncio.timeout(5):
            while list((cache / "calls").glob("*")):
                await asyncio.sleep(0.05)
        assert kept.exists()
