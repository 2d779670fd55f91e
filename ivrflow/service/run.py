"""Where everything meets: build the parts, start them, stop them.

The concrete classes meet here: what the API shows is in `api`, what follows a new
version in `following`, who hears facts in `hearing`. The parts lie in each other like
the shells of an onion: who stands outside is there before those inside begin, and until
they have ended.

    database open, upgraded
      records         take facts to the end, also those of the last call
        desk          agents are given back before it stops
          ARI, switches, API
            calls     one task each
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.nailed import NailedUp
from ivrflow.acd.paces import LEARNED
from ivrflow.aio import beside, supervise
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.phones import PhoneStates
from ivrflow.asterisk.ari.switch import AriSwitch
from ivrflow.config import Settings
from ivrflow.db.agents import SqlAgents, sync_agents
from ivrflow.db.announcements import SqlAnnouncements
from ivrflow.db.board import SqlBoard
from ivrflow.db.callbacks import SqlCallbacks, SqlPlaces
from ivrflow.db.changes import SqlChanges
from ivrflow.db.engine import Database
from ivrflow.db.lately import lately
from ivrflow.db.lock_outs import SqlLockOuts
from ivrflow.db.messages import SqlMessages
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.pauses import SqlPauses
from ivrflow.db.records import Records
from ivrflow.db.switches import SqlSwitches
from ivrflow.db.upgrade import upgrade
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import Note, ServiceBegan, ServiceEnded, ignore
from ivrflow.flow.calling_back import CallingBack
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.site import Site
from ivrflow.flow.site.roster import queue_rules
from ivrflow.flow.world import World
from ivrflow.hashing import ArgonVerifier, Hasher, read_pepper
from ivrflow.service.api import Shown, parts_of, served
from ivrflow.service.asterisk import ari_settings
from ivrflow.service.breaks import BreakWatch
from ivrflow.service.by_phone import AgentsByPhone
from ivrflow.service.clock import SteadyClock, clock_of
from ivrflow.service.cut_off import places_of
from ivrflow.service.door import Door
from ivrflow.service.figures import Around, FigureKeeper, limits_of
from ivrflow.service.following import Following
from ivrflow.service.hearing import Hearing
from ivrflow.service.live_changes import LiveChanges
from ivrflow.service.live_site import LiveSite
from ivrflow.service.outbound import dial_guard
from ivrflow.service.phones import PhoneWatch
from ivrflow.service.recordings import Playing, seconds_of
from ivrflow.service.roster import enrolled
from ivrflow.service.senders import senders
from ivrflow.service.sources import Sources
from ivrflow.service.supervision import Seen, Supervision

LATELY, MOST = 28 * 86400.0, 2000
"""Seconds back, and facts of each kind, from which the estimated wait learns."""


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


@asynccontextmanager
async def serving(
    settings: Settings, site: Site, *, listener: Note = ignore
) -> AsyncIterator[Running]:
    """Run the service for as long as the block runs.

    *listener* hears every fact, in the loop: it must be quick. Raises `BadConfig`,
    `BadDatabase`, `BadPepper` or `Trouble` when the service can't begin.
    """
    playing = await asyncio.to_thread(Playing, settings, site)
    url = settings.url(settings.database)
    if settings.upgrade:
        await asyncio.to_thread(upgrade, url)
    hasher = Hasher(read_pepper(settings.path(settings.pepper_file)))
    async with AsyncExitStack() as stack:
        database = Database(url)
        stack.push_async_callback(database.close)
        records = Records(database)
        hearing = Hearing()
        hearing.join(records.note)
        note = hearing.note

        def site_now() -> Site:
            return live_site.now

        clock = SteadyClock()
        figures = FigureKeeper(
            database,
            Around(
                clock=clock,
                zone=site.settings.zone,
                limits=lambda queue: limits_of(site_now(), queue),
                agents=lambda: desk.state().agents,
                note=note,
            ),
            settings.path(settings.queue_log) if settings.queue_log else None,
        )
        await figures.begin()
        board = SqlBoard(database)
        await sync_agents(database, enrolled(site))
        rules = queue_rules(site)
        desk = Desk(board, rules, clock=clock, note=note, new_id=random_name)
        learned = await lately(database, LEARNED, since=clock() - LATELY, most=MOST)
        desk.learn(learned, await board.agents())
        callbacks, places = SqlCallbacks(database), SqlPlaces(database)
        await places.keep_all(list(places_of(await board.waiting(), site, clock())))
        switches = SqlSwitches(database)
        await switches.refresh()
        supervision = Supervision(
            database, hasher, clock=clock, time=clock_of(site), note=note
        )
        await supervision.began()
        announcements = SqlAnnouncements(database)
        await announcements.read()
        breaks = BreakWatch(
            site_now, SqlPauses(database), agents=board.agents, clock=clock, note=note
        )
        client = Client(ari_settings(settings))
        phones = PhoneWatch(lambda: desk.agents, desk.phone)
        hearing.join(breaks.hear, phones.hear, figures.note, supervision.note, listener)
        states = PhoneStates(client, changed=phones.changed, seen=phones.seen)
        live = LiveCalls()
        door = Door(settings, site, live, playing.heard_in)
        switch = AriSwitch(
            client,
            on_call=door.take,
            new_id=random_name,
            sounds=playing.sounds(),
        )
        nailed = NailedUp(desk, switch, new_id=random_name)
        desk.lines = nailed
        desk.on_agent(nailed.heard)
        verifier = ArgonVerifier(hasher)
        stack.callback(verifier.close)
        lookups = Sources(settings, stack)
        lookups.fit(site)
        outbox = SqlOutbox(database, clock_of(site))
        outwards = await stack.enter_async_context(
            senders(settings, site, outbox, clock, client)
        )
        guard = dial_guard(settings, site, clock, switches)
        world = World(
            clock=clock_of(site),
            seconds=clock,
            lookups=await lookups.of(site),
            secret_is=lookups.secret_is,
            verifier=verifier,
            lock_outs=SqlLockOuts(database, hasher),
            messages=SqlMessages(database, lambda: datetime.now(site.settings.zone)),
            callbacks=callbacks,
            places=places,
            switches=switches,
            announcements=announcements,
            agents=AgentsByPhone(SqlAgents(database), desk, breaks.breaks, clock),
            site_now=site_now,
            desk=desk,
            doors=supervision.doors,
            switch=switch,
            audit=supervision.ledger,
            note=note,
            new_id=random_name,
            recorded=seconds_of(playing.now),
            outbound=guard,
            **outwards.for_world(),
        )

        following = Following(
            settings=settings,
            world=world,
            database=database,
            desk=desk,
            rules=rules,
            lookups=lookups,
            outwards=outwards,
            playing=playing,
            phones=phones,
            door=door,
            clock=clock,
            note=note,
        )
        live_site = LiveSite(
            site,
            SqlVersions(database),
            clock=clock,
            follow=following.follow,
            same=lambda: following.listen_again(site_now()),
        )
        await live_site.began()
        note(ServiceBegan(at=clock(), version=site.version))
        changes = LiveChanges(live_site, SqlChanges(database), clock=clock)
        await changes.began()
        world = following.world = replace(world, changes=changes)
        await supervision.watch(
            Seen(
                site=site_now,
                desk=desk,
                switches=switches,
                callbacks=callbacks,
                levels=figures.live,
                outbox=outbox,
                dials=guard,
            ),
            settings,
        )
        parts = parts_of(
            Shown(
                database=database,
                site=live_site,
                live=live,
                world=world,
                desk=desk,
                breaks=breaks.breaks,
                figures=figures.live,
                callbacks=callbacks,
                switches=switches,
                announcements=announcements,
                changes=changes,
                playing=playing,
                apply_agents=lambda: following.apply_agents(site_now()),
                clock=clock,
                note=note,
            )
        )
        async with (
            beside(supervise("records", records.run), *figures.works()),
            _told_to_end(note, clock),
            beside(
                supervise("desk", desk.run), supervise("outbox", outwards.delivery.run)
            ),
            served(
                settings,
                live,
                *supervision.parts(),
                *parts,
                people=supervision.people(),
            ) as api,
            beside(
                supervise("switches", switches.run),
                *supervision.works(),
                supervise("ari", client.run),
                supervise("phones", lambda: phones.run(states.read)),
                supervise("breaks", breaks.run),
                supervise("reload", live_site.run),
                supervise("changes", changes.run),
            ),
            beside(*playing.works()),
            beside() as calls,
        ):
            playing.follow(site, playing.now)
            door.open(calls, world)
            calling_back = CallingBack(callbacks, door.latest, live)
            try:
                async with beside(
                    supervise("callbacks", calling_back.run),
                    supervise("nailed-up phones", nailed.run),
                ):
                    yield Running(
                        world=world,
                        desk=desk,
                        live=live,
                        client=client,
                        api=api,
                        site=live_site,
                        figures=figures,
                    )
            finally:
                door.close()


@asynccontextmanager
async def _told_to_end(note: Note, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Note the end of the service when all inner parts have ended."""
    try:
        yield
    finally:
        note(ServiceEnded(at=clock()))


def random_name() -> str:
    """A name that nobody can guess, safe in a path and in a channel's id."""
    return secrets.token_hex(12)
