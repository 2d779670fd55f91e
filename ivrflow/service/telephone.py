"""The telephone's side of the service: the link to Asterisk, and the door for calls."""

from __future__ import annotations

from dataclasses import dataclass

from ivrflow.acd.desk.nailed import NailedUp
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.phones import PhoneStates
from ivrflow.asterisk.ari.switch import AriSwitch
from ivrflow.config import LimitsOf
from ivrflow.flow.live import LiveCalls
from ivrflow.service.admission import Admission
from ivrflow.service.adoption import Adoption
from ivrflow.service.adoption.needs import Start
from ivrflow.service.asterisk import ari_settings
from ivrflow.service.caller_log import CallerLog
from ivrflow.service.door import Door
from ivrflow.service.ground import Ground
from ivrflow.service.lag import LoopLag
from ivrflow.service.names import random_name
from ivrflow.service.quality import QualityHeard, quality_heard
from ivrflow.service.scripts import Scripts
from ivrflow.service.staff import Staff
from ivrflow.service.watch import Watch


@dataclass(frozen=True, kw_only=True)
class Telephone:
    """Asterisk, as the service has it."""

    client: Client
    switch: AriSwitch
    states: PhoneStates
    nailed: NailedUp
    live: LiveCalls
    caller_log: CallerLog
    door: Door
    scripts: Scripts
    """Calls that dialplans hand to flows by AGI."""
    adoption: Adoption
    watch: Watch
    quality: QualityHeard | None
    lag: LoopLag
    admission: Admission


def installed(ground: Ground, staff: Staff, *, relayed: bool) -> Telephone:
    """Build the link and all that hears from it; nothing is connected yet.

    *relayed*: events come by a process that outlives this one. Raises `BadConfig`.
    """
    settings, playing = ground.settings, ground.playing
    client = Client(ari_settings(settings, relayed=relayed))
    phones, desk = staff.phones, staff.desk
    states = PhoneStates(client, changed=phones.changed, seen=phones.seen)
    live = LiveCalls()
    caller_log = CallerLog(live, clock=ground.clock)
    lag, limits = LoopLag(), settings.limits or LimitsOf.model_validate({})
    admission = Admission(int(limits.calls), lag, client, above=limits.above)
    door = Door(settings, ground.site_now(), live, playing.heard_in, admission)
    adoption = Adoption(
        Start(app=str(settings.ari.app), seal=ground.seal, before=ground.before),
        ground.bookmarks,
        clock=ground.clock,
        note=ground.note,
    )
    ground.listeners.join(adoption.hear, caller_log.note)
    sounds = ground.archive.beside(playing.sounds())
    switch = AriSwitch(
        client,
        on_call=door.take,
        on_found=adoption.found,
        new_id=random_name,
        sounds=sounds,
    )
    scripts = Scripts(settings, door, live, sounds=sounds, stored=switch.kept)
    quality = quality_heard(settings, ground.note)
    if quality is not None:
        ground.listeners.join(quality.hear)
    nailed = NailedUp(desk, switch, adopts=True)
    desk.lines = nailed
    desk.on_agent(nailed.heard)
    return Telephone(
        client=client,
        switch=switch,
        states=states,
        nailed=nailed,
        live=live,
        caller_log=caller_log,
        door=door,
        scripts=scripts,
        adoption=adoption,
        lag=lag,
        admission=admission,
        quality=quality,
        watch=Watch(settings, client, switch, live, door.latest),
    )
