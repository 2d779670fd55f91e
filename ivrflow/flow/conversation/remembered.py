"""What is noted of a talk: facts of it, and marks for the next process.

What has a beginning and an end (a hold, somebody who is asked) is noted so that each
has its one end, whoever dies in between: see `turns.left_open`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from ivrflow.facts import CallerTransferEnded, Fact, Held, Resumed
from ivrflow.flow.call import Call
from ivrflow.flow.conversation.parties import Party
from ivrflow.flow.conversation.turns import ASKS, HOLD


class Remembered:
    """Who has a caller, as far as others hear of it."""

    def __init__(self, call: Call, main: Party) -> None:
        self.call = call
        self.main = main
        """Who has the caller."""
        self.queue = main.queue
        """The queue whose call this is."""
        self.recorded = call.recording.on
        """Whether the call was recorded before the talk: else it ends with it."""
        self._noted: object = call.marks.get("talk")
        self._over = False
        """Whether the end of an asking was noted, which a mark has to go with."""

    @property
    def music(self) -> str:
        """The class of the music that waiting sounds like."""
        return str(self.call.site.queue(self.queue).music or "default")

    def note(self, kind: type[Fact], *, of: Party | None = None, **more: Any) -> None:
        """Note a fact of the talk of *of*, else of who has the caller."""
        self.call.note(kind, **self._its(of or self.main), **more)

    def _its(self, party: Party) -> dict[str, str]:
        """Whose talk it is, as facts have it."""
        queue = party.queue or self.queue
        return {"queue": queue, "agent": party.agent, "offer": party.offer}

    async def remember(self, *parties: Party | None) -> None:
        """Note that these talk with the caller, for the next process: see `going_on`.

        Before they are joined, and before somebody else is let go for them.
        """
        mark = {
            "queue": self.queue,
            "parties": [p.mark(self.call) for p in parties if p is not None],
            "recorded": self.recorded,
        }
        over, self._over = self._over, False
        if over or mark != self._noted:
            self._noted = mark
            note = self.call.keep if over else self.call.mark
            await note(talk=mark, line=None)

    async def remember_asked(self, to: str) -> None:
        """Note that somebody is asked: that has an end, should the service die."""
        await self.call.keep(**{ASKS: {**self._its(self.main), "to": to}})

    def asked_no_longer(self, of: Party, to: str, how: str) -> None:
        """Note how the asking has ended; to be made durable next, by `remember` say."""
        self.note(CallerTransferEnded, of=of, to=to, how=how)
        self.call.doing.forget(ASKS)
        self._over = True

    @asynccontextmanager
    async def on_hold(self) -> AsyncIterator[None]:
        """The caller hears music while the block runs; counted for who has him."""
        main, began, held = self.main, self.call.world.seconds(), False
        try:
            async with self.call.channel.music(self.music):
                self.note(Held, of=main)
                held = True
                await self.call.keep(**{HOLD: {**self._its(main), "since": began}})
                yield
        finally:
            # Behind the music: nothing is awaited between this fact and the bookmark
            # that it is written with. Else it might be told twice.
            if held:
                seconds = self.call.world.seconds() - began
                if main.talk is not None:
                    main.talk.held += seconds
                self.note(Resumed, of=main, seconds=seconds)
                self.call.doing.forget(HOLD)
        await self.call.keep(**{HOLD: None})
