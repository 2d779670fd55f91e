"""`ivrflow hours`: other hours on a date while calls are up, and the old ones again."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.changing import (
    asked,
    changed,
    clock,
    end_options,
    end_told,
    ending,
    tested,
)
from ivrflow.cli.installed import config_option, settings_in


@click.group()
def hours() -> None:
    """Change hours of a date live, take that back, list them."""


@hours.command("list")
@config_option
def list_command(config: Path) -> None:
    """List the timetables, and dates with hours of their own."""
    for one in asked(settings_in(config), "GET", ("hours",))["hours"]:
        state = "open" if one["open"] else f"closed ({one['why']})"
        ends = one["closes"] if one["open"] else one["opens"]
        verb = "closes" if one["open"] else "opens"
        then = f", {verb} {clock(ends)}" if ends else ""
        may = f"; {one['who']} may change it" if one["who"] else ""
        click.echo(f"{one['name']}: {state}{then}{may}")
        for dates in one["dates"]:
            click.echo(
                f"    {dates['dates']}: {dates['hours']}{changed(dates['changed'])}"
            )


@hours.command("set")
@click.argument("name")
@click.argument("dates")
@click.argument("opening")
@end_options
@config_option
def set_command(
    name: str,
    dates: str,
    opening: str,
    lasts: str | None,
    until: str | None,
    config: Path,
) -> None:
    """Give the timetable NAME the hours OPENING on DATES.

    DATES are 2026-12-24 or 2026-12-24..2026-12-26. OPENING is as in hours.yaml: closed,
    "all day", "09:00-12:00, 13:00-15:00"; or normal, which makes them days like others.
    The site is checked and its talks are run; then it is live and in hours.yaml.

    Exit status: 1 if it is refused; nothing has changed then.
    """
    answer = asked(
        settings_in(config),
        "PUT",
        ("hours", name, dates),
        hours=opening,
        **ending(lasts, until),
    )
    click.echo(f"{name}, {dates}: {opening}\n{end_told(answer['until'])}")
    click.echo(tested(answer))


@hours.command("undo")
@click.argument("name")
@click.argument("dates")
@config_option
def undo_command(name: str, dates: str, config: Path) -> None:
    """Bring back what NAME had on DATES before."""
    answer = asked(settings_in(config), "DELETE", ("hours", name, dates))
    found = [d["hours"] for d in answer["dates"] if d["dates"] == dates]
    click.echo(f"{name}, {dates}: {found[0] if found else 'normal'}\n{tested(answer)}")
