"""What `diff`, `apply` and `export` have in common: the file beside the database."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from ivrflow.cli.installed import with_database
from ivrflow.config import Settings
from ivrflow.db.agent_diff import Difference, differences
from ivrflow.db.agents import Enrolled, SqlAgents
from ivrflow.flow.load import BadSite, load_site
from ivrflow.flow.site import Site
from ivrflow.service.roster import enrolled


@dataclass(frozen=True)
class Compared:
    """The site of the folder, and how its agents differ from the database's."""

    site: Site
    database: list[Enrolled]
    differences: list[Difference]


def compared(settings: Settings) -> Compared:
    """Read both; what is wrong with either ends the command."""
    site = checked(settings.path(settings.site))
    known = with_database(settings, lambda db: SqlAgents(db).enrolled())
    return Compared(site, known, differences(enrolled(site), known))


def checked(folder: Path) -> Site:
    """The site in *folder*; one with errors ends the command."""
    try:
        return load_site(folder)
    except BadSite as bad:
        raise click.ClickException(
            f"the site has errors; see `ivrflow check`\n{bad}"
        ) from None
