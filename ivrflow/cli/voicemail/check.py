"""`ivrflow voicemail check`: are the sounds those that the database tells of?"""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, with_database
from ivrflow.cli.voicemail.going import going
from ivrflow.cli.voicemail.place import Place
from ivrflow.db.sounds import SqlSounds


@click.command()
@config_option
def check(config: Path) -> None:
    """Read every sound, and compare it with its row in the database.

    For after a backup was put back, a disk was moved or a key was changed. Says which
    sounds are missing, damaged, sealed with a key that is not there, or unknown to the
    database; changes nothing, and exits with 1 if there is one.
    """
    from ivrflow.audio.checking import check as check_all
    from ivrflow.audio.folder import StoreFailed

    place = Place.of(config)
    store = place.store()
    expected = with_database(place.settings, lambda db: SqlSounds(db).digests())
    try:
        with going("reading") as told:
            wrong = check_all(store, expected, told)
    except StoreFailed as failed:
        raise click.ClickException(str(failed)) from None
    for one in wrong:
        click.echo(f"{one.sound}: {one.why}")
    if wrong:
        raise click.ClickException(f"{len(wrong)} sounds are not as they should be")
    click.echo(f"All {sum(map(bool, expected.values()))} sounds are as they should be.")
