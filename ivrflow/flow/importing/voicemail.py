"""Asterisk's `voicemail.conf`, made into `mailboxes.yaml`.

Every option that is set is carried over, or named in a remark with the reason why not.
What Asterisk does when nothing is written is written, where ours would do something
else: a mailbox goes on as its callers and its owner know it.

PINs come out as `Secret`s, to be hashed by whoever takes them in. Neither a remark nor
the files show one, nor any part of a line in which one may stand.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ivrflow.flow import yaml_text
from ivrflow.flow.importing.conf import Entry, Section, read_conf
from ivrflow.flow.importing.queues import BAD_VALUE, REMARK
from ivrflow.flow.importing.voicemail_keys import (
    OLD_NAMES,
    BoxKeys,
    Values,
    listen_keys,
)
from ivrflow.flow.importing.voicemail_line import LONGEST_LINE, Line, read_line
from ivrflow.flow.importing.voicemail_options import (
    BOTH,
    GENERAL,
    ONE_BOX,
    SECTIONS,
    Row,
)
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import NOWHERE, Mark, Problem, Severity
from ivrflow.secret import Secret

MOST_BOXES = 20_000
MOST_HINTS = 100
"""Unknown options for which one that is meant is looked for: that takes its time."""

DEFAULT_CONTEXT = "default"
UNSEEN = (
    "mailboxes of users.conf and of a database (realtime) are not in this file, and "
    "PINs that their owners changed may stand in the spool (`passwordlocation`)"
)

_NUMBER = re.compile("[0-9]{1,15}", re.ASCII)
_OPTION = re.compile("[a-z][a-z0-9_-]{0,39}", re.ASCII)
_QUOTED = re.compile(r"""^(?:(['"]).*\1(?! (?:lies|is no name))|.*(?=: longer than))""")
"""The part of a line that an error of the reader begins with."""


@dataclass(frozen=True, kw_only=True)
class ImportedBox:
    """One mailbox."""

    name: str
    """Ours: the key in mailboxes.yaml."""
    box: str
    """What Asterisk calls it, in small letters."""
    context: str
    keys: Mapping[str, Any]
    """Keys of mailboxes.yaml, as plain data."""
    pin: Secret
    """To be hashed; empty where there is none: then the mailbox opens for nobody."""
    fixed: bool
    """Its owner can't change the PIN by phone."""
    at: Mark


@dataclass(slots=True)
class ImportedVoicemail:
    """What was made of a file."""

    boxes: list[ImportedBox] = field(default_factory=list)
    listen_keys: dict[str, Any] = field(default_factory=dict)
    """The key of that name in mailboxes.yaml: what differs from Asterisk's own."""
    names: dict[str, str] = field(default_factory=dict)
    """`box@context`, in small letters, -> our name; aliases too."""
    problems: list[Problem] = field(default_factory=list)
    """What could not be read (errors), what could not be carried over (warnings), and
    what is to be known (notes). None shows a PIN."""

    @property
    def failed(self) -> bool:
        return any(p.severity is Severity.ERROR for p in self.problems)

    def name_of(self, context: str, box: str) -> str:
        """Our name for Asterisk's mailbox, "" if there is none."""
        return self.names.get(f"{box}@{context}".lower(), "")

    def mailboxes_yaml(self) -> str:
        """The text of mailboxes.yaml."""
        lines: list[str] = []
        if self.listen_keys:
            lines += yaml_text.lines("listen_keys", self.listen_keys, 0)
        for box in self.boxes:
            lines.append(f"{box.name}:")
            for key, value in box.keys.items():
                lines += yaml_text.lines(key, value, 2)
        return "\n".join(lines) + "\n" if lines else "{}\n"


def import_voicemail(
    path: Path, language: str = "en", languages: Container[str] | None = None
) -> ImportedVoicemail:
    """Read `voicemail.conf` and the files that it includes.

    *language* is the site's: the one that names of mailboxes are written for.
    *languages* are all that the site speaks; None: any.
    """
    sections, problems = read_conf(path)
    return _Import(language, languages).site(sections, problems)


@dataclass(slots=True)
class _Told:
    """An option of lines that is to be told."""

    full: str
    """The first mailbox that sets it."""
    at: Mark
    words: str
    more: int = 0
    """How many set it after that one."""


class _Import:
    def __init__(self, language: str, languages: Container[str] | None) -> None:
        self.made = ImportedVoicemail()
        self._language = language
        self._languages = languages
        self._general = Values()
        self._zones: dict[str, str] = {}
        self._seen: dict[str, Mark] = {}
        """`box@context` -> where it stands first."""
        self._taken: dict[str, str] = {}
        """Number -> the mailbox that has it."""
        self._names = {"listen_keys"}
        """Names of ours that are in use."""
        self._next: dict[str, int] = {}
        """Name -> the number that the next one of its kind gets."""
        self._told: dict[str, _Told] = {}
        """Options of lines that are to be told, by name."""
        self._hints = MOST_HINTS

    def site(
        self, sections: Sequence[Section], wrong: Iterable[Problem]
    ) -> ImportedVoicemail:
        made = self.made
        made.problems += map(_hushed, wrong)
        general = [s for s in sections if s.name.lower() == "general"]
        for section in general:
            self._read_general(section)
        made.listen_keys = listen_keys(self._general, self._bad)
        aliases = self._general.text("aliasescontext").lower()
        contexts = []
        for section in sections:
            called = section.name.lower()
            if section.template or called == "general":
                continue
            if called == "zonemessages":
                self._zones_of(section)
            elif not aliases or called != aliases:
                contexts.append(section)
        # Of two mailboxes with one number, that of the context [default] keeps it.
        contexts.sort(key=lambda s: s.name.lower() != DEFAULT_CONTEXT)
        for section in contexts:
            self._context(section)
        for section in sections:
            if aliases and section.name.lower() == aliases and not section.template:
                self._aliases(section)
        self._tell_options()
        if not made.boxes and not made.failed:
            at = Mark(sections[0].at.file, 1, 1) if sections else NOWHERE
            self._problem(at, BAD_VALUE, "there is no mailbox in it", Severity.ERROR)
        if sections:
            self._remark(Mark(sections[0].at.file, 1, 1), UNSEEN)
        made.problems[:] = dict.fromkeys(made.problems)
        return made

    # What stands where ---------------------------------------------------------------

    def _read_general(self, section: Section) -> None:
        for entry in _last_ones(section):
            row = GENERAL.get(entry.key)
            if row is None:
                self._unknown(entry, GENERAL, ONE_BOX)
                continue
            self._general.set(entry.key, entry.value, entry.at)
            if row.told_for(entry.value):
                self._remark(entry.at, f"{entry.key}: {row.said}")

    def _unknown(
        self, entry: Entry, known: Mapping[str, Row], elsewhere: Mapping[str, Row]
    ) -> None:
        if not _OPTION.fullmatch(entry.key):
            self._bad(entry.at, "this is no option of [general]; a line of a mailbox?")
        elif entry.key in elsewhere:
            self._bad(entry.at, f"{entry.key} belongs into a mailbox's line")
        else:
            self._remark(entry.at, self._strange(entry.key, known))

    def _strange(self, key: str, known: Iterable[str]) -> str:
        self._hints -= 1
        hint = did_you_mean(key, known) if self._hints >= 0 else ""
        return f"{key!r} is no option of Asterisk 22{hint}"

    def _zones_of(self, section: Section) -> None:
        for entry in section.entries:
            zone = re.split("[|,]", entry.value)[0].strip()
            if re.fullmatch(r"[A-Za-z0-9_+/-]{1,60}", zone):
                self._zones[entry.key] = zone
        if section.entries:
            row = SECTIONS["[zonemessages]"]
            self._remark(section.at, f"[{section.name}] {row.said}")

    def _context(self, section: Section) -> None:
        for entry in section.entries:
            if entry.key in GENERAL or entry.key in ONE_BOX:
                row = GENERAL.get(entry.key)
                if entry.key == "directoryintro" and row is not None:
                    self._remark(entry.at, f"directoryintro: {row.words}")
                else:
                    message = f"{entry.key} belongs into [general], or a mailbox's line"
                    self._bad(entry.at, message)
            elif len(self.made.boxes) == MOST_BOXES:
                message = f"more than {MOST_BOXES:,} mailboxes"
                self._problem(entry.at, BAD_VALUE, message, Severity.ERROR)
                return
            else:
                self._box(section.name, entry)

    def _aliases(self, section: Section) -> None:
        names = self.made.names
        for entry in section.entries:
            target = entry.value.lower()
            target = target if "@" in target else f"{target}@{DEFAULT_CONTEXT}"
            alias = entry.key if "@" in entry.key else f"{entry.key}@{DEFAULT_CONTEXT}"
            if target in names:
                names.setdefault(alias, names[target])
            else:
                self._bad(entry.at, "an alias of a mailbox that is not there")
        if section.entries:
            words = SECTIONS["[aliases]"].words
            self._remark(section.at, f"[{section.name}] {words}")

    # One mailbox ---------------------------------------------------------------------

    def _box(self, context: str, entry: Entry) -> None:
        box, at = entry.key, entry.at
        if "@" in box:
            self._bad(
                at,
                "a mailbox's name has no @ in it; if this is an alias, write "
                f"`aliasescontext = {context}` into [general]",
            )
            return
        if not re.fullmatch(r"[\w.+-]{1,40}", box):
            self._bad(at, f"[{context}] what stands before `=>` is no mailbox's name")
            return
        full = f"{box}@{context}".lower()
        if full in self._seen:
            first = self._seen[full]
            self._bad(
                at, f"{full} is there already ({first.file}:{first.line}): not taken"
            )
            return
        self._seen[full] = at
        if len(entry.value) > LONGEST_LINE:
            self._bad(at, f"{full}: longer than what Asterisk reads of a line")
            return
        line = read_line(entry.value)
        name = self._name(context, box)
        self.made.names[full] = name
        values = self._general.copy()
        self._options(full, line, values, at)
        about = BoxKeys(values, self._bad, self._language, self._languages)
        keys = {**self._called(full, box, name, line, at), **about.keys(line, at)}
        self._tell_pin(full, box, line, about.min_pin, at)
        self.made.boxes.append(
            ImportedBox(
                name=name,
                box=box,
                context=context,
                keys=keys,
                pin=line.pin,
                fixed=line.fixed,
                at=at,
            )
        )

    def _called(
        self, full: str, box: str, name: str, line: Line, at: Mark
    ) -> dict[str, Any]:
        """`number` and `title`."""
        keys: dict[str, Any] = {}
        if not _NUMBER.fullmatch(box):
            self._bad(at, f"{full}: no phone can send this name; give it a `number`")
        elif box in self._taken:
            owner = self._taken[box]
            self._bad(at, f"{full}: {owner} has this number; give it another `number`")
        else:
            self._taken[box] = name
            keys["number"] = box
        title = line.name
        if title.isdecimal() and title != box:
            self._bad(at, f"{full}: the name is a number; a PIN in the wrong column?")
            title = ""
        elif "\ufffd" in title:
            self._bad(at, f"{full}: the name is not UTF-8; write its `title` anew")
            title = ""
        keys["title"] = {self._language: title or box}
        return keys

    def _options(self, full: str, line: Line, values: Values, at: Mark) -> None:
        """Put the line's options over those of [general]."""
        for key, value in line.options:
            row = ONE_BOX.get(key) or (GENERAL[key] if key in BOTH else None)
            if row is not None:
                values.set(OLD_NAMES.get(key, key), value, at)
                if row.told_for(value):
                    self._tell(key, full, at, f"{key}: {row.said}")
            elif key in GENERAL:
                self._tell(key, full, at, f"{key} is an option of [general] alone")
            elif key in self._told:
                self._tell(key, full, at, "")
            else:
                self._tell(key, full, at, self._strange(key, (*BOTH, *ONE_BOX)))
        if line.bad_options:
            self._bad(at, f"{full}: an option is not `name=value`; not taken")
        if line.bad_addresses:
            self._bad(
                at, f"{full}: {line.bad_addresses} address(es) are none; not taken"
            )

    def _tell_pin(
        self, full: str, box: str, line: Line, shortest: int, at: Mark
    ) -> None:
        """What is to be known of the PIN."""
        if line.unheard_of:
            self._bad(at, f"{full}: no phone can send this PIN, so it has none")
        elif not line.pin:
            self._remark(
                at, f"{full}: no PIN, so it opens for nobody by number and PIN"
            )
        digits = line.pin.reveal()
        if line.fixed and digits and (digits == box or len(digits) < shortest):
            message = f"{full}: its PIN is easy to guess, and can't be changed by phone"
            self._bad(at, message)

    def _name(self, context: str, box: str) -> str:
        """The mailbox's name: one word of a-z, 0-9 and _."""
        first = "box" if context.lower() == DEFAULT_CONTEXT else _word(context)
        word = "_".join(filter(None, (first, _word(box)))) or "box"
        if not word[0].isalpha():
            word = f"box_{word}"
        name = word
        while name in self._names:
            number = self._next[word] = self._next.get(word, 1) + 1
            name = f"{word}_{number}"
        self._names.add(name)
        return name

    # What is told --------------------------------------------------------------------

    def _tell_options(self) -> None:
        """Each option of lines once, however many lines set it."""
        for told in self._told.values():
            more = f" (and {told.more:,} more)" if told.more else ""
            self._remark(told.at, f"{told.full}{more}: {told.words}")
        zone = self._zones.get(self._general.text("tz").lower())
        if zone:
            at = self._general.at("tz")
            self._remark(at, f"tz: write `timezone: {zone}` into site.yaml")

    def _tell(self, key: str, full: str, at: Mark, words: str) -> None:
        """The mailbox *full* sets *key*; *words* are told the first time."""
        told = self._told.get(key)
        if told is None:
            self._told[key] = _Told(full, at, words)
        else:
            told.more += 1

    def _remark(self, at: Mark, message: str) -> None:
        self._problem(at, REMARK, message, Severity.NOTE)

    def _bad(self, at: Mark, message: str) -> None:
        self._problem(at, BAD_VALUE, message, Severity.WARNING)

    def _problem(self, at: Mark, code: str, message: str, severity: Severity) -> None:
        self.made.problems.append(Problem(at, code, message, severity))


def _hushed(problem: Problem) -> Problem:
    """The reader's error without what it quotes of a line: a PIN may stand there."""
    said = _QUOTED.sub("this line", problem.message, count=1)
    return replace(problem, message=said)


def _last_ones(section: Section) -> Iterator[Entry]:
    """Of each option the entry that counts, in the order in which they are written."""
    yield from {entry.key: entry for entry in section.entries}.values()


def _word(text: str) -> str:
    return re.sub(r"[^a-z0-9_]+", "_", text.lower()).strip("_")[:40]
