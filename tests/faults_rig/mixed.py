"""The mixed sample: the sample hotline, with shorter waits and more agents.

It is copied and changed in a few places, so that what callers meet here is what the
sample's callers meet: menu, card and PIN, balance, queue, agent, survey, voicemail. The
first menu leads to all of them, or a hundred callers a second would be needed to keep
the queue busy; people are there day and night. Agents take calls, and no messages as
work: else they would be away from callers for that. Cards have six digits, PINs four:
what is typed is never written down, so who is interrupted begins with the card again,
and nobody presses eighteen keys between two kills that are five seconds apart.
"""

import random
import shutil
from collections import namedtuple
from pathlib import Path

SAMPLE = Path(__file__).parents[2] / "flows" / "hotline"

AGENTS = tuple(str(1001 + n) for n in range(50))

Customer = namedtuple("Customer", "card pin")
PINS = tuple(f"{n:04d}" for n in random.Random(6).sample(range(10**4), 8))


def customers(count):
    """Card and PIN of each caller; no two cards are the same."""
    for n in range(count):
        yield Customer(_with_check_digit(f"{n:05d}"), PINS[n % len(PINS)])


def _with_check_digit(digits):
    """The digits and their Luhn digit."""
    for last in "0123456789":
        total = 0
        for place, digit in enumerate(reversed(digits + last)):
            value = int(digit) * (2 if place % 2 else 1)
            total += value - 9 if value > 9 else value
        if total % 10 == 0:
            return digits + last
    raise AssertionError


CHANGES = {
    "hours.yaml": {
        "mon-fri: 08:30-12:00, 13:30-17:30": "mon-sun: 00:00-24:00",
        "  sat: 09:00-12:00\n": "",
        "  holidays: CN ": "  # holidays: ",
        "  except:\n": "",
        "    2026-10-08: 09:00-15:00\n": "",
        "    2027-02-05..2027-02-12: closed\n": "",
    },
    "queues.yaml": {
        "wrap_up: 15s": "wrap_up: 1s",
        "ring: 20s": "ring: 8s",
        "longest_line: 200": "longest_line: 2000",
        # A talk here is shorter than what agent and caller hear before it.
        "  whisper: agent_whisper ": "  # whisper: agent_whisper ",
        "  tell_caller: agent_number ": "  # tell_caller: agent_number ",
    },
    "mailboxes.yaml": {
        # These agents have no skills.
        ", skills: {language: language}": "",
        # A seventh of ten thousand callers leave a message.
        "  length: 2s..120s\n": "  length: 2s..120s\n  most: 9999\n",
    },
    "demo.sql": {" check (length(card) = 12)": ""},
    "flows/hotline.yaml": {
        "digits: 12, check: luhn": "digits: 6, check: luhn",
        "ask: enter_pin, digits: 6": "ask: enter_pin, digits: 4",
        "      2: {set: {language: en}, then: identify}\n": (
            "      2: {set: {language: en}, then: identify}\n"
            "      3: {set: {language: en}, then: wait_for_agent}\n"
            "      4: {set: {language: en}, then: leave_message}\n"
            "      5: {set: {language: en}, then: goodbye}\n"
        ),
        "    skills:\n      district: customer.district\n": "",
        "      language: language\n    widen:\n": "",
        "      - {after: 60s, drop: district}\n": "",
        "    priority: customer.level\n": "",
        "    show: {retailer: customer.id, name: customer.name, topic: topic}\n": "",
    },
}
"""File -> what stands there in the sample -> what stands there here."""


def mixed_site(folder):
    """Write the mixed sample into *folder* and return it."""
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("tests"))
    for name, changes in CHANGES.items():
        text = (folder / name).read_text("utf-8")
        for old, new in changes.items():
            assert text.count(old) == 1, f"the sample's {name} has no {old!r} any more"
            text = text.replace(old, new)
        (folder / name).write_text(text, "utf-8")
    (folder / "agents.yaml").write_text(
        'teams:\n  north: {title: North, supervised_by: ["2001"]}\nagents:\n'
        + "".join(
            f'  "{number}": {{name: Agent {number}, endpoint: PJSIP/{number}, '
            "team: north, queues: [service], takes: [call, callback]}\n"
            for number in AGENTS
        )
        + '  "2001": {name: Boss, endpoint: PJSIP/2001, role: supervisor}\n',
        "utf-8",
    )
    return folder
