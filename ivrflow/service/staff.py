"""The ACD and those who watch over it, put together: no telephone is needed for it yet.

Built before the calls' world, which wants most of it.
"""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.acd.desk import Desk
from ivrflow.acd.model import QueueRules
from ivrflow.acd.paces import LEARNED
from ivrflow.db.announcements import SqlAnnouncements
from ivrflow.db.board import SqlBoard
from ivrflow.db.board_past import SqlPast
from ivrflow.db.callbacks import SqlCallbacks, SqlPlaces
from ivrflow.db.lately import lately
from ivrflow.db.pauses import SqlPauses
from ivrflow.db.switches import SqlSwitches
from ivrflow.db.work import SqlWork
from ivrflow.facts import Note
from ivrflow.flow.site.roster import queue_rules
from ivrflow.service.breaks import BreakWatch
from ivrflow.service.clock import clock_of
from ivrflow.service.figures import Around, FigureKeeper, limits_of
from ivrflow.service.ground import Ground
from ivrflow.service.names import random_name
from ivrflow.service.phones import PhoneWatch
from ivrflow.service.supervision import Supervision

LATELY, MOST = 28 * 86400.0, 2000
"""Seconds back, and facts of each kind, from which the estimated wait learns."""


@dataclass(frozen=True, kw_only=True)
class Staff:
    """The desk, and what stands around it."""

    rules: dict[str, QueueRules]
    desk: Desk
    callbacks: SqlCallbacks
    places: SqlPlaces
    work: SqlWork
    switches: SqlSwitches
    announcements: SqlAnnouncements
    supervision: Supervision
    breaks: BreakWatch
    phones: PhoneWatch
    figures: FigureKeeper


async def hired(ground: Ground, listener: Note) -> Staff:
    """Build the desk and what stands around it, and let all of it hear facts.

    *listener* hears them last. Raises `Trouble`.
    """
    database, clock, note = ground.database, ground.clock, ground.note
    site = ground.site_now()
    settings = ground.settings
    figures = FigureKeeper(
        database,
        Around(
            clock=clock,
            zone=site.settings.zone,
            limits=lambda queue: limits_of(ground.site_now(), queue),
            agents=lambda: desk.state().agents,
            note=note,
            stored=ground.records.durable,
        ),
        settings.path(settings.queue_log) if settings.queue_log else None,
        key=ground.seal.key_for("figures"),
    )
    await figures.begin()
    board = SqlBoard(database)
    rules = queue_rules(site)
    desk = Desk(
        board,
        rules,
        clock=clock,
        note=note,
        new_id=random_name,
        adopts=True,
        past=SqlPast(database),
    )
    learned = await lately(database, LEARNED, since=clock() - LATELY, most=MOST)
    desk.learn(learned, await board.agents())
    callbacks, places = SqlCallbacks(database), SqlPlaces(database)
    switches = SqlSwitches(database)
    await switches.refresh()
    supervision = Supervision(
        database, ground.hasher, clock=clock, time=clock_of(site), note=note
    )
    await supervision.began()
    announcements = SqlAnnouncements(database)
    await announcements.read()
    breaks = BreakWatch(
        ground.site_now,
        SqlPauses(database),
        agents=board.agents,
        clock=clock,
        note=note,
    )
    phones = PhoneWatch(lambda: desk.agents, desk.phone)
    ground.listeners.join(
        breaks.hear, phones.hear, figures.note, supervision.note, listener
    )
    return Staff(
        rules=rules,
        desk=desk,
        callbacks=callbacks,
        places=places,
        work=SqlWork(database),
        switches=switches,
        announcements=announcements,
        supervision=supervision,
        breaks=breaks,
        phones=phones,
        figures=figures,
    )
