"""`ivrflow agent apply`: bring the database to agents.yaml."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.comparing import Compared, compared
from ivrflow.cli.changing import asked, tested
from ivrflow.cli.installed import (
    NoService,
    ask_service,
    config_option,
    now,
    settings_in,
    who,
    with_database,
)
from ivrflow.config import Settings
from ivrflow.db.agents import sync_agents
from ivrflow.db.audit import Ledger
from ivrflow.db.engine import Database
from ivrflow.service.roster import enrolled

ALONE = "The database alone is changed; the service reads it when it starts."


@click.command()
@config_option
def apply(config: Path) -> None:
    """Bring the agents in the database to agents.yaml.

    What supervisors have changed live is gone then; `ivrflow agent diff` shows it
    before. PINs, presence and calls stay. Where the site's files are newer than what
    the service runs, it reloads them first: checked, and with their talks run. Without
    the service the database alone is changed.
    """
    settings = settings_in(config)
    there = compared(settings)
    try:
        live = ask_service(settings, "/api/site", method="GET")
    except NoService as away:
        click.echo(f"the service was not reached: {away}.\n{ALONE}", err=True)
        _without_service(settings, there)
        return
    if live.status == 200 and live.body["version"] != there.site.version:
        answer = asked(settings, "POST", ("site", "reload"))
        click.echo(tested(answer))
    changed = asked(settings, "POST", ("agents", "apply"))["changed"]
    # What the reload has brought differs no more.
    _tell({one.agent for one in there.differences} | set(changed))


def _without_service(settings: Settings, there: Compared) -> None:
    changed = {one.agent for one in there.differences}

    async def bring(database: Database) -> None:
        site = enrolled(there.site)
        await sync_agents(database, site, anew=True)
        told = ", ".join(sorted(changed))
        await Ledger(database, now).note(who(), "agents.yaml applied", None, told)

    if changed:
        with_database(settings, bring)
    _tell(changed)


def _tell(changed: set[str]) -> None:
    if not changed:
        click.echo("agents.yaml and the database say the same")
        return
    number = f"{len(changed)} agent{'s' if len(changed) > 1 else ''}"
    click.echo(f"{number} as in agents.yaml now: {', '.join(sorted(changed))}")
