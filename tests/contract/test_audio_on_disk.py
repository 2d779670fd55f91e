"""What every `Audio` does: in memory, and on disk, plain and sealed.

What lies in the switch's spool only is served too, until it is taken in.
"""

import contextlib
import hashlib
from array import array

import pytest

from ivrflow.audio.keyring import Key, Keyring, make_key
from ivrflow.audio.library import Library
from ivrflow.audio.playing import Copies, Playing
from ivrflow.audio.room import Room
from ivrflow.audio.store import Store
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.sounds import recorded_as
from ivrflow.flow.world.trouble import Trouble
from ivrflow.prompts.audio import Sound, write_wav
from ivrflow.sim.memory.sounds import MemoryAudio, MemorySoundRows, MemorySpool
from ivrflow.telephony.channel import Recorded
from ivrflow.voicemail.judging import Verdict
from ivrflow.voicemail.rules import Limits

SOUND, OTHER = "5e" * 16, "6f" * 12
WAV = write_wav(Sound(array("h", range(-8000, 8000)), 8000))


LIMITS = Limits(shortest=1.0, longest=60.0)

SPOKEN = write_wav(
    Sound(array("h", [4000 if n // 9 % 2 else -4000 for n in range(16_000)]), 8000)
)
SILENCE = write_wav(Sound(array("h", [0] * 16_000), 8000))


@pytest.fixture
def spool():
    return MemorySpool()


@pytest.fixture(params=["memory", "plain", "sealed"])
async def audio(request, tmp_path, spool):
    if request.param == "memory":
        yield MemoryAudio(spool)
        return
    keys = [Key(make_key())] if request.param == "sealed" else []
    store = Store(tmp_path / "voicemail", Keyring(keys))
    with contextlib.closing(Threads()) as threads:
        playing = Playing(
            Copies(tmp_path / "playing", store.folder), store.read, threads
        )
        yield Library(
            store,
            playing,
            threads,
            spool,
            Room(store, 1_000_000),
            ends=MemorySoundRows().ends,
        )


async def test_what_was_put_is_read(audio):
    copied = await audio.put(SOUND, WAV)
    assert copied.size == await audio.size(SOUND) == len(WAV)
    assert copied.sha256 == hashlib.sha256(WAV).hexdigest()
    assert await audio.read(SOUND) == WAV


async def test_it_is_put_again_without_a_change(audio):
    assert await audio.put(SOUND, WAV) == await audio.put(SOUND, WAV)
    assert await audio.read(SOUND) == WAV


@pytest.mark.parametrize(
    ("first", "last"),
    [(0, 0), (0, 43), (44, 31_999), (31_000, 99_999), (99_999, 100_000), (5, 4)],
)
async def test_a_piece_is_what_http_means_by_a_range(audio, first, last):
    await audio.put(SOUND, WAV)
    assert await audio.piece(SOUND, first, last) == WAV[first : last + 1]


async def test_what_is_dropped_is_no_more(audio):
    await audio.put(SOUND, WAV)
    await audio.put(OTHER, WAV)
    assert await audio.drop(SOUND)
    assert not await audio.drop(SOUND)
    assert await audio.read(OTHER) == WAV
    for act in (audio.read, audio.size):
        with pytest.raises(Trouble, match=f"no sound {SOUND}"):
            await act(SOUND)
    with pytest.raises(Trouble):
        await audio.piece(SOUND, 0, 1)


@pytest.mark.parametrize("sound", ["", "../../etc/passwd", "5E" * 16, "5e" * 40])
async def test_what_is_no_id_is_refused(audio, sound):
    for act in (audio.read, audio.size, audio.drop, lambda s: audio.put(s, WAV)):
        with pytest.raises(Trouble, match="is no sound's id"):
            await act(sound)


async def test_it_is_played_as_long_as_it_lasts(audio):
    await audio.put(SOUND, WAV)
    async with audio.played(SOUND) as said:
        assert said.clips == (f"heard/{SOUND}",)
        assert said.seconds == 2.0


async def test_what_is_not_there_is_not_played(audio):
    with pytest.raises(Trouble):
        async with audio.played(SOUND):
            pytest.fail("it was played")


# What lies in the spool ---------------------------------------------------------------


async def test_what_was_just_recorded_is_read_from_the_spool(audio, spool):
    spool.all[recorded_as(SOUND)] = WAV

    assert await audio.read(SOUND) == WAV
    assert await audio.size(SOUND) == len(WAV)
    assert await audio.piece(SOUND, 44, 143) == WAV[44:144]
    async with audio.played(SOUND) as said:
        assert said.clips == (f"heard/{SOUND}",)
        assert said.seconds == 2.0


async def test_what_a_crash_has_cut_short_is_whole_for_whoever_reads_it(audio, spool):
    length_is_0 = WAV[:4] + b"\0" * 4 + WAV[8:40] + b"\0" * 4 + WAV[44:]
    spool.all[recorded_as(SOUND)] = length_is_0

    assert await audio.read(SOUND) == WAV


async def test_the_store_comes_before_the_spool(audio, spool):
    await audio.put(SOUND, WAV)
    spool.all[recorded_as(SOUND)] = SILENCE

    assert await audio.read(SOUND) == WAV
    async with audio.played(SOUND) as said:
        assert said.seconds == 2.0


async def test_what_is_dropped_from_the_store_is_not_dropped_from_the_spool(
    audio, spool
):
    spool.all[recorded_as(SOUND)] = WAV
    assert not await audio.drop(SOUND)
    assert await audio.read(SOUND) == WAV


@pytest.mark.parametrize(
    ("wav", "verdict"), [(SPOKEN, Verdict.MESSAGE), (SILENCE, Verdict.SILENT)]
)
async def test_what_was_recorded_is_judged_by_its_sound(audio, spool, wav, verdict):
    spool.all[recorded_as(SOUND)] = wav
    recorded = Recorded(name=recorded_as(SOUND), seconds=2.0, ended_by="#")

    judged = await audio.judged(recorded, LIMITS)

    assert (judged.verdict, judged.seconds) == (verdict, 2.0)


async def test_there_is_room_at_first(audio):
    assert not audio.is_full
