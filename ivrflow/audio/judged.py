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
from ivrflow.prompts.audio import LONGEST, read_wav
from ivrflow.voicemail.judging import Judged, Verdict, judge
from ivrflow.voicemail.rules import Limits
from ivrflow.voicemail.salvage import mended

log = logging.getLogger(__name__)

HEADER, BYTES_A_SECOND = 44, 16_000
"""Of a WAV as Asterisk writes it: 8 kHz, 16 bit, one channel."""


async def judged(
    spool: Spool, threads: Threads, recorded: str, limits: Limits
) -> Judged | None:
    """Judge the recording of that name; None: there is none, or nothing in it.

    One that was cut short is judged by what is there, and one that can't be judged is a
    message: what is kept for nothing is a nuisance, what is dropped is lost. Raises
    `Trouble` where nobody knows now what is there, which is not the same as nothing.
    """
    wav = await spool.fetch(recorded)
    if wav is None or len(wav) <= HEADER:
        return None
    try:
        return await threads.do(lambda: judged_wav(wav, limits))
    except ValueError as bad:
        log.warning("recording %s is a message unheard: %s", recorded, bad)
        seconds = len(wav) / BYTES_A_SECOND
        return Judged(verdict=Verdict.MESSAGE, seconds=seconds, ends=seconds)


def judged_wav(wav: bytes, limits: Limits) -> Judged:
    """Judge a WAV, also one that a crash has cut short.

    Raises `ValueError`: it is no sound, or of too low a rate. Blocks: a minute of sound
    takes some 20 ms. What is longer than `LONGEST` is a message unheard, as long as it
    is: nobody lets a busy tone sound for ten minutes.
    """
    wav = mended(wav)
    seconds = shape(wav).seconds
    if seconds > LONGEST:
        return Judged(
            verdict=Verdict.MESSAGE, seconds=seconds, begins=0.0, ends=seconds
        )
    _, sound = read_wav(wav)
    return judge(sound.samples, sound.rate, limits)
