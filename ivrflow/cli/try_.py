"""`ivrflow try`: a talk with a flow, in a terminal."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.sim.demo_data import DemoData
    from ivrflow.sim.rehearsal.answers import Answer
    from ivrflow.sim.rehearsal.scene import Scene

CALLER = "13800138000"

Run = Callable[[Coroutine[Any, Any, None]], None]


@click.command("try")
@click.argument("what", nargs=-1, metavar="[SITE] [FLOW]")
@click.option(
    "--site",
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    help="The site's folder.  [default: this one]",
)
@click.option(
    "--at",
    type=click.DateTime(["%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"]),
    help="When the call takes place, in the site's time zone.  [default: now]",
)
@click.option("--caller", default=CALLER, show_default=True, help="The calling number.")
@click.option("--withheld", is_flag=True, help="The calling number is withheld.")
@click.option("--to", help="The dialled number; it says which flow, too.")
@click.option("--step", help="Begin at this step of the flow.")
@click.option("--fast", is_flag=True, help="Time jumps: waiting takes no time.")
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 1000),
    help="So many seconds in one.  [default: 1; from a pipe time jumps]",
)
@click.option("--switch", "thrown", multiple=True, help="A switch that is thrown.")
@click.option(
    "--data",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="What look-ups answer: YAML as in a test's `data:`.  [default: the site's "
    "demo.sql, then the rows in its tests]",
)
@click.option(
    "--speak", "sounds", is_flag=True, help="Play what is said, as callers do."
)
def try_(
    what: tuple[str, ...],
    folder: Path | None,
    at: datetime | None,
    caller: str,
    withheld: bool,
    to: str | None,
    step: str | None,
    fast: bool,
    speed: float | None,
    thrown: tuple[str, ...],
    data: Path | None,
    sounds: bool,
) -> None:
    """Talk with FLOW of SITE in the terminal.

    You read what is said and type what you press. SITE is a folder and may be left out
    in it; FLOW where one number leads to one flow. Every step, every decision and its
    reason is shown with the line that made it. All agents are ready, and their phones
    ring until you type `:agent 1003 answers`; `:save tests/x.test.yaml` makes the talk
    a test; `:help` says what else there is. Lines may also come from a pipe: then time
    jumps, each line waits until the flow listens, and at their end the caller hangs up.
    """
    from ivrflow.flow.load import BadSite, load_site
    from ivrflow.sim.demo_data import BadDemo, DemoData
    from ivrflow.sim.rehearsal.people import as_is

    folder, name = _site_and_flow(what, folder)
    try:
        site = load_site(folder)
    except BadSite as bad:
        click.echo(
            f"{bad}\nthe site has errors; `ivrflow check` explains them", err=True
        )
        raise SystemExit(2) from None
    try:
        tables = DemoData.of(folder)
    except BadDemo as bad:
        raise click.ClickException(str(bad)) from None
    if name is None and to is not None:
        name = _flow_of(site, to)
    scene = _scene(
        site,
        name or _the_flow(site),
        step,
        at=at or datetime.now(site.settings.zone),
        caller="" if withheld else caller,
        agents=dict.fromkeys(map(str, site.agents), as_is("ready")),
        thrown=frozenset(_known(thrown, "switch", site.switches)),
    )
    if to is not None:
        _known([to], "number", site.numbers)
        scene = replace(scene, to=to)
    scene = replace(scene, answers=_answers(site, scene.flow.name, data, tables))
    typed = sys.stdin.isatty()
    patient = fast or (not typed and speed is None)
    with ExitStack() as held:
        if tables is not None:
            held.callback(tables.close)
        try:
            _runner(patient, speed)(
                _talk(site, scene, tables, typed=typed, patient=patient, sounds=sounds)
            )
        except KeyboardInterrupt:
            raise SystemExit(130) from None


def _runner(jumps: bool, speed: float | None) -> Run:
    from ivrflow.sim import clock

    if jumps:
        return clock.run
    if speed is None or speed == 1:
        return asyncio.run
    return lambda main: clock.run_at(speed, main)


async def _talk(
    site: Site,
    scene: Scene,
    tables: DemoData | None,
    *,
    typed: bool,
    patient: bool,
    sounds: bool,
) -> None:
    from ivrflow.cli.aloud import aloud
    from ivrflow.flow.folder import read_texts
    from ivrflow.flow.why.told import in_colour
    from ivrflow.sim.commands import COMMANDS
    from ivrflow.sim.keyboard import Keyboard, lines_of, terminal_kept
    from ivrflow.sim.rehearsal.stage import Stage
    from ivrflow.sim.terminal import Terminal

    with ExitStack() as held:
        read_line = lines_of(sys.stdin)
        show: Callable[[str], None] = click.echo
        if typed and sys.stdout.isatty():
            keyboard = Keyboard([f":{name} " for name in COMMANDS])
            read_line, show = keyboard.read_line, keyboard.show
            held.enter_context(terminal_kept())
            show("digits are keys, :help says what else there is, Ctrl-D hangs up")
        held.enter_context(_faults_shown(show))
        player = aloud(site, show) if sounds else None
        recorded = player.seconds if player else None
        stage = Stage(site, scene, recorded=recorded)
        stage.lookups.tables = tables
        # click takes colours out again where nobody sees them.
        terminal = Terminal(
            stage,
            read_line,
            show,
            patient=patient,
            echo=not typed,
            paint=in_colour,
            texts=read_texts(site.folder),
        )
        if player is not None:
            held.enter_context(player.hearing(stage.channel))
        await terminal.run()


class _Shown(logging.Handler):
    """Shows what is logged, above the line that is typed."""

    def __init__(self, show: Callable[[str], None]) -> None:
        super().__init__(logging.ERROR)
        self._show = show

    def emit(self, record: logging.LogRecord) -> None:
        self._show(self.format(record))


@contextmanager
def _faults_shown(show: Callable[[str], None]) -> Iterator[None]:
    """Show errors that are logged; all else that matters is in the story already."""
    ours = logging.getLogger("ivrflow")
    handlers, propagate = ours.handlers, ours.propagate
    ours.handlers, ours.propagate = [_Shown(show)], False
    try:
        yield
    finally:
        ours.handlers, ours.propagate = handlers, propagate


def _site_and_flow(
    what: tuple[str, ...], folder: Path | None
) -> tuple[Path, str | None]:
    """The site's folder and the flow's name, in whichever way they are given."""
    if len(what) > 2 or (len(what) == 2 and folder is not None):
        raise click.UsageError("give a site's folder and a flow: ivrflow try SITE FLOW")
    if len(what) == 2:
        folder, name = Path(what[0]), what[1]
    elif what and folder is None and (Path(what[0]) / "site.yaml").is_file():
        folder, name = Path(what[0]), None
    else:
        folder, name = folder or Path("."), what[0] if what else None
    if not (folder / "site.yaml").is_file():
        raise click.UsageError(
            f"{folder} is no site: it has no site.yaml; give its folder: "
            "ivrflow try SITE FLOW"
        )
    return folder, name


def _scene(site: Site, flow: str, step: str | None, **more: Any) -> Scene:
    from ivrflow.sim.rehearsal.scene import opening

    _known([flow], "flow", site.flows)
    scene = opening(site, flow, **more)
    if step is None:
        return scene
    _known([step], f"step in {flow}", scene.flow.nodes)
    return scene.starting_at(step)


def _known(names: Iterable[str], what: str, there: Iterable[object]) -> tuple[str, ...]:
    """*names*; one that is not there ends the command, with what it may mean."""
    from ivrflow.flow.kinds import did_you_mean

    known, names = list(map(str, there)), tuple(names)
    for name in names:
        if name not in known:
            hint = did_you_mean(name, known)
            list_ = f"; there are: {', '.join(known) or 'none'}"
            raise click.UsageError(f"there is no {what} {name!r}{hint or list_}")
    return names


def _flow_of(site: Site, dialled: str) -> str:
    """The flow to which a number leads."""
    _known([dialled], "number", site.numbers)
    flow = next(n.flow for d, n in site.numbers.items() if d == dialled)
    if flow is None or flow not in site.flows:
        raise click.UsageError(
            f"{dialled} leads to no flow of its own in numbers.yaml; name the flow too"
        )
    return str(flow)


def _the_flow(site: Site) -> str:
    """The flow that numbers lead to, if there is only one."""
    led_to = {str(number.flow) for number in site.numbers.values() if number.flow}
    if len(led_to) != 1:
        raise click.UsageError(f"which flow? There are: {', '.join(site.flows)}")
    return led_to.pop()


def _answers(
    site: Site, flow: str, data: Path | None, tables: DemoData | None
) -> Mapping[str, Answer]:
    """What look-ups answer: from *data*, else from the first test that has a row.

    What *tables* know is left to them, but not what *data* says.
    """
    from ivrflow.flow.source import Problem, Table, read
    from ivrflow.sim.rehearsal.read import read_tests
    from ivrflow.sim.rehearsal.scene import read_answers

    if data is None:
        answers: dict[str, Answer] = {}
        for rehearsal in read_tests(site).rehearsals:
            if rehearsal.scene.flow.name == flow:
                for name, answer in rehearsal.scene.answers.items():
                    # Tables are for databases: what they know they know better.
                    if answer.way == "row" and not (
                        tables is not None and tables.knows(site.data[name])
                    ):
                        answers.setdefault(name, replace(answer, next=None))
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
