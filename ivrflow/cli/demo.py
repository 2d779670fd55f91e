"""`ivrflow demo`: real calls on a private Asterisk, played by robot phones."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import sys
from pathlib import Path
from typing import TextIO

import click

from ivrflow.shipped import shipped


@click.command()
@click.option(
    "--stay",
    is_flag=True,
    help="Play no calls: keep it running for your own softphone.",
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("run"),
    show_default=True,
    help="Where databases, recordings and logs go.",
)
@click.option(
    "--site",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=shipped("flows") / "hotline",
    help="Another site.  [default: the sample hotline]",
)
@click.option(
    "--sounds",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=shipped("sounds"),
    help="Other recordings.  [default: the shipped ones]",
)
def demo(stay: bool, folder: Path, site: Path, sounds: Path) -> None:
    """Play four real calls and tell their story as it happens.

    Robot phones with real SIP and sound call the sample hotline on an Asterisk that the
    demo starts for itself, with ports of its own: the one that IVRFLOW_ASTERISK names,
    the machine's, or one that is fetched once (about 15 s). It ends with what was
    observed.

    Exit status: 0 if everything was observed, 1 if not, 2 if it could not begin.
    """
    from ivrflow.asterisk.home.failed import AsteriskFailed
    from ivrflow.asterisk.home.fetch import find_or_fetch
    from ivrflow.asterisk.home.find import NoAsterisk
    from ivrflow.config import BadConfig
    from ivrflow.db.engine import BadDatabase
    from ivrflow.flow.load import BadSite
    from ivrflow.flow.world import Trouble
    from ivrflow.hashing import BadPepper
    from ivrflow.packages.progress import Progress

    expected = (
        *(NoAsterisk, AsteriskFailed, TimeoutError),
        *(BadConfig, BadSite, BadDatabase, BadPepper, Trouble),
    )

    folder.mkdir(parents=True, exist_ok=True)
    held = _alone_in(folder)
    logging.basicConfig(
        filename=folder / "demo.log",
        filemode="w",
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    try:
        asterisk = find_or_fetch(Progress(sys.stderr))
        from ivrflow.demo.run import play
        from ivrflow.demo.run import stay as keep

        if stay:
            asyncio.run(keep(asterisk, folder, site, sounds))
            good = True
        else:
            good = asyncio.run(play(asterisk, folder, site, sounds))
    except expected as bad:
        click.echo(str(bad), err=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        click.echo("\nstopped; nothing is left running", err=True)
        raise SystemExit(130) from None
    finally:
        held.close()
    raise SystemExit(0 if good else 1)


def _alone_in(folder: Path) -> TextIO:
    """Hold *folder* until what is returned is closed; end if another run holds it.

    A second run would overwrite the files of the first before it noticed.
    """
    held = (folder / "lock").open("w")
    try:
        fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        held.close()
        click.echo(
            f"another demo runs in {folder}: end it first (Ctrl-C there), or give this "
            "one a folder of its own with --dir",
            err=True,
        )
        raise SystemExit(2) from None
    return held
