"""Where everything meets: build the parts, start them, stop them.

The parts are built floor by floor: `ground` (database, facts, versions), `staff` (the
desk and what watches it), `telephone` (Asterisk and the door), `house` (the world of
the calls, the API). What runs lies in each other like the shells of an onion: who
stands outside is there before those inside begin, and until they have ended.

    database open, upgraded
      records         take facts to the end, also those of the last call
        desk          agents are given back before it stops
          ARI, switches, API
            calls     one task each
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from ivrflow.acd.desk import Desk
from ivrflow.aio import beside, by_itself, supervise
from ivrflow.asterisk.ari.client import Client
from ivrflow.config import Settings
from ivrflow.facts import Note, ServiceEnded, ignore
from ivrflow.flow.calling_back import CallingBack
from ivrflow.flow.folder import read_texts
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.reaching import CALLBACK
from ivrflow.flow.site import Site
from ivrflow.flow.told_by_phone import TOLD, ToldByPhone
from ivrflow.flow.versions import Texts
from ivrflow.flow.working.dealing import WORK
from ivrflow.flow.working.messages import MessagesAsWork
from ivrflow.flow.world import World
from ivrflow.service.adoption import Adoption
from ivrflow.service.adoption.parts import ServiceParts
from ivrflow.service.api import served
from ivrflow.service.at_a_glance import at_a_glance
from ivrflow.service.database import ours
from ivrflow.service.door import Past
from ivrflow.service.drain import Drain
from ivrflow.service.figures import FigureKeeper
from ivrflow.service.ground import Ground, laid
from ivrflow.service.health import watched
from ivrflow.service.house import House, moved_in
from ivrflow.service.lamps import LampKeeper
from ivrflow.service.live_site import LiveSite
from ivrflow.service.notices import tell_of_what_is_lacking
from ivrflow.service.ready import Readiness, readiness_of
from ivrflow.service.recordings import Playing
from ivrflow.service.scripts import Scripts
from ivrflow.service.senders import telling_by_phone
from ivrflow.service.staff import Staff, hired
from ivrflow.service.standby import as_of_now
from ivrflow.service.telephone import Telephone, installed
from ivrflow.service.traces import traced
from ivrflow.service.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Running:
    """The service as those beside it may use it: the demo, tests."""

    world: World
    desk: Desk
    live: LiveCalls
    client: Client
    api: tuple[str, int]
    """Where the API listens."""
    site: LiveSite
    """The version that new calls take, and `reload`."""
    figures: FigureKeeper
    """Today's figures, and their comparison with the facts."""
    watch: Watch
    """What watches over calls for the time when the service can't."""
    adoption: Adoption
    """Takes over the calls of the last service."""
    scripts: Scripts
    """Runs flows for dialplans, by AGI."""
    drain: Drain
    """Leaves the calls that are up to the next service."""
    drain_for: float
    """Seconds that it takes at most, by the settings."""
    lamps: LampKeeper
    """Shows what is new in mailboxes, where Asterisk can."""
    readiness: Readiness
    """Whether calls can be taken, and what is lacking."""

    def at_a_glance(self) -> str:
        """How it is, in one line."""
        return at_a_glance(
            self.readiness.lacks(),
            calls=len(self.live),
            places=self.desk.waiting(),
            version=self.site.now.version,
        )


@asynccontextmanager
async def serving(
    settings: Settings,
    site: Site,
    *,
    texts: Texts | None = None,
    listener: Note = ignore,
    relayed: bool = False,
    wait: bool = False,
    settings_now: Callable[[], Settings] | None = None,
) -> AsyncIterator[Running]:
    """Run the service for as long as the block runs.

    *texts* are those that make *site*; None: those of its folder.
    *listener* hears every fact, in the loop: it must be quick. *relayed*: Asterisk's
    events come by a process that outlives this one. With *wait* a service
    that has the database is waited for; then *settings_now* reads the settings once
    more, as they may have been changed meanwhile. Raises `BadConfig`,
    `BadDatabase`, `BadPepper` or `Trouble` when the service can't begin.
    """
    playing = await asyncio.to_thread(Playing, settings, site)
    if texts is None:
        texts = await asyncio.to_thread(read_texts, site.folder)
    url, change = settings.url(settings.database), bool(settings.upgrade)
    async with ours(url, change=change, wait=wait), AsyncExitStack() as stack:
        if wait:
            now = await asyncio.to_thread(
                as_of_now, settings, site, texts, settings_now
            )
            if now[:2] != (settings, site):
                settings, site, texts = now
                playing = await asyncio.to_thread(Playing, settings, site)
        ground = await laid(settings, site, texts, playing, stack)
        if (spans := await asyncio.to_thread(traced, settings)) is not None:
            ground.listeners.join(spans.note)
            stack.push_async_callback(asyncio.to_thread, spans.close)
        staff = await hired(ground, listener)
        telephone = installed(ground, staff, relayed=relayed)
        house = await moved_in(ground, staff, telephone, stack)
        async with (
            _at_work(ground, staff, telephone, house) as api,
            _taking_calls(ground, staff, telephone, house),
        ):
            yield Running(
                world=house.world,
                desk=staff.desk,
                live=telephone.live,
                client=telephone.client,
                api=api,
                site=ground.site,
                figures=staff.figures,
                watch=telephone.watch,
                adoption=telephone.adoption,
                scripts=telephone.scripts,
                lamps=house.lamps,
                readiness=readiness_of(ground, telephone),
                drain_for=float(settings.drain),
                drain=Drain(
                    door=telephone.door,
                    desk=staff.desk,
                    live=telephone.live,
                    records=ground.records,
                    figures=staff.figures,
                    clock=ground.clock,
                    note=ground.note,
                ),
            )


@asynccontextmanager
async def _at_work(
    ground: Ground, staff: Staff, telephone: Telephone, house: House
) -> AsyncIterator[tuple[str, int]]:
    """Run all that runs around the calls; yield where the API listens."""
    figures, supervision = staff.figures, staff.supervision
    async with (
        beside(
            supervise("records", ground.records.run),
            *figures.works(telephone.adoption.over),
        ),
        _told_to_end(ground.note, ground.clock),
        beside(
            supervise("desk", staff.desk.run),
            supervise("outbox", house.outwards.delivery.run),
        ),
        served(
            ground.settings,
            telephone.live,
            *supervision.parts(),
            *house.parts,
            *watched(ground, staff, telephone, house),
            people=supervision.people(),
        ) as api,
        beside(
            supervise("switches", staff.switches.run),
            *supervision.works(),
            supervise("ari", telephone.client.run),
            supervise("lag", telephone.lag.run),
            supervise("log of callers", telephone.caller_log.run),
            supervise("database", ground.watch.run),
            supervise("admission", telephone.admission.run),
            *telephone.watch.works(),
            *(telephone.quality.works() if telephone.quality else ()),
            supervise("phones", lambda: staff.phones.run(telephone.states.read)),
            supervise("breaks", staff.breaks.run),
            *house.archivists.works(),
            supervise("lamps", house.lamps.run),
            *house.rounds.works(),
            supervise("retention", house.retention.run),
            *(house.transcribing.works() if house.transcribing else ()),
            supervise("reload", ground.site.run),
            supervise("changes", house.changes.run),
        ),
        beside(*ground.playing.works()),
    ):
        yield api


@asynccontextmanager
async def _taking_calls(
    ground: Ground, staff: Staff, telephone: Telephone, house: House
) -> AsyncIterator[None]:
    """Take calls, and make those that were promised, while the block runs."""
    door = telephone.door
    async with beside() as calls:
        ground.playing.follow(ground.site_now(), ground.playing.now)
        calling_back = CallingBack(
            staff.callbacks,
            door.latest,
            telephone.live,
            version=house.old_versions.of,
            adopts=True,
            began=ground.clock(),
        )
        told = ToldByPhone(
            door.latest,
            telephone.live,
            version=house.old_versions.of,
            adopts=True,
            ready=lambda: telephone.client.link.ready,
        )
        work = MessagesAsWork(
            staff.work,
            door.latest,
            telephone.live,
            version=house.old_versions.of,
            adopts=True,
            durable=ground.records.durable,
        )
        past = Past(
            version=house.old_versions.of,
            made={
                CALLBACK: calling_back.resume,
                TOLD: told.resume,
                WORK: work.resume,
            },
        )
        door.open(calls, house.world, past)
        parts = ServiceParts(
            door=door,
            live=telephone.live,
            old_versions=house.old_versions,
            untold=house.untold,
            staff=staff,
            switch=telephone.switch,
            nailed=telephone.nailed,
            made=(calling_back, told, work),
            places=staff.places,
            clock=ground.clock,
        )
        # Beside the calls: no caller waits for it.
        calls.create_task(
            by_itself("what lacks", lambda: _tell_of_lacks(ground, house))
        )
        adoption, switch = telephone.adoption, telephone.switch
        try:
            async with beside(
                supervise("adoption", lambda: adoption.run(switch, parts)),
                supervise("callbacks", calling_back.run),
                supervise("messages as work", work.run),
                *telling_by_phone(told, house.outbox, ground.clock),
                supervise("nailed-up phones", telephone.nailed.run),
                *telephone.scripts.works(),
            ):
                yield
        finally:
            door.close()


async def _tell_of_lacks(ground: Ground, house: House) -> None:
    """Log what mailboxes want of people being told and can't have here."""
    outbound = house.world.outbound
    await asyncio.to_thread(
        tell_of_what_is_lacking, ground.settings, ground.site_now(), outbound
    )


@asynccontextmanager
async def _told_to_end(note: Note, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Note the end of the service when all inner parts have ended."""
    try:
        yield
    finally:
        note(ServiceEnded(at=clock()))
