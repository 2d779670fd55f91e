"""Alarms in words: what rings, and that it is over.

Those of queues and agents are told alike, by their names; those that are about neither
have words of their own. A part of `telling`, which tells all facts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ivrflow.facts import AlarmCleared, AlarmRaised

_RAISED: Mapping[str, Callable[[AlarmRaised], str]] = {
    "database": lambda f: f"the database takes nothing, for {f.value:.0f} s now",
    "room_for_sounds": lambda f: (
        f"the room for sounds is used up to {f.value:.0f} % ({f.limit:.0f} % is the "
        "limit): delete messages, or raise room: in voicemail: of the settings"
    ),
    "trunk_gone": lambda f: (
        f"trunk {f.what} is not there for {f.value:.0f} s: nobody who comes by it can "
        "call"
    ),
    "no_call": lambda f: (
        f"nobody has called for {f.value / 60:.0f} min, and somebody should have"
    ),
    "synthetic": lambda f: (
        f"the synthetic call to {f.what} failed {f.value:.0f} times in a row: perhaps "
        "nobody can call; the log says what was lacking"
    ),
}
_CLEARED: Mapping[str, Callable[[AlarmCleared], str]] = {
    "database": lambda f: f"the database is back after {f.seconds:.0f} s",
    "room_for_sounds": lambda f: (
        f"there is room for sounds again after {f.seconds:.0f} s"
    ),
    "trunk_gone": lambda f: f"trunk {f.what} is there again after {f.seconds:.0f} s",
    "no_call": lambda f: f"that nobody has called is over after {f.seconds:.0f} s",
    "synthetic": lambda f: f"the synthetic call to {f.what} is good again",
}
"""Alarms that are about no queue and no agent -> their words."""


def raised(fact: AlarmRaised) -> str:
    """Why it rings."""
    if (tell := _RAISED.get(fact.alarm)) is not None:
        return tell(fact)
    whose = f"agent {fact.agent}" if fact.agent else f"queue {fact.queue}"
    name = fact.alarm.replace("_", " ")
    if fact.alarm == "service_level":
        return f"{whose}: {name} is {fact.value:.0%}, less than {fact.limit:.0%}"
    return f"{whose}: {name}, {fact.value:.0f} s, more than {fact.limit:.0f} s"


def cleared(fact: AlarmCleared) -> str:
    """That it is over, and for how long it was so."""
    if (tell := _CLEARED.get(fact.alarm)) is not None:
        return tell(fact)
    whose = f"agent {fact.agent}" if fact.agent else f"queue {fact.queue}"
    return f"{whose}: {fact.alarm.replace('_', ' ')} is over after {fact.seconds:.0f} s"
