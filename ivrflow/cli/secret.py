"""`ivrflow secret`: the pepper, and hashes that are made with it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ivrflow.hashing import BadPepper, Hasher, make_pepper, read_pepper
from ivrflow.secret import Secret

F = TypeVar("F", bound=Callable[..., Any])

SHORTEST, LONGEST = 4, 12
"""Digits of a PIN."""


def pepper_option(command: F) -> F:
    """Give *command* an argument `pepper_file`."""
    return click.option(
        "--pepper-file",
        envvar="IVRFLOW_PEPPER_FILE",
        type=click.Path(dir_okay=False, path_type=Path),
        required=True,
        help="The file with the pepper, the key that all hashes of PINs depend on.  "
        "[env: IVRFLOW_PEPPER_FILE]",
    )(command)


@click.group()
def secret() -> None:
    """Make the pepper, and hashes of PINs."""


@secret.command("pepper")
@pepper_option
def pepper_command(pepper_file: Path) -> None:
    """Make the pepper, a random key that all hashes of PINs need.

    Do it once, as the service's user: only the file's owner can read it. A pepper that
    is there already stays. Keep a copy in a safe place, apart from copies
    of the database: without it no PIN works any more, and with both every PIN can be
    found out.
    """
    try:
        made = make_pepper(pepper_file)
        read_pepper(pepper_file)
    except BadPepper as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{pepper_file}: {'made' if made else 'is there already, and stays'}")


@secret.command("hash")
@pepper_option
def hash_command(pepper_file: Path) -> None:
    """Print the hash of a PIN, as it belongs into a `verify` column.

    The PIN is typed twice, unseen, or comes in one line on standard input; never as an
    argument, which every user of the machine could read.
    """
    click.echo(hasher_from(pepper_file).hash(asked_pin()))


def hasher_from(pepper_file: Path) -> Hasher:
    """Return a hasher with that pepper; tells what is wrong with it and ends."""
    try:
        return Hasher(read_pepper(pepper_file))
    except BadPepper as error:
        raise click.ClickException(str(error)) from None


def asked_pin(longest: int = LONGEST) -> Secret:
    """Return the PIN that is typed, or piped in; refuses what is no PIN.

    It has *longest* digits at most.
    """
    if sys.stdin.isatty():
        pin = click.prompt("PIN", hide_input=True, confirmation_prompt=True)
    else:
        pin = sys.stdin.readline().rstrip("\r\n")
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= longest):
        raise click.ClickException(
            f"a PIN has {SHORTEST} to {longest} digits and nothing else"
        )
    if len(set(pin)) == 1 or pin in "01234567890" or pin in "09876543210":
        raise click.ClickException(
            "that PIN is among the first that anyone tries; take another one"
        )
    return Secret(pin)
