"""Sounds over HTTP where something goes wrong, or somebody wants too many."""

import asyncio
import wave
from contextlib import ExitStack
from io import BytesIO

import pytest

from ivrflow.console.asking import Refused
from ivrflow.console.sound_answers import AT_ONCE, AT_ONCE_EACH, PIECE, SoundAnswers
from ivrflow.flow.world import NewMessage, Trouble
from ivrflow.flow.world.sounds import recorded_as
from tests.unit.console.supervised import supervised

ONE = "a1" * 16
AUDIO = f"/api/messages/{ONE}/audio"
LONG = bytes(3 * PIECE)


def silence(size):
    whole = BytesIO()
    with wave.open(whole, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8_000)
        file.writeframes(bytes(size))
    return whole.getvalue()


async def all_that_comes(floor, by, path):
    """What a connection brings until it ends, head and all."""
    token = floor.headers(by)["Authorization"]
    reader, writer = await asyncio.open_connection("127.0.0.1", floor.client.port)
    ask = f"GET {path} HTTP/1.1\r\nHost: ivrflow\r\nAuthorization: {token}\r\n\r\n"
    writer.write(ask.encode())
    got = bytearray()
    try:
        async with asyncio.timeout(20):
            while part := await reader.read(65_536):
                got += part
    except ConnectionResetError:
        pass  # that is how it ends
    finally:
        writer.close()
    return bytes(got)


def fails():
    raise Trouble("the disk is away")


def nothing():
    return b""


@pytest.mark.parametrize("second", [fails, nothing])
async def test_an_answer_that_breaks_off_ends_the_connection(tmp_path, second):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=LONG)
        given, asked = floor.kept.audio.piece, []

        async def piece(sound, first, last):
            asked.append(first)
            return second() if len(asked) == 2 else await given(sound, first, last)

        floor.kept.audio.piece = piece
        came = await all_that_comes(floor, "1001", AUDIO)

        assert came.count(b"HTTP/1.1") <= 1
        assert b"error" not in came
        assert len(came) < len(LONG)


async def leave_in_spool(floor, wav):
    new = NewMessage(
        message=ONE,
        sound=ONE,
        mailbox="north",
        call="c1",
        caller="",
        at=floor.kept.clock(),
    )
    await floor.messages.begin([new], most={})
    await floor.messages.keep(ONE, seconds=2.0, urgent=False, work={})
    floor.kept.audio.spool.all[recorded_as(ONE)] = wav


async def ask(floor):
    async with floor.client.get(AUDIO, headers=floor.headers("1001")) as answer:
        return answer.status, await answer.read()


async def test_what_is_in_the_spool_is_fetched_twice_however_long_it_is(tmp_path):
    async with supervised(tmp_path) as floor:
        wav = silence(3 * PIECE)
        await leave_in_spool(floor, wav)
        spool, fetched = floor.kept.audio.spool, []
        fetch = spool.fetch

        async def counted(recorded):
            fetched.append(recorded)
            return await fetch(recorded)

        spool.fetch = counted
        status, data = await ask(floor)

        assert (status, data) == (200, wav)
        assert len(fetched) <= 2


async def test_what_is_cut_between_two_looks_is_asked_for_again(tmp_path):
    async with supervised(tmp_path) as floor:
        await leave_in_spool(floor, silence(20_000))
        size = floor.kept.audio.size

        async def size_and_then_taken_in(sound):
            found = await size(sound)
            await floor.kept.audio.put(sound, silence(10_000))
            return found

        floor.kept.audio.size = size_and_then_taken_in
        status, data = await ask(floor)

        assert status == 503
        assert b"try again" in data


def test_one_person_leaves_room_for_others():
    answers = SoundAnswers(None)
    with ExitStack() as on_the_way:
        for _ in range(AT_ONCE_EACH):
            on_the_way.enter_context(answers.place("ann"))
        with pytest.raises(Refused, match="sounds already"), answers.place("ann"):
            pass
        with answers.place("bob"):
            pass

        for nth in range(AT_ONCE - AT_ONCE_EACH):
            on_the_way.enter_context(answers.place(f"person {nth}"))
        with pytest.raises(Refused, match=f"{AT_ONCE} sounds"), answers.place("bob"):
            pass
    with answers.place("ann"):
        pass


async def test_who_finds_no_place_stands_in_no_log(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.leave(ONE, "north", wav=LONG)
        going_on, waiting, given = asyncio.Event(), [], floor.kept.audio.piece

        async def slow(sound, first, last):
            waiting.append(first)
            await going_on.wait()
            return await given(sound, first, last)

        floor.kept.audio.piece = slow
        async with asyncio.TaskGroup() as group:
            asked = [group.create_task(ask(floor)) for _ in range(AT_ONCE_EACH)]
            while len(waiting) < AT_ONCE_EACH:
                await asyncio.sleep(0.01)
            before = await floor.audited()
            refused = await ask(floor)
            after = await floor.audited()
            going_on.set()

        assert (refused[0], after) == (503, before)
        assert {one.result()[0] for one in asked} == {200}
