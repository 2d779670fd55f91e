"""H010: the way to a person is too long.

`human:` of site.yaml says after how many seconds and keys a caller must have reached a
person, on every path from the answer on. A path ends on entering a queue or a transfer,
or a voicemail behind a timetable that is closed. The most is counted: every prompt in
full, a second for a key, every wait and every timeout of a look-up in full, all tries
used up, each step that a caller can come to again once, each called flow like the
steps that it has. Make a prompt shorter, allow fewer tries, lead to a person earlier,
or raise the limit.

Prompts take as long as their recordings, or as their words: 14.5 characters a second in
English, 4.3 in Chinese. Of several languages the slowest counts.

Wrong:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    human: {seconds: 30, keys: 10}
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, wait: 10s, tries: 4, keys: {1: desk}, failed: desk}
      desk: {queue: desk}
      ^

Right:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    human: {seconds: 30, keys: 10}
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, wait: 10s, tries: 2, keys: {1: desk}, failed: desk}
      desk: {queue: desk}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._human import (
    End,
    Passed,
    Paths,
    entries,
    in_keys,
    in_seconds,
    whole,
)
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site

NAMED = 6
"""Steps that a message names, those that take most."""


def check(site: Site) -> Iterator[Problem]:
    human = site.settings.human
    if human is None or not whole(site):
        return
    yield from _too_long(site, in_seconds(site), float(human.seconds), "s")
    yield from _too_long(site, in_keys(site), float(human.keys), "keys")


def _too_long(site: Site, paths: Paths, limit: float, unit: str) -> Iterator[Problem]:
    worst: dict[tuple[str, str], End] = {}
    for flow in entries(site):
        for end in paths.ends(flow):
            place = (end.flow.name, end.node.name)
            if end.most > limit and (
                place not in worst or worst[place].most < end.most
            ):
                worst[place] = end
    for end in worst.values():
        message = (
            f"until here a caller may need {end.most:.0f} {unit}, and `human:` of "
            f"site.yaml allows {limit:.0f}; most of it: {_told(end.passed())}"
        )
        yield Problem(end.node.at, "H010", message)


def _told(passed: Passed) -> str:
    most = sorted(passed, key=lambda step: -step[1])[:NAMED]
    return ", ".join(f"{name} {amount:.0f}" for name, amount in most if amount)
