"""`ivrflow serve`: run the service."""

from __future__ import annotations

import asyncio
import logging
import signal
from pathlib import Path

import click

from ivrflow.config import BadConfig, Settings, read_settings
from ivrflow.flow.site import Site


@click.command()
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("/etc/ivrflow/ivrflow.yaml"),
    show_default=True,
    help="The settings; docs/settings.md describes them.",
)
@click.option("--verbose", "-v", is_flag=True, help="Log more.")
def serve(config: Path, verbose: bool) -> None:
    """Take calls until it is told to stop (SIGTERM, Ctrl-C).

    A site with errors is never started: they are printed with file and line, as
    `ivrflow check` does. Stopping ends the calls that are up.

    SIGHUP makes it take the site's files as they are now, for the calls to come. They
    are checked first, and the talks of tests/ are run: with an error, the old version
    stays and the log says why.

    Exit status: 0 when it was told to stop, 2 if it could not begin.
    """
    from ivrflow.db.engine import BadDatabase
    from ivrflow.flow.load import BadSite, load_site
    from ivrflow.flow.world import Trouble
    from ivrflow.hashing import BadPepper

    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
    )
    if not verbose:  # eight lines at each start about plug-ins that nobody uses
        logging.getLogger("alembic").setLevel(logging.WARNING)
    try:
        settings = read_settings(config)
        site = load_site(settings.path(settings.site))
        asyncio.run(_serve(settings, site))
    except (BadConfig, BadSite, BadPepper, BadDatabase, Trouble) as bad:
        click.echo(str(bad), err=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(0) from None


async def _serve(settings: Settings, site: Site) -> None:
    from ivrflow.service.run import serving

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    # Until the service is there nothing is reloaded; and nobody ends it by asking.
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    async with serving(settings, site) as running:
        loop.add_signal_handler(signal.SIGHUP, running.site.ask)
        host, port = running.api
        log = logging.getLogger("ivrflow")
        log.info(
            "serving %s; the API listens on %s:%s", site.folder.resolve(), host, port
        )
        await stop.wait()
        log.info("stopping: no new calls")
