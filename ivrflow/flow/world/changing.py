"""What is changed by phone while calls go on: switches, announcements, the site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from ivrflow.flow.changes import Place


class Switches(Protocol):
    """Which switches of `switches.yaml` are thrown."""

    def thrown(self, name: str, now: datetime) -> bool:
        """Whether it is thrown at *now*. Read from memory: never waits."""

    async def throw(
        self, name: str, *, by: str, now: datetime, until: datetime | None
    ) -> None:
        """Throw it, also again with another end, and audit that; raises `Trouble`."""

    async def put_back(self, name: str, *, by: str, now: datetime) -> None:
        """Put it back, thrown or not, and audit that; raises `Trouble`."""


@dataclass(frozen=True, kw_only=True)
class Announcement:
    """What somebody spoke, to be played instead of a recording of the site.

    *recording* is its name for the switch; times are seconds since 1970, *until* None:
    until it is taken off.
    """

    recording: str
    seconds: float
    by: str
    at: float
    until: float | None


class Announcements(Protocol):
    """What was spoken by phone for prompts of `wording.yaml`."""

    def on(self, clip: str, now: float) -> Announcement | None:
        """What is played instead of *clip* at *now*. From memory: never waits."""

    async def put_on(self, clip: str, new: Announcement, *, now: datetime) -> None:
        """Play *new* instead of *clip* from now on, audited; raises `Trouble`."""

    async def take_off(self, clip: str, *, by: str, now: datetime) -> None:
        """Play *clip* itself again, and audit that; raises `Trouble`."""


class SiteChanges(Protocol):
    """Changes of the site's own files, for the calls to come.

    Every change is checked and its talks are run: that takes seconds. Raises
    `NotReloaded` with all that is wrong, `CannotChange`, `Unknown`, `Trouble`; nothing
    has changed then.
    """

    async def set_hours(
        self,
        name: str,
        dates: str,
        hours: str | None,
        *,
        by: str,
        until: datetime | None = None,
    ) -> object:
        """Give a timetable these hours on *dates*; None: those of other days."""

    async def undo(self, place: Place, *, by: str) -> object:
        """Bring back what was there before the live change; `Unknown` for none."""
