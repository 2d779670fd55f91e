"""The world of the calls, and what is shown and changed of it from outside."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from ivrflow.console.asking import Part
from ivrflow.db.agents import SqlAgents
from ivrflow.db.changes import SqlChanges
from ivrflow.db.lock_outs import SqlLockOuts
from ivrflow.db.messages import SqlMessages
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.owner import can_be_owned
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import ServiceBegan
from ivrflow.flow.world import World
from ivrflow.service.adoption.untold import Untold
from ivrflow.service.api import Shown, parts_of
from ivrflow.service.by_phone import AgentsByPhone
from ivrflow.service.clock import clock_of
from ivrflow.service.following import Following
from ivrflow.service.ground import Ground
from ivrflow.service.live_changes import LiveChanges
from ivrflow.service.names import random_name
from ivrflow.service.old_versions import OldVersions
from ivrflow.service.outbound import dial_guard
from ivrflow.service.recordings import seconds_of
from ivrflow.service.senders import Senders, senders
from ivrflow.service.sources import Sources
from ivrflow.service.staff import Staff
from ivrflow.service.supervision import Seen
from ivrflow.service.telephone import Telephone


@dataclass(frozen=True, kw_only=True)
class House:
    """What calls live in."""

    world: World
    outwards: Senders
    changes: LiveChanges
    old_versions: OldVersions
    untold: Untold
    parts: Sequence[Part]
    """Of the API, for everybody."""


async def moved_in(
    ground: Ground, staff: Staff, telephone: Telephone, stack: AsyncExitStack
) -> House:
    """Build the world, keep the version that the service begins with, say so.

    Raises `BadConfig`, `Trouble`.
    """
    settings, database, clock = ground.settings, ground.database, ground.clock
    site, note = ground.site_now(), ground.note
    desk, supervision = staff.desk, staff.supervision
    lookups = Sources(settings, stack)
    lookups.fit(site)
    outbox = SqlOutbox(database, clock_of(site))
    if can_be_owned(settings.url(settings.database)):
        await outbox.release()  # the last service died, and nobody else delivers
    outwards = await stack.enter_async_context(
        senders(settings, site, outbox, clock, telephone.client)
    )
    messages = SqlMessages(database, lambda: datetime.now(site.settings.zone))
    untold = Untold(messages, await messages.untold(), durable=ground.records.durable)
    guard = dial_guard(settings, site, clock, staff.switches)
    world = World(
        clock=clock_of(site),
        seconds=clock,
        lookups=await lookups.of(site),
        secret_is=lookups.secret_is,
        verifier=ground.verifier,
        lock_outs=SqlLockOuts(database, ground.hasher),
        messages=messages,
        callbacks=staff.callbacks,
        places=staff.places,
        switches=staff.switches,
        bookmarks=ground.bookmarks,
        seal=ground.seal,
        announcements=staff.announcements,
        agents=AgentsByPhone(SqlAgents(database), desk, staff.breaks.breaks, clock),
        site_now=ground.site_now,
        desk=desk,
        doors=supervision.doors,
        switch=telephone.switch,
        audit=supervision.ledger,
        note=note,
        new_id=random_name,
        recorded=seconds_of(ground.playing.now),
        outbound=guard,
        **outwards.for_world(),
    )
    following = ground.following = Following(
        settings=settings,
        world=world,
        database=database,
        desk=desk,
        rules=staff.rules,
        lookups=lookups,
        outwards=outwards,
        playing=ground.playing,
        phones=staff.phones,
        door=telephone.door,
        clock=clock,
        note=note,
    )
    await ground.site.began()
    old_versions = OldVersions(
        SqlVersions(database), telephone.door.latest, following.world_of
    )
    note(ServiceBegan(at=clock(), version=site.version, adopts=True))
    changes = LiveChanges(ground.site, SqlChanges(database), clock=clock)
    await changes.began()
    world = following.world = replace(world, changes=changes)
    await supervision.watch(
        Seen(
            site=ground.site_now,
            desk=desk,
            switches=staff.switches,
            callbacks=staff.callbacks,
            levels=staff.figures.live,
            outbox=outbox,
            dials=guard,
        ),
        settings,
    )
    parts = parts_of(
        Shown(
            database=database,
            site=ground.site,
            live=telephone.live,
            world=world,
            desk=desk,
            breaks=staff.breaks.breaks,
            figures=staff.figures.live,
            callbacks=staff.callbacks,
            switches=staff.switches,
            announcements=staff.announcements,
            changes=changes,
            playing=ground.playing,
            apply_agents=lambda: following.apply_agents(ground.site_now()),
            clock=clock,
            note=note,
        )
    )
    return House(
        world=world,
        outwards=outwards,
        changes=changes,
        old_versions=old_versions,
        untold=untold,
        parts=parts,
    )
