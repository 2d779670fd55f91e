"""`ivrflow voicemail pin`: give a mailbox a PIN, or take it away."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, who
from ivrflow.cli.secret import asked_pin, hasher_from
from ivrflow.cli.voicemail.place import Place, known_box
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.secret import Secret
from ivrflow.voicemail.pins import LONGEST, SHORTEST, too_easy


@click.command()
@click.argument("box")
@click.option("--remove", is_flag=True, help="Take the PIN away: it opens by none.")
@click.option(
    "--stays", is_flag=True, help="Whoever enters it need not choose one of his own."
)
@click.option(
    "--fixed/--not-fixed",
    default=None,
    help="Whether it can't be changed by phone.  [default: as it was]",
)
@config_option
def pin(box: str, remove: bool, stays: bool, fixed: bool | None, config: Path) -> None:
    """Give the mailbox BOX a PIN.

    It is typed twice, unseen, or comes in one line on standard input. Its owner has to
    choose another one when he enters it first: you know this one.
    """
    place = Place.of(config)
    hashed = None
    if not remove:
        chosen = asked_pin(LONGEST)
        _refused(place, box, chosen)
        pepper = place.settings.path(place.settings.pepper_file)
        hashed = hasher_from(pepper).hash(chosen)
    must_change = hashed is not None and not (stays or fixed)

    async def work(_: Database, boxes: SqlBoxes) -> bool:
        await boxes.set_pin(
            await known_box(place, boxes, box),
            hashed,
            by=who(),
            must_change=must_change,
            fixed=fixed,
        )
        now_is = await boxes.pin(box)
        return now_is is not None and now_is.must_change

    must_change = place.do(work)
    if remove:
        told = "opens by no PIN any more"
    elif must_change:
        told = "has a new PIN, which its owner has to change when he enters it first"
    else:
        told = "has a new PIN"
    click.echo(f"mailbox {box} {told}")


def _refused(place: Place, box: str, chosen: Secret) -> None:
    """End the command if the PIN is among the first that a guesser tries."""
    there = place.mailboxes().get(box)
    number = "" if there is None else str(there.number or "")
    shortest = SHORTEST if there is None else int(there.min_pin)
    easy = too_easy(chosen.reveal(), number=number, shortest=shortest)
    if easy is not None:
        raise click.ClickException(f"that PIN is not taken: {easy.value}")
