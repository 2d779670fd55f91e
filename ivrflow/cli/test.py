"""`ivrflow test`: the talks of a site, on a clock that jumps."""

from __future__ import annotations

import sys
import time
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import click

FAILED, CANNOT_RUN, STOPPED = 1, 2, 130


@click.command()
@click.argument(
    "folders",
    metavar="[FOLDER]...",
    nargs=-1,
    type=click.Path(path_type=Path, file_okay=False, exists=True),
)
@click.option(
    "-k", "wanted", metavar="NAME", default="", help="Only talks with NAME in it."
)
@click.option("-v", "--verbose", is_flag=True, help="Tell every talk, line by line.")
@click.option(
    "-j",
    "processes",
    metavar="N",
    type=click.IntRange(1, 256),
    help="Processes; else as many as are quickest, up to the machine's cores.",
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first talk that fails.")
@click.option("--list", "only_list", is_flag=True, help="Print the talks; run none.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "github"]),
    default="text",
    show_default=True,
    help="How it is told; github: as annotations of a pull request.",
)
@click.option(
    "--junit",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the results as JUnit's XML, for CI servers.",
)
@click.option(
    "--coverage", is_flag=True, help="Tell which steps and outcomes no talk takes."
)
@click.option(
    "--coverage-min",
    "least",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    help="Fail below this coverage; tells it too.",
)
@click.option(
    "--mutate",
    is_flag=True,
    help="Change the site in one place at a time: which changes does nobody notice?",
)
@click.option(
    "--sample",
    metavar="N",
    type=click.IntRange(1),
    help="With --mutate: only N changes, chosen by chance.",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, help="The chance of --sample."
)
@click.option(
    "--mutate-min",
    "least_caught",
    metavar="PERCENT",
    type=click.FloatRange(0, 100),
    help="With --mutate: fail if fewer of the changes are noticed.",
)
def test(
    folders: tuple[Path, ...],
    wanted: str,
    verbose: bool,
    processes: int | None,
    fail_fast: bool,
    only_list: bool,
    form: str,
    junit: Path | None,
    coverage: bool,
    least: float | None,
    mutate: bool,
    sample: int | None,
    seed: int,
    least_caught: float | None,
) -> None:
    """Run the talks in tests/*.test.yaml of the sites in each FOLDER.

    FOLDER is a site, or a folder of sites; without it, the current folder. Each talk
    runs against its flow, with agents and look-ups as the test says, on a clock that
    jumps: five minutes of waiting take no time.

    Exit status: 0 if all passed; 1 if a talk failed or the coverage is too low; 2 if a
    site or a test file has errors, or there is nothing to run.
    """
    # Only here, so that `ivrflow --help` need not load all of it.
    from ivrflow.cli.report_mutants import report_mutants
    from ivrflow.cli.report_talks import Report, listed, sites
    from ivrflow.flow.load import BadSite
    from ivrflow.sim.rehearsal.batch import Play, processes_for

    began = time.perf_counter()
    plays = []
    for folder in sites(folders or (Path(),)):
        try:
            plays.append(Play.read(folder))
        except BadSite as bad:
            for problem in bad.problems:
                file = (folder / problem.at.file).as_posix()
                place = f"{file}:{problem.at.line}:{problem.at.column}"
                click.echo(f"{place}: {problem.code} {problem.message}", err=True)
            click.echo("the site has errors; its talks can't run", err=True)
            sys.exit(CANNOT_RUN)
    if mutate:
        sys.exit(report_mutants(plays, processes, sample, seed, least_caught, form))
    numbers = [
        (n, talk) for n, play in enumerate(plays) for talk in play.called(wanted)
    ]
    if only_list:
        for line in listed(plays, numbers):
            click.echo(line)
        return
    report = Report(plays, form, verbose)
    try:
        report.run(numbers, processes or processes_for(len(numbers)), fail_fast)
    except KeyboardInterrupt:
        report.end(time.perf_counter() - began, coverage=False)
        click.echo("stopped", err=True)
        sys.exit(STOPPED)
    except BrokenProcessPool:
        click.echo("one of the processes died; try it with -j 1", err=True)
        sys.exit(CANNOT_RUN)
    seconds = time.perf_counter() - began
    report.end(seconds, coverage=coverage or least is not None)
    if junit is not None:
        try:
            report.junit(junit)
        except OSError as error:
            click.echo(f"{junit} can't be written: {error.strerror}", err=True)
            sys.exit(CANNOT_RUN)
    problems = any(play.problems for play in plays)
    if not numbers and not problems:
        where = f" with {wanted!r} in their name" if wanted else ""
        tests = ", ".join(str(play.site.folder / "tests") for play in plays)
        click.echo(f"there are no talks{where} in {tests}", err=True)
    covered = least is None or report.covers(least)
    if report.failed or not covered:
        sys.exit(FAILED)
    if problems or not numbers:
        sys.exit(CANNOT_RUN)
