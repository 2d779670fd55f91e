"""The world of the calls, and what is shown and changed of it from outside."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from datetime import datetime

from ivrflow.asterisk.ari.lamps import AriLamps
from ivrflow.asterisk.ari.spool import AriSpool
from ivrflow.console.asking import Part
from ivrflow.db.agents import SqlAgents
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.changes import SqlChanges
from ivrflow.db.lock_outs import SqlLockOuts
from ivrflow.db.messages import SqlMessages
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.owner import can_be_owned
from ivrflow.db.retention import SqlRetention
from ivrflow.db.sounds import SqlSounds
from ivrflow.db.transcripts import SqlTranscripts
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import ServiceBegan
from ivrflow.flow.site import Site
from ivrflow.flow.world import World
from ivrflow.service.adoption.untold import Untold
from ivrflow.service.api import Shown, parts_of
from ivrflow.service.archive import Archivists, Where
from ivrflow.service.by_phone import AgentsByPhone
from ivrflow.service.clock import clock_of
from ivrflow.service.following import Following
from ivrflow.service.ground import Ground
from ivrflow.service.lamps import LampKeeper, NoLamps
from ivrflow.service.live_changes import LiveChanges
from ivrflow.service.names import random_name
from ivrflow.service.notices import NoticeParts
from ivrflow.service.old_versions import OldVersions
from ivrflow.service.outbound import dial_guard
from ivrflow.service.recordings import seconds_of
from ivrflow.service.retention import Retention
from ivrflow.service.rounds import Rounds, rounds_of
from ivrflow.service.senders import Senders, senders
from ivrflow.service.sources import Sources
from ivrflow.service.staff import Staff
from ivrflow.service.supervision import Seen
from ivrflow.service.telephone import Telephone
from ivrflow.service.transcripts import tell_what_ears_lack, transcribing_of
from ivrflow.speech.transcribing import Transcribing
from ivrflow.voicemail.retention import Keep


@dataclass(frozen=True, kw_only=True)
class House:
    """What calls live in."""

    world: World
    outwards: Senders
    archivists: Archivists
    lamps: LampKeeper
    retention: Retention
    transcribing: Transcribing | None
    """None where nobody writes messages down."""
    outbox: SqlOutbox
    changes: LiveChanges
    old_versions: OldVersions
    untold: Untold
    rounds: Rounds
    parts: Sequence[Part]
    """Of the API, for everybody."""


def _kept(site: Site) -> dict[str, Keep]:
    """For how long the mailboxes of *site* keep messages."""
    return {str(name): box.keep.rules() for name, box in site.mailboxes.items()}


def _most(site: Site) -> dict[str, int]:
    """How many messages the mailboxes of *site* hold."""
    return {str(name): int(box.most) for name, box in site.mailboxes.items()}


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
    archivists = Archivists(
        ground.archive,
        Where(
            rows=SqlSounds(database),
            spool=AriSpool(telephone.client),
            standing=supervision.standing,
            clock=clock,
            note=note,
        ),
    )
    ground.listeners.join(archivists.hear)
    outbox = SqlOutbox(database, clock_of(site))
    transcripts = SqlTranscripts(database)
    if can_be_owned(settings.url(settings.database)):
        await outbox.release()  # the last service died, and nobody else delivers
        await transcripts.release(clock())
    work_news = staff.work.news.set
    boxes = SqlBoxes(database, clock_of(site), work_news=work_news)
    transcribing = transcribing_of(
        settings, transcripts, archivists.library, clock=clock, note=note
    )
    of_messages = NoticeParts(
        site=ground.site_now,
        sound=archivists.sound,
        boxes=boxes,
        transcripts=transcripts,
        outbox=outbox,
        note=note,
        seconds=clock,
    ).of_messages(settings)
    outwards = await stack.enter_async_context(
        senders(settings, site, outbox, clock, telephone.client, of_messages)
    )
    messages = SqlMessages(
        database, lambda: datetime.now(site.settings.zone), work_news=work_news
    )
    untold = Untold(messages, await messages.untold(), durable=ground.records.durable)
    guard = dial_guard(settings, site, clock, staff.switches)
    await asyncio.to_thread(tell_what_ears_lack, settings)
    lamps = LampKeeper(
        NoLamps("lamps: off under voicemail: in the settings")
        if settings.voicemail is not None and settings.voicemail.lamps == "off"
        else AriLamps(telephone.client),
        boxes,
        ground.site_now,
    )
    ground.listeners.join(lamps.hear)
    telephone.client.link.on_return(lamps.returned)
    world = World(
        clock=clock_of(site),
        seconds=clock,
        lookups=await lookups.of(site),
        secret_is=lookups.secret_is,
        verifier=ground.verifier,
        lock_outs=SqlLockOuts(database, ground.hasher),
        messages=messages,
        boxes=boxes,
        work=staff.work,
        audio=archivists.library,
        transcribes=transcribing is not None,
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
            work=staff.work,
            levels=staff.figures.live,
            outbox=outbox,
            dials=guard,
        ),
        settings,
    )
    rounds = rounds_of(ground, staff, telephone)
    await archivists.clear()
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
            work=staff.work,
            switches=staff.switches,
            announcements=staff.announcements,
            changes=changes,
            playing=ground.playing,
            boxes=boxes,
            transcripts=transcripts,
            hashing=ground.verifier,
            apply_agents=lambda: following.apply_agents(ground.site_now()),
            clock=clock,
            note=note,
        )
    )
    return House(
        world=world,
        outwards=outwards,
        archivists=archivists,
        lamps=lamps,
        retention=Retention(
            SqlRetention(database, clock_of(site)),
            lambda: _kept(ground.site_now()),
            most=lambda: _most(ground.site_now()),
            clock=clock,
            note=note,
        ),
        transcribing=transcribing,
        outbox=outbox,
        changes=changes,
        old_versions=old_versions,
        untold=untold,
        rounds=rounds,
        parts=parts,
    )
