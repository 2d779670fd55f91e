"""What the commands need that work on an installation: settings, database, service."""

from __future__ import annotations

import asyncio
import getpass
import json
import time
import urllib.error
import urllib.request
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import click

from ivrflow.cli.db import told
from ivrflow.config import BadConfig, Settings, read_settings
from ivrflow.db.engine import Database
from ivrflow.flow.versions import NoVersion
from ivrflow.flow.world import Trouble

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

PATIENCE = 330.0
"""Seconds that the service has to answer: it may run many talks first."""


def config_option(command: F) -> F:
    """Give *command* an argument `config`: the file of the settings."""
    return click.option(
        "--config",
        "-c",
        type=click.Path(path_type=Path, dir_okay=False),
        envvar="IVRFLOW_CONFIG",
        default=Path("/etc/ivrflow/ivrflow.yaml"),
        show_default=True,
        help="The settings of the service.  [env: IVRFLOW_CONFIG]",
    )(command)


def settings_in(config: Path) -> Settings:
    """Read the settings; what is wrong with them ends the command."""
    try:
        return read_settings(config)
    except BadConfig as bad:
        raise click.ClickException(str(bad)) from None


def with_database(settings: Settings, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run *work* on the service's database; what is wrong ends the command."""
    return _with(settings.url(settings.database), work, read_only=False)


def with_readable(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    """Run *work* on the database *url*, which is not changed and not made."""
    return _with(url, work, read_only=True)


def _with(url: str, work: Callable[[Database], Awaitable[T]], *, read_only: bool) -> T:
    async def run() -> T:
        database = Database(url, read_only=read_only)
        try:
            return await work(database)
        finally:
            await database.close()

    try:
        with told():
            return asyncio.run(run())
    except (Trouble, NoVersion) as trouble:
        raise click.ClickException(str(trouble)) from None


def who() -> str:
    """Who runs this command, for the audit."""
    try:
        return f"cli {getpass.getuser()}"
    except (OSError, KeyError):  # a user without a name
        return "cli"


def now() -> float:
    """Seconds since 1970: a command has no steady clock, and needs none."""
    return time.time()  # noqa: TID251  no loop runs here


def local(at: float) -> str:
    """A time as the machine's clock shows it."""
    return datetime.fromtimestamp(at).strftime("%Y-%m-%d %H:%M:%S")


@dataclass(frozen=True)
class Answer:
    """What the service said."""

    status: int
    body: dict[str, Any]


class NoService(Exception):
    """The service can't be reached. Says why."""


def ask_service(
    settings: Settings,
    path: str,
    body: object = None,
    *,
    method: str = "POST",
    patience: float = PATIENCE,
) -> Answer:
    """Ask the running service's API. Blocks, *patience* seconds at most without a byte;
    raises `NoService`."""
    api = settings.api
    try:
        token = settings.secret(api.token_file).reveal()
    except BadConfig as bad:
        raise NoService(str(bad)) from None
    if not int(api.port):
        raise NoService("its API has a free port each time (api: {port: 0})")
    host = str(api.host)
    host = f"[{host}]" if ":" in host else host
    request = urllib.request.Request(
        f"http://{host}:{int(api.port)}{path}",
        data=b"" if body is None else json.dumps(body).encode(),
        method=method,
        headers={"Authorization": f"Bearer {token}"},
    )
    # No proxy: it is our own service, on this machine as a rule.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=patience) as answer:
            return Answer(answer.status, json.load(answer))
    except urllib.error.HTTPError as error:
        with error:
            try:
                return Answer(error.code, json.load(error))
            except ValueError:
                return Answer(error.code, {"error": f"it answered {error.code}"})
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise NoService(
            f"it does not answer at {host}:{int(api.port)}: {why}"
        ) from None
