"""H013: how long the way to a person is (a note).

The most seconds and keys on any path from the answer to a person, counted as for H010,
beside what `human:` of site.yaml promises.

Told:

    # site.yaml
    languages: [en]
    timezone: Asia/Shanghai
    hosts: [erp.example.com]
    human: {seconds: 60, keys: 10}
           ^
    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: desk}, failed: desk}
      desk: {queue: desk, then: hangup}

Not told:

    # flows/main.yaml
    flow: main
    steps:
      pick: {menu: which, keys: {1: desk}, failed: desk}
      desk: {queue: desk, then: hangup}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.check._human import End, Paths, entries, in_keys, in_seconds, whole
from ivrflow.flow.check._site import note
from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    human = site.settings.human
    if human is None or not whole(site):
        return
    slowest, longest = _most(site, in_seconds(site)), _most(site, in_keys(site))
    if slowest is None or longest is None:
        return
    message = (
        f"the longest way to a person takes {slowest.most:.0f} s (to "
        f"{slowest.node.name!r} in {slowest.flow.file}) and {longest.most:.0f} "
        f"keys (to {longest.node.name!r} in {longest.flow.file})"
    )
    yield note(human.at, "H013", message)


def _most(site: Site, paths: Paths) -> End | None:
    ends = (end for flow in entries(site) for end in paths.ends(flow))
    return max(ends, key=lambda end: end.most, default=None)
