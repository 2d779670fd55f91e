"""From what a prompts' file holds to prompts, with every mistake reported.

A prompt is one of
- a text;
- a text in several languages: a list of `{language: text}`;
- variants: `first silent wrong choices`. `silent` and `wrong` may be a list, one text
  for each attempt; `choices` gives a phrase for each target of a menu;
- a table of words, `{packed: being packed, ...}`, for the filter `word`.

Reading goes on after a mistake, so that all of a file come at once. What is wrong is
left out.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ivrflow.prompts.phrase import Phrase, speaks
from ivrflow.prompts.say import KEYS
from ivrflow.prompts.text import BadText, Slot, Words, parse_text, safe

Path = tuple[str | int, ...]
Report = Callable[[str, Path, str], None]
"""Take a mistake: the file's language, where in the file, and what to do about it."""

VARIANTS = ("first", "silent", "wrong", "choices")
TEMPLATE = "menu_choice"
"""The prompt that makes a sentence of a choice and its key."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")

Sentence = tuple[Phrase, ...]
"""What is said at once: one phrase, or one in each of several languages."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """One prompt in one language's file."""

    first: Sentence = ()
    silent: tuple[Sentence, ...] = ()
    """By attempt; the last one serves for all later attempts."""
    wrong: tuple[Sentence, ...] = ()
    choices: Mapping[str, Phrase] = field(default_factory=dict)

    @property
    def variants(self) -> tuple[str, ...]:
        return tuple(name for name in VARIANTS if getattr(self, name))

    def texts(self) -> list[tuple[Path, Phrase]]:
        """Return every phrase with its place within the prompt."""
        found: list[tuple[Path, Phrase]] = [(("first",), p) for p in self.first]
        for variant in ("silent", "wrong"):
            for number, sentence in enumerate(getattr(self, variant)):
                found += [((variant, number), phrase) for phrase in sentence]
        found += [(("choices", name), phrase) for name, phrase in self.choices.items()]
        return found


@dataclass(frozen=True, slots=True)
class Template:
    """`${choice}, press ${key}.`: the words before and after the choice.

    The half with the key is recorded once for each key: "press one" said in one breath
    sounds like a person, a joined "press" and "one" does not.
    """

    before: tuple[str | Slot, ...]
    after: tuple[str | Slot, ...]
    clip: str
    language: str

    @classmethod
    def of(cls, phrase: Phrase) -> Template:
        """Raise `BadText` unless both slots are there, once."""
        names = [slot.expression for slot in phrase.words.slots]
        if sorted(names) != ["choice", "key"] or any(
            slot.filter for slot in phrase.words.slots
        ):
            cure = "${choice} and ${key} once each, such as: ${choice}, press ${key}."
            raise BadText(f"'{TEMPLATE}' holds {cure}", 0)
        parts = phrase.words.parts
        middle = next(
            at
            for at, part in enumerate(parts)
            if isinstance(part, Slot) and part.expression == "choice"
        )
        return cls(parts[:middle], parts[middle + 1 :], phrase.clip, phrase.language)

    def half(self, parts: tuple[str | Slot, ...], key: str, spoken: str) -> Phrase:
        """Return one half as a phrase for *key*, whose word is *spoken*."""
        words = "".join(spoken if isinstance(part, Slot) else part for part in parts)
        keyed = any(isinstance(part, Slot) for part in parts)
        end = key if keyed else ("before" if parts is self.before else "after")
        clip = f"{self.clip}.{end}" if speaks(words) else ""
        return Phrase(Words(words, (words,) if words else ()), clip, self.language)


@dataclass(slots=True)
class Language:
    """What one file gives."""

    prompts: dict[str, Prompt] = field(default_factory=dict)
    tables: dict[str, dict[str, Phrase]] = field(default_factory=dict)
    template: Template | None = None
    left_out: set[str] = field(default_factory=set)
    """Names of prompts of which a mistake has left nothing."""


def read_language(
    language: str, raw: Mapping[str, object], known: Sequence[str], report: Report
) -> Language:
    """Read one file. *known* are the site's languages."""
    reader = _Reader(language, known, report)
    for name, value in raw.items():
        reader.prompt(str(name), value)
    return reader.found


class _Reader:
    def __init__(self, language: str, known: Sequence[str], report: Report) -> None:
        self._language = language
        self._known = known
        self._report = report
        self.found = Language()

    def prompt(self, name: str, value: object) -> None:
        if not _NAME.fullmatch(name):
            cure = "use lower-case letters, digits and _, beginning with a letter"
            self._say((name,), f"'{name}' can't name a prompt; {cure}")
            return
        stem = f"{self._language}/{name}"
        if isinstance(value, Mapping) and not any(key in value for key in VARIANTS):
            self._table(name, stem, value)
            return
        if isinstance(value, Mapping):
            prompt = self._variants(name, stem, value)
        else:
            prompt = Prompt(first=self._sentence((name,), stem, value))
        if not prompt.variants:
            self.found.left_out.add(name)
            return
        if name == TEMPLATE:
            self._template(prompt)
        else:
            self.found.prompts[name] = prompt

    def _variants(self, name: str, stem: str, value: Mapping[str, object]) -> Prompt:
        for key in value:
            if key not in VARIANTS:
                close = difflib.get_close_matches(str(key), VARIANTS, n=1)
                hint = (
                    f"did you mean '{close[0]}'?"
                    if close
                    else f"there are {' '.join(VARIANTS)}"
                )
                self._say((name, key), f"a prompt has no variant '{key}'; {hint}")
        first = value.get("first")
        return Prompt(
            first=self._sentence((name, "first"), stem, first)
            if "first" in value
            else (),
            silent=self._attempts((name, "silent"), f"{stem}.silent", value),
            wrong=self._attempts((name, "wrong"), f"{stem}.wrong", value),
            choices=self._choices((name, "choices"), stem, value.get("choices")),
        )

    def _attempts(
        self, path: Path, stem: str, value: Mapping[str, object]
    ) -> tuple[Sentence, ...]:
        variant = value.get(str(path[-1]))
        if str(path[-1]) not in value:
            return ()
        if not isinstance(variant, (list, tuple)) or _several_languages(variant):
            said = self._sentence(path, stem, variant)
            return (said,) if said else ()
        said_by_attempt = (
            self._sentence((*path, at), f"{stem}.{at + 1}", text)
            for at, text in enumerate(variant)
        )
        return tuple(said for said in said_by_attempt if said)

    def _choices(self, path: Path, stem: str, value: object) -> dict[str, Phrase]:
        if value is None:
            return {}
        if not isinstance(value, Mapping):
            self._say(path, "choices are names of targets, each with its phrase")
            return {}
        found = {}
        for target, text in value.items():
            if target in ("first", "silent", "wrong"):
                cure = "rename the step: its recording would be the variant's"
                self._say(
                    (*path, target), f"a choice can't be named '{target}'; {cure}"
                )
                continue
            clip = f"{stem}.{safe(str(target))}"
            words = self._words((*path, target), text)
            if words is not None:
                found[str(target)] = Phrase(words, clip, self._language)
        return found

    def _sentence(self, path: Path, stem: str, value: object) -> Sentence:
        """Read a text, or one in several languages."""
        if not isinstance(value, (list, tuple)):
            words = self._words(path, value)
            return (Phrase(words, stem, self._language),) if words else ()
        if not _several_languages(value):
            cure = "a list here is a text in several languages: - {zh-CN: ...}"
            self._say(path, cure)
            return ()
        phrases = []
        for at, entry in enumerate(value):
            [(language, text)] = entry.items()
            here = (*path, at, language)
            if language not in self._known:
                known = " ".join(self._known)
                self._say(
                    here, f"'{language}' is no language of the site; it has {known}"
                )
                continue
            words = self._words(here, text)
            if words is not None:
                phrases.append(Phrase(words, f"{stem}.{language}", language))
        return tuple(phrases)

    def _table(self, name: str, stem: str, value: Mapping[str, object]) -> None:
        found = {}
        for key, text in value.items():
            words = self._words((name, key), text)
            if words is None:
                continue
            if words.slots:
                self._say((name, key), "a word of a table can't hold ${...}")
                continue
            clip = f"{stem}.{safe(str(key))}"
            found[str(key)] = Phrase(words, clip, self._language)
        if not value:
            self._say((name,), f"'{name}' is empty; give it a text")
        self.found.tables[name] = found

    def _template(self, prompt: Prompt) -> None:
        if len(prompt.first) != 1 or prompt.variants != ("first",):
            self._say((TEMPLATE,), f"'{TEMPLATE}' is one text in one language")
            return
        try:
            self.found.template = Template.of(prompt.first[0])
        except BadText as bad:
            self._say((TEMPLATE,), bad.message)

    def _words(self, path: Path, value: object) -> Words | None:
        if not isinstance(value, str):
            self._say(path, "a text is needed here; put the words in quotes")
            return None
        if not value.strip():
            self._say(path, "the text is empty; write what is said")
            return None
        try:
            return parse_text(value)
        except BadText as bad:
            self._say(path, bad.message)
            return None

    def _say(self, path: Path, message: str) -> None:
        self._report(self._language, path, message)


def _several_languages(value: object) -> bool:
    return (
        isinstance(value, (list, tuple))
        and bool(value)
        and all(isinstance(entry, Mapping) and len(entry) == 1 for entry in value)
    )


def key_name(key: str) -> str:
    """Return *key* as flows name it: `*` is star and `#` is hash; `10` is two keys."""
    name = {"*": "star", "#": "hash"}.get(key, key)
    if name not in KEYS and not name.isdigit():
        raise ValueError(f"{key!r} is no key of a menu")
    return name
