"""What the commands for mailboxes work on: the site's boxes, their rows and sounds."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from ivrflow.cli.installed import settings_in, with_database
from ivrflow.cli.times import zone_of
from ivrflow.config import BadConfig, Settings
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database

if TYPE_CHECKING:
    from ivrflow.audio.store import Store
    from ivrflow.flow.site.mailboxes import Mailbox
    from ivrflow.flow.world.boxes import Stored

T = TypeVar("T")


@dataclass(frozen=True)
class Place:
    """An installation, as far as its mailboxes are concerned."""

    settings: Settings
    zone: tzinfo | None
    """The site's; None: that of the machine."""

    @classmethod
    def of(cls, config: Path) -> Place:
        """That of the settings in *config*; what is wrong ends the command."""
        settings = settings_in(config)
        return cls(settings, zone_of(settings))

    def clock(self) -> datetime:
        """The time of day, in the site's zone."""
        return datetime.now(self.zone).astimezone(self.zone)

    def boxes(self, database: Database) -> SqlBoxes:
        """The mailboxes of *database*."""
        return SqlBoxes(database, self.clock)

    def do(self, work: Callable[[Database, SqlBoxes], Awaitable[T]]) -> T:
        """Run *work* on the database; what is wrong ends the command."""
        return with_database(self.settings, lambda db: work(db, self.boxes(db)))

    def store(self) -> Store:
        """Where sounds are kept; what is wrong with it ends the command."""
        from ivrflow.service.archive import store_of

        try:
            return store_of(self.settings)
        except BadConfig as bad:
            raise click.ClickException(str(bad)) from None

    def mailboxes(self) -> Mapping[str, Mailbox]:
        """Those of the site's files; none where they can't be read just now.

        A list of what is there must not need the site whole.
        """
        from ivrflow.flow.load import check_site

        site = check_site(self.settings.path(self.settings.site)).site
        return {} if site is None else {str(k): v for k, v in site.mailboxes.items()}


async def known_box(place: Place, boxes: SqlBoxes, box: str) -> str:
    """*box*, if there is such a mailbox; else the command ends."""
    # The site's too: the service may not have begun yet since it was written there.
    if box not in await boxes.names() and box not in place.mailboxes():
        raise click.ClickException(
            f"there is no mailbox {box!r}; `ivrflow voicemail list` shows them"
        )
    return box


async def known_message(boxes: SqlBoxes, message: str) -> Stored:
    """The message of that id; else the command ends."""
    found = await boxes.message(message)
    if found is None:
        raise click.ClickException(
            f"there is no message {message!r}; `ivrflow voicemail list BOX` shows them"
        )
    return found
