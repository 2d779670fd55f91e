"""What a caller says comes out as words: spoken by a robot, recorded by the real
Asterisk, kept, taken out of the store again, and heard.

With a program for the ear, that it gets what was said; and with Whisper (`make
hearing`), that it understands it.
"""

import json
import sys
from asyncio import TaskGroup, sleep

import pytest

from ivrflow.prompts.audio import read_wav
from ivrflow.prompts.recorded import LIST, read_list
from ivrflow.sim.hearing import heard
from ivrflow.speech import compare
from ivrflow.speech.cache import kept_folder
from ivrflow.speech.weights import WHISPER, here
from tests.asterisk_rig import until
from tests.site_rig import SOUNDS, written_site

SPOKEN = {"en": "en/apology", "zh-CN": "zh-CN/outage_notice"}
"""Language -> the recording that a robot plays to its mailbox."""

FILES = {
    "site.yaml": "languages: [en, zh-CN]\ntimezone: UTC\n",
    "numbers.yaml": '"12341": {flow: english}\n"12342": {flow: chinese}\n',
    "prompts/en.yaml": "hello: Hello.\n",
    "prompts/zh-CN.yaml": "hello: 您好。\n",
    "mailboxes.yaml": "english: {language: en}\nchinese: {language: zh-CN}\n",
    "flows/english.yaml": "flow: english\nsteps:\n"
    "  leave: {voicemail: english, then: end, failed: end}\n  end: {hangup: yes}\n",
    "flows/chinese.yaml": "flow: chinese\nsteps:\n"
    "  leave: {voicemail: chinese, then: end, failed: end}\n  end: {hangup: yes}\n",
    "demo.sql": "",
}
NUMBERS = {"en": "12341", "zh-CN": "12342"}

KEEPS = """
import sys
with open(sys.argv[1] + "/" + sys.argv[2] + ".wav", "wb") as file:
    file.write(sys.stdin.buffer.read())
print("words in", sys.argv[2])
"""
WORDS = """select t.language, t.words from transcripts t join messages m
on m.sound = t.sound where t.state = 'done' order by t.language"""


async def speaks(rig, phones, language, caller):
    """Call the mailbox of *language*, play its recording after the tone, hang up."""
    call = await phones.call(NUMBERS[language], caller=caller)
    await rig.heard.said(caller, "voicemail_greeting")
    await call.press("#")
    begun = "select count(*) from messages where caller = ?"
    await until(lambda: rig.rows(begun, caller), wanted=[(1,)], within=20)
    await sleep(1.2)  # the tone
    await call.play_wav(SOUNDS / f"{SPOKEN[language]}.wav")
    await sleep(0.3)
    await call.hang_up()


async def written_down(folder, ear, within):
    """Let both robots speak; return language -> what was written down."""
    more = f"transcripts: {ear}\n"
    async with written_site(folder, FILES, more=more, spoken=True) as (rig, phones):
        async with TaskGroup() as group:
            for number, language in enumerate(SPOKEN):
                group.create_task(speaks(rig, phones, language, f"1380013{number:04}"))
        await until(lambda: len(rig.rows(WORDS)), wanted=2, within=within)
        return dict(rig.rows(WORDS))


@pytest.mark.asterisk
async def test_the_ear_gets_what_the_caller_has_said(tmp_path):
    ears = tmp_path / "ears"
    ears.mkdir()
    program = [sys.executable, "-c", KEEPS, str(ears), "{language}"]

    ear = json.dumps({"with": "command", "command": program})
    words = await written_down(tmp_path, ear, 60)

    assert words == {"en": "words in en", "zh-CN": "words in zh-CN"}
    for language, spoken in SPOKEN.items():
        got = read_wav((ears / f"{language}.wav").read_bytes())[1]
        said = read_wav((SOUNDS / f"{spoken}.wav").read_bytes())[1]
        assert heard(got.samples.tobytes(), said.samples.tobytes()), language


@pytest.mark.hearing
@pytest.mark.timeout(300)
async def test_whisper_understands_what_the_caller_has_said(tmp_path):
    pytest.importorskip("faster_whisper", reason="`make hearing` installs it")
    if here(WHISPER, kept_folder()) is None:
        pytest.skip("`make hearing` fetches the model")

    words = await written_down(tmp_path, "{with: whisper}", 200)

    said = read_list((SOUNDS / LIST).read_text("utf-8"))
    close = {
        language: compare.closeness(said[spoken].words, words[language], language)
        for language, spoken in SPOKEN.items()
    }
    assert min(close.values()) >= 0.85, (close, words)
