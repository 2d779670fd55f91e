"""`ivrflow doctor`: what is wrong with the whole chain, and how it is mended."""

from __future__ import annotations

import asyncio
import json
import logging
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from difflib import get_close_matches
from pathlib import Path

import click

from ivrflow.doctor.checks import Area, Check, checks
from ivrflow.doctor.examining import Examined, examine, report, status, summary
from ivrflow.doctor.finding import Finding, State
from ivrflow.doctor.patient import Patient, Told

COLOURS = {
    State.ERROR: "red",
    State.WARNING: "yellow",
    State.UNKNOWN: "magenta",
    State.NOTE: "cyan",
    State.OK: "green",
}

WORDS = {State.UNKNOWN: "could not look"}
"""How states are called, where it is not by their name."""

WIDTH = 15
"""Of the column of states."""

STOPPED = 130


@click.command()
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/etc/ivrflow/ivrflow.yaml"),
    show_default=True,
    envvar="IVRFLOW_CONFIG",
    help="The settings of the service.",
)
@click.option(
    "--asterisk-conf",
    "conf",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="Asterisk's folder of configuration.  [default: /etc/asterisk]",
)
@click.option(
    "--only",
    metavar="NAME",
    multiple=True,
    help="Make this check and no other; may be given again.",
)
@click.option(
    "--skip", metavar="NAME", multiple=True, help="Leave this check out; the same."
)
@click.option("--call", is_flag=True, help="Make a test call through Asterisk, too.")
@click.option("--quiet", "-q", is_flag=True, help="Print only what is not well.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
@click.option("--list", "listed", is_flag=True, help="Name the checks, and make none.")
@click.option("--explain", metavar="NAME", help="Print the page of a check.")
@click.option("--verbose", "-v", is_flag=True, help="Log what goes wrong in a check.")
def doctor(
    config: Path,
    conf: Path | None,
    only: tuple[str, ...],
    skip: tuple[str, ...],
    call: bool,
    quiet: bool,
    as_json: bool,
    listed: bool,
    explain: str | None,
    verbose: bool,
) -> None:
    """Look at settings, site, machine, Asterisk, database and sounds.

    For each thing that is wrong it says how to mend it. It changes nothing, works
    while the service runs and while it does not, and takes nothing from one that runs.

    Run it as the service's user, or as root to see Asterisk's files as well. Secrets
    that only systemd hands to the service are found while that runs, by root:
    CREDENTIALS_DIRECTORY=/run/credentials/ivrflow.service ivrflow doctor

    With --call a Local channel of Asterisk plays a tone into an application of its
    own, hears it and sends keys; no flow, queue or phone has to do with it.

    Exit status, as monitoring wants it: 0 all is well, 1 warnings, 2 errors, 3 if
    something could not be looked at and all else is well.
    """
    if verbose:
        logging.basicConfig(level=logging.DEBUG, format="%(name)s: %(message)s")
    known = checks()
    if listed:
        _list(known)
        return
    if explain is not None:
        click.echo(_named(explain, known).manual)
        return
    left_out = {_named(name, known).name for name in skip}
    asked_for = {_named(name, known).name for name in only}
    wanted = [
        one
        for one in known
        if one.name not in left_out
        and (
            one.name in asked_for
            or (one.area is Area.CALL and call)
            or (one.area is not Area.CALL and not asked_for)
        )
    ]
    told = Told(config=config, conf=conf)
    try:
        examined = asyncio.run(_examined(told, wanted, as_json=as_json, quiet=quiet))
    except KeyboardInterrupt:
        raise SystemExit(STOPPED) from None
    if as_json:
        found = report(examined, datetime.now(UTC))
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        click.echo(summary(examined))
    raise SystemExit(status(examined))


async def _examined(
    told: Told, wanted: Sequence[Check], *, as_json: bool, quiet: bool
) -> list[Examined]:
    """Make the checks, and print each as soon as it is over."""
    done, area = list[Examined](), None
    for_people = sys.stderr.isatty() and not as_json
    async with Patient(told) as patient:
        for check in wanted:
            if for_people:
                click.echo(f"\r{check.name} ...\033[K", nl=False, err=True)
            async for one in examine(patient, [check]):
                done.append(one)
                if for_people:
                    click.echo("\r\033[K", nl=False, err=True)
                lines = [] if as_json else list(_lines(one, quiet=quiet))
                if lines and check.area is not area:
                    area = check.area
                    click.echo(f"{area.value}:")
                for line in lines:
                    click.echo(line)
    return done


def _lines(one: Examined, *, quiet: bool) -> Iterator[str]:
    """What is printed of a check."""
    for finding in one.findings:
        if quiet and finding.state in (State.OK, State.NOTE):
            continue
        yield from _finding(one.check.name, finding)
    if one.told_by and not quiet:
        yield f"  {'not made':{WIDTH}}{one.check.name}: see {one.told_by}"


def _finding(name: str, finding: Finding) -> Iterator[str]:
    word = WORDS.get(finding.state, finding.state.value)
    shown = click.style(f"{word:{WIDTH}}", fg=COLOURS[finding.state])
    yield f"  {shown}{name}: {_plain(finding.said)}"
    if finding.cure and finding.state is not State.OK:
        yield f"  {'':{WIDTH}}-> {_plain(finding.cure)}"


def _plain(text: str) -> str:
    """*text* in one line; what a far end has said can't do anything to a terminal."""
    return "".join(c if c.isprintable() else " " for c in text)


def _list(known: Sequence[Check]) -> None:
    area = None
    for check in known:
        if check.area is not area:
            area = check.area
            click.echo(f"{area.value}:")
        click.echo(f"  {check.name:{WIDTH + 3}}{check.title}")


def _named(name: str, known: Sequence[Check]) -> Check:
    for check in known:
        if check.name == name:
            return check
    close = get_close_matches(name, [check.name for check in known], cutoff=0.4)
    hint = f"; did you mean {' or '.join(close)}?" if close else ""
    raise click.UsageError(
        f"there is no check {name}{hint} (`ivrflow doctor --list` names them)"
    )
