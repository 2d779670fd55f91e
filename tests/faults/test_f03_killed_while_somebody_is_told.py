"""F3, of one call that we make: the service is killed while it tells somebody by phone.

Once while the phone rings, and once while the message plays. It rings on, it is not
rung a second time, nobody asks for the PIN again, and the message counts as told once.
"""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime

from faults_rig.house import house

from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.secret import Secret
from ivrflow.sim.phone import Phones
from tests.asterisk.test_told_on_asterisk import PIN, with_a_mailbox

CALLER, TELLS = "13800138077", "select state, tries from outbox where channel = 'call'"
BEGUN = "select count(*) from messages"
TONE, SPEAKS = 440, 12.0


async def test_who_is_told_by_phone_stays_on_the_line_when_the_service_dies(
    tmp_path, figures, form
):
    async with AsyncExitStack() as stack:
        h = await stack.enter_async_context(
            house(tmp_path, site=with_a_mailbox(tmp_path))
        )
        service = await stack.enter_async_context(h.service())
        await service.ready()
        await _set_pin(h)
        phones = await stack.enter_async_context(Phones(sip=h.sip))
        password = h.running.credentials.agents["1001"]
        duty = await phones.agent("1001", password=password)

        call = await phones.call("12399", caller=CALLER, keep=0)
        async with asyncio.timeout(30):
            while not h.truth.one(BEGUN):
                await asyncio.sleep(0.1)
        await asyncio.sleep(1.2)
        call.send_tone(TONE)
        await asyncio.sleep(SPEAKS)
        await call.hang_up()

        told = await duty.rung(30)
        service.kill()
        await service.ready()
        rings_on = not told.over.done()
        told.answer()
        await _said(h, "box_pin")
        await told.press(f"{PIN}#")
        await _noted(h, "MessageHeard")
        await asyncio.sleep(2)
        service.kill()
        await service.ready()
        await asyncio.sleep(2)
        talks_on = not told.over.done()
        await told.hang_up()
        async with asyncio.timeout(40):
            while h.truth.rows(TELLS)[0][0] != "sent":
                await asyncio.sleep(0.2)
        left = await h.left(within=10)
    begun = [f for f in h.truth.facts("CallStarted") if f.data["caller"] == "1001"]
    asked = [f for f in h.truth.facts("Said") if f.data["prompt"] == "box_pin"]
    figures("F3", "phones that rang for one message, two kills", len(duty.rang), "1")
    figures("F3", "how often the PIN was asked for", len(asked), "1")

    assert rings_on
    assert talks_on
    assert len(duty.rang) == len(begun) == len(asked) == 1
    assert [f.data["how"] for f in h.truth.facts("ToldByCall")] == ["heard"]
    assert left == []


async def _set_pin(h):
    database = Database(f"sqlite:///{h.truth.database}")
    hashed = await asyncio.to_thread(h.hasher.hash, Secret(PIN))
    boxes = SqlBoxes(database, lambda: datetime.now(UTC))
    await boxes.set_pin("duty", hashed, by="test")
    await database.close()


async def _said(h, prompt, within=30):
    async with asyncio.timeout(within):
        while prompt not in [f.data["prompt"] for f in h.truth.facts("Said")]:
            await asyncio.sleep(0.1)


async def _noted(h, kind, within=30):
    async with asyncio.timeout(within):
        while not h.truth.facts(kind):
            await asyncio.sleep(0.1)
