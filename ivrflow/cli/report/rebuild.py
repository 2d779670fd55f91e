"""`ivrflow report rebuild`: figures made again of the facts."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import click

from ivrflow.cli.installed import who, with_database
from ivrflow.cli.report.asked import asked, days_options, with_facts
from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.engine import Database
from ivrflow.db.self_check import fold_days
from ivrflow.db.self_check import rebuild as write_again
from ivrflow.figures.report import moment


@click.command()
@days_options
def rebuild(config: Path, first: str, last: str | None) -> None:
    """Make the figures of days that are over again, of their facts.

    For days before figures were kept, or where `ivrflow report check` found a
    difference. What was kept of these days is replaced; the facts stay as they are.
    """
    wanted = asked(config, first, last)
    with_facts(wanted)
    period = wanted.period
    if period.span.end > wanted.now:
        raise click.UsageError("these days are not over: name --from and --to before")
    shown = sys.stderr.isatty()

    def told(at: float) -> None:
        if shown:
            click.echo(f"\r{moment(at, wanted.zone)} read", nl=False, err=True)

    made: Counter[str] = Counter()

    async def work(database: Database) -> None:
        """Day by day: a month of calls has no place in memory."""
        day = period.first
        while day <= period.last:
            fresh = await fold_days(
                database, day, day, period.zone, now=wanted.now, told=told
            )
            await write_again(database, fresh)
            made["sums of queues"] += len(fresh.queues)
            made["sums of agents"] += len(fresh.agents)
            made["records of calls"] += len(fresh.records)
            made["lost"] += fresh.lost
            made["holes"] += fresh.holes
            made["left out"] += fresh.left_out
            day += timedelta(days=1)
        days = f"{period.first} to {period.last}"
        entry = Entry(at=wanted.now, who=who(), what=f"figures of {days} made again")
        await SqlAudit(database).add(entry)

    with_database(wanted.settings, work)
    if shown:
        click.echo("\r\x1b[K", nl=False, err=True)
    lost, holes = made.pop("lost", 0), made.pop("holes", 0)
    left_out = made.pop("left out", 0)
    counts = ", ".join(f"{count:,} {what}" for what, count in made.items())
    click.echo(f"{period.first} to {period.last}: {counts}")
    if lost or holes:
        click.echo(
            f"{lost:,} facts are known to be lost, and {holes:,} are missing that "
            "others follow from: these figures are too low by them",
            err=True,
        )
    if left_out:
        click.echo(
            f"{left_out:,} facts could not be folded, a fault of ours: they are left "
            "out, and stand above",
            err=True,
        )
