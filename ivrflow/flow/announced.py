"""What was spoken by phone instead of a recording, where prompts are said.

A recording of the site is known by its clip; what a supervisor spoke for it takes its
place in what is played, and the record of the call says so: nobody knows its words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ivrflow.flow.world import World
from ivrflow.prompts.phrase import Recorded
from ivrflow.telephony.sound import Utterance

OURS = "recording:"
"""Before the name of what the switch has recorded."""


def lengths(world: World) -> Recorded:
    """How long each clip is, those that were spoken included."""
    spoken = world.announcements
    if spoken is None:
        return world.recorded

    def seconds(clip: str) -> float | None:
        announcement = spoken.on(clip, world.seconds())
        return announcement.seconds if announcement else world.recorded(clip)

    return seconds


def as_spoken(said: Sequence[Utterance], world: World) -> list[Utterance]:
    """*said*, with what was spoken in the place of the clips."""
    return [_spoken(one, world) for one in said]


def _spoken(one: Utterance, world: World) -> Utterance:
    if world.announcements is None:
        return one
    now, clips, by = world.seconds(), [], ""
    for clip in one.clips:
        found = world.announcements.on(clip, now)
        clips.append(f"{OURS}{found.recording}" if found else clip)
        by = found.by if found else by
    if not by:
        return one
    alone = len(clips) == 1
    words = f"(an announcement spoken by {by})" if alone else one.words
    return replace(one, clips=tuple(clips), words=words)
