"""What the commands for sounds share: the site, and where its recordings lie."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import click

from ivrflow.config import BadConfig, Settings, read_settings
from ivrflow.flow.load import BadSite, load_site
from ivrflow.flow.site import Site
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.recorded import BadList
from ivrflow.shipped import shipped
from ivrflow.speech.shelf import Shelf
from ivrflow.speech.wanted import wanted

CANNOT_RUN = 2


def site_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The site, and where recordings are."""
    for option in (
        click.option(
            "--config",
            type=click.Path(path_type=Path, dir_okay=False, exists=True),
            help="The service's settings: its sounds: and speech: are used.",
        ),
        click.option(
            "--sounds",
            "common",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            help="The common folder.  [default: that of --config, else the shipped]",
        ),
        click.option(
            "--language", multiple=True, help="Only this one; may be repeated."
        ),
        click.argument(
            "site",
            metavar="[SITE]",
            default=Path(),
            type=click.Path(path_type=Path, file_okay=False),
        ),
    ):
        command = option(command)
    return command


class Place:
    """A site and its recordings; ends the command if they can't be read."""

    def __init__(self, site: Path, config: Path | None, common: Path | None) -> None:
        try:
            self.settings: Settings | None = read_settings(config) if config else None
            named = self.settings.sounds if self.settings else None
            self.common = common or (
                self.settings.path(named)
                if self.settings and named
                else shipped("sounds")
            )
            self.site: Site = load_site(site)
            self.shelf = Shelf.of(site, self.common)
        except (BadSite, BadConfig, BadList) as bad:
            stop(bad)

    def wanted(self, languages: Sequence[str]) -> list[Clip]:
        known = self.site.catalogue.languages
        for language in languages:
            if language not in known:
                stop(f"the site has no language {language!r}; it has {' '.join(known)}")
        return [
            clip
            for clip in wanted(self.site)
            if not languages or clip.language in languages
        ]


def stop(why: object) -> NoReturn:
    """End the command: it can't be done."""
    click.echo(str(why), err=True)
    sys.exit(CANNOT_RUN)
