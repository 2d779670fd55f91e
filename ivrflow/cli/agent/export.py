"""`ivrflow agent export`: agents.yaml as the database has it."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.agent.comparing import compared
from ivrflow.cli.agent.written import agents_text
from ivrflow.cli.installed import config_option, settings_in
from ivrflow.flow.folder import read_text
from ivrflow.flow.yaml_nodes import CannotEdit


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write it here.  [default: print it]",
)
@config_option
def export(output: Path | None, config: Path) -> None:
    """Write agents.yaml with what the database has.

    So live changes become the file's. The site's own agents.yaml is what it starts
    from: teams, comments and all that does not differ stay as they are, to the letter.
    To make it the site's, write it over that file and run `ivrflow agent apply`.
    """
    there = compared(settings_in(config))
    path = there.site.folder / "agents.yaml"
    try:
        text = read_text(path) if path.is_file() else ""
        text = agents_text(text, there.database, there.differences)
    except CannotEdit as why:
        raise click.ClickException(f"{path} can't be written anew: {why}") from None
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8", "surrogateescape")
    except OSError as error:
        raise click.ClickException(f"{output}: {error.strerror}") from None
    number = len({one.agent for one in there.differences})
    click.echo(f"{output}: {number} of {len(there.database)} agents differ", err=True)
