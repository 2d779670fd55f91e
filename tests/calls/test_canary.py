"""Marked cards and PINs, right and wrong: after hundreds of calls they are nowhere."""

import asyncio
import logging
import re

import pytest

from ivrflow.facts import Decided, LetterPosted
from ivrflow.flow.bookmark import read_bookmark
from tests.real_data import SEAL, house

RIGHT = {f"330106{n:06}": f"739146{n:06}" for n in range(12)}
"""Card -> PIN of people whom the CRM knows."""

WRONG_PINS = [(card, f"864209{n:06}") for n, card in enumerate([*RIGHT] * 5)]
UNKNOWN = [(f"558812{n:06}", f"975313{n:06}") for n in range(80)]
CALLS = [*list(RIGHT.items()) * 6, *WRONG_PINS, *UNKNOWN]
MASKED = [(card, "1") for card in [*RIGHT] * 3] + [
    (f"558812{n:06}", "1") for n in range(90, 110)
]
"""Cards that are typed to be looked up with, said again, stored and written about."""
MARK = re.compile(rb"(330106|739146|864209|558812|975313)\d{6}")


FRACTION = re.compile(rb"\d\.\d{7,}")
"""How long something took, to the last digit: of a thousand of these, one may well hold
six digits that are a mark's."""


def marks(text):
    raw = text if isinstance(text, bytes) else str(text).encode()
    return MARK.search(FRACTION.sub(b"", raw))


@pytest.mark.timeout(120)
async def test_no_card_and_no_pin_is_anywhere_after_hundreds_of_calls(
    tmp_path, caplog, capfd
):
    caplog.set_level(logging.DEBUG)
    async with house(tmp_path, RIGHT, keeps=True) as made:
        assert len(CALLS) >= 200
        turns = asyncio.Semaphore(20)

        async def one(card, pin, n, dialled):
            async with turns:
                await made.call(card, pin, caller=f"138{n:08}", dialled=dialled)

        async with asyncio.TaskGroup() as group:
            for n, (card, pin) in enumerate(CALLS):
                group.create_task(one(card, pin, n, "100"))
            for n, (card, pin) in enumerate(MASKED):
                group.create_task(one(card, pin, n, "200"))
        assert await made.records.durable(10)
        # While it runs, with its write-ahead logs, and all that is known of the calls.
        searched = everything(tmp_path, made)
        steps = [f.target for f in made.facts if isinstance(f, Decided)]

    assert steps.count("copy") > 20
    assert steps.count("no") > 100
    assert steps.count("again") == len(RIGHT) * 3
    assert steps.count("unknown") == 20
    assert "******0003" in str(made.facts)  # whatever is known of them is their end
    assert b"******0003" in searched["bookmarks"]
    assert any(isinstance(fact, LetterPosted) for fact in made.facts)
    searched |= {f"{path} at the end": raw for path, raw in files(tmp_path)}
    searched["the log"] = caplog.text.encode()
    searched["the screen"] = "".join(capfd.readouterr()).encode()
    assert len(searched) >= 10
    assert {
        place: bool(marks(raw)) for place, raw in searched.items() if marks(raw)
    } == {}


def files(folder):
    """Every file's raw bytes; of the site's own CRM, what is no card."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            raw = path.read_bytes()
            if path.name.startswith("crm.db"):
                # The cards are the CRM's own, what a flow stores among them; the PINs
                # must not be there either.
                raw = re.sub(rb"330106\d{6}", b"", raw)
            yield str(path.relative_to(folder)), raw


def everything(folder, made):
    found = dict(files(folder))
    found["facts"] = "\n".join(
        repr(fact) + repr(fact.details()) for fact in made.facts
    ).encode()
    # Some are packed: so as they are read, too.
    texts = [text for channel in made.channels for text in channel.bookmarks]
    found["bookmarks"] = "\n".join(
        text + repr(read_bookmark(text, SEAL)) for text in texts
    ).encode()
    found["what was heard"] = "\n".join(
        repr(channel.heard) for channel in made.channels
    ).encode()
    return found


async def test_the_search_would_find_them(tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    card, pin = next(iter(RIGHT.items()))
    (tmp_path / "leak").write_text(f"x{pin}x")
    logging.getLogger("leak").debug("card %s", card)

    assert any(marks(raw) for _, raw in files(tmp_path))
    assert marks(caplog.text)
