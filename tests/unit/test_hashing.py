import asyncio
import logging
import stat
import time

import pytest

from ivrflow.flow.world import Trouble
from ivrflow.hashing import (
    ArgonVerifier,
    BadPepper,
    Hasher,
    make_pepper,
    read_pepper,
)
from ivrflow.secret import Secret

PIN = Secret("246810")
WRONG = Secret("739146")


@pytest.fixture(scope="module")
def hasher():
    return Hasher(Secret("5e" * 32))


@pytest.fixture
def verifier(hasher):
    verifier = ArgonVerifier(hasher, workers=2, waiting=4, longest=5)
    yield verifier
    verifier.close()


def test_a_hash_belongs_to_its_pin_alone(hasher):
    hashed = hasher.hash(PIN)

    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert hasher.matches(PIN, hashed)
    assert not hasher.matches(WRONG, hashed)
    assert not hasher.matches(Secret(""), hashed)


def test_the_same_pin_has_another_hash_each_time(hasher):
    assert hasher.hash(PIN) != hasher.hash(PIN)


def test_without_the_pepper_a_hash_is_worth_nothing(hasher):
    assert not Hasher(Secret("5f" * 32)).matches(PIN, hasher.hash(PIN))


def test_nobody_has_no_pin(hasher):
    assert not hasher.matches(PIN, None)


def test_who_is_unknown_takes_as_long_as_a_wrong_pin(hasher):
    hashed = hasher.hash(PIN)

    def took(hashed):
        times = []
        for _ in range(7):
            began = time.thread_time()
            hasher.matches(WRONG, hashed)
            times.append(time.thread_time() - began)
        return sorted(times)[1]

    known, unknown = took(hashed), took(None)
    assert abs(known - unknown) < 0.5 * max(known, unknown)


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "246810",
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$v=19$m=19456,t=2,p=1$",
        "$argon2i$v=19$m=19456,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b0dWRWJTmaaJObG",
        "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b0dWRWJTmaaJObG",
        "$argon2id$v=19$m=19456,t=999,p=1$c29tZXNhbHQ$RdescudvJCsgt3ub+b0dWRWJTmaaJObG",
    ],
)
def test_what_is_no_hash_of_ours_is_trouble_and_not_quoted(hasher, stored):
    with pytest.raises(Trouble, match="ivrflow secret hash") as trouble:
        hasher.matches(PIN, stored)
    assert "246810" not in str(trouble.value)


def test_a_card_is_known_again_but_not_as_anything_else(hasher):
    card = Secret("330106123459")

    assert hasher.known_as("card", card) == hasher.known_as("card", card)
    assert hasher.known_as("card", card) != hasher.known_as("pin", card)
    assert hasher.known_as("ab", Secret("c")) != hasher.known_as("a", Secret("bc"))
    assert "330106123459" not in hasher.known_as("card", card)


# Off the loop -------------------------------------------------------------------------


async def test_the_loop_goes_on_while_pins_are_compared(verifier, hasher):
    hashed = hasher.hash(PIN)
    ticks = 0

    async def tick():
        nonlocal ticks
        while True:
            await asyncio.sleep(0)
            ticks += 1

    async with asyncio.TaskGroup() as group:
        ticker = group.create_task(tick())
        assert await verifier.matches(PIN, hashed)
        ticker.cancel()
    assert ticks > 10


async def test_only_so_many_wait(verifier, hasher):
    hashed = hasher.hash(PIN)
    done = await asyncio.gather(
        *(verifier.matches(PIN, hashed) for _ in range(20)), return_exceptions=True
    )

    assert done.count(True) >= 4
    refused = [error for error in done if isinstance(error, Trouble)]
    assert len(refused) + done.count(True) == 20
    assert refused
    assert await verifier.matches(PIN, hashed)


async def test_who_hangs_up_while_waiting_leaves_the_place(verifier, hasher):
    hashed = hasher.hash(PIN)
    for _ in range(10):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.001):
                await asyncio.gather(*(verifier.matches(PIN, hashed) for _ in range(4)))

    assert await verifier.matches(PIN, hashed)


async def test_trouble_after_a_hang_up_is_nobodys_error(verifier):
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await verifier.matches(PIN, "nonsense")
    with pytest.raises(Trouble):
        await verifier.matches(PIN, "nonsense")


# The pepper ---------------------------------------------------------------------------


def test_a_pepper_is_made_once_and_for_its_owner_alone(tmp_path):
    path = tmp_path / "pepper"

    assert make_pepper(path)
    first = read_pepper(path).reveal()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(bytes.fromhex(first)) == 32

    assert not make_pepper(path)
    assert read_pepper(path).reveal() == first


@pytest.mark.parametrize("text", ["", "pepper", "5e" * 31, "zz" * 32, "ü"])
def test_what_is_no_pepper_is_refused_and_not_quoted(tmp_path, text):
    path = tmp_path / "pepper"
    path.write_text(text)
    with pytest.raises(BadPepper, match=str(path)) as error:
        read_pepper(path)
    if text and text != "pepper":
        assert text not in str(error.value)


def test_a_pepper_that_is_not_there_is_told_with_a_cure(tmp_path):
    with pytest.raises(BadPepper, match="ivrflow secret pepper"):
        read_pepper(tmp_path / "pepper")
    with pytest.raises(BadPepper, match="make the folder"):
        make_pepper(tmp_path / "nowhere" / "pepper")


def test_a_pepper_that_all_can_read_is_told(tmp_path, caplog):
    path = tmp_path / "pepper"
    make_pepper(path)
    path.chmod(0o644)
    with caplog.at_level(logging.WARNING):
        read_pepper(path)
    assert "chmod 600" in caplog.text
