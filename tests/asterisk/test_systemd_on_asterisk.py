"""What systemd is told of a service that has a real Asterisk, and of the next one."""

import asyncio
import json
import os
import signal
import sys
import urllib.request

import pytest
from hotline_rig import ROOT, SITE

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.demo.setup import build
from ivrflow.sim.phone import Phones
from tests.systemd_rig import Systemd

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

CALLER = "13800138001"


def answer(settings, path):
    url = f"http://127.0.0.1:{int(settings.api.port)}{path}"
    with urllib.request.urlopen(url, timeout=10) as said:
        return said.status, json.load(said)


async def test_it_is_ready_when_calls_can_be_taken_and_so_is_the_next_one(tmp_path):
    async with private_asterisk(find(fetched_folder()), tmp_path / "asterisk") as pbx:
        kept = build(tmp_path, SITE, ROOT / "sounds", pbx)
        with Systemd() as systemd:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-c", "from ivrflow.cli import main; main()"),
                *("serve", "--keep", "-c", str(tmp_path / "ivrflow.yaml")),
                stderr=asyncio.subprocess.PIPE,
                env=os.environ | systemd.environment(watchdog=2.0),
            )
            log = asyncio.get_running_loop().create_task(process.stderr.read())

            async def told(word):
                return await asyncio.to_thread(systemd.until, word, 30)

            async def says(words):
                while True:
                    (*_, last) = await told("STATUS")
                    if words in last["STATUS"]:
                        return last["STATUS"]

            try:
                await told("READY=1")
                ready = await asyncio.to_thread(answer, kept.settings, "/readyz")
                async with Phones(sip=pbx.sip) as phones:
                    call = await phones.call("12313", caller=CALLER)
                    one_up = await says("1 up")
                    owner = (tmp_path / "ivrflow.db.owner").read_text()
                    os.kill(int(owner.split()[1]), signal.SIGKILL)
                    await says("the service died (SIGKILL)")
                    await told("READY=1")
                    again = await asyncio.to_thread(answer, kept.settings, "/readyz")
                    process.send_signal(signal.SIGTERM)
                    stopping = (await told("STOPPING=1"))[-1]
                    await process.wait()
                    still_up = call.up
                    await call.hang_up()
            finally:
                if process.returncode is None:
                    process.kill()
                errors = (await log).decode()
                await process.wait()

    assert ready == again == (200, {"ready": True, "lacks": []})
    assert one_up.startswith("takes calls; 1 up, 0 in queues, 0 with agents; site ")
    assert stopping["STATUS"] == "leaves its calls to the next service"
    assert still_up
    assert process.returncode == 0
    assert "Traceback" not in errors
