"""`ivrflow voicemail export`: messages and all that is known of them, to take away."""

from __future__ import annotations

import hashlib
import json
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import click

from ivrflow.audio.folder import StoreFailed
from ivrflow.audio.store import Store
from ivrflow.cli.installed import config_option, now, who
from ivrflow.cli.voicemail.list_ import PAGE, since_of
from ivrflow.cli.voicemail.parcel import Parcel, parcel, put
from ivrflow.cli.voicemail.place import Place, known_box
from ivrflow.cli.voicemail.shown import state_of, where
from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.flow.world.boxes import Speech, Stored
from ivrflow.packages.progress import Progress
from ivrflow.voicemail.order import DELETED

MANIFEST = "manifest.json"

VERSION = 1
"""Of the manifest: counted up when what is in it changes its meaning."""


@click.command()
@click.argument("boxes", nargs=-1, metavar="[BOX]...")
@click.option(
    "--output",
    "-o",
    "to",
    required=True,
    type=click.Path(path_type=Path, allow_dash=True),
    help="A new file that ends in .tar, a new folder, or - for a tar file on standard "
    "output.",
)
@click.option("--since", metavar="DATE", help="Only what was left since then.")
@click.option(
    "--deleted", is_flag=True, help="Also what was deleted and is still here."
)
@config_option
def export(
    boxes: tuple[str, ...], to: Path, since: str | None, deleted: bool, config: Path
) -> None:
    """Export the messages of all mailboxes, or of each BOX.

    Each message is a WAV, its comment another one; manifest.json has what is known of
    each, its words if they were written down, and the SHA-256 of each sound. They are
    not encrypted: `-o - | gpg -e ...` encrypts them before they are on a disk.

    The audit log has each message before it is read. Exit status: 1 if a sound could
    not be read; the manifest says which.
    """
    place = Place.of(config)
    store, begin = place.store(), since_of(since, place)
    progress = Progress(sys.stderr)

    async def work(database: Database, all_: SqlBoxes) -> _Export:
        names = [
            await known_box(place, all_, box) for box in dict.fromkeys(boxes)
        ] or await all_.names()
        found = await _wanted(all_, names, begin, deleted=deleted)
        with tempfile.TemporaryFile("w+", encoding="utf-8") as listed:
            made = _Export(SqlAudit(database), store, listed)
            with parcel(to) as into:
                for done, message in enumerate(found, 1):
                    one = await all_.message(message)
                    if one is not None:
                        await made.add(into, one)
                    progress.step("exporting", done, len(found))
                made.close(into, sorted(names))
        return made

    try:
        made = place.do(work)
    except KeyboardInterrupt:
        progress.done()
        raise click.ClickException("stopped; nothing was written") from None
    finally:
        progress.done()
    missing = f", {made.missing} sounds could not be read" if made.missing else ""
    where_to = "standard output" if str(to) == "-" else to
    click.echo(f"{where_to}: {made.messages} messages{missing}", err=True)
    sys.exit(1 if made.missing else 0)


async def _wanted(
    boxes: SqlBoxes, names: Sequence[str], since: datetime | None, *, deleted: bool
) -> list[str]:
    """The ids of all messages that are to be exported: mailboxes in their order."""
    return [
        one.message
        for name in names
        async for one in _kept(boxes, name)
        if (deleted or one.state != DELETED) and (since is None or one.at >= since)
    ]


async def _kept(boxes: SqlBoxes, box: str) -> AsyncIterator[Stored]:
    """All that *box* has, page by page, from the oldest on."""
    after = ""
    while page := await boxes.kept(box, after=after, most=PAGE):
        for one in page:
            yield one
        after = page[-1].message


class _Export:
    """One message after the other, and at last what they all are."""

    def __init__(self, audit: SqlAudit, store: Store, listed: IO[str]) -> None:
        """*listed*: a file for what the manifest says of messages: they may be many."""
        self._audit = audit
        self._store = store
        self._listed = listed
        self.messages = 0
        self.missing = 0
        """Sounds that could not be read."""

    async def add(self, into: Parcel, one: Stored) -> None:
        """Put *one* into the parcel; the audit log has it before."""
        what = f"message {one.message} of mailbox {one.mailbox} exported"
        await self._audit.add(Entry(at=now(), who=who(), what=what))
        about = state_of(one)
        about["transcript"] = one.transcript
        name = f"{one.mailbox}/{one.message}"
        at = one.at.timestamp()
        about["sound"] = self._sound(into, f"{name}.wav", one.speech, at)
        if one.intro is not None:
            about["comment"] = self._sound(into, f"{name}.comment.wav", one.intro, at)
        self._listed.write(",\n" if self.messages else "\n")
        json.dump(about, self._listed, ensure_ascii=False)
        self.messages += 1

    def close(self, into: Parcel, boxes: Sequence[str]) -> None:
        """Put the manifest in."""
        head = {
            "version": VERSION,
            "made": datetime.fromtimestamp(now()).astimezone().isoformat(),
            "by": who(),
            "mailboxes": boxes,
        }
        with tempfile.TemporaryFile("w+b") as manifest:
            text = json.dumps(head, ensure_ascii=False)
            manifest.write(text.removesuffix("}").encode() + b', "messages": [')
            self._listed.seek(0)
            while part := self._listed.read(100_000):
                manifest.write(part.encode())
            manifest.write(b"\n]}\n")
            size = manifest.tell()
            manifest.seek(0)
            into.add(MANIFEST, manifest, size, now())

    def _sound(
        self, into: Parcel, name: str, speech: Speech, at: float
    ) -> dict[str, Any]:
        about: dict[str, Any] = {"seconds": speech.seconds}
        try:
            wav = self._store.read(speech.sound)
        except StoreFailed as failed:
            self.missing += 1
            here = speech.place == "store"
            about["missing"] = str(failed) if here else where(speech)
            return about
        put(into, name, wav, at)
        digest = hashlib.sha256(wav).hexdigest()
        return about | {"file": name, "bytes": len(wav), "sha256": digest}
