"""What the reports have in common: which days, cut how, shown how."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, tzinfo
from pathlib import Path
from typing import Any, TypeVar

import click

from ivrflow.cli.installed import config_option, now, settings_in, with_readable
from ivrflow.cli.times import zone_of
from ivrflow.config import Settings
from ivrflow.db.forgetting import SqlForgetting
from ivrflow.db.self_check import BEFORE
from ivrflow.figures.limits import USUAL, Limits
from ivrflow.figures.period import BadPeriod, Period, period_of
from ivrflow.figures.sheet import Column, comma_separated, plain, table
from ivrflow.figures.spans import BY
from ivrflow.flow.measures import Duration
from ivrflow.flow.source import Scalar, Table, read

F = TypeVar("F", bound=Callable[..., Any])
T = TypeVar("T")


def days_options(command: F) -> F:
    """Give *command* the arguments `first` and `last`, and the settings."""
    for option in (
        click.option(
            "--to", "last", metavar="DAY", help="The last day; left out: the first."
        ),
        click.option(
            "--from",
            "first",
            metavar="DAY",
            default="today",
            show_default=True,
            help="The first day: `2026-11-22`, `today`, `yesterday`.",
        ),
        config_option,
    ):
        command = option(command)
    return command


def by_option(command: F) -> F:
    """Give *command* an argument `by`."""
    return click.option(
        "--by",
        type=click.Choice(BY),
        help="A row for each of these; left out: one for all days together.",
    )(command)


def shown_options(command: F) -> F:
    """Give *command* an argument `shown`: csv, json or table."""
    command = click.option(
        "--json", "shown", flag_value="json", help="All figures, as JSON."
    )(command)
    command = click.option(
        "--csv", "shown", flag_value="csv", help="All figures, for a spreadsheet."
    )(command)
    return click.option(
        "--table",
        "shown",
        flag_value="table",
        default=True,
        help="The main figures, for people; the default.",
    )(command)


@dataclass(frozen=True)
class Asked:
    """Where to look, and for which days."""

    settings: Settings
    period: Period
    now: float

    @property
    def url(self) -> str:
        return self.settings.url(self.settings.database)

    @property
    def zone(self) -> tzinfo:
        return self.period.zone


def asked(config: Path, first: str, last: str | None, by: str | None = None) -> Asked:
    """What was asked for; what can't be asked for ends the command."""
    settings = settings_in(config)
    zone = zone_of(settings) or machine_zone()
    at = now()
    try:
        period = period_of(first, last, by, now=at, zone=zone)
    except BadPeriod as bad:
        raise click.UsageError(str(bad)) from None
    return Asked(settings, period, at)


def with_facts(wanted: Asked) -> None:
    """End the command where facts of these days have gone, or go just now, by `keep:`.

    What went has gone for good, also where `keep:` says something else by now.
    """
    since = with_readable(wanted.url, lambda db: SqlForgetting(db).facts_since())
    first = wanted.period.span.start - BEFORE
    ends = [] if since is None else [_begin(since, wanted.zone)]
    keep = wanted.settings.keep
    if keep is not None and keep.facts is not None:
        ends.append(wanted.now - float(keep.facts))
    if any(first < end for end in ends):
        raise click.ClickException(
            "facts of these days have gone (`keep:` of the settings): what was made of "
            "them stays as it is, and can't be made or checked again"
        )


def _begin(day: date, zone: tzinfo) -> float:
    return datetime.combine(day, time(), zone).timestamp()


def machine_zone() -> tzinfo:
    """The zone of this machine, where the site does not tell its own."""
    zone = datetime.now().astimezone().tzinfo
    assert zone is not None  # astimezone gives one
    return zone


def limits_in(settings: Settings, within: str | None = None) -> Callable[[str], Limits]:
    """The limits of each queue, as queues.yaml has them today.

    *within*: the threshold of all of them instead. The site may have errors just now:
    what can't be read is as usual.
    """
    try:
        text = (settings.path(settings.site) / "queues.yaml").read_bytes()
        value, _ = read(text, "queues.yaml")
    except OSError:
        value = None
    found: dict[str, Limits] = {}
    for name, queue in value.items() if isinstance(value, Table) else ():
        if isinstance(queue, Table):
            found[str(name)] = Limits(
                _seconds(queue, "answer_within", USUAL.within),
                _seconds(queue, "short_abandon", USUAL.short),
            )
    if within is None:
        return lambda queue: found.get(queue, USUAL)
    threshold = duration(within)
    return lambda queue: Limits(threshold, found.get(queue, USUAL).short)


def _seconds(queue: Table, key: str, usual: float) -> float:
    value = queue.get(Scalar(key))
    try:
        return float(Duration.read(value)) if isinstance(value, Scalar) else usual
    except ValueError:
        return usual


def duration(text: str) -> float:
    """Seconds, of an option."""
    try:
        return float(Duration.read(Scalar(text)))
    except ValueError:
        raise click.UsageError(
            f"--within {text!r} is no duration; write 20s or 1m"
        ) from None


def show(
    rows: Sequence[T],
    columns: Sequence[Column[T]],
    shown: str,
    *,
    nothing: str,
    head: bool = True,
) -> None:
    """Print *rows*; *nothing* says, to people, why there are none."""
    if shown == "json":
        click.echo(json.dumps(plain(columns, rows), ensure_ascii=False))
    elif shown == "csv":
        text = comma_separated(columns, rows)
        click.echo(text if head else text.split("\n", 1)[1], nl=False)
    elif rows:
        click.echo(table(columns, rows))
    else:
        click.echo(nothing, err=True)
