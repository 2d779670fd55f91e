"""`ivrflow voicemail show`: all that is known of one message."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, now, who
from ivrflow.cli.voicemail.place import Place, known_message
from ivrflow.cli.voicemail.shown import caller_of, safe, state_of, where
from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.flow.world.boxes import Stored


@click.command()
@click.argument("message")
@click.option("--words", is_flag=True, help="Its transcript too; the audit log has it.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@config_option
def show(message: str, words: bool, as_json: bool, config: Path) -> None:
    """Show what is known of MESSAGE.

    When it was left, by whom, how long it is, and where its sound is. What was said is
    shown with --words alone: reading it is like hearing it.
    """

    async def work(database: Database, boxes: SqlBoxes) -> Stored:
        found = await known_message(boxes, message)
        if words:
            what = f"transcript of message {message} of mailbox {found.mailbox} read"
            await SqlAudit(database).add(Entry(at=now(), who=who(), what=what))
        return found

    one = Place.of(config).do(work)
    if as_json:
        about = state_of(one)
        if words:
            about["transcript"] = one.transcript
        click.echo(json.dumps(about, ensure_ascii=False, indent=2))
        return
    for line in _lines(one):
        click.echo(line)
    if words:
        click.echo(f"words:    {safe(one.transcript) or 'none'}")


def _lines(one: Stored) -> list[str]:
    folder = f", folder {one.folder}" if one.folder else ""
    urgent = ", urgent" if one.urgent else ""
    lines = [
        f"message:  {one.message}",
        f"mailbox:  {one.mailbox} ({one.state}{folder}{urgent})",
        f"left:     {one.at.isoformat(' ', 'seconds')} by {safe(caller_of(one))}",
        f"sound:    {one.seconds:.1f} s, {where(one.speech)}",
    ]
    if one.intro is not None:
        lines.append(f"comment:  {one.intro.seconds:.1f} s, {where(one.intro)}")
    if one.number and one.number != one.caller:
        lines.append(f"to call:  {safe(one.number)}")
    if one.queue:
        lines.append(f"queue:    {one.queue}, waited {one.waited:.0f} s")
    for head, at in (("heard:  ", one.heard), ("deleted:", one.deleted)):
        if at is not None:
            lines.append(f"{head}  {at.isoformat(' ', 'seconds')}")
    lines += [f"  {safe(key)}: {safe(value)}" for key, value in one.data.items()]
    return lines
