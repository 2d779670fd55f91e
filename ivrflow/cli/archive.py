"""Past calls and older versions of a site, from the database of the service.

It is only read, and only when it is asked: who draws a flow without calls needs none.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivrflow.cli.installed import settings_in, with_readable

if TYPE_CHECKING:
    from ivrflow.flow.traffic import Traffic


@dataclass(frozen=True)
class Archive:
    """The database of past calls, opened when it is asked, and only read."""

    config: Path
    database: str | None

    @property
    def _url(self) -> str:
        if self.database is not None:
            return self.database
        settings = settings_in(self.config)
        return settings.url(settings.database)

    def texts(self, version: str) -> tuple[str, dict[str, str]]:
        """A version of the site, by its name or its beginning, with its texts."""
        from ivrflow.db.versions import SqlVersions

        name, texts = with_readable(
            self._url, lambda db: SqlVersions(db).texts(version)
        )
        return name, dict(texts)

    def traffic(self, since: float, until: float, version: str | None) -> Traffic:
        """Count the calls, and tell how far it is."""
        from ivrflow.db.traffic import SqlTraffic

        shown = sys.stderr.isatty()

        def told(done: int, all_: int) -> None:
            if shown:
                click.echo(f"\r{done:,} of {all_:,} calls read", nl=False, err=True)

        try:
            return with_readable(
                self._url,
                lambda db: SqlTraffic(db).read(
                    since, until, version=version, told=told
                ),
            )
        finally:
            if shown:
                click.echo("\r\x1b[K", nl=False, err=True)


@contextmanager
def folder_of(
    version: str | None, folder: Path, archive: Archive
) -> Iterator[tuple[Path, str | None]]:
    """The folder to draw: the site's own, or one with the texts of *version*."""
    from ivrflow.flow.folder import write_texts

    if version is None:
        yield folder, None
        return
    name, texts = archive.texts(version)
    with tempfile.TemporaryDirectory(prefix="ivrflow-draw-") as scratch:
        write_texts(Path(scratch), texts)
        yield Path(scratch), name
