"""Scripts on the real Asterisk: numbers of its dialplan that run them, both ways."""

import asyncio
import sys
from contextlib import asynccontextmanager

from ivrflow.aio import beside
from ivrflow.asterisk.agi.caller import caller_of
from ivrflow.asterisk.agi.channel import AgiChannel
from ivrflow.asterisk.agi.server import AgiServer, AgiSettings
from ivrflow.asterisk.ari.media import Sounds

DIALPLAN = """\
exten => 70,1,Gosub(ivrflow-agi,s,1({flow}))
 same => n,Hangup(16)
exten => 71,1,AGI({python},-m,ivrflow,agi,--connect,127.0.0.1:{port},{flow})
 same => n,Hangup(16)
exten => _70X,1,Set(CALLERID(name)=Li)
 same => n,Gosub(ivrflow-agi,s,1(top?card=${{URIENCODE(+62 2,2&)}}))
 same => n,Goto(after,s,1)
exten => _71X,1,AGI({python},-m,ivrflow,agi,--connect,127.0.0.1:{port},top,card=+62 22)
 same => n,Goto(after,s,1)
exten => _72X,1,Gosub(ivrflow-agi,s,1(other))
 same => n,Goto(after,s,1)
exten => 730,1,Gosub(ivrflow-agi,s,1(top?card=1))
 same => n,Set(GLOBAL(TOLD)=${{IVRFLOW_ENDED}}:${{IVRFLOW_REFUSED}}:)
 same => n,Hangup(16)
exten => 731,1,Answer()
 same => n,Set(TIMEOUT(absolute)=1)
 same => n,Gosub(ivrflow-agi,s,1(top?card=1))
 same => n,Goto(after,s,1)
exten => 79,1,Answer()
 same => n,AGI(agi://127.0.0.1:{port}/contract)
 same => n,Hangup()

[after]
exten => s,1,Set(GLOBAL(TOLD)=${{IVRFLOW_ENDED}}:${{IVRFLOW_REFUSED}}:${{IVR_told}})
 same => n,Playback(ivrflow-test/tone5)
 same => n,Hangup(16)
exten => h,1,NoOp(over)
"""


async def add_numbers(pbx, port, flow="top"):
    """70 and 71 run *flow*, which takes nothing, by FastAGI and by the old kind; 70X
    and 71X the flow `top`; 72X one that there is not. 79 is a channel and no more."""
    text = DIALPLAN.format(port=port, python=sys.executable, flow=flow)
    (pbx.folders.etc / "extensions-local.conf").write_text(text)
    await pbx.rx(f"dialplan set global IVRFLOW_AGI 127.0.0.1:{port}")
    await pbx.rx("dialplan reload")


class AgiCalls:
    """Our side of channels that come to 79, and nothing of the service."""

    def __init__(self, ari):
        self._ari = ari
        self._taken = asyncio.Queue()
        self._over = asyncio.Event()
        self.server = AgiServer(
            AgiSettings(port=0), lambda *asked: self._taken.put_nowait(asked)
        )

    @asynccontextmanager
    async def call(self):
        """An answered call, as (channel, robot phone)."""
        async with asyncio.TaskGroup() as group:
            phone = group.create_task(self._ari.phones.call("79"))
            async with asyncio.timeout(10):
                line, request = await self._taken.get()
        channel = AgiChannel(
            line,
            caller_of(request),
            sounds=Sounds.below("ivrflow-test/"),
            stored=self._ari.switch.kept,
        )
        async with channel.open():
            yield channel, phone.result()


@asynccontextmanager
async def agi_calls(ari):
    calls = AgiCalls(ari)
    async with beside(calls.server.run()):
        await calls.server.listens()
        await add_numbers(ari.asterisk, calls.server.port)
        yield calls
