"""`ivrflow voicemail rotate`: every sound under the key that seals now."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.installed import config_option, now, who, with_database
from ivrflow.cli.voicemail.going import going
from ivrflow.cli.voicemail.place import Place
from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.engine import Database


@click.command()
@config_option
def rotate(config: Path) -> None:
    """Seal every sound anew, with the first key of the settings.

    Put a new key before the old one in `voicemail: keys:`, restart the service (no call
    ends by that), then run this. At its end the old key can go. With `seal: no`, or a
    first key where there was none, it leads out of being sealed, or into it.

    It runs beside the service, and may be stopped at any moment: each sound is whole,
    under the one key or the other. Run again, it goes on. Exits with 1 if sounds are
    left that can't be sealed anew; it says which, and why.
    """
    from ivrflow.audio.folder import StoreFailed
    from ivrflow.audio.rotation import rotate as seal_all

    place = Place.of(config)
    store = place.store()
    key = store.keyring.seals
    entry = Entry(
        at=now(),
        who=who(),
        what="voicemail: all sounds are sealed anew",
        after=f"key {key.id}" if key is not None else "not sealed",
    )

    async def note(database: Database) -> None:
        await SqlAudit(database).add(entry)

    with_database(place.settings, note)
    try:
        with going("sealing") as told:
            done = seal_all(store, told)
    except KeyboardInterrupt:
        raise click.ClickException(
            "stopped: each sound is whole, under the old key or the new one; run it "
            "again, and it goes on. Until then keep all keys"
        ) from None
    except StoreFailed as failed:
        raise click.ClickException(f"{failed}; then run it again") from None
    under = f"with key {done.key}" if done.key else "plain"
    did = "sealed anew" if done.key else "unsealed"
    click.echo(f"{done.changed} sounds were {did}, {done.already} were so already")
    if done.whole and not store.keyring.ids:
        click.echo("Nothing is sealed: the settings have no `voicemail: keys:`.")
        return
    if done.whole:
        click.echo(f"All are {under}; no other key is needed.")
        return
    for sound, why in sorted(done.failed.items()):
        click.echo(f"{sound}: {why}", err=True)
    raise click.ClickException(
        f"{len(done.failed)} sounds are not {under}: keep all keys until they are"
    )
