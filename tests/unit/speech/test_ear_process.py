"""The process that listens, with programs that say what they were given."""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from ivrflow.aio import beside
from ivrflow.speech.ear import EarFailed, EarLost, ear_process
from ivrflow.speech.ear_worker import LONGEST_WORDS
from tests.unit.speech.wavs import tone_wav

TELLS = "import sys; print(len(sys.stdin.buffer.read()), 'bytes', sys.argv[1])"
DIES = "import os, signal; os.kill(os.getppid(), signal.SIGKILL)"
HANGS = """
import os, sys, time
with open(sys.argv[1] + ".new", "w") as file:
    file.write(str(os.getpid()))
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(600)
"""


def program(text, *more):
    return (sys.executable, "-c", text, *more)


async def heard(text, *more, wav=None, language="en"):
    async with ear_process(program(text, *more)) as ear:
        return await ear.hears(wav or tone_wav(0.5), language)


async def test_a_program_gets_the_sound_and_the_language_and_its_words_come_back():
    async with ear_process(program(TELLS, "{language}")) as ear:
        first = await ear.hears(tone_wav(1.0), "zh-CN")
        again = await ear.hears(tone_wav(0.5), "en")

    # Half a second of silence is around each.
    assert first == f"{44 + 2 * 12000} bytes zh-CN"
    assert again == f"{44 + 2 * 8000} bytes en"


async def test_what_is_no_language_never_becomes_an_argument():
    told = await heard(TELLS, "[{language}]", language="--help\x00;rm")

    assert told.endswith("bytes []")


async def test_signs_that_are_no_text_and_words_without_end_stay_away():
    text = r"import sys; sys.stdout.buffer.write(b'\xff\x1b[2J\n a  b\x00' * 99999)"

    words = await heard(text)

    assert len(words) == LONGEST_WORDS
    assert words.isprintable()
    assert "[2J a b" in words


async def test_chinese_comes_back_whatever_the_machine_speaks(monkeypatch):
    monkeypatch.setenv("LC_ALL", "C")
    monkeypatch.setenv("PYTHONUTF8", "0")

    said = "请您留言。".encode()

    assert await heard(f"import sys; sys.stdout.buffer.write({said!r})") == "请您留言。"


async def test_a_program_that_fails_is_told_and_the_next_sound_is_heard():
    text = "import sys; sys.exit(len(sys.stdin.buffer.read()) > 20000)"
    async with ear_process(program(text)) as ear:
        with pytest.raises(EarFailed, match="failed with status 1") as failed:
            await ear.hears(tone_wav(5), "en")
        assert await ear.hears(tone_wav(0.5), "en") == ""

    assert not failed.value.lasting
    assert not isinstance(failed.value, EarLost)


async def test_what_a_program_prints_is_on_no_disk():
    text = "import os; print(os.readlink('/proc/self/fd/1'))"

    assert (await heard(text)).startswith("/memfd:")


async def test_what_a_program_complains_of_is_not_told():
    text = "import sys; sys.stderr.write('he said 1234'); sys.exit('he said 1234')"

    with pytest.raises(EarFailed) as failed:
        await heard(text)

    assert "1234" not in str(failed.value)


async def test_a_program_that_is_not_there_is_a_lasting_failure():
    async with ear_process(("/nowhere/at/all",)) as ear:
        with pytest.raises(EarFailed, match="can't be run: No such file") as failed:
            await ear.hears(tone_wav(0.5), "en")

    assert failed.value.lasting


async def test_what_is_no_sound_is_told():
    with pytest.raises(EarFailed, match="can't be read: it is no WAV file"):
        await heard(TELLS, "", wav=b"\x00" * 9999)


async def test_an_ear_that_dies_is_lost():
    with pytest.raises(EarLost, match="died"):
        await heard(DIES)


async def test_a_long_message_is_handed_over_to_an_ear_that_dies_meanwhile():
    async with ear_process(program(DIES)) as ear:
        with pytest.raises(EarLost):
            await ear.hears(tone_wav(0.5), "en")
        with pytest.raises(EarLost):
            await ear.hears(bytes(5_000_000), "en")


async def test_who_stops_listening_ends_the_program_too(tmp_path):
    told = tmp_path / "pid"
    async with (
        ear_process(program(HANGS, str(told))) as ear,
        asyncio.TaskGroup() as group,
    ):
        hearing = group.create_task(ear.hears(tone_wav(0.5), "en"))
        async with asyncio.timeout(30):
            while not told.exists():
                await asyncio.sleep(0.02)
        hearing.cancel()

    async with asyncio.timeout(30):
        while _lives(int(told.read_text())):
            await asyncio.sleep(0.02)


async def test_ears_end_with_a_service_that_was_killed(tmp_path):
    told = tmp_path / "pid"
    async with ear_process(program(HANGS, str(told))) as ear:

        async def dies():
            async with asyncio.timeout(30):
                while not told.exists():
                    await asyncio.sleep(0.02)
            assert _goes_first(told.read_text())
            ear.process.stdin.close()  # as the kernel does for one that was killed

        async with beside(dies()), asyncio.timeout(60):
            with pytest.raises(EarLost):
                await ear.hears(tone_wav(0.5), "en")
            while _lives(int(told.read_text())):
                await asyncio.sleep(0.02)


def _goes_first(pid):
    """Whether that process is the first that ends where memory runs out."""
    return Path(f"/proc/{pid}/oom_score_adj").read_text().strip() == "1000"


def _lives(pid):
    """Whether there is such a process, and it is not one that nobody has buried."""
    with suppress(FileNotFoundError), open(f"/proc/{pid}/stat") as about:
        return about.read().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_the_loop_goes_on_while_somebody_listens():
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    async with asyncio.TaskGroup() as group:
        ticking = group.create_task(tick())
        async with ear_process(program("import time; time.sleep(0.2)")) as ear:
            before = ticks
            await ear.hears(tone_wav(20), "en")
            assert ticks > before + 100
        ticking.cancel()
