"""Robot phones: they call, press keys, send tones and hear, on real SIP and RTP.

Tests call the real Asterisk with them, and `ivrflow demo` has callers and agents of
them. Many phones live in one event loop:

    async with Phones(sip=("127.0.0.1", 5060)) as phones:
        agent = await phones.agent("1001", password="...")
        agent.answers(after=1.0)
        call = await phones.call("12313", caller="13800138001")
        await call.until_quiet()
        await call.press("2")
        talk = await agent.next_call()
        talk.send_tone(1050)
        assert await call.hears_tone(1050, within=5)

Sound is PCM: bytes, signed 16 bit little-endian, mono, 8000 Hz. All times are seconds,
and points in time are the event loop's. A phone that is up always sends, silence if
nothing else, so that a recording of it is as long as the call. What comes in is judged
only where somebody asks, so that a hundred calls with keys take a tenth of a core.

This needs the extra `demo`; without it, importing raises `ModuleNotFoundError` with the
words to install it. Don't import it at the top of what has to run without phones.
"""

from ivrflow.sim.phone.call import Call, read_wav
from ivrflow.sim.phone.message import CallRefused
from ivrflow.sim.phone.phones import Agent, Phones

__all__ = ["Agent", "Call", "CallRefused", "Phones", "read_wav"]
