"""What a running service has spoken, by a program that says each letter as a tone."""

import asyncio
import logging
import stat
from contextlib import asynccontextmanager
from pathlib import Path

from ivrflow.aio import beside
from ivrflow.prompts.measure import measure
from ivrflow.speech.live import LiveSpeech, SpeechRules
from ivrflow.speech.provider import Voice
from tests.unit.speech.wavs import SPEAKER, speaker

BROKEN = "import sys; sys.stderr.write(sys.stdin.read()); sys.exit(3)"
SLOW = "import time; time.sleep(60)"


@asynccontextmanager
async def speech(folder, program=SPEAKER, **rules):
    command = speaker(folder, program)
    voice = Voice(language="en", provider="command", command=command)
    live = LiveSpeech(
        SpeechRules(voices={"en": voice}, cache=folder / "cache", within=20, **rules)
    )
    async with beside(live.run()):
        yield live


def files(folder):
    return sorted(p.relative_to(folder) for p in folder.rglob("*.wav"))


def rights(path):
    return stat.filemode(path.stat().st_mode)


def measured(place):
    return measure(Path(f"{place}.wav").read_bytes())


async def test_own_words_are_kept_for_all_calls_and_the_next_start(tmp_path):
    async with speech(tmp_path) as live, live.call() as call:
        clip = call.spoken("Hello there.", "en", True)
        place = await live.ready(clip)
        assert clip == call.spoken("Hello there.", "en", True)
    (kept,) = files(tmp_path / "cache")
    assert place == str(tmp_path / "cache" / kept.with_suffix(""))
    found = measured(place)
    assert (found.form.rate, found.form.bits) == (8000, 16)
    assert 0.3 < found.seconds < 0.8

    async with speech(tmp_path, BROKEN) as live, live.call() as call:
        again = call.spoken("Hello there.", "en", True)
        assert await live.ready(again) == place


async def test_words_of_a_caller_are_gone_when_the_call_is_over(tmp_path):
    async with speech(tmp_path) as live:
        async with live.call() as call:
            clip = call.spoken("Ann Smith", "en", False)
            place = await live.ready(clip)
            assert await live.ready(call.spoken("Ann Smith", "en", False)) == place
            assert rights(tmp_path / "cache/calls") == "drwx--x--x"
            assert measured(place).seconds > 0.15
            async with live.call() as other:
                theirs = other.spoken("Ann Smith", "en", False)
                assert theirs != clip
        assert files(tmp_path / "cache") == []
        assert await live.ready(clip) is None


async def test_what_a_crash_left_of_calls_is_removed_at_the_start(tmp_path):
    left = tmp_path / "cache/calls/0123.wav"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"somebody's balance")

    async with speech(tmp_path) as live, live.call() as call:
        await live.ready(call.spoken("Hello", "en", True))

    assert not left.exists()


async def test_late_voice_is_not_waited_for_and_the_log_says_so_once(tmp_path, caplog):
    voice = Voice(language="en", provider="command", command=speaker(tmp_path, SLOW))
    rules = SpeechRules(voices={"en": voice}, cache=tmp_path / "cache", within=0.1)
    live = LiveSpeech(rules)
    async with beside(live.run()), live.call() as call:
        for words in ("one", "two", "three"):
            assert await live.ready(call.spoken(words, "en", False)) is None

    told = [r for r in caplog.records if r.levelno >= logging.WARNING]
    assert len(told) == 1
    assert "takes longer than 0.1 s" in told[0].message


async def test_voice_that_fails_is_told_once_and_never_quotes_the_words(
    tmp_path, caplog
):
    async with speech(tmp_path, BROKEN) as live, live.call() as call:
        assert await live.ready(call.spoken("Ann Smith", "en", False)) is None
        assert await live.ready(call.spoken("Bob Smith", "en", False)) is None
        assert len([r for r in caplog.records if r.levelno >= logging.WARNING]) == 1
        own = call.spoken("Hello", "en", True)
        assert await live.ready(own) is None
        assert call.spoken("Hello", "en", True) is None  # not tried again so soon

    assert "failed with status 3" in caplog.text
    assert "Smith" not in caplog.text


async def test_a_part_of_a_callers_words_is_not_quoted_either(tmp_path, caplog):
    quotes = BROKEN.replace("sys.stdin.read()", "'bad: ' + sys.stdin.read()[4:9]")
    async with speech(tmp_path, quotes) as live, live.call() as call:
        assert await live.ready(call.spoken("Ann Smith", "en", False)) is None
        assert await live.ready(call.spoken("Our shops", "en", True)) is None

    assert "Smith" not in caplog.text
    assert "failed with status 3: bad: shops" in caplog.text


async def test_language_without_a_voice_stays_silent_and_is_told(tmp_path, caplog):
    async with speech(tmp_path) as live, live.call() as call:
        assert call.spoken("Bonjour", "fr", True) is None
        assert call.spoken("Salut", "fr", True) is None
        assert call.spoken("Hi", "en-GB", True) is not None  # its language's voice

    assert caplog.text.count("no voice speaks") == 1


async def test_one_who_waits_goes_before_what_is_spoken_beforehand(tmp_path):
    async with speech(tmp_path) as live:
        ahead = [("en", f"sentence number {n}") for n in range(30)]
        live.ahead(ahead)
        async with live.call() as call:
            last = call.spoken("sentence number 29", "en", True)
            assert await live.ready(last)
            assert len(files(tmp_path / "cache")) < 10
        first = None
        async with asyncio.timeout(60), live.call() as call:
            for _, words in ahead:
                first = await live.ready(call.spoken(words, "en", True))
                assert first


async def test_worker_that_is_killed_is_replaced(tmp_path):
    dies = SPEAKER.replace(
        "text = ",
        "import os, signal\n"
        "if not os.path.exists(sys.argv[0] + '.dead'):\n"
        "    open(sys.argv[0] + '.dead', 'w').close()\n"
        "    os.kill(os.getppid(), signal.SIGKILL)\n"
        "text = ",
    )
    async with speech(tmp_path, dies) as live, live.call() as call:
        assert await live.ready(call.spoken("first", "en", False)) is None
        assert await live.ready(call.spoken("second", "en", False)) is not None
