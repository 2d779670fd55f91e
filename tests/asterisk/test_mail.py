"""A message left on a real phone while no mail server answers arrives later, once."""

import asyncio
import io
import wave

import pytest
from asterisk_rig import until
from hotline_rig import hotline

from ivrflow.config import read_settings
from ivrflow.db.engine import Database
from ivrflow.db.outbox import SqlOutbox
from ivrflow.demo.setup import CUSTOMERS
from ivrflow.mail.delivery import Delivery
from ivrflow.sim.phone import Phones
from tests.unit.mail.test_smtp import Server, serving

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

LATE = CUSTOMERS[3]
"""Calls on Saturday afternoon, when nobody is there."""

BEGUN = "select 1 from messages"
EMAILS = "select state, tries from outbox where channel = 'email'"
REFUSED = f"{EMAILS} and error <> ''"


async def test_a_message_arrives_as_a_mail_with_its_sound_when_the_server_is_back(
    tmp_path,
):
    server = Server(EHLO="421 away", HELO="421 away")
    async with serving(server) as port:

        def with_mail(kept):
            path = tmp_path / "ivrflow.yaml"
            mail = (
                f"smtp: {{host: 127.0.0.1, port: {port}, from: ivr@example.com, "
                f"tls: no}}\n"
            )
            path.write_text(path.read_text("utf-8") + mail, "utf-8")
            object.__setattr__(kept, "settings", read_settings(path))

        async with (
            hotline(tmp_path, change=with_mail) as rig,
            Phones(sip=rig.pbx.sip) as phones,
        ):
            call = await phones.call("12313", caller=LATE.caller)
            for prompt, keys in (
                ("choose_language", "2"),
                ("enter_card", LATE.card),
                ("enter_pin", LATE.pin),
                ("main_menu", "0"),
            ):
                await rig.heard.said(LATE.caller, prompt)
                await call.press(keys)
            await rig.heard.said(LATE.caller, "please_leave_message")
            await until(lambda: len(rig.rows(BEGUN)), wanted=1, within=20)
            await asyncio.sleep(1.2)  # the tone
            call.send_tone(700)
            await asyncio.sleep(4)
            await call.hang_up()
            await until(lambda: rig.rows(REFUSED), wanted=[("waiting", 1)], within=30)
            assert server.mails == []

            # An hour later by the clock of who delivers, and the server is back.
            server.refuses = {}
            running, later = rig.running, rig.running.world.seconds() + 3600
            database = Database(f"sqlite:///{rig.kept.database}")
            try:
                outbox = SqlOutbox(database, running.world.clock)
                mail = running.world.couriers["email"]
                await Delivery(outbox, {"email": mail}, lambda: later).once()
                assert (
                    await Delivery(outbox, {"email": mail}, lambda: later).once() == 0
                )
            finally:
                await database.close()
            rows = rig.rows(EMAILS)

    (mail,) = server.mails
    assert mail["To"] == "duty@example.com"
    assert LATE.caller in mail["Subject"]
    (sound,) = mail.iter_attachments()
    with wave.open(io.BytesIO(sound.get_content())) as wav:
        assert wav.getnframes() / wav.getframerate() > 2
    assert rows == [("sent", 2)]
