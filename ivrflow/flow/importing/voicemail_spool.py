"""The spool of Asterisk's voicemail: the messages and greetings that are there.

    default/1001/INBOX/msg0000.txt    who called and when; msg0000.wav: what was said
    default/1001/INBOX/msg0000intro.wav    the comment of who sent it on
    default/1001/Urgent, Old, Work, Family, Friends, Cust1..Cust5, Deleted
    default/1001/unavail.wav, busy.wav, temp.wav, greet.wav     greetings, and the name
    default/1001/secret.conf          the PIN, with `passwordlocation = spooldir`

Nothing is changed, and nothing outside the spool is read: each folder and file is
opened below the one before, none through a link, and only plain files. Names, sizes and
counts are bounded. A message is worth more than what is written about it: one whose
text is missing or makes no sense is taken with what is known of it, and that is told.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from pathlib import Path

from ivrflow.flow.importing.below import content, shown, unfit, why
from ivrflow.flow.importing.voicemail_line import changed_pin
from ivrflow.flow.importing.voicemail_note import LARGEST_NOTE, Note, read_note
from ivrflow.flow.importing.voicemail_sound import LARGEST, SUFFIXES
from ivrflow.no_links import folder
from ivrflow.secret import Secret

MOST_BOXES = 20_000
MOST_MESSAGES = 200_000
MOST_FILES = 1_000_000
"""Names that are looked at, in all."""

MOST_REMARKS = 10_000

FOLDERS: Mapping[str, tuple[str, str]] = {
    "Urgent": ("", "new"),  # before INBOX: it stands in both while it is moved
    "INBOX": ("", "new"),
    "Old": ("", "old"),
    "Work": ("work", "old"),
    "Family": ("family", "old"),
    "Friends": ("friends", "old"),
    **{f"Cust{n}": (f"custom{n}", "old") for n in range(1, 6)},
    "Deleted": ("", "deleted"),
}
"""A folder of Asterisk -> the folder here, and the state of what is in it."""

GREETINGS = {
    "unavail": "unavailable",
    "busy": "busy",
    "temp": "temporary",
    "greet": "name",
}

_CONVERT = "a format that is not read; `asterisk -rx 'file convert OLD NEW.wav'` first"

_NAME = re.compile(r"[\w+-][\w.+-]{0,79}")
"""A context, or a mailbox."""

_NOT_THEIRS = "nothing that app_voicemail has put there"

_MESSAGE = re.compile(r"(msg[0-9]{4,6})(intro)?\.(\w{1,8})", re.ASCII)


@dataclass(frozen=True, slots=True)
class SoundFile:
    """A file in the spool that holds a sound."""

    path: tuple[str, ...]
    """Below the spool, name by name."""
    suffix: str
    """`wav`, `WAV` (wav49), `gsm` or `sln`: how Asterisk calls the format."""
    size: int
    """Bytes."""

    def __str__(self) -> str:
        return shown("/".join(self.path))


@dataclass(frozen=True, kw_only=True)
class FoundMessage:
    """One message."""

    identity: str
    """32 hex digits: the same at each look, also when Asterisk has moved or renumbered
    it meanwhile; one without its text is only the same where it lay. It is no secret:
    who uses it as an id signs it first."""
    context: str
    box: str
    folder: str
    """Ours: "" (new and old ones), work, family, friends, custom1..custom5."""
    state: str
    """new, old or deleted."""
    urgent: bool
    at: float
    """When it was left, in seconds since 1970, as it is written there: it may be in the
    future. If that is not known, when its sound was written last."""
    seconds: int | None
    """How long Asterisk says it is; None: it does not."""
    number: str
    """Of the caller, "" if it was withheld or makes no sense."""
    caller: str
    """The caller's name, as the network gave it, or ""."""
    dialled: str
    """The extension that led to the mailbox, or ""."""
    sound: SoundFile
    comment: SoundFile | None
    """What was said by who sent it on."""


@dataclass(frozen=True, kw_only=True)
class FoundGreeting:
    """A greeting that a mailbox's owner recorded."""

    context: str
    box: str
    kind: str
    """unavailable, busy, temporary or name."""
    at: float
    """When it was written, in seconds since 1970."""
    sound: SoundFile


@dataclass(frozen=True, kw_only=True)
class FoundPin:
    """A PIN that its owner changed; it counts more than the one of voicemail.conf."""

    context: str
    box: str
    pin: Secret


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about a file or folder in the spool."""

    path: str
    """As it may be shown: below the spool, signs that don't print as `\\x1b`."""
    words: str
    lost: bool = True
    """True if nothing of it was taken."""

    def __str__(self) -> str:
        return f"{self.path}: {self.words}"


@dataclass(slots=True)
class FoundSpool:
    """What is in the spool."""

    messages: list[FoundMessage] = field(default_factory=list)
    greetings: list[FoundGreeting] = field(default_factory=list)
    pins: list[FoundPin] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    """What was left out and why, and what was taken though something is wrong."""
    untold: int = 0
    """Remarks that there was no more room for."""


def read_spool(root: Path) -> FoundSpool:
    """Look through the spool *root*, mostly `/var/spool/asterisk/voicemail`.

    Contexts, mailboxes and messages come in order of their names. Blocks: for 100,000
    messages mostly seconds. Raises `OSError` if *root* can't be read at all.
    """
    look = _Look()
    with folder(root) as descriptor:
        look.root(descriptor)
    return look.found


def read_sound(root: Path, sound: SoundFile) -> bytes:
    """The bytes of a sound that `read_spool` found below *root*, as they are.

    Blocks. Raises `OSError` if it is gone, or has become a link or larger than allowed.
    """
    with folder(root, *sound.path[:-1]) as descriptor:
        return content(descriptor, sound.path[-1], LARGEST)


class _Full(Exception):
    """There is more than is looked at."""


class _Look:
    def __init__(self) -> None:
        self.found = FoundSpool()
        self._boxes = 0
        self._files = 0
        self._identities: set[str] = set()

    def root(self, descriptor: int) -> None:
        """Look at all of it."""
        try:
            self._each(descriptor, (), self._context)
        except _Full as full:
            self._remark((), f"{full}: the rest was not looked at")

    def _context(self, descriptor: int, path: tuple[str, ...]) -> None:
        self._each(descriptor, path, self._box)

    def _each(
        self,
        parent: int,
        path: tuple[str, ...],
        look: Callable[[int, tuple[str, ...]], None],
    ) -> None:
        """Look at each folder in *parent* that may be a context, or a mailbox."""
        for name in self._names(parent, path):
            here = (*path, name)
            if name.startswith("."):
                continue
            if not _NAME.fullmatch(name):
                self._remark(here, "this is no name of a context or mailbox")
                continue
            try:
                with folder(name, at=parent) as descriptor:
                    look(descriptor, here)
            except NotADirectoryError:
                self._remark(here, "no folder, or a link to one: not followed")
            except OSError as error:
                self._remark(here, why(error))

    def _names(self, descriptor: int, path: Sequence[str]) -> list[str]:
        """The names in a folder, in order; counted."""
        names = []
        try:
            with os.scandir(descriptor) as entries:
                for entry in entries:
                    self._files += 1
                    if self._files > MOST_FILES:
                        raise _Full(f"more than {MOST_FILES:,} files")
                    names.append(entry.name)
        except OSError as error:
            self._remark(path, why(error))
        return sorted(names)

    # One mailbox ---------------------------------------------------------------------

    def _box(self, descriptor: int, here: tuple[str, ...]) -> None:
        self._boxes += 1
        if self._boxes > MOST_BOXES:
            raise _Full(f"more than {MOST_BOXES:,} mailboxes")
        context, box = here
        names = set(self._names(descriptor, here))
        for stem, kind in GREETINGS.items():
            found = self._sound(descriptor, here, stem, names)
            if found is not None:
                sound, at = found
                self.found.greetings.append(
                    FoundGreeting(
                        context=context, box=box, kind=kind, at=at, sound=sound
                    )
                )
        for called in FOLDERS:
            if called in names:
                try:
                    with folder(called, at=descriptor) as inside:
                        self._messages(inside, context, box, called)
                except OSError as error:
                    self._remark((*here, called), why(error))
        if "secret.conf" in names:
            self._pin(descriptor, context, box)
        if "tmp" in names:
            self._remark((*here, "tmp"), "what is just being recorded is left there")
        for name in sorted(names - {*FOLDERS, "secret.conf", "tmp"}):
            if not name.startswith(".") and name.split(".")[0] not in GREETINGS:
                self._remark((*here, name), _NOT_THEIRS)

    def _pin(self, descriptor: int, context: str, box: str) -> None:
        here = (context, box, "secret.conf")
        try:
            text = content(descriptor, here[-1], LARGEST_NOTE).decode(
                "utf-8", "replace"
            )
        except OSError as error:
            self._remark(here, why(error))
            return
        if pin := changed_pin(text):
            secret = FoundPin(context=context, box=box, pin=pin)
            self.found.pins.append(secret)
        else:
            self._remark(here, "no PIN that a phone can send")

    def _messages(self, descriptor: int, context: str, box: str, called: str) -> None:
        here = (context, box, called)
        names = self._names(descriptor, here)
        stems: dict[str, set[str]] = {}
        for name in names:
            found = _MESSAGE.fullmatch(name)
            if found is not None:
                stems.setdefault(found[1], set()).add(name)
            elif not name.startswith("."):  # a lock of Asterisk's begins so
                self._remark((*here, name), _NOT_THEIRS)
        for stem, files in stems.items():
            if len(self.found.messages) == MOST_MESSAGES:
                raise _Full(f"more than {MOST_MESSAGES:,} messages")
            self._message(descriptor, here, stem, files)

    def _message(
        self, descriptor: int, here: tuple[str, str, str], stem: str, files: Set[str]
    ) -> None:
        context, box, called = here
        found = self._sound(descriptor, here, stem, files)
        if found is None:
            if not any(_is_sound(name, stem) for name in files):
                self._remark((*here, stem), "there is no sound of this message")
            return
        sound, written = found
        comment = self._sound(descriptor, here, f"{stem}intro", files)
        note = self._note(descriptor, here, stem, files)
        folder, state = FOLDERS[called]
        at = written if note.at is None else note.at
        identity = _identity(context, box, note, sound, written)
        if identity in self._identities:
            self._remark((*here, stem), "the same message stands elsewhere in this box")
            return
        self._identities.add(identity)
        self.found.messages.append(
            FoundMessage(
                identity=identity,
                context=context,
                box=box,
                folder=folder,
                state=state,
                urgent=called == "Urgent" or note.urgent,
                at=at,
                seconds=note.seconds,
                number=note.number,
                caller=note.caller,
                dialled=note.dialled,
                sound=sound,
                comment=None if comment is None else comment[0],
            )
        )

    def _note(
        self, descriptor: int, here: Sequence[str], stem: str, files: Set[str]
    ) -> Note:
        """What is written about a message; an empty note where nothing can be read."""
        name = f"{stem}.txt"
        if name not in files:
            self._remark((*here, name), "missing: caller unknown", lost=False)
            return Note()
        try:
            note = read_note(content(descriptor, name, LARGEST_NOTE))
        except OSError as error:
            self._remark((*here, name), f"{why(error)}: caller unknown", lost=False)
            return Note()
        if note.at is None:
            words = "no time in it: that of the sound's file is taken"
            self._remark((*here, name), words, lost=False)
        return note

    # Sounds --------------------------------------------------------------------------

    def _sound(
        self,
        descriptor: int,
        here: Sequence[str],
        stem: str,
        names: Set[str],
    ) -> tuple[SoundFile, float] | None:
        """The best sound that is called *stem*, and when it was written; None: none.

        Asterisk keeps each in all formats of `format`.
        """
        wrong: list[tuple[str, str]] = []
        for suffix in SUFFIXES:
            name = f"{stem}.{suffix}"
            if name not in names:
                continue
            problem, about = unfit(descriptor, name, LARGEST)
            if problem or about is None:
                wrong.append((name, problem))
                continue
            sound = SoundFile((*here, name), suffix, about.st_size)
            return sound, about.st_mtime
        others = sorted(
            name
            for name in names
            if _is_sound(name, stem) and name.rpartition(".")[2] not in SUFFIXES
        )
        if others and not wrong:
            wrong.append((others[0], _CONVERT))
        for name, words in wrong:
            self._remark((*here, name), words)
        return None

    def _remark(self, path: Sequence[str], words: str, *, lost: bool = True) -> None:
        if len(self.found.remarks) == MOST_REMARKS:
            self.found.untold += 1
            return
        where = shown("/".join(path)) or "."
        self.found.remarks.append(Remark(where[:300], words, lost))


def _identity(
    context: str, box: str, note: Note, sound: SoundFile, written: float
) -> str:
    """The same for the same message at each look."""
    # The time too: of two messages with one id neither must be taken for the other.
    known = f"{note.at} {note.identity}"
    if not note.identity:
        # The place too: a mailbox that was copied has one time for all its files.
        known = f"{written:.0f} {sound.size} {'/'.join(sound.path[-2:])}"
    said = "\0".join((context.lower(), box.lower(), known))
    return hashlib.sha256(said.encode("utf-8", "replace")).hexdigest()[:32]


def _is_sound(name: str, stem: str) -> bool:
    return name.startswith(f"{stem}.") and not name.endswith(".txt")
