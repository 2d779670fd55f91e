"""`ivrflow agent free`: free an agent who is stuck."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.acd.desk.board import BoardAway
from ivrflow.cli.changing import why_not
from ivrflow.cli.installed import (
    NoService,
    ask_service,
    config_option,
    now,
    settings_in,
    who,
    with_database,
)
from ivrflow.db.audit import Ledger
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Database
from ivrflow.flow.world import Trouble

ALONE = "The database alone is looked at."


@click.command()
@click.argument("number")
@config_option
def free(number: str, config: Path) -> None:
    """Free the agent NUMBER, who is stuck.

    What holds him is ended, an offer, a talk or a wrap-up: his phone is silenced, or
    his side of the talk hung up. He stays ready, or not ready, as he is. Without the
    service the database is put in order, so that he is free when it starts.
    """
    settings = settings_in(config)
    try:
        answer = ask_service(settings, f"/api/agents/{number}/free", {"by": who()})
    except NoService as away:
        click.echo(f"the service was not reached: {away}.\n{ALONE}", err=True)
        freed = with_database(settings, lambda db: _on_board(db, number))
    else:
        if answer.status != 200:
            raise click.ClickException(why_not(answer.body, answer.status))
        freed = str(answer.body.get("freed_from", ""))
    if freed in ("", "nothing"):
        click.echo(f"agent {number}: nothing held him")
    else:
        click.echo(f"agent {number}: freed from {freed}")


async def _on_board(database: Database, number: str) -> str:
    """End what the board has of this agent; return what that was."""
    board, at = SqlBoard(database), now()
    try:
        known = {agent.number: agent for agent in await board.agents()}
        if number not in known:
            raise click.ClickException(
                f"there is no agent {number!r}; `ivrflow agent list` shows who is there"
            )
        live = [offer for offer in await board.offers() if offer.agent == number]
        for offer in live:
            await board.end_offer(offer.id, how="lost", at=at, free_at=at)
        held = "an offer" if live else ""
        if not live and known[number].free_at > at:
            await board.set_free_at(number, at, at=at)
            held = "wrap-up"
    except BoardAway as away:
        raise Trouble(str(away)) from None
    if held:
        await Ledger(database, now).note(who(), f"agent {number}: freed", held, "free")
    return held or "nothing"
