"""Where everything meets: build the parts, start them, stop them.

This is the only place that names concrete classes. The parts lie in each other like
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
import logging
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from aiohttp import web

from ivrflow.acd.board import BoardAway
from ivrflow.acd.desk import Desk
from ivrflow.acd.nailed import NailedUp
from ivrflow.acd.paces import LEARNED
from ivrflow.aio import beside, supervise
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.phones import PhoneStates
from ivrflow.asterisk.ari.settings import AriSettings, Outbound
from ivrflow.asterisk.ari.switch import AriSwitch
from ivrflow.config import BadConfig, Settings
from ivrflow.console.agents import AgentRoutes
from ivrflow.console.api import Api
from ivrflow.console.asking import Part
from ivrflow.console.callbacks import CallbackRoutes
from ivrflow.console.calls import CallRoutes
from ivrflow.console.hours import HoursRoutes
from ivrflow.console.reports import ReportRoutes
from ivrflow.console.sites import SiteRoutes
from ivrflow.console.switches import SwitchRoutes
from ivrflow.console.talks import TalkRoutes
from ivrflow.console.who import People
from ivrflow.console.wording import Heard, WordingRoutes
from ivrflow.db.agent_diff import differences
from ivrflow.db.agents import SqlAgents, sync_agents
from ivrflow.db.announcements import SqlAnnouncements
from ivrflow.db.audit import Ledger
from ivrflow.db.board import SqlBoard
from ivrflow.db.callbacks import SqlCallbacks, SqlPlaces
from ivrflow.db.changes import SqlChanges
from ivrflow.db.engine import Database
from ivrflow.db.lately import lately
from ivrflow.db.lock_outs import SqlLockOuts
from ivrflow.db.messages import SqlMessages
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.past import Past
from ivrflow.db.pauses import SqlPauses
from ivrflow.db.records import Records
from ivrflow.db.reports import SqlReports
from ivrflow.db.switches import SqlSwitches
from ivrflow.db.upgrade import upgrade
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import (
    Fact,
    Note,
    ServiceBegan,
    ServiceEnded,
    VersionTaken,
    ignore,
)
from ivrflow.flow.calling_back import CallingBack
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.site import Site
from ivrflow.flow.site.roster import queue_rules
from ivrflow.flow.world import Switches, World
from ivrflow.hashing import ArgonVerifier, Hasher, read_pepper
from ivrflow.service.breaks import BreakWatch
from ivrflow.service.by_phone import AgentsByPhone
from ivrflow.service.cut_off import places_of
from ivrflow.service.door import Door
from ivrflow.service.figures import Around, FigureKeeper, limits_of
from ivrflow.service.live_changes import LiveChanges
from ivrflow.service.live_site import LiveSite
from ivrflow.service.phones import PhoneWatch
from ivrflow.service.recordings import Playing, seconds_of
from ivrflow.service.roster import enrolled
from ivrflow.service.senders import senders
from ivrflow.service.sources import Sources
from ivrflow.service.supervision import Seen, Supervision

log = logging.getLogger(__name__)

LATELY, MOST = 28 * 86400.0, 2000
"""Seconds back, and facts of each kind, from which the estimated wait learns."""


class SteadyClock:
    """Seconds since 1970 that never jump: the wall clock at our start, plus our own.

    Facts and queues go by it, so that a clock that is set while callers wait neither
    ages nor rejuvenates them.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._offset = time.time() - self._loop.time()  # noqa: TID251  its one home

    def __call__(self) -> float:
        return self._offset + self._loop.time()


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

        def note(fact: Fact) -> None:
            records.note(fact)
            breaks.hear(fact)
            phones.hear(fact)
            figures.note(fact)
            supervision.note(fact)
            listener(fact)

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
        await sync_agents(database, board, enrolled(site))
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
            desk=desk,
            doors=supervision.doors,
            switch=switch,
            note=note,
            new_id=random_name,
            recorded=seconds_of(playing.now),
            outbound=guard,
            **outwards.for_world(),
        )

        async def follow(new: Site) -> None:
            """Make agents, queues and the calls to come follow a new version."""
            lookups.fit(new)
            fit_outbound(settings, new)
            recordings = await asyncio.to_thread(playing.of, new)
            its = replace(
                world,
                clock=clock_of(new),
                lookups=await lookups.of(new),
                recorded=seconds_of(recordings),
            )
            await sync_agents(database, board, enrolled(new))
            # From here on nothing fails: a version is taken whole or not at all.
            outwards.follow(new)
            # A queue that is gone stays for the calls that began with it.
            rules.update(queue_rules(new))
            playing.follow(new, recordings)
            door.renew(new, its)
            note(VersionTaken(at=clock(), version=new.version))
            try:
                await desk.reload()
            except BoardAway as away:
                log.warning("the desk will see the new agents later: %s", away)
            phones.seat_all()

        async def listen_again() -> None:
            """Find recordings that were made since."""
            recordings = await asyncio.to_thread(playing.of, live_site.now)
            playing.follow(live_site.now, recordings)
            door.hear(seconds_of(recordings))

        live_site = LiveSite(
            site, SqlVersions(database), clock=clock, follow=follow, same=listen_again
        )
        await live_site.began()
        note(ServiceBegan(at=clock(), version=site.version))
        changes = LiveChanges(live_site, SqlChanges(database), clock=clock)
        await changes.began()
        world = replace(world, changes=changes)

        def time_now() -> datetime:
            return clock_of(live_site.now)()

        ledger = Ledger(database, clock)
        parts = (
            CallRoutes(Past(database)),
            CallbackRoutes(callbacks, note, time_now),
            SiteRoutes(live_site, live),
            TalkRoutes(world.talks, site_now, ledger),
            SwitchRoutes(site_now, switches, time_now),
            WordingRoutes(site_now, changes, Heard(announcements, playing), time_now),
            HoursRoutes(site_now, changes, switches, time_now),
            ReportRoutes(
                SqlReports(database),
                figures.live,
                queues=lambda: [str(name) for name in site_now().queues],
                limits=lambda queue: limits_of(site_now(), queue),
                clock=clock,
                zone=lambda: site_now().settings.zone,
            ),
        )

        async def apply_agents() -> list[str]:
            """Bring queues and skills that were changed live back to the file's."""
            before = await SqlAgents(database).enrolled()
            file = enrolled(live_site.now)
            await sync_agents(database, board, file, anew=True)
            await desk.reload()
            return sorted({one.agent for one in differences(file, before)})

        agents = AgentRoutes(desk, site_now, breaks.breaks, ledger, apply_agents)
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
        async with (
            beside(supervise("records", records.run), *figures.works()),
            _told_to_end(note, clock),
            beside(
                supervise("desk", desk.run), supervise("outbox", outwards.delivery.run)
            ),
            _api(
                settings,
                live,
                *supervision.parts(),
                *parts,
                agents,
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


def clock_of(site: Site) -> Callable[[], datetime]:
    """The wall clock in the zone of *site*."""
    zone = site.settings.zone
    return lambda: datetime.now(zone)


@asynccontextmanager
async def _told_to_end(note: Note, clock: Callable[[], float]) -> AsyncIterator[None]:
    """Note the end of the service when all inner parts have ended."""
    try:
        yield
    finally:
        note(ServiceEnded(at=clock()))


@asynccontextmanager
async def _api(
    settings: Settings, live: LiveCalls, *parts: Part, people: People
) -> AsyncIterator[tuple[str, int]]:
    """Serve the API while the block runs; yield its host and port."""
    token = settings.secret(settings.api.token_file).reveal()
    try:
        application = Api(live, token, *parts, people=people).application()
    except ValueError as short:
        raise BadConfig(f"{settings.path(settings.api.token_file)}: {short}") from None
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=5.0)
    await runner.setup()
    try:
        at = web.TCPSite(runner, settings.api.host, int(settings.api.port))
        try:
            await at.start()
        except OSError as error:
            raise BadConfig(
                f"the API can't listen on {settings.api.host}:{settings.api.port}: "
                f"{error.strerror}; change api: port in the settings"
            ) from None
        host, port = runner.addresses[0][:2]
        yield host, port
    finally:
        await runner.cleanup()


def fit_outbound(settings: Settings, site: Site) -> None:
    """Raise `BadConfig` if *site* lacks the timetable in which we may dial."""
    said = settings.outbound
    if said is not None and said.hours is not None and said.hours not in site.hours:
        hint = did_you_mean(said.hours, site.hours)
        raise BadConfig(
            f"outbound: hours.yaml of the site has no timetable {str(said.hours)!r}"
            f"{hint}"
        )


def dial_guard(
    settings: Settings, site: Site, seconds: Callable[[], float], switches: Switches
) -> DialGuard:
    """Which numbers may be dialled; raises `BadConfig`."""
    said = settings.outbound
    fit_outbound(settings, site)

    def is_open(site: Site, name: str) -> bool:
        timetable = site.hours.get(name)
        if timetable is None:
            return False
        now = datetime.now(site.settings.zone)
        closed_by = timetable.closed_by
        thrown = bool(closed_by) and switches.thrown(str(closed_by), now)
        return timetable.at(now, thrown=thrown).open

    rules = None
    if said is not None:
        rules = OutboundRules(
            endpoint=str(said.endpoint),
            prefixes=tuple(map(str, said.prefixes)),
            hand_over=str(said.hand_over or ""),
            at_once=int(said.at_once),
            per_minute=int(said.per_minute),
            hours=str(said.hours or ""),
            longest=float(said.longest),
        )
    return DialGuard(rules, seconds=seconds, is_open=is_open)


def ari_settings(settings: Settings) -> AriSettings:
    """Where Asterisk is, as the ARI client wants it; raises `BadConfig`."""
    ari, events = settings.ari, settings.events
    try:
        return AriSettings(
            url=str(ari.url),
            user=str(ari.user),
            password=settings.secret(ari.password_file),
            app=str(ari.app),
            events=Outbound(
                host=str(events.host),
                port=int(events.port),
                user=str(events.user),
                password=settings.secret(events.password_file),
            ),
        )
    except ValueError as error:
        raise BadConfig(f"ari: {error}") from None


def random_name() -> str:
    """A name that nobody can guess, safe in a path and in a channel's id."""
    return secrets.token_hex(12)
