"""`ivrflow voicemail hear`: play a message here, or write it into a file."""

from __future__ import annotations

import os
import secrets
import sys
import tempfile
from pathlib import Path

import click

from ivrflow.cli.installed import config_option, now, who
from ivrflow.cli.voicemail.place import Place, known_message
from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.flow.world.boxes import Speech, Stored


@click.command()
@click.argument("message")
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False, allow_dash=True),
    help="Write the WAV here and play nothing; - is standard output.",
)
@click.option("--comment", is_flag=True, help="The comment of who sent it on, instead.")
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@config_option
def hear(
    message: str, output: Path | None, comment: bool, force: bool, config: Path
) -> None:
    """Play MESSAGE here, or write it into a file.

    The audit log has it before anything is heard. For its owner it stays new: that an
    operator has looked after it is no reason for him to miss it.
    """
    if output is not None and str(output) != "-" and output.exists():
        if not output.is_file():
            raise click.ClickException(f"{output} is no file; - is standard output")
        if not force:
            raise click.ClickException(
                f"{output} is there already; --force writes over it"
            )
    place = Place.of(config)
    store = place.store()

    async def work(database: Database, boxes: SqlBoxes) -> Speech:
        one = await known_message(boxes, message)
        speech = _speech(one, comment)
        what = f"message {message} of mailbox {one.mailbox} heard"
        await SqlAudit(database).add(Entry(at=now(), who=who(), what=what))
        return speech

    speech = place.do(work)
    from ivrflow.audio.folder import StoreFailed

    try:
        wav = store.read(speech.sound)
    except StoreFailed as failed:
        raise click.ClickException(str(failed)) from None
    if output is None:
        _play(wav)
    elif str(output) == "-":
        sys.stdout.buffer.write(wav)
        sys.stdout.buffer.flush()
    else:
        _write(output, wav)
        click.echo(f"{output}: {speech.seconds:.1f} s", err=True)


def _speech(one: Stored, comment: bool) -> Speech:
    speech = one.intro if comment else one.speech
    if speech is None:
        raise click.ClickException(f"message {one.message} has no comment")
    if speech.place == "switch":
        raise click.ClickException(
            f"message {one.message} is still in Asterisk's spool"
            f"{f' as {speech.recorded}' if speech.recorded else ''}; the service takes "
            "it in within a minute, if it runs"
        )
    if speech.place != "store":
        raise click.ClickException(f"the sound of message {one.message} is gone")
    return speech


def _play(wav: bytes) -> None:
    from ivrflow.speech.listen import play, player

    if player() is None:
        raise click.ClickException(
            "this machine has no program that plays sounds: install pulseaudio-utils, "
            "alsa-utils or ffmpeg, or write it into a file with -o"
        )
    # A plain copy, which is gone when this ends: other users can't come at it.
    with tempfile.TemporaryDirectory(prefix="ivrflow-hear-") as folder:
        path = Path(folder) / "message.wav"
        path.write_bytes(wav)
        if not play(path):
            raise click.ClickException("it could not be played; write it with -o FILE")


def _write(path: Path, wav: bytes) -> None:
    """Write it for nobody's eyes but the user's, whatever file was there."""
    new = path.with_name(f".{path.name}.new-{secrets.token_hex(4)}")
    try:
        handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(wav)
            os.replace(new, path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None
