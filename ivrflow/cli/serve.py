"""`ivrflow serve`: run the service."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import sys
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from ivrflow.cli.bytecode import keep_compiled
from ivrflow.cli.keeping import Keeper

if TYPE_CHECKING:
    from ivrflow.config import Settings
    from ivrflow.flow.versions import Texts
    from ivrflow.service.pulse import Pulse

LOADED = ("ivrflow.service.run",)
"""What --keep loads before it divides itself."""

REPLACED = 3
"""The exit status where another process has taken our place at Asterisk."""

TO_WRITE = 5.0
"""Seconds behind `drain:` in which what is noted is written, at most; then some."""

SWITCHES = 0.0005
"""Seconds after which a thread that waits gets its turn; Python's own are ten times as
many. SQLite gives up its turn with each row, so while the loop is busy a batch of 200
facts would wait for a second in all, and callers with it."""


@click.command()
@click.option(
    "--config",
    "-c",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="IVRFLOW_CONFIG",
    default=Path("/etc/ivrflow/ivrflow.yaml"),
    show_default=True,
    help="The settings; docs/settings.md describes them.  [env: IVRFLOW_CONFIG]",
)
@click.option(
    "--wait",
    is_flag=True,
    help="Wait for a service that has the database, instead of giving up.",
)
@click.option(
    "--keep",
    is_flag=True,
    help="Stay, with all loaded, and begin anew whenever the service dies.",
)
@click.option("--verbose", "-v", is_flag=True, help="Log more.")
def serve(config: Path, wait: bool, keep: bool, verbose: bool) -> None:
    """Take calls until it is told to stop (SIGTERM, Ctrl-C).

    A site with errors is never started: they are printed with file and line, as
    `ivrflow check` does. If the database knows a version that was live, the last one
    goes on instead, and the log says so: calls may be up that need one.

    No call ends with the service. Told to stop, it lets sentences and secret entries
    end, for `drain:` seconds at most, and leaves the calls that are up to the next
    `ivrflow serve`, which goes on with them: start that at once. Told a second time, it
    ends without waiting.

    Beside an SQLite database it starts a process that holds the connection for
    Asterisk's events and outlives it (ivrflow.asterisk.ari.relay.process). Leave that
    alone: it ends ten minutes after the last service.

    SIGHUP makes it take the site's files as they are now, for the calls to come. They
    are checked first, and the talks of tests/ are run: with an error, the old version
    stays and the log says why.

    One service has a database: a second one does not begin, and names the first. A
    database that is locked, full or away at the start is waited for.

    With --keep the process that was started only loads the program; what serves is a
    child of it. When that dies the next one is there at once, without the start that
    callers would wait for. An ivrflow that was upgraded meanwhile comes with a restart
    of both.

    Exit status: 0 when it was told to stop, 2 if it could not begin, 3 if another
    program has taken its application at Asterisk. After 2 and 3 somebody has to look:
    don't let it be started again by itself (systemd: RestartPreventExitStatus=2 3).
    With 1 it dies of a fault of its own, and leaves its calls to the next one.
    """
    # Callers wait for this start, and what is made in it stays: to look through it time
    # and again for what may go takes a tenth of it.
    gc.disable()
    sys.setswitchinterval(SWITCHES)
    keep_compiled()
    # Not above: what is imported before that is compiled anew at each start.
    from ivrflow.logs.begin import set_up
    from ivrflow.service.notify import Notify
    from ivrflow.service.pulse import Pulse

    # pydantic looks for plug-ins in all that is installed; we know of none.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    set_up(verbose=verbose)
    notify = Notify.taken(os.environ)
    if keep:
        for module in LOADED:
            import_module(module)
        gc.freeze()
        status = Keeper(notify.status).divide()
        if status is not None:
            raise SystemExit(status)
    from ivrflow.config import BadConfig, read_settings
    from ivrflow.config.reading import read_layers
    from ivrflow.db.engine import BadDatabase
    from ivrflow.flow.load import BadSite
    from ivrflow.flow.world import Trouble
    from ivrflow.hashing import BadPepper

    with asyncio.Runner() as runner:
        try:
            settings, layers = read_layers(config)
            if settings.logs is not None:
                set_up(settings.logs.format, settings.logs.level, verbose=verbose)
            log = logging.getLogger("ivrflow")
            read = (*layers.files, *layers.variables)
            log.info("the settings are those of %s", ", ".join(map(str, read)))
            for stranger in layers.strangers:
                log.warning("%s", stranger)
            again = partial(read_settings, config)
            pulse = Pulse(notify)
            runner.run(_serve(settings, wait=wait, settings_now=again, pulse=pulse))
        except (BadConfig, BadSite, BadPepper, BadDatabase, Trouble) as bad:
            click.echo(str(bad), err=True)
            notify.status(f"can't begin: {bad}")
            raise SystemExit(2) from None
        except KeyboardInterrupt:
            raise SystemExit(0) from None
        except BaseException:
            _die()  # before the runner winds up what runs, which ends calls


async def _serve(
    settings: Settings,
    *,
    wait: bool,
    settings_now: Callable[[], Settings] | None = None,
    pulse: Pulse | None = None,
) -> None:
    from ivrflow.flow.load import BadSite, load_site
    from ivrflow.service.database import waited_for
    from ivrflow.service.last_live import last_live
    from ivrflow.service.notify import Notify
    from ivrflow.service.pulse import Pulse
    from ivrflow.service.run import serving

    loop = asyncio.get_running_loop()
    pulse = pulse or Pulse(Notify())
    pulse.begin(loop)
    if wait:
        pulse.stands_by()
    texts: Texts | None = None
    try:
        site = load_site(settings.path(settings.site))
    except BadSite as bad:
        site, texts = await last_live(settings, bad)

    stop, begun = asyncio.Event(), asyncio.Event()

    def told() -> None:
        # Who still waits for a database has no call that could be left in order.
        if stop.is_set() or not begun.is_set():
            _end(0)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told)
    # Until the service is there nothing is reloaded; and nobody ends it by asking.
    loop.add_signal_handler(signal.SIGHUP, lambda: None)
    async with AsyncExitStack() as stack:
        # Also one that goes away in the middle of the start is waited for: who ended
        # because of it would not be started again.
        running = await waited_for(
            lambda: stack.enter_async_context(
                serving(
                    settings,
                    site,
                    texts=texts,
                    relayed=True,
                    wait=wait,
                    settings_now=settings_now,
                )
            )
        )
        begun.set()
        running.site.on_reload(pulse.reloading)
        loop.add_signal_handler(signal.SIGHUP, running.site.ask)
        pulse.serves(running.readiness.lacks, running.at_a_glance)
        gc.freeze()
        gc.enable()
        host, port = running.api
        log = logging.getLogger("ivrflow")
        log.info(
            "serving %s; the API listens on %s:%s", site.folder.resolve(), host, port
        )
        try:
            replaced = await _first(stop, running.client.replaced)
            # Another process acts on the calls: what is noted is written, no more.
            within = 0.0 if replaced else running.drain_for
            pulse.stopping(within + TO_WRITE)
            await running.drain.leave(within)
            if replaced:
                _end(REPLACED)
        except BaseException:
            _die()
        _end(0)


async def _first(stop: asyncio.Event, replaced: asyncio.Event) -> bool:
    """Wait for one of the two; return whether it was the second."""
    loop = asyncio.get_running_loop()
    waiting = [loop.create_task(one.wait()) for one in (stop, replaced)]
    await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    for task in waiting:
        task.cancel()
    return replaced.is_set()


def _die() -> NoReturn:
    """Die of the exception that is on, as of a kill: no call may end because of it."""
    logging.getLogger("ivrflow").critical(
        "the service dies of a fault of its own; the next one goes on with its calls",
        exc_info=True,
    )
    _end(1)


def _end(status: int) -> NoReturn:
    """End the process as if it were killed: what would put calls in order ends them."""
    logging.shutdown()
    os._exit(status)
