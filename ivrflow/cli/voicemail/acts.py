"""`ivrflow voicemail delete` and `restore`: a message out of its mailbox, and back."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, who
from ivrflow.cli.voicemail.place import Place, known_message
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database


@click.command()
@click.argument("messages", nargs=-1, required=True, metavar="MESSAGE...")
@config_option
def delete(messages: tuple[str, ...], config: Path) -> None:
    """Delete messages, as their owner would by phone.

    They are kept for as long as the mailbox says (`keep: {deleted: 7d}`), and `ivrflow
    voicemail restore` brings them back until then; a legal hold keeps them for longer.
    """
    _act(messages, config, restores=False)


@click.command()
@click.argument("messages", nargs=-1, required=True, metavar="MESSAGE...")
@config_option
def restore(messages: tuple[str, ...], config: Path) -> None:
    """Bring back messages that were deleted, to where they were."""
    _act(messages, config, restores=True)


def _act(messages: tuple[str, ...], config: Path, *, restores: bool) -> None:
    async def work(_: Database, boxes: SqlBoxes) -> list[str]:
        told = []
        # Looked up first: of a list with a mistake in it nothing is done.
        found = [
            await known_message(boxes, message) for message in dict.fromkeys(messages)
        ]
        for one in found:
            act = boxes.restore if restores else boxes.delete
            done = await act(one.message, by=who())
            word = "restored" if restores else "deleted"
            if not done:
                word = f"not {word}: it is {one.state}"
            told.append(f"{one.message} of {one.mailbox}: {word}")
        return told

    for line in Place.of(config).do(work):
        click.echo(line)
