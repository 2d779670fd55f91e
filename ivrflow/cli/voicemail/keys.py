"""`ivrflow voicemail keys`: which keys there are, and which are still needed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import click

from ivrflow.cli.installed import config_option
from ivrflow.cli.voicemail.going import going
from ivrflow.cli.voicemail.place import Place


@click.command()
@config_option
def keys(config: Path) -> None:
    """List the keys of the settings, and how many sounds each opens.

    A key is shown by its name, which tells nothing of what it is. One that opens no
    sound can be taken out of `voicemail: keys:`. Exits with 1 where sounds are sealed
    with a key that the settings don't have.
    """
    from ivrflow.audio.folder import StoreFailed
    from ivrflow.audio.rotation import Progress

    store = Place.of(config).store()
    opened: Counter[str] = Counter()
    try:
        with going("looking") as told:
            sounds = sorted({one.sound for one in store.walk()})
            for done, sound in enumerate(sounds, 1):
                try:
                    opened[store.key_of(sound)] += 1
                except StoreFailed as failed:
                    click.echo(str(failed), err=True)
                told(Progress(sound, done, len(sounds)))
    except StoreFailed as failed:
        raise click.ClickException(str(failed)) from None
    ring = store.keyring
    for key in ring.ids:
        seals = ring.seals is not None and key == ring.seals.id
        click.echo(f"key {key}: {'seals' if seals else 'opens'}, {opened.pop(key, 0)}")
    plain = opened.pop("", 0)
    if ring.seals is None or plain:
        click.echo(f"not sealed: {plain}")
    if opened:
        missing = ", ".join(f"{key} ({n} sounds)" for key, n in sorted(opened.items()))
        raise click.ClickException(
            f"sounds are sealed with keys that the settings don't have: {missing}; put "
            "their files back, behind the one that seals"
        )
