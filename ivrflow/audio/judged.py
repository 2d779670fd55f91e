"""What the switch has recorded, judged: by a thread, since it is work.

The judging itself is `voicemail.judging`; here is what leads from a recording in the
spool to it. Whoever asks again, after a death, gets the same answer: it depends on the
recording alone.
"""

from __future__ import annotations

import logging

from ivrflow.audio.cutting import shape
from ivrflow.audio.threads import Threads
from ivrflow.flow.world.sounds import Spool
from ivrflow.prompts.audio import LONGEST, BadSound, read_wav
from ivrflow.voicemail.judging import Judged, Verdict, judge
from ivrflow.voicemail.rules import Limits
from ivrflow.voicemail.salvage import mended

log = logging.getLogger(__name__)


async def judged(
    spool: Spool, threads: Threads, recorded: str, limits: Limits
) -> Judged | None:
    """Judge the recording of that name; None: there is none, or it is no sound.

    One that was cut short is judged by what is there. Raises `Trouble` where that can't
    be known now, which is not the same as nothing.
    """
    wav = await spool.fetch(recorded)
    if wav is None:
        return None
    try:
        return await threads.do(lambda: judged_wav(wav, limits))
    except BadSound as bad:
        log.warning("recording %s is no message: %s", recorded, bad)
        return None


def judged_wav(wav: bytes, limits: Limits) -> Judged:
    """Judge a WAV, also one that a crash has cut short; raises `BadSound`.

    Blocks: a minute of sound takes some 20 ms. What is longer than `LONGEST` is a
    message unheard, as long as it is: nobody lets a busy tone sound for ten minutes.
    """
    wav = mended(wav)
    seconds = shape(wav).seconds
    if seconds > LONGEST:
        return Judged(
            verdict=Verdict.MESSAGE, seconds=seconds, begins=0.0, ends=seconds
        )
    _, sound = read_wav(wav)
    return judge(sound.samples, sound.rate, limits)
