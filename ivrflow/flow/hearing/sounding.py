"""A message with the comment before it, as one sound that is played from anywhere.

The switch can leave out the beginning of a sound; what it plays and skips is a clip.
Here comment and message are one: an offset is counted through both.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ivrflow.telephony.sound import Utterance

if TYPE_CHECKING:
    from ivrflow.flow.call import Call
    from ivrflow.flow.world import Stored
    from ivrflow.telephony.channel import Channel

WORDS = "(the message)"
"""What a log and a test see of it: never what was spoken."""


@dataclass(frozen=True)
class Sounding:
    """What is to be heard, as long as it is laid out for the switch."""

    said: tuple[Utterance, ...]

    @property
    def seconds(self) -> float | None:
        """How long it lasts; None: nobody knows."""
        lengths = [one.seconds for one in self.said]
        return sum(lengths) if all(lengths) else None

    async def play(
        self,
        call: Call,
        *,
        begin: float = 0.0,
        stop_on: str = "",
        to: Channel | None = None,
    ) -> bool:
        """Play it from second *begin* on; as `Call.play`."""
        left = list(self.said)
        while len(left) > 1 and 0 < left[0].seconds <= begin:
            begin -= left.pop(0).seconds
        return await call.play(left, stop_on=stop_on, begin=begin, to=to)


@asynccontextmanager
async def sounding(call: Call, stored: Stored) -> AsyncIterator[Sounding]:
    """Lay out a message to be heard while the block runs.

    The caller sees to it that this may be heard, and that it is noted first
    (`Boxes.heard`). Raises `Trouble` where its sound is gone or can't be opened.
    """
    spoken = [stored.speech] if stored.intro is None else [stored.intro, stored.speech]
    async with AsyncExitStack() as laid_out:
        said = []
        for speech in spoken:
            one = await laid_out.enter_async_context(
                call.world.audio.played(speech.sound)
            )
            seconds = one.seconds or speech.seconds
            said.append(replace(one, words=WORDS, seconds=seconds))
        yield Sounding(tuple(said))
