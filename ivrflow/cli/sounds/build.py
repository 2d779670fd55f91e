"""`ivrflow sounds build`: make the recordings that a site lacks."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from pathlib import Path

import click

from ivrflow.cli.sounds.place import Place, site_options, stop
from ivrflow.config import BadConfig
from ivrflow.packages.progress import Progress
from ivrflow.prompts.recorded import BadList
from ivrflow.speech import build as building
from ivrflow.speech.cache import Cache, kept_folder
from ivrflow.speech.hearing import CommandEar, Ear, Heard, Whisper, hear
from ivrflow.speech.provider import SpeechFailed, Voice
from ivrflow.speech.reading import Reading, read_corrections
from ivrflow.speech.shelf import OWN, Shelf, file_of
from ivrflow.speech.speak import Speaker
from ivrflow.speech.voices import voices
from ivrflow.speech.wanted import wanted

PROVIDERS = ("espeak-ng", "kokoro", "command")


@click.command()
@site_options
@click.option(
    "--with",
    "provider",
    type=click.Choice(PROVIDERS),
    help="What speaks.  [default: speech: of --config, else espeak-ng]",
)
@click.option(
    "--voice",
    "named",
    multiple=True,
    metavar="LANGUAGE=VOICE",
    help="The provider's voice for a language: en=af_heart.",
)
@click.option("--command", help="Of --with command: the program and its arguments.")
@click.option(
    "--rate",
    type=click.Choice(["8000", "16000"]),
    default="8000",
    show_default=True,
    help="Samples a second: 8000 for a telephone, 16000 for wide band.",
)
@click.option("--only", default="", help="Only recordings with this in their names.")
@click.option("--again", is_flag=True, help="Also those that a voice has made before.")
@click.option(
    "--whole", is_flag=True, help="Also the common ones, so that one voice says all."
)
@click.option("--clean", is_flag=True, help="Remove what the site says no more.")
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where they go.  [default: SITE/sounds]",
)
@click.option("--verify", is_flag=True, help="Hear what was made, and tell what isn't.")
@click.option("--ear", help="A program that hears: a WAV comes in, text goes out.")
def build(
    site: Path,
    config: Path | None,
    common: Path | None,
    language: tuple[str, ...],
    provider: str | None,
    named: tuple[str, ...],
    command: str | None,
    rate: str,
    only: str,
    again: bool,
    whole: bool,
    clean: bool,
    into: Path | None,
    verify: bool,
    ear: str | None,
) -> None:
    """Make the recordings that a site lacks.

    Those too whose words have changed; SITE is the folder of the site;
    without it, the current folder.

    Sound files that a person has put into the folder are taken in: brought to the
    telephone's form and loudness, entered in the list, and never overwritten. All
    else is spoken by a voice, and kept, so that the same words are spoken once.

    With --verify each recording that was made is heard by Whisper (or by the program
    that --ear names), and those that are not understood are listed.

    Exit status: 1 if something could not be made, or was not understood.
    """
    place = Place(site, config, common)
    folder = into or site / OWN
    order = building.Order(
        folder=folder,
        rate=int(rate),
        only=only,
        languages=frozenset(language),
        again=again,
        whole=whole,
    )
    try:
        shelf = Shelf.at(folder, place.common)
        known = _voices(place, provider, named, command)
        listener: Ear | None = None
        if verify or ear:
            listener = CommandEar(shlex.split(ear)) if ear else Whisper.load()
        plan = building.plan(place.wanted(language), shelf, order)
        reading = Reading(place.site.catalogue, read_corrections(folder))
        speaker = Speaker(known, Cache(kept_folder() / "speech"))
        builder = building.Builder(shelf, order, reading, speaker)
        _tell(plan, known)
        bar = Progress(sys.stderr)
        try:
            built = builder.build(
                plan, lambda n, of, name: bar.step("speak", n, of, name)
            )
        finally:
            bar.done()
        if clean:
            builder.remove(
                gone := list(building.unused(wanted(place.site), builder.own))
            )
            click.echo(f"{len(gone)} removed that the site says no more")
        _told(built, plan, folder)
        misheard = _verify(built, folder, listener) if listener else []
    except (SpeechFailed, BadList) as bad:
        stop(bad)
    except KeyboardInterrupt:
        stop("\nstopped; what was made is kept, and the next run goes on from there")
    except OSError as error:
        stop(f"{error.filename or folder}: {error.strerror}")
    sys.exit(1 if built.failed or plan.spoken_by_people or misheard else 0)


def _voices(
    place: Place, provider: str | None, named: tuple[str, ...], command: str | None
) -> dict[str, Voice]:
    """Return the voice of each language, as options and settings say."""
    if (provider == "command") is not (command is not None):
        stop("--with command and --command go together")
    known: dict[str, Voice] = {}
    if provider is None and place.settings is not None:
        try:
            known = voices(place.settings)
        except BadConfig as bad:
            stop(bad)
    for language in place.site.catalogue.languages:
        if provider is not None or not known.get(language):
            known.setdefault(language, Voice(language=language))
        if provider is not None:
            known[language] = Voice(
                language=language,
                provider=provider,  # type: ignore[arg-type]  # click has checked it
                command=tuple(shlex.split(command or "")),
            )
    for one in named:
        language, equals, voice = one.partition("=")
        if not equals or language not in known:
            stop(f"--voice {one}: write LANGUAGE=VOICE, such as en=af_heart")
        known[language] = replace(known[language], voice=voice)
    return known


def _tell(plan: building.Plan, known: dict[str, Voice]) -> None:
    for language in dict.fromkeys(clip.language for clip in plan.render):
        number = sum(1 for clip in plan.render if clip.language == language)
        click.echo(f"{language}: {number} recordings to make, with {known[language]}")


def _told(built: building.Built, plan: building.Plan, folder: Path) -> None:
    for clip, why in built.failed:
        click.echo(f"{clip.name}: {click.style('not made', fg='red')}: {why}")
    for clip in plan.spoken_by_people:
        click.echo(
            f"{clip.name}: {click.style('other words', fg='red')}: a person recorded "
            f"it; it must say now: {clip.words}"
        )
    if built.taken_in:
        click.echo(f"{len(built.taken_in)} recordings of people are taken in")
    click.echo(
        f"{len(built.made)} recordings made in {folder}"
        if built.made
        else "nothing had to be spoken"
    )


def _verify(built: building.Built, folder: Path, ear: Ear) -> list[Heard]:
    made = [(c, path) for c in built.made if (path := file_of(folder, c.name))]
    bar, wrong, close = Progress(sys.stderr), [], 0.0
    try:
        for number, heard in enumerate(hear(made, ear), 1):
            bar.step("hear", number, len(made), heard.clip.name)
            close += heard.close
            if not heard.right:
                wrong.append(heard)
    finally:
        bar.done()
    for heard in wrong:
        name = click.style(heard.clip.name, fg="yellow")
        click.echo(f"{name}\n  said  {heard.clip.words}\n  heard {heard.words}")
    if made:
        click.echo(
            f"{len(made) - len(wrong)} of {len(made)} heard right, "
            f"{close / len(made):.1%} of their sounds"
        )
    return wrong
