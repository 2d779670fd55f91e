"""200 calls on the real Asterisk, at least 50 of them at once: every digit right.

The phones, the service and Asterisk share the machine's cores.
"""

import asyncio
import random
import sqlite3
from contextlib import closing

import pytest
from hotline_rig import hotline

from ivrflow.facts import CallEnded, CallStarted, DigitsCollected, StepFailed
from ivrflow.hashing import Hasher, read_pepper
from ivrflow.secret import Secret
from ivrflow.sim.phone import Phones

CALLS, AT_ONCE = 200, 60

pytestmark = [pytest.mark.asterisk, pytest.mark.alone, pytest.mark.timeout(300)]


def with_check_digit(eleven):
    """Eleven digits and their Luhn digit."""
    for last in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(eleven + last)):
            value = int(digit) * (2 if place % 2 else 1)
            total += value - 9 if value > 9 else value
        if total % 10 == 0:
            return eleven + last
    raise AssertionError


def customers(count):
    """Card, PIN and balance of each caller; no two cards or balances are the same."""
    chance = random.Random(12313)
    cards = [with_check_digit(f"44{chance.randrange(10**9):09d}") for _ in range(count)]
    assert len(set(cards)) == count
    # Hashing is slow on purpose: twenty PINs are enough to mix them up.
    pins = [f"{chance.randrange(10**6):06d}" for _ in range(20)]
    return [(card, pins[n % 20], 1000 + n) for n, card in enumerate(cards)]


def enrol(people):
    def change(kept):
        hasher = Hasher(read_pepper(kept.settings.path(kept.settings.pepper_file)))
        hashes = {pin: hasher.hash(Secret(pin)) for pin in {p for _, p, _ in people}}
        with closing(sqlite3.connect(kept.crm)) as db:
            for n, (card, pin, amount) in enumerate(people):
                db.execute(
                    "insert into retailer values (?, ?, ?, 'north', 1, ?)",
                    (10_000 + n, card, f"Caller {n}", hashes[pin]),
                )
                db.execute(
                    "insert into account values (?, ?, '2099-01-01')",
                    (10_000 + n, amount),
                )
            db.commit()

    return change


async def test_two_hundred_calls_sixty_at_once_hear_their_own_balance(tmp_path):
    people = customers(CALLS)
    limit, up, most_up = asyncio.Semaphore(AT_ONCE), 0, 0

    async def call(phones, heard, number):
        nonlocal up, most_up
        card, pin, _ = people[number]
        caller = f"139{number:08d}"
        async with limit:
            phone = await phones.call("12313", caller=caller, keep=0)
            up += 1
            most_up = max(most_up, up)
            try:
                await heard.said(caller, "choose_language")
                await phone.press("2")
                await heard.said(caller, "enter_card")
                await phone.press(card)
                await heard.said(caller, "enter_pin")
                await phone.press(pin)
                await heard.said(caller, "main_menu")
                await phone.press("1")
                words = await heard.said(caller, "your_balance")
                # Long enough that the calls overlap, as they do in life.
                await asyncio.sleep(5)
                await phone.hang_up()
                return words
            finally:
                up -= 1

    async with hotline(tmp_path, change=enrol(people)) as rig:
        async with Phones(sip=rig.pbx.sip) as phones:
            # Also when one gets stuck: which digits went wrong is what we want to see.
            said = await asyncio.gather(
                *(call(phones, rig.heard, n) for n in range(CALLS)),
                return_exceptions=True,
            )
        await asyncio.sleep(5)
        left = await rig.left_over()
    facts = rig.heard.facts
    entries = [f for f in facts if isinstance(f, DigitsCollected)]

    assert [f for f in entries if f.result != "accepted"] == []
    assert [answer for answer in said if isinstance(answer, Exception)] == []
    expected = [f"one thousand {spelled(n)}yuan" for n in range(CALLS)]
    wrong = [
        (n, words) for n, words in enumerate(said) if expected[n] not in str(words)
    ]
    assert wrong == []
    assert most_up >= 50
    assert sum(isinstance(f, CallStarted) for f in facts) == CALLS
    assert sum(isinstance(f, CallEnded) for f in facts) == CALLS
    assert [f for f in facts if isinstance(f, StepFailed)] == []
    assert left == []


ONES = (
    *("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen"),
    *("seventeen", "eighteen", "nineteen"),
)
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def spelled(n):
    """0 to 199 in words, each with a blank behind it."""
    words = ["one", "hundred"] if n >= 100 else []
    n %= 100
    if n >= 20:
        words.append(TENS[n // 10 - 2] + (f"-{ONES[n % 10]}" if n % 10 else ""))
    elif n:
        words.append(ONES[n])
    return "".join(f"{word} " for word in words)
