"""Who is told of a message: a phone that rings and a mail at once, and a lamp that is
off, on the real Asterisk."""

import asyncio
import shutil
from datetime import UTC, datetime

import pytest
from hotline_rig import SITE, hotline

from ivrflow.config import read_settings
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.facts import CallStarted, MessageHeard, ToldByCall
from ivrflow.hashing import Hasher, read_pepper
from ivrflow.secret import Secret
from ivrflow.sim.hearing import heard
from ivrflow.sim.phone import Phones
from ivrflow.sim.phone.call import read_wav
from tests.unit.mail.test_smtp import Server, attached, serving

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

PIN = "471108"
CALLER = "13800138099"
BOX = """
duty:
  number: 822
  language: en
  tell:
    - {call: PJSIP/1001}
    - {email: duty@example.com, attach: wav}
"""
FLOW = "flow: note\nsteps:\n  leave: {voicemail: duty}\n"


def with_a_mailbox(folder):
    """The hotline, with a number that leads to a mailbox and nowhere else."""
    site = folder / "site"
    shutil.copytree(SITE, site)
    (site / "flows" / "note.yaml").write_text(FLOW, "utf-8")
    for name, more in (("mailboxes", BOX), ("numbers", '"12399": {flow: note}\n')):
        path = site / f"{name}.yaml"
        path.write_text(path.read_text("utf-8") + more, "utf-8")
    return site


async def set_pin(kept):
    pepper = read_pepper(kept.settings.path(kept.settings.pepper_file))
    database = Database(f"sqlite:///{kept.database}")
    hashed = await asyncio.to_thread(Hasher(pepper).hash, Secret(PIN))
    boxes = SqlBoxes(database, lambda: datetime.now(UTC))
    await boxes.set_pin("duty", hashed, by="test")
    await database.close()


async def test_a_phone_rings_and_plays_the_message_after_the_pin(tmp_path):
    server = Server()
    async with serving(server) as port:

        def with_mail(kept):
            path = tmp_path / "ivrflow.yaml"
            mail = f"smtp: {{host: 127.0.0.1, port: {port}, from: i@a.cn, tls: no}}\n"
            path.write_text(path.read_text("utf-8") + mail, "utf-8")
            object.__setattr__(kept, "settings", read_settings(path))

        async with (
            hotline(tmp_path, change=with_mail, site=with_a_mailbox(tmp_path)) as rig,
            Phones(sip=rig.pbx.sip) as phones,
        ):
            await set_pin(rig.kept)
            password = rig.pbx.credentials.agents["1001"]
            duty = await phones.agent("1001", password=password)
            duty.answers(0.5)
            spoken = rig.kept.settings.path(rig.kept.settings.sounds)
            spoken = spoken / "en" / "all_busy.wav"

            call = await phones.call("12399", caller=CALLER)
            await rig.heard.said(CALLER, "voicemail_greeting")
            await call.until_quiet(0.5)
            await asyncio.sleep(1)  # the tone
            await call.play_wav(spoken)
            await call.hang_up()

            told = await duty.next_call(20)
            await rig.heard.said("1001", "told_message")
            await rig.heard.said("1001", "box_pin")
            await told.press(PIN + "#")
            async with asyncio.timeout(20):
                while not any(isinstance(f, MessageHeard) for f in rig.heard.facts):
                    await asyncio.sleep(0.05)
            await asyncio.sleep(0.3)
            sound = await told.listen(8)
            await told.hang_up()
            async with asyncio.timeout(20):
                while not (
                    how := [f.how for f in rig.heard.facts if isinstance(f, ToldByCall)]
                ):
                    await asyncio.sleep(0.05)
                while ("sent",) not in (
                    rows := rig.rows("select state from outbox where channel = 'call'")
                ):
                    await asyncio.sleep(0.1)
                while not server.mails:
                    await asyncio.sleep(0.1)
            lamps = rig.running.lamps.state()
            started = [f for f in rig.heard.facts if isinstance(f, CallStarted)]

    assert how == ["heard"]
    assert rows == [("sent",)]
    assert heard(sound, read_wav(spoken))
    assert [(f.caller, f.flow) for f in started[1:]] == [("1001", "told of a message")]
    (mail,) = server.mails
    assert mail["Subject"] == f"Message in duty from {CALLER}"
    assert [name for name, _, _ in attached(mail)] == ["message.wav"]
    # This Asterisk has no lamps; who misses them reads why.
    assert not lamps["on"]
    assert "res_ari_mailboxes" in lamps["why"]
