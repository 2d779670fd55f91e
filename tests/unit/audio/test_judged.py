"""A recording in the spool is judged as it lies there."""

import contextlib
import random
from array import array

import pytest

from ivrflow.audio.judged import judged, judged_wav
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.trouble import Trouble
from ivrflow.prompts.audio import Sound, write_wav
from ivrflow.sim.memory.sounds import MemorySpool
from ivrflow.voicemail.judging import Judged, Verdict
from ivrflow.voicemail.rules import Limits

LIMITS = Limits(shortest=1.0, longest=60.0)


def wav(seconds, loud=8000):
    """Noise, as loud as that."""
    chance = random.Random(7)
    count = round(8000 * seconds)
    samples = array("h", (chance.randint(-loud, loud) for _ in range(count)))
    return write_wav(Sound(samples, 8000))


@pytest.fixture
def threads():
    with contextlib.closing(Threads()) as threads:
        yield threads


async def test_a_recording_is_judged(threads):
    spool = MemorySpool()
    spool.all = {"voicemail/1": wav(3.0), "voicemail/2": wav(3.0, loud=0)}
    message = await judged(spool, threads, "voicemail/1", LIMITS)
    silence = await judged(spool, threads, "voicemail/2", LIMITS)

    assert message is not None
    assert (message.verdict, message.seconds) == (Verdict.MESSAGE, 3.0)
    assert silence is not None
    assert silence.verdict is Verdict.SILENT
    assert await judged(spool, threads, "voicemail/1", LIMITS) == message


async def test_what_is_not_there_is_nothing(threads):
    assert await judged(MemorySpool(), threads, "voicemail/1", LIMITS) is None


@pytest.mark.parametrize("empty", [b"", b"RIFF", wav(0.0)])
async def test_nothing_in_it_is_nothing(threads, empty):
    spool = MemorySpool()
    spool.all["voicemail/1"] = empty
    assert await judged(spool, threads, "voicemail/1", LIMITS) is None


@pytest.mark.parametrize(
    ("recording", "why"),
    [
        (b"not a WAV" * 8000, "it is no WAV file"),
        (wav(3.0).replace(b"WAVEfmt ", b"WAVEjunk"), "it has no samples"),
        (write_wav(Sound(array("h", bytes(60_000)), 4000)), "4000"),
    ],
)
async def test_what_can_not_be_judged_is_a_message_and_is_told(
    threads, caplog, recording, why
):
    spool = MemorySpool()
    spool.all["voicemail/1"] = recording
    seconds = len(recording) / 16_000
    assert await judged(spool, threads, "voicemail/1", LIMITS) == Judged(
        verdict=Verdict.MESSAGE, seconds=seconds, ends=seconds
    )
    assert "recording voicemail/1 is a message unheard" in caplog.text
    assert why in caplog.text
    caplog.clear()


async def test_unknown_is_not_nothing(threads):
    class Away(MemorySpool):
        async def fetch(self, recorded):
            raise Trouble("Asterisk is away")

    with pytest.raises(Trouble, match="Asterisk is away"):
        await judged(Away(), threads, "voicemail/1", LIMITS)


def test_one_that_a_crash_cut_short_is_judged_by_what_is_there():
    whole = wav(2.0)
    broken = whole[:4] + bytes(4) + whole[8:40] + bytes(4) + whole[44:]
    assert judged_wav(broken, LIMITS) == judged_wav(whole, LIMITS)


def test_a_very_long_one_is_kept_unheard():
    long = write_wav(Sound(array("h", bytes(2 * 8000 * 601)), 8000))
    found = judged_wav(long, LIMITS)
    assert (found.verdict, found.begins, found.ends) == (Verdict.MESSAGE, 0.0, 601.0)


def test_an_empty_one_is_no_message():
    assert judged_wav(wav(0.0), LIMITS).verdict is not Verdict.MESSAGE
    with pytest.raises(ValueError, match="it is no WAV file"):
        judged_wav(b"", LIMITS)
