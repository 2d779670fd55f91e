"""`ivrflow voicemail list`: the mailboxes, or what one of them holds."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from ivrflow.cli.installed import config_option
from ivrflow.cli.voicemail.place import Place, known_box
from ivrflow.cli.voicemail.shown import FOLDERS, state_of, told
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.figures.sheet import Column, plain, table
from ivrflow.flow.world.boxes import Stored
from ivrflow.voicemail.order import mark

PAGE = 200
"""Messages that one question to the database brings."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A mailbox as it is listed."""

    mailbox: str
    number: str
    urgent: int
    new: int
    old: int
    pin: str


COLUMNS: tuple[Column[Row], ...] = (
    Column("mailbox", lambda r: r.mailbox, "mailbox", left=True),
    Column("number", lambda r: r.number, "number", left=True),
    Column("new", lambda r: r.new, "new"),
    Column("urgent", lambda r: r.urgent, "urgent"),
    Column("old", lambda r: r.old, "old"),
    Column("pin", lambda r: r.pin, "pin", left=True),
)


@click.command("list")
@click.argument("box", required=False)
@click.option(
    "--folder",
    "-f",
    type=click.Choice(FOLDERS),
    default="inbox",
    show_default=True,
    help="Of BOX: the inbox has what is new and old.",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@config_option
def list_(box: str | None, folder: str, as_json: bool, config: Path) -> None:
    """List the mailboxes, or the messages of BOX.

    Messages come in the order in which they are heard. `deleted` is the folder of what
    can be restored.
    """
    place = Place.of(config)
    if box is None:
        _boxes(place, as_json)
        return

    async def work(_: Database, boxes: SqlBoxes) -> list[Stored]:
        await known_box(place, boxes, box)
        return [one async for one in pages(boxes, box, folder)]

    found = place.do(work)
    if as_json:
        listed = [state_of(one) for one in found]
        click.echo(json.dumps({"messages": listed}, ensure_ascii=False, indent=2))
        return
    for one in found:
        click.echo(told(one))
    if not found:
        click.echo(f"no messages in {box}, {folder}")


def _boxes(place: Place, as_json: bool) -> None:
    site = place.mailboxes()

    async def work(_: Database, boxes: SqlBoxes) -> list[Row]:
        names = sorted({*await boxes.names(), *site})
        counts = await boxes.all_counts(names)
        rows = []
        for name in names:
            pin, count = await boxes.pin(name), counts[name]
            rows.append(
                Row(
                    mailbox=name,
                    number=str(site[name].number or "") if name in site else "",
                    urgent=count.urgent,
                    new=count.new,
                    old=count.old,
                    pin=_told_pin(pin) if name in site else "not in the site",
                )
            )
        return rows

    rows = place.do(work)
    if as_json:
        click.echo(json.dumps({"mailboxes": plain(COLUMNS, rows)}, indent=2))
    elif rows:
        click.echo(table(COLUMNS, rows))
    else:
        click.echo("no mailboxes yet; mailboxes.yaml of the site has them", err=True)


def _told_pin(pin: Any) -> str:
    if pin is None:
        return "none"
    notes = [
        note
        for note, holds in (("must change", pin.must_change), ("fixed", pin.fixed))
        if holds
    ]
    return ", ".join(["set", *notes])


async def pages(boxes: SqlBoxes, box: str, folder: str) -> AsyncIterator[Stored]:
    """The messages of a folder, page by page: however many there are.

    *folder*: one of `FOLDERS`.
    """
    after = ""
    while True:
        known = "" if folder == "inbox" else folder
        page = await boxes.messages(box, known, after=after, most=PAGE)
        for one in page:
            yield one
        if len(page) < PAGE:
            return
        after = mark(page[-1])


def since_of(text: str | None, place: Place) -> datetime | None:
    """What `--since` says: a date, or a date and a time, in the site's zone."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} is no date; write 2026-11-22, or '2026-11-22 18:00'",
            param_hint="--since",
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=place.clock().tzinfo)
