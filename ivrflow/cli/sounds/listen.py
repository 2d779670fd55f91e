"""`ivrflow sounds listen`: play a prompt's recordings."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ivrflow.cli.sounds.place import Place, site_options, stop
from ivrflow.speech.listen import play, player
from ivrflow.speech.shelf import file_of


@click.command()
@site_options
@click.argument("prompt", metavar="PROMPT", required=False)
def listen(
    site: Path,
    config: Path | None,
    common: Path | None,
    language: tuple[str, ...],
    prompt: str | None,
) -> None:
    """Play the recordings of a prompt.

    PROMPT is a name: welcome, main_menu, en/pieces/34. SITE is the folder of the
    site; without it, the current folder.

    Where the machine has no player (paplay, aplay, ffplay ...), the files are named.
    """
    if prompt is None:  # click gives what is there to the first argument
        if site == Path():
            raise click.UsageError("Missing argument 'PROMPT'.")
        prompt, site = site.as_posix(), Path()
    place = Place(site, config, common)
    clips = [
        clip
        for clip in place.wanted(language)
        if clip.name == prompt
        or clip.name.partition("/")[2] == prompt
        or clip.name.partition("/")[2].startswith(f"{prompt}.")
    ]
    if not clips:
        stop(f"the site says no prompt {prompt!r}; `ivrflow sounds script` lists all")
    silent = False
    for clip in clips:
        found = place.shelf.find(clip)
        path = file_of(found.folder, clip.name) if found else None
        if path is None:
            silent = True
            click.echo(f"{clip.name}: not recorded: {clip.words}")
            continue
        click.echo(f"{path}: {clip.words}")
        if player() and not play(path):
            click.echo("  it could not be played", err=True)
    if player() is None:
        click.echo("nothing here plays sound; install alsa-utils or ffmpeg", err=True)
    sys.exit(1 if silent else 0)
