"""`ivrflow wording`: other words for a prompt while calls are up, and the old again."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.changing import (
    asked,
    changed,
    end_options,
    end_told,
    ending,
    tested,
)
from ivrflow.cli.installed import config_option, settings_in


@click.group()
def wording() -> None:
    """Change words of the site live, take that back, list them."""


@wording.command("list")
@config_option
def list_command(config: Path) -> None:
    """List the words that may be changed, and what was."""
    found = asked(settings_in(config), "GET", ("wording",))["wording"]
    if not found:
        click.echo("no words can be changed live: wording.yaml lists none")
    for one in found:
        click.echo(f"{one['name']}: {one['words']}{changed(one['changed'])}")
        if one["warning"]:
            click.echo(f"    {one['warning']}")


@wording.command("set")
@click.argument("name")
@click.argument("words")
@end_options
@config_option
def set_command(
    name: str, words: str, lasts: str | None, until: str | None, config: Path
) -> None:
    """Give the prompt NAME these WORDS, for the calls to come.

    NAME is that of its recording: en/outage_notice, en/enter_card.silent.1,
    en/main_menu.balance. The site is checked with the new words and its talks are run;
    then they are live and in the file. Without an end they stay, or end after `expires`
    of wording.yaml; then the old words come back by themselves.

    Exit status: 1 if they are refused; nothing has changed then.
    """
    answer = asked(
        settings_in(config),
        "PUT",
        ("wording", *_parts(name)),
        words=words,
        **ending(lasts, until),
    )
    click.echo(f"{name}: {answer['words']}\n{end_told(answer['until'])}")
    click.echo(tested(answer))
    if answer["warning"]:
        click.echo(f"note: {answer['warning']}")


@wording.command("undo")
@click.argument("name")
@click.option(
    "--announcement",
    is_flag=True,
    help="Take off what was spoken for it by phone, not the words.",
)
@config_option
def undo_command(name: str, announcement: bool, config: Path) -> None:
    """Bring back the words of NAME from before the change."""
    settings, path = settings_in(config), ("wording", *_parts(name))
    if announcement:
        asked(settings, "DELETE", (*path, "announcement"))
        click.echo(f"{name}: no announcement")
        return
    answer = asked(settings, "DELETE", path)
    click.echo(f"{name}: {answer['words']}\n{tested(answer)}")


def _parts(name: str) -> tuple[str, str]:
    language, slash, prompt = name.partition("/")
    if not slash or not prompt:
        raise click.UsageError(
            f"{name!r} names no language; write en/{name}, as `ivrflow wording list`"
        )
    return language, prompt
