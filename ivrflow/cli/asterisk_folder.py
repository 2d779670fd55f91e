"""The folder of a private Asterisk, as the commands beside `asterisk run` find it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ivrflow.asterisk.home.credentials import BadCredentials, Kept, load

F = TypeVar("F", bound=Callable[..., Any])

KEPT = "credentials.json"
"""The file in the folder of a running Asterisk that has its ports and passwords."""


def folder_option(meaning: str) -> Callable[[F], F]:
    """Give a command the option --dir, as the argument `folder`."""
    return click.option(
        "--dir",
        "folder",
        type=click.Path(file_okay=False, path_type=Path),
        default=Path("asterisk"),
        show_default=True,
        help=meaning,
    )


running_option = folder_option(
    "The folder of the Asterisk that runs, as `asterisk run` was told."
)


def kept_in(folder: Path) -> Kept:
    """Return the ports and passwords of the Asterisk in *folder*; without any, the
    command ends."""
    try:
        kept = load(folder / KEPT)
    except BadCredentials as bad:
        raise click.UsageError(str(bad)) from None
    if kept is None:
        raise click.UsageError(
            f"there is no {folder / KEPT}: start `ivrflow asterisk run --dir {folder}`"
        )
    return kept
