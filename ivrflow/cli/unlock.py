"""`ivrflow unlock`: let somebody try his PIN again before the lock is over.

It writes to the database, so it works without the service too; who calls next is let
in.
"""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from ivrflow.cli.installed import (
    config_option,
    now,
    settings_in,
    who,
    with_database,
)
from ivrflow.cli.secret import hasher_from
from ivrflow.cli.times import times_in, zone_of
from ivrflow.config import BadConfig, Settings
from ivrflow.db.lock_outs import (
    AGENTS,
    ALL,
    CALLER,
    DIALLED,
    MAILBOXES,
    SqlLockOuts,
)
from ivrflow.hashing import Hasher
from ivrflow.secret import Masked

WORDS = {
    AGENTS: "an agent's PIN",
    MAILBOXES: "a mailbox's PIN",
    CALLER: "a calling number",
    DIALLED: "a dialled number",
    ALL: "all calls",
}

WITHHELD = "withheld"
"""What calling numbers are called that nobody sees: they count as one."""

LONGEST = 80


@click.command()
@click.argument("card", required=False)
@click.option("--all-calls", is_flag=True, help="The lock that holds for all calls.")
@click.option("--list", "listed", is_flag=True, help="List what is locked now.")
@config_option
def unlock(card: str | None, all_calls: bool, listed: bool, config: Path) -> None:
    """Take a lock off that wrong PINs have brought.

    CARD is the number that was typed with the PIN: a card's, an agent's, a mailbox's;
    or a phone number, where `limits` of the settings has locked that (`withheld` for
    callers without one). Left out it is
    asked for, unseen, or read from standard input: what stands in the command can be
    read by everybody on this machine, and in the history of the shell. It is written
    nowhere: the audit log has the last four characters of a card that has 12 or more.

    Nobody can list which cards are locked, as the database knows them by a keyed hash:
    --list tells of what kind each lock is, and until when.

    Exit status: 0, also if nothing was locked.
    """
    settings = settings_in(config)
    if listed:
        _list(settings)
        return
    if all_calls and card is not None:
        raise click.UsageError("give a CARD or --all-calls, not both")
    given = "" if all_calls else card or _asked()
    whom = Masked("" if given == WITHHELD else given)
    hasher, by, at = _hasher(settings), who(), _now(settings)
    was = with_database(
        settings,
        lambda db: SqlLockOuts(db, hasher).unlock(whom, at, by=by, everyone=all_calls),
    )
    for source in was:
        click.echo(f"unlocked: {_told(source)}")
    if not was:
        click.echo("nothing was locked; wrong PINs that were counted are forgotten")


def _list(settings: Settings) -> None:
    hasher, at, time = _hasher(settings), _now(settings), times_in(settings)
    held = with_database(settings, lambda db: SqlLockOuts(db, hasher).held(at))
    for source, until in held:
        click.echo(f"{_told(source)}: locked until {time(until)}")
    if not held:
        click.echo("nothing is locked")


def _told(source: str) -> str:
    return WORDS.get(source, f"a card of {source}")


def _asked() -> str:
    """The number, typed unseen or piped in."""
    if sys.stdin.isatty():
        given: str = click.prompt("card or number", hide_input=True)
    else:
        given = sys.stdin.readline().rstrip("\r\n")
    if not 0 < len(given) <= LONGEST:
        raise click.ClickException(
            f"which one? Give its number, {LONGEST} characters at most"
        )
    return given


def _hasher(settings: Settings) -> Hasher:
    try:
        return hasher_from(settings.path(settings.pepper_file))
    except BadConfig as bad:
        raise click.ClickException(str(bad)) from None


def _now(settings: Settings) -> datetime:
    return datetime.fromtimestamp(now(), zone_of(settings))
