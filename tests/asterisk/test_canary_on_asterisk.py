"""Cards and PINs that were typed on real phones are in no file and no channel."""

import asyncio
import re

import pytest
from hotline_rig import hotline
from site_rig import running_site

from ivrflow.demo.setup import CUSTOMERS
from ivrflow.facts import CallEnded
from ivrflow.sim.phone import Phones

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(180)]

UNKNOWN = ["558812000005", "558812000013", "558812000021"]
"""Cards that nobody has; they fulfil Luhn's check."""

WRONG = "739146"
CALLS = [
    *[(c.caller, c.card, c.pin, "main_menu") for c in CUSTOMERS[:3]],
    *[(f"1390000000{n}", c.card, WRONG, "enter_pin") for n, c in enumerate(CUSTOMERS)],
    *[(f"1370000000{n}", card, WRONG, "enter_pin") for n, card in enumerate(UNKNOWN)],
]
SECRETS = {text for _, card, pin, _ in CALLS for text in (card, pin)}


def luhn(card):
    digits = [int(d) for d in reversed(card)]
    return (
        sum(d if n % 2 == 0 else sum(divmod(2 * d, 10)) for n, d in enumerate(digits))
        % 10
        == 0
    )


def secrets_in(raw):
    return {text for text in SECRETS if text.encode() in raw}


def files(folder):
    """Every file below *folder* but the CRM, whose the cards are, and recordings."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.name.startswith("crm.db"):
            yield str(path.relative_to(folder)), path.read_bytes()


async def test_cards_and_pins_of_real_calls_are_nowhere(tmp_path, caplog):
    assert len(CALLS) >= 10
    assert all(luhn(card) for card in UNKNOWN)
    variables = []
    async with hotline(tmp_path) as rig, Phones(sip=rig.pbx.sip) as phones:
        heard = rig.heard

        async def one(caller, card, pin, then):
            call = await phones.call("12313", caller=caller)
            await heard.said(caller, "choose_language")
            await call.press("2")
            await heard.said(caller, "enter_card")
            await call.press(card)
            await heard.said(caller, "enter_pin")
            await call.press(pin)
            if then == "enter_pin":
                async with asyncio.timeout(30):
                    while len(heard.words[caller, "enter_pin"]) < 2:
                        await asyncio.sleep(0.05)
            else:
                await heard.said(caller, then)
            channels = await rig.pbx.rx("core show channels concise")
            for name in re.findall(r"^(PJSIP/[^!]+)!", channels, re.MULTILINE):
                variables.append(await rig.pbx.rx(f"core show channel {name}"))
            await call.hang_up()

        for first in range(0, len(CALLS), 5):
            async with asyncio.TaskGroup() as group:
                for each in CALLS[first : first + 5]:
                    group.create_task(one(*each))
        async with asyncio.timeout(30):
            while sum(isinstance(f, CallEnded) for f in heard.facts) < len(CALLS):
                await asyncio.sleep(0.1)
        await asyncio.sleep(0.5)  # records are written a moment later
        found = dict(files(tmp_path))
        facts = "\n".join(repr(fact) + repr(fact.details()) for fact in heard.facts)

    found |= {f"{name} at the end": raw for name, raw in files(tmp_path)}
    found["facts"] = facts.encode()
    found["the log"] = caplog.text.encode()
    found["channel variables"] = "\n".join(variables).encode()
    assert len(variables) >= len(CALLS)
    assert any(name.endswith("full.log") for name in found)
    assert b"main_menu" in found["facts"]
    assert {n: secrets_in(raw) for n, raw in found.items() if secrets_in(raw)} == {}


LOST = {
    "13800138001": ("6222001234567813", "110101199003071233", "confirm_loss"),
    "13900000001": ("6222005555111127", "330106198506124569", "unknown_card"),
}
"""Caller -> a card and an ID that are masked, not secret, and what is heard then."""


async def test_masked_numbers_of_real_calls_are_nowhere_but_for_their_end(
    tmp_path, caplog
):
    async with (
        running_site("bank", tmp_path) as rig,
        Phones(sip=rig.pbx.sip) as phones,
    ):
        variables = []
        for caller, (card, id_card, then) in LOST.items():
            call = await phones.call("95599", caller=caller)
            for prompt, keys in [
                ("choose_language", "2"),
                ("first_menu", "2"),
                ("enter_lost_card", card),
                ("enter_id_card", id_card),
            ]:
                await rig.heard.said(caller, prompt, within=20)
                await call.press(keys)
            await rig.heard.said(caller, then, within=20)
            channels = await rig.pbx.rx("core show channels concise")
            for name in re.findall(r"^(PJSIP/[^!]+)!", channels, re.MULTILINE):
                variables.append(await rig.pbx.rx(f"core show channel {name}"))
            await call.hang_up()
        await rig.running.live.nobody()
        await asyncio.sleep(0.5)  # records are written a moment later
        # The site's own data has the numbers, and nothing else may.
        found = {n: raw for n, raw in files(tmp_path) if not n.startswith("data.db")}
        facts = "\n".join(repr(f) + repr(f.details()) for f in rig.heard.facts)

    found |= {"facts": facts.encode(), "the log": caplog.text.encode()}
    found["channel variables"] = "\n".join(variables).encode()
    typed = [text for card, id_card, _ in LOST.values() for text in (card, id_card)]
    assert len(variables) >= len(LOST)
    assert all(f"******{text[-4:]}" in facts for text in typed)
    assert {
        (name, text[-4:])
        for name, raw in found.items()
        for text in typed
        if text.encode() in raw
    } == set()
