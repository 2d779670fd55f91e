"""Messages as work, in memory: those that `MemoryMessages` holds."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ivrflow.acd.model import ANYONE
from ivrflow.flow.working.item import WorkItem, WorkState
from ivrflow.sim.memory.messages import MemoryMessages
from ivrflow.voicemail.retention import NEW, OLD


class MemoryWork:
    """A `WorkStore`; `all` is message -> item."""

    def __init__(self, messages: MemoryMessages) -> None:
        self.news = asyncio.Event()
        self._messages = messages
        messages.work_news = self.news.set
        self._become: dict[str, dict[str, Any]] = {}
        """Message -> what has become of its work."""

    @property
    def all(self) -> dict[str, WorkItem]:
        """All that ever was, in the order in which it was promised."""
        items = [self._item(message) for message in self._messages.work]
        items.sort(key=lambda item: (item.promised, item.message))
        return {item.message: item for item in items}

    async def open(self, queue: str | None = None) -> list[WorkItem]:
        """As `WorkStore.open`."""
        return [
            item
            for item in self.all.values()
            if self._waits(item.message) and queue in (None, item.queue)
        ]

    async def of(self, message: str) -> WorkItem | None:
        """As `WorkStore.of`."""
        return self._item(message) if message in self._messages.work else None

    async def had(self, item: WorkItem, agent: str) -> WorkItem | None:
        """As `WorkStore.had`."""
        if not self._waits(item.message):
            return None
        return self._change(item.message, agent=agent)

    async def at(self, item: WorkItem, offset: float) -> None:
        """As `WorkStore.at`."""
        if self._this_try(item):
            self._change(item.message, offset=offset)

    async def dialled(self, item: WorkItem, now: float) -> WorkItem | None:
        """As `WorkStore.dialled`."""
        if not self._waits(item.message):
            return None
        counted = self._item(item.message).dialled(now)
        return self._change(item.message, dials=counted.dials, tried=counted.tried)

    async def give_back(self, item: WorkItem, until: float) -> None:
        """As `WorkStore.give_back`."""
        if self._this_try(item):
            tries = item.tries + 1
            self._change(item.message, tries=tries, not_before=until, offset=0.0)
        self.news.set()

    async def end(
        self,
        message: str,
        state: WorkState,
        now: float,
        *,
        agent: str = "",
        disposition: str = "",
        by: str = "",
    ) -> bool:
        """As `WorkStore.end`."""
        item = await self.of(message)
        if item is None or item.state is not WorkState.WAITING:
            return False
        self._change(
            message,
            state=state,
            ended=now,
            agent=agent or item.agent,
            disposition=disposition,
            by=by,
        )
        self.news.set()
        return True

    async def overdue(self, now: float) -> Mapping[str, tuple[int, float]]:
        """As `WorkStore.overdue`."""
        late: dict[str, list[float]] = {}
        for item in await self.open():
            if item.tried is None and item.promised < now:
                late.setdefault(item.queue, []).append(now - item.promised)
        return {queue: (len(over), max(over)) for queue, over in late.items()}

    async def untold(self, most: int) -> Sequence[WorkItem]:
        """As `WorkStore.untold`."""
        found = [item for item in self.all.values() if item.told < item.to_tell]
        found.sort(key=lambda item: item.asked if item.ended is None else item.ended)
        return found[:most]

    async def told(self, items: Sequence[WorkItem]) -> None:
        """As `WorkStore.told`."""
        for item in items:
            told = max(self._item(item.message).told, item.to_tell)
            self._change(item.message, told=told)

    def _item(self, message: str) -> WorkItem:
        kept, new = self._messages.all[message], self._messages.work[message]
        item = WorkItem(
            message=message,
            mailbox=kept.new.mailbox,
            queue=new.queue,
            sound=kept.new.sound,
            seconds=kept.seconds or 0.0,
            intro=kept.intro,
            call=kept.new.call,
            number=kept.new.number or kept.new.caller,
            caller=kept.new.caller,
            asked=kept.new.at.timestamp(),
            promised=new.promised,
            urgent=kept.urgent,
            need=kept.new.wanted if new.need == ANYONE else new.need,
            language=kept.new.language,
            data=kept.new.data,
        )
        return replace(item, **self._become.get(message, {}))

    def _change(self, message: str, **become: Any) -> WorkItem:
        self._become.setdefault(message, {}).update(become)
        return self._item(message)

    def _this_try(self, item: WorkItem) -> bool:
        now = self._item(item.message)
        return now.tries == item.tries and now.state is WorkState.WAITING

    def _waits(self, message: str) -> bool:
        waits = self._item(message).state is WorkState.WAITING
        return waits and self._messages.all[message].state in (NEW, OLD)
