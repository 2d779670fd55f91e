"""A site: a folder with everything that its callers hear and meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from ivrflow.voicemail.keys import Keys

if TYPE_CHECKING:  # names only: the files of this folder are imported one by one
    from ivrflow.flow.calendar import Timetable
    from ivrflow.flow.kinds import Duration
    from ivrflow.flow.model import Flow
    from ivrflow.flow.site.agents import Agent, Team
    from ivrflow.flow.site.data import DataSource
    from ivrflow.flow.site.listen_keys import ListenKeys
    from ivrflow.flow.site.mailboxes import Mailbox
    from ivrflow.flow.site.numbers import Number
    from ivrflow.flow.site.queues import DailyLimit, Queue
    from ivrflow.flow.site.settings import Settings
    from ivrflow.flow.site.sounds import Sounds
    from ivrflow.flow.site.switches import Switch
    from ivrflow.flow.site.talk_keys import ShortNumber
    from ivrflow.flow.site.wording import Wording
    from ivrflow.prompts.catalogue import Catalogue

__all__ = ["Site"]


@dataclass(frozen=True, kw_only=True, eq=False)  # equal to itself only, so hashable
class Site:
    """One version of a site. Never changed: a new version is a new site.

    All mappings go from the name as it is written (an agent's number, a dialled number)
    to what it means.
    """

    folder: Path
    version: str
    """A hash of all its texts: the same files give the same version."""
    settings: Settings
    catalogue: Catalogue
    flows: Mapping[str, Flow]
    numbers: Mapping[str, Number] = field(default_factory=dict)
    hours: Mapping[str, Timetable] = field(default_factory=dict)
    switches: Mapping[str, Switch] = field(default_factory=dict)
    wording: Mapping[str, Wording] = field(default_factory=dict)
    data: Mapping[str, DataSource] = field(default_factory=dict)
    queues: Mapping[str, Queue] = field(default_factory=dict)
    pauses: Mapping[str, DailyLimit] = field(default_factory=dict)
    ageing: Duration | None = None
    line_order: str = "oldest"
    dispositions: tuple[str, ...] = ()
    talk_keys: Mapping[str, str] = field(default_factory=dict)
    """Keys that an agent presses in a talk -> act."""
    short_numbers: Mapping[str, ShortNumber] = field(default_factory=dict)
    teams: Mapping[str, Team] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)
    listen_keys: Keys = field(default_factory=Keys)
    """The keys of hearing messages by phone."""
    written_keys: ListenKeys | None = None
    """The same as they are written: for the checker only."""
    unread: frozenset[str] = frozenset()
    """Files that could not be read: empty in a site that runs."""
    broken: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """File -> entries that could not be read: so that the checker does not call them
    missing too."""
    sounds: Sounds | None = None
    """The recordings, where somebody has measured them: for the checker only."""
    today: date = field(default_factory=date.today)
    """The day on which it was read: for the checker only."""

    def queue(self, name: str) -> Queue:
        """What queues.yaml says of the queue *name*; of one that a newer version has
        brought, into which a caller of this one was moved, what is usual."""
        from ivrflow.flow.site.queues import Queue

        return self.queues.get(name) or Queue()

    def names_in(self, file: str, found: Mapping[str, object]) -> frozenset[str] | None:
        """All names that *file* declares; None if nobody knows, as it is unreadable."""
        if file in self.unread:
            return None
        return frozenset(map(str, found)) | self.broken.get(file, frozenset())
