"""`ivrflow voicemail hold`, `release`, `holds`: what must not go, by law."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, who
from ivrflow.cli.voicemail.place import Place, known_box
from ivrflow.cli.voicemail.shown import safe
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.db.holds import SqlHolds
from ivrflow.flow.world.boxes import LegalHold


@click.command()
@click.argument("box")
@click.argument("message", default="")
@click.option("--why", required=True, help="The reason, for the audit log.")
@config_option
def hold(box: str, message: str, why: str, config: Path) -> None:
    """Keep all of BOX, or one MESSAGE of it, until it is released.

    Neither its owner nor the end of its time removes what is on hold; what comes into a
    mailbox on hold is on hold too. Who deletes a message no longer has it, and it is
    kept all the same. What is on hold already keeps its first reason.
    """
    place = Place.of(config)

    async def work(database: Database, boxes: SqlBoxes) -> str:
        await known_box(place, boxes, box)
        holds = SqlHolds(database, place.clock)
        try:
            return await holds.hold(box, message, by=who(), why=why)
        except LookupError:
            raise click.ClickException(
                f"mailbox {box} has no message {message!r}"
            ) from None

    place.do(work)
    click.echo(f"{_what(box, message)}: on hold")


@click.command()
@click.argument("box")
@click.argument("message", default="")
@config_option
def release(box: str, message: str, config: Path) -> None:
    """Lift the hold on BOX, or on one MESSAGE of it.

    It lifts exactly that: a message may still be on hold with all of its mailbox.
    """
    place = Place.of(config)

    async def work(database: Database, boxes: SqlBoxes) -> bool:
        return await SqlHolds(database, place.clock).release(box, message, by=who())

    if not place.do(work):
        raise click.ClickException(f"{_what(box, message)}: there is no hold on it")
    click.echo(f"{_what(box, message)}: released")


@click.command()
@click.argument("box", required=False)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@config_option
def holds(box: str | None, as_json: bool, config: Path) -> None:
    """List what is on hold, in BOX or in all mailboxes."""
    place = Place.of(config)
    found = place.do(lambda db, _: SqlHolds(db, place.clock).holds(box))
    if as_json:
        listed = [_plain(one) for one in found]
        click.echo(json.dumps({"holds": listed}, ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(
            f"{_what(one.mailbox, one.message)}: since "
            f"{one.at.isoformat(' ', 'seconds')} by {safe(one.by)}: {safe(one.why)}"
        )
    if not found:
        click.echo("nothing is on hold")


def _plain(one: LegalHold) -> dict[str, str]:
    return {
        "hold": one.hold,
        "mailbox": one.mailbox,
        "message": one.message,
        "at": one.at.isoformat(),
        "by": one.by,
        "why": one.why,
    }


def _what(box: str, message: str) -> str:
    return f"message {message} of {box}" if message else f"all of {box}"
