"""What follows when another version of the site goes live, or its recordings change."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.model import QueueRules
from ivrflow.config import Settings
from ivrflow.db.agent_diff import differences
from ivrflow.db.agents import SqlAgents, sync_agents
from ivrflow.db.engine import Database
from ivrflow.facts import Note, VersionTaken
from ivrflow.flow.site import Site
from ivrflow.flow.site.roster import queue_rules
from ivrflow.flow.world import World
from ivrflow.service.clock import clock_of
from ivrflow.service.door import Door
from ivrflow.service.notices import tell_of_what_is_lacking
from ivrflow.service.outbound import fit_outbound
from ivrflow.service.phones import PhoneWatch
from ivrflow.service.recordings import Playing, seconds_of
from ivrflow.service.roster import enrolled
from ivrflow.service.senders import Senders
from ivrflow.service.sources import Sources
from ivrflow.speech.shelf import Found

log = logging.getLogger(__name__)


@dataclass(kw_only=True)
class Following:
    """All that follows a site: agents, queues, and the calls to come."""

    settings: Settings
    world: World
    """What the calls of any version have."""
    database: Database
    desk: Desk
    rules: dict[str, QueueRules]
    """Those of the desk."""
    lookups: Sources
    outwards: Senders
    playing: Playing
    phones: PhoneWatch
    door: Door
    clock: Callable[[], float]
    note: Note

    async def follow(self, new: Site) -> None:
        """Make agents, queues and the calls to come follow a new version.

        Raises `BadConfig`, `Trouble` and what else keeps it from going live.
        """
        self.lookups.fit(new)
        fit_outbound(self.settings, new)
        recordings = await asyncio.to_thread(self.playing.of, new)
        its = await self._world_of(new, recordings)
        await sync_agents(self.database, enrolled(new))
        # From here on nothing fails: a version is taken whole or not at all.
        self.outwards.follow(new)
        # A queue that is gone stays for the calls that began with it.
        self.rules.update(queue_rules(new))
        self.playing.follow(new, recordings)
        self.door.renew(new, its)
        self.note(VersionTaken(at=self.clock(), version=new.version))
        try:
            await self.desk.reload()
        except BoardAway as away:
            log.warning("the desk will see the new agents later: %s", away)
        self.phones.seat_all()
        await asyncio.to_thread(
            tell_of_what_is_lacking, self.settings, new, self.world.outbound
        )

    async def world_of(self, old: Site) -> World:
        """The world of calls that go on in a version of before.

        Raises `BadConfig` where the settings fit it no more, or `Trouble`.
        """
        self.lookups.fit(old)
        recordings = await asyncio.to_thread(self.playing.of, old)
        self.playing.know(recordings)
        self.outwards.follow(old)
        for name, rules in queue_rules(old).items():
            self.rules.setdefault(name, rules)  # one that is gone, see `follow`
        return await self._world_of(old, recordings)

    async def _world_of(self, site: Site, recordings: Mapping[str, Found]) -> World:
        return replace(
            self.world,
            clock=clock_of(site),
            lookups=await self.lookups.of(site),
            recorded=seconds_of(recordings),
        )

    async def listen_again(self, site: Site) -> None:
        """Find recordings of *site* that were made since."""
        recordings = await asyncio.to_thread(self.playing.of, site)
        self.playing.follow(site, recordings)
        self.door.hear(seconds_of(recordings))

    async def apply_agents(self, site: Site) -> list[str]:
        """Bring queues and skills that were changed live back to the file's.

        Returns whose they were, in order.
        """
        before = await SqlAgents(self.database).enrolled()
        file = enrolled(site)
        await sync_agents(self.database, file, anew=True)
        await self.desk.reload()
        return sorted({one.agent for one in differences(file, before)})
