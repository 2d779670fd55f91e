"""The API put together: its parts, and the socket at which it is served."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from ivrflow.acd.breaks import Breaks
from ivrflow.acd.desk import Desk
from ivrflow.config import BadConfig, Settings
from ivrflow.console.agents import AgentRoutes
from ivrflow.console.api import Api
from ivrflow.console.asking import Part
from ivrflow.console.callbacks import CallbackRoutes
from ivrflow.console.calls import CallRoutes
from ivrflow.console.greetings import GreetingRoutes
from ivrflow.console.hearers import BoxStores
from ivrflow.console.hours import HoursRoutes
from ivrflow.console.live_calls import LiveCallRoutes
from ivrflow.console.mailboxes import Hashing, MailboxRoutes
from ivrflow.console.messages import MessageRoutes
from ivrflow.console.reports import ReportRoutes
from ivrflow.console.sites import SiteRoutes
from ivrflow.console.switches import SwitchRoutes
from ivrflow.console.talks import TalkRoutes
from ivrflow.console.who import People
from ivrflow.console.wording import Heard, WordingRoutes
from ivrflow.console.work import WorkRoutes
from ivrflow.db.announcements import SqlAnnouncements
from ivrflow.db.audit import Ledger
from ivrflow.db.callbacks import SqlCallbacks
from ivrflow.db.engine import Database
from ivrflow.db.holds import SqlHolds
from ivrflow.db.past import Past
from ivrflow.db.reports import SqlReports
from ivrflow.db.switches import SqlSwitches
from ivrflow.db.work import SqlWork
from ivrflow.facts import Note
from ivrflow.figures.live import Live
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.site import Site
from ivrflow.flow.world import World
from ivrflow.flow.world.boxes import Boxes
from ivrflow.flow.world.transcripts import Transcripts
from ivrflow.service.clock import clock_of
from ivrflow.service.figures import limits_of
from ivrflow.service.live_changes import LiveChanges
from ivrflow.service.live_site import LiveSite
from ivrflow.service.recordings import Playing


def _without_its_text(record: logging.LogRecord) -> bool:
    """Make one line of what aiohttp tells of a request that it could not read.

    Its own words quote that request, and so perhaps somebody's token.
    """
    fault = record.exc_info[1] if record.exc_info else None
    if isinstance(fault, HttpProcessingError | web.RequestPayloadError):
        args = record.args if isinstance(record.args, tuple) else ()
        whose = f" from {args[0]}" if args else ""
        record.msg = "API: a request%s is no good HTTP (%s); it was refused"
        record.args = (whose, type(fault).__name__)
        record.exc_info = record.exc_text = None
        if record.levelno > logging.WARNING:
            record.levelno, record.levelname = logging.WARNING, "WARNING"
    return True


requests_log = logging.getLogger(f"{__name__}.requests")
"""Where aiohttp tells of requests that never come to a handler."""
requests_log.addFilter(_without_its_text)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """What the API shows and changes, beside what only supervisors may."""

    database: Database
    site: LiveSite
    live: LiveCalls
    world: World
    desk: Desk
    breaks: Breaks
    figures: Live
    callbacks: SqlCallbacks
    work: SqlWork
    switches: SqlSwitches
    announcements: SqlAnnouncements
    changes: LiveChanges
    playing: Playing
    boxes: Boxes
    transcripts: Transcripts
    hashing: Hashing
    """Of PINs."""
    apply_agents: Callable[[], Awaitable[list[str]]]
    clock: Callable[[], float]
    """Seconds since 1970."""
    note: Note


def parts_of(shown: Shown) -> Sequence[Part]:
    """The API's parts for everybody."""
    switches, changes, clock = shown.switches, shown.changes, shown.clock

    def site() -> Site:
        return shown.site.now

    def time() -> datetime:
        return clock_of(site())()

    ledger = Ledger(shown.database, clock)
    heard = Heard(shown.announcements, shown.playing)
    kept = BoxStores(
        boxes=shown.boxes,
        holds=SqlHolds(shown.database, time),
        audio=shown.world.audio,
        transcripts=shown.transcripts,
        transcribes=shown.world.transcribes,
        at_work=shown.world.at_work,
        audit=ledger,
        note=shown.note,
        site=site,
        clock=time,
    )
    return (
        CallRoutes(Past(shown.database)),
        LiveCallRoutes(shown.live, ledger),  # before talks, which take any act
        CallbackRoutes(shown.callbacks, shown.note, time),
        WorkRoutes(
            shown.work,
            shown.callbacks,
            shown.world.at_work,
            shown.desk,
            site,
            ledger,
            time,
        ),
        SiteRoutes(shown.site, shown.live),
        TalkRoutes(shown.world.talks, site, ledger),
        SwitchRoutes(site, switches, time),
        WordingRoutes(site, changes, heard, time),
        HoursRoutes(site, changes, switches, time),
        ReportRoutes(
            SqlReports(shown.database),
            shown.figures,
            queues=lambda: [str(name) for name in site().queues],
            limits=lambda queue: limits_of(site(), queue),
            clock=clock,
            zone=lambda: site().settings.zone,
        ),
        AgentRoutes(shown.desk, site, shown.breaks, ledger, shown.apply_agents),
        MailboxRoutes(kept, shown.hashing),
        MessageRoutes(kept),
        GreetingRoutes(kept),
    )


@asynccontextmanager
async def served(
    settings: Settings, live: LiveCalls, *parts: Part, people: People
) -> AsyncIterator[tuple[str, int]]:
    """Serve the API while the block runs; yield its host and port."""
    token = settings.secret(settings.api.token_file).reveal()
    try:
        application = Api(live, token, *parts, people=people).application()
    except ValueError as short:
        raise BadConfig(f"{settings.path(settings.api.token_file)}: {short}") from None
    runner = web.AppRunner(
        application, access_log=None, logger=requests_log, shutdown_timeout=5.0
    )
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
