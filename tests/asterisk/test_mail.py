"""A message left on a real phone arrives as a mail with its sound."""

import asyncio
import io
import wave

import pytest
from hotline_rig import hotline

from ivrflow.config import read_settings
from ivrflow.demo.setup import CUSTOMERS
from ivrflow.sim.phone import Phones
from tests.unit.mail.test_smtp import Server, serving

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

LATE = CUSTOMERS[3]
"""Calls on Saturday afternoon, when nobody is there."""

EMAILS = "select state, tries from outbox where channel = 'email'"


async def test_a_message_arrives_as_a_mail_with_its_sound(tmp_path):
    server = Server()
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
            await asyncio.sleep(6)
            call.send_tone(700)
            await asyncio.sleep(4)
            await call.hang_up()
            async with asyncio.timeout(20):
                # The mail is there before the row can say so.
                while (rows := rig.rows(EMAILS)) != [("sent", 1)]:
                    await asyncio.sleep(0.1)

    (mail,) = server.mails
    assert mail["To"] == "duty@example.com"
    assert LATE.caller in mail["Subject"]
    (sound,) = mail.iter_attachments()
    with wave.open(io.BytesIO(sound.get_content())) as wav:
        assert wav.getnframes() / wav.getframerate() > 2
    assert rows == [("sent", 1)]
