"""`ivrflow try`: a talk with a flow, in a terminal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.sim.rehearsal.answers import Answer
    from ivrflow.sim.rehearsal.scene import Scene

CALLER = "13800138000"


@click.command("try")
@click.argument("flow", required=False)
@click.option(
    "--site",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path("."),
    help="The site's folder.  [default: this one]",
)
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]),
    help="When the call takes place, in the site's time zone.  [default: now]",
)
@click.option("--caller", default=CALLER, show_default=True, help="The calling number.")
@click.option("--withheld", is_flag=True, help="The calling number is withheld.")
@click.option("--fast", is_flag=True, help="Time jumps: waiting takes no time.")
@click.option("--switch", "thrown", multiple=True, help="A switch that is thrown.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="What look-ups answer: YAML as in a test's `data:`.  [default: the rows in "
    "the site's tests]",
)
def try_(
    flow: str | None,
    folder: Path,
    at: datetime | None,
    caller: str,
    withheld: bool,
    fast: bool,
    thrown: tuple[str, ...],
    data: Path | None,
) -> None:
    """Talk with FLOW in the terminal.

    You read what is said and type what you press. FLOW may be left out where one number
    leads to one flow. Every step, every decision and its reason is shown with the line
    that made it. All agents are ready, and their phones ring until you type
    `:agent 1003 answers`; `:help` says what else there is. Lines may also come from a
    pipe; at their end the caller hangs up.
    """
    from ivrflow.flow.load import BadSite, load_site
    from ivrflow.sim import clock
    from ivrflow.sim.rehearsal.scene import opening

    try:
        site = load_site(folder)
    except BadSite as bad:
        click.echo(str(bad), err=True)
        raise SystemExit(2) from None
    name = flow or _the_flow(site)
    if name not in site.flows:
        there = ", ".join(site.flows)
        raise click.UsageError(f"there is no flow {name!r}; there are: {there}")
    for switch in thrown:
        if switch not in site.switches:
            there = ", ".join(site.switches) or "none"
            raise click.UsageError(f"no switch {switch!r}; there are: {there}")
    scene = opening(
        site,
        name,
        at=at or datetime.now(site.settings.zone),
        caller="" if withheld else caller,
        answers=_answers(site, name, data),
        agents=dict.fromkeys(map(str, site.agents), "ready"),
        thrown=frozenset(thrown),
    )
    run = clock.run if fast else asyncio.run
    try:
        run(_talk(site, scene, fast=fast))
    except KeyboardInterrupt:
        raise SystemExit(130) from None


async def _talk(site: Site, scene: Scene, *, fast: bool) -> None:
    from ivrflow.sim.rehearsal.stage import Stage
    from ivrflow.sim.terminal import Terminal, lines_of

    typed = sys.stdin.isatty()
    if typed:
        click.echo("digits are keys, :help says what else there is, Ctrl-C ends it")
    terminal = Terminal(
        Stage(site, scene),
        lines_of(sys.stdin),
        click.echo,
        patient=fast or not typed,
        echo=not typed,
    )
    await terminal.run()


def _the_flow(site: Site) -> str:
    """The flow that numbers lead to, if there is only one."""
    led_to = {str(number.flow) for number in site.numbers.values() if number.flow}
    if len(led_to) != 1:
        raise click.UsageError(f"which flow? There are: {', '.join(site.flows)}")
    return led_to.pop()


def _answers(site: Site, flow: str, data: Path | None) -> Mapping[str, Answer]:
    """What look-ups answer: from *data*, else from the first test that has a row."""
    from ivrflow.flow.source import Problem, Table, read
    from ivrflow.sim.rehearsal.read import read_tests
    from ivrflow.sim.rehearsal.scene import read_answers

    if data is None:
        answers: dict[str, Answer] = {}
        for rehearsal in read_tests(site).rehearsals:
            if rehearsal.scene.flow.name == flow:
                for name, answer in rehearsal.scene.answers.items():
                    if answer.way == "row":
                        answers.setdefault(name, answer)
        return answers
    problems: list[Problem]
    written, problems = read(data.read_bytes(), str(data))
    if not isinstance(written, Table):
        written = Table()
    answers = read_answers(written, site, problems)
    if problems:
        click.echo("\n".join(map(str, problems)), err=True)
        raise SystemExit(2)
    return answers
