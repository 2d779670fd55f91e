"""A channel that is no more: its call ended while nobody was there to see it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, NoReturn

from ivrflow.telephony.channel import Cause, HungUp, Recorded, RecordOrder
from ivrflow.telephony.keys import Keys

if TYPE_CHECKING:
    from ivrflow.flow.bookmark.model import Bookmark
    from ivrflow.telephony.sound import Utterance


class GoneChannel:
    """The channel that a bookmark is of, for what is noted about it after its end."""

    def __init__(self, bookmark: Bookmark) -> None:
        self.id = bookmark.of_channel
        self.caller_id = bookmark.caller
        self.dialled = bookmark.dialled
        self.phone = bookmark.phone
        self.remembered = ""
        self.keys = Keys()
        self.gone: asyncio.Future[Cause]
        self.gone = asyncio.get_running_loop().create_future()
        self.gone.set_result(Cause.UNKNOWN)

    def _over(self) -> NoReturn:
        raise HungUp(Cause.UNKNOWN)

    async def remember(self, text: str) -> None:
        self._over()

    async def answer(self) -> None:
        self._over()

    async def play(
        self, said: Sequence[Utterance], *, stop_on: str = "", begin: float = 0.0
    ) -> bool:
        self._over()

    def music(self, name: str) -> AbstractAsyncContextManager[None]:
        self._over()

    async def record(self, order: RecordOrder) -> Recorded:
        self._over()

    async def kept(self, name: str) -> Recorded | None:
        return None

    async def hang_up(self, cause: Cause = Cause.NORMAL_CLEARING) -> None:
        pass

    async def give_back(self, variables: Mapping[str, str]) -> None:
        self._over()
