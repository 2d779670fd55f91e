"""`ivrflow sounds script`: what a voice talent needs to record a site."""

from __future__ import annotations

from pathlib import Path

import click

from ivrflow.cli.sounds.place import Place, site_options, stop
from ivrflow.flow.site.settings import title_in
from ivrflow.speech.script import as_csv, as_html
from ivrflow.speech.script import script as rows_of


@click.command()
@site_options
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "html"]),
    default="csv",
    show_default=True,
    help="A table, or a page to print.",
)
@click.option("--missing", is_flag=True, help="Only what is not recorded yet.")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where it goes; without it: to standard output.",
)
def script(
    site: Path,
    config: Path | None,
    common: Path | None,
    language: tuple[str, ...],
    form: str,
    missing: bool,
    output: Path | None,
) -> None:
    """Print the script for whoever speaks the recordings.

    SITE is the folder of the site; without it, the current folder.

    For each language: the file's name, the words, where they are said, the sentence
    that they are a part of, and how long they may take. As a table (CSV), or as a page
    to print (--format html).
    """
    place = Place(site, config, common)
    clips = place.wanted(language)
    if missing:
        clips = [clip for clip in clips if place.shelf.find(clip) is None]
    rows = rows_of(place.site, clips)
    site_title = title_in(place.site.settings.title, "en", site.absolute().name)
    title = f"Recordings: {site_title}"
    text = as_csv(rows) if form == "csv" else as_html(rows, title)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8", newline="")
    except OSError as error:
        stop(f"{output}: {error.strerror}")
    click.echo(f"{output}: {len(rows)} recordings", err=True)
