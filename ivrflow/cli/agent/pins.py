"""The agents' table without the settings: what works with the database's url alone."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import click

from ivrflow.cli.db import told
from ivrflow.db.agents import SqlAgents
from ivrflow.db.engine import Database
from ivrflow.flow.world import Trouble

T = TypeVar("T")


def with_agents(url: str, work: Callable[[SqlAgents], Awaitable[T]]) -> T:
    """Run *work* on the agents of this database; what is wrong ends the command."""

    async def run() -> T:
        database = Database(url)
        try:
            return await work(SqlAgents(database))
        finally:
            await database.close()

    try:
        with told():
            return asyncio.run(run())
    except Trouble as trouble:
        raise click.ClickException(str(trouble)) from None
