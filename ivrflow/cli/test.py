"""`ivrflow test`: the talks of a site, on a clock that jumps."""

from __future__ import annotations

import time
from pathlib import Path

import click


@click.command()
@click.argument(
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path("."),
)
@click.option(
    "-k", "wanted", metavar="NAME", help="Only talks with NAME in their name."
)
@click.option("-v", "--verbose", is_flag=True, help="Tell every talk, line by line.")
def test(folder: Path, wanted: str | None, verbose: bool) -> None:
    """Run the talks in tests/*.test.yaml of the site in FOLDER.

    Each talk runs against its flow, with agents and look-ups as the test says, on a
    clock that jumps: five minutes of waiting take no time. Exit 0: all passed; 1: a
    talk failed; 2: the site or a test file has errors, or there is nothing to run.
    """
    from ivrflow.flow.load import BadSite, load_site
    from ivrflow.sim.rehearsal.read import read_tests
    from ivrflow.sim.rehearsal.run import rehearse
    from ivrflow.sim.rehearsal.verdict import summary, told

    began = time.perf_counter()
    try:
        site = load_site(folder)
    except BadSite as bad:
        click.echo(f"{bad}\nthe site has errors; its talks can't run", err=True)
        raise SystemExit(2) from None
    found = read_tests(site)
    for problem in found.problems:
        click.echo(str(problem), err=True)
    verdicts = []
    for rehearsal in found.rehearsals:
        if wanted is None or wanted.casefold() in rehearsal.talk.name.casefold():
            verdict = rehearse(site, rehearsal)
            verdicts.append(verdict)
            if verbose or not verdict.passed:
                click.echo("\n".join(told(verdict, whole=verbose)))
    click.echo(summary(verdicts, time.perf_counter() - began))
    if not verdicts and not found.problems:
        where = f" with {wanted!r} in their name" if wanted else ""
        click.echo(f"there are no talks{where} in {folder / 'tests'}", err=True)
    if any(verdict.failures for verdict in verdicts):
        raise SystemExit(1)
    if found.problems or not verdicts:
        raise SystemExit(2)
