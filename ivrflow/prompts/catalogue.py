"""All prompts of a site, in all its languages, and how each is said.

The catalogue knows words, not flows: a value comes from the function that the flow
hands in, and whether a recording exists from another one. So the same sentence comes
out for a caller, for a test and for a terminal.

Which words are said: an ask says `silent` or `wrong` instead of `first`; a menu says
them before its choices. A variant that is missing is `first`; a language that lacks the
prompt says it in the default language.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from ivrflow.prompts.phrase import Clip, Phrase, Recorded, tidy
from ivrflow.prompts.read import (
    TEMPLATE,
    Language,
    Path,
    Prompt,
    Report,
    Sentence,
    key_name,
    read_language,
)
from ivrflow.prompts.say import (
    KEYS,
    NAMES,
    TABLE,
    About,
    CannotSay,
    Piece,
    Speller,
    speller_for,
)
from ivrflow.prompts.say.by_table import ByTable
from ivrflow.prompts.sentence import (
    Said,
    Spoken,
    Telling,
    Value,
    add,
    finished,
    speak,
    speak_all,
)
from ivrflow.prompts.text import Slot, Titled, Words
from ivrflow.prompts.tones import NAMES as TONES
from ivrflow.prompts.tones import seconds, tone_in
from ivrflow.secret import Masked
from ivrflow.telephony.sound import Utterance


class UnknownPrompt(LookupError):
    """No language of the site has this prompt."""


class Catalogue:
    """Built once for each version of a site. `languages[0]` is the default."""

    def __init__(
        self, languages: Sequence[str], found: Mapping[str, Language], currency: str
    ) -> None:
        self.languages = tuple(languages)
        self.currency = currency
        self._found = found
        self._spellers = {
            language: speller_for(
                language, _words_of(found[language].tables.get(TABLE))
            )
            for language in languages
        }

    @classmethod
    def build(
        cls,
        languages: Sequence[str],
        by_language: Mapping[str, Mapping[str, object]],
        report: Report,
        *,
        currency: str = "CNY",
    ) -> Catalogue:
        """Read the prompts of each language; tell *report* what is wrong.

        *by_language* is what the files hold, the shipped prompts included. A language
        that no speller knows is reported and left out, unless it is the default one:
        `LookupError` then.
        """
        if not languages:
            raise ValueError("a site has at least one language")
        spoken = [
            language
            for language in languages
            if _has_speller(language, by_language.get(language, {}), report)
        ]
        if languages[0] not in spoken:
            raise LookupError(f"nothing can say numbers in {languages[0]!r}")
        found = {
            language: read_language(
                language, by_language.get(language, {}), languages, report
            )
            for language in spoken
        }
        made = cls(spoken, found, currency)
        made._check_tables(report)
        made._check_names(report)
        return made

    def speller(self, language: str) -> Speller:
        """Who says values in *language*, one of the site's."""
        return self._spellers[language]

    @property
    def default(self) -> str:
        return self.languages[0]

    # What there is -----------------------------------------------------------------

    def has(self, name: str) -> bool:
        """True if some language has the prompt *name*. Tables are no prompts."""
        return any(name in found.prompts for found in self._found.values())

    def left_out(self, name: str) -> bool:
        """True if *name* is written in some language, and can't be read."""
        return any(name in found.left_out for found in self._found.values())

    def names(self) -> list[str]:
        """Return the names of all prompts, sorted."""
        return sorted(
            {name for found in self._found.values() for name in found.prompts}
        )

    def variants(self, name: str, language: str) -> tuple[str, ...]:
        """Return which of `first silent wrong choices` the prompt has."""
        return self._prompt(name, language)[1].variants

    def choices(self, name: str, language: str) -> dict[str, Words]:
        """Return the phrase of each target of a menu."""
        _, prompt = self._prompt(name, language)
        return {target: phrase.words for target, phrase in prompt.choices.items()}

    def texts(self, name: str, language: str) -> list[tuple[Path, Words]]:
        """Return all texts of a prompt, each with its place: ("silent", 0)."""
        _, prompt = self._prompt(name, language)
        return [(path, phrase.words) for path, phrase in prompt.texts()]

    def slots(self, name: str, language: str) -> tuple[Slot, ...]:
        """Return the slots of all texts of a prompt."""
        texts = self.texts(name, language)
        return tuple(slot for _, words in texts for slot in words.slots)

    def tables(self) -> frozenset[str]:
        """Return the names of all tables of words."""
        return frozenset(
            name for found in self._found.values() for name in found.tables
        )

    def table(self, name: str, language: str) -> dict[str, Words] | None:
        """Return the words of a table; None if no language has it."""
        table = self._table(name, language)
        if table is None:
            return None
        return {key: phrase.words for key, phrase in table.items()}

    def lacking(self) -> list[tuple[str, str]]:
        """Return (language, prompt) for all that is said in the default language."""
        return [
            (language, name)
            for language in self.languages
            for name in self.names()
            if name not in self._found[language].prompts
        ]

    def phrases(self) -> Iterator[Phrase]:
        """Yield every text of every prompt and table, with its recordings' names."""
        for found in self._found.values():
            for prompt in found.prompts.values():
                yield from (phrase for _, phrase in prompt.texts())
            for table in found.tables.values():
                yield from table.values()

    def clips(self) -> Iterator[Clip]:
        """Yield the recordings that prompts, tables and keys need; some come twice."""
        for phrase in self.phrases():
            yield from phrase.clips()
        for language, found in self._found.items():
            if found.template is not None:
                template, words = found.template, self.speller(language)
                for key in KEYS:
                    for half in (template.before, template.after):
                        yield from template.half(half, key, words.key(key)).clips()

    # What is said ------------------------------------------------------------------

    def utterances(
        self,
        prompt: str,
        *,
        variant: str = "first",
        attempt: int = 1,
        language: str,
        value: Value,
        recorded: Recorded,
        offered: Sequence[tuple[str, str]] = (),
        today: date | None = None,
        spoken: Spoken | None = None,
    ) -> list[Utterance]:
        """Return what a caller hears: one utterance for each language it is said in.

        *variant* is first, silent or wrong, and *attempt* counts its occasions from 1.
        *offered* are (key, target) of the menu as they stand now, in the order said; a
        target without a phrase is left out. *value* gives the slots' values. Dates
        leave out the year of *today*. *spoken* says what is not *recorded*. Raises
        `UnknownPrompt`, `CannotSay`.
        """
        language, found = self._prompt(prompt, language)
        name, sentence = _variant(prompt, found, variant, attempt)
        telling = Telling(
            value, recorded, About(today, self.currency), self.speller, spoken
        )
        said: list[Said] = []
        for phrase in sentence:
            self._say(said, phrase, telling)
        for key, target in offered:
            if target in found.choices:
                # A choice is spoken by itself: its words are the same, whichever others
                # are offered.
                speak_all(said, telling)
                self._offer(said, found.choices[target], key, language, telling)
        return finished(name, said, telling)

    def text(
        self,
        words: Words,
        *,
        language: str,
        value: Value,
        recorded: Recorded,
        today: date | None = None,
        spoken: Spoken | None = None,
    ) -> list[Utterance]:
        """Say a text that stands in the flow; raise `CannotSay`.

        Its fixed words have no recording, unless the whole text is `Titled`.
        """
        tone = tone_in(words.text)
        if tone in TONES:
            return [Utterance(words.text, "", language, (words.text,), seconds(tone))]
        clip, tongue = "", self._language(language)
        if isinstance(words.text, Titled):
            clip, tongue = words.text.clip, words.text.language
        said: list[Said] = []
        telling = Telling(
            value, recorded, About(today, self.currency), self.speller, spoken
        )
        self._say(said, Phrase(words, clip, tongue), telling)
        return finished("", said, telling)

    def _offer(
        self,
        said: list[Said],
        choice: Phrase,
        key: str,
        language: str,
        telling: Telling,
    ) -> None:
        """Say one choice of a menu with its key."""
        template = self._found[language].template or self._found[self.default].template
        if template is None:
            raise UnknownPrompt(f"there is no prompt '{TEMPLATE}' to name keys with")
        name = key_name(key)
        spoken = self.speller(template.language).key(name)
        if said and said[-1].words and said[-1].language == language:
            said[-1].words = said[-1].words.rstrip() + self.speller(language).gap
        self._say(said, template.half(template.before, name, spoken), telling)
        self._say(said, choice, telling)
        self._say(said, template.half(template.after, name, spoken), telling)

    def _say(self, said: list[Said], phrase: Phrase, telling: Telling) -> None:
        """Add *phrase* to what was said, or begin anew in another language."""
        if not said or said[-1].language != phrase.language:
            said.append(Said(phrase.language))
        now = said[-1]
        for part in phrase.stretches:
            if isinstance(part, Clip):
                now.words += part.words
                add(now, [Piece(part.words, part.name)], telling)
                continue
            value = telling.value(part)
            if isinstance(value, Masked):
                # Heard whole by the one who typed it, and shown by its end alone.
                pieces = self._spell(part, value.reveal(), phrase.language, telling)
                now.words, now.masked = now.words + str(value), True
                # A voice would leave a file with all of it: recorded digits or none.
                speak(now, telling)
                add(now, pieces, replace(telling, spoken=None))
            else:
                pieces = self._spell(part, value, phrase.language, telling)
                now.words += self.speller(phrase.language).written(pieces)
                own = part.filter == "word" or isinstance(value, Titled)
                add(now, pieces, telling, own=own)

    def _spell(
        self, slot: Slot, value: object, language: str, telling: Telling
    ) -> tuple[Piece, ...]:
        try:
            if slot.filter == "word":
                return (self._word(slot.argument, value, language),)
            if slot.filter in ("text", "") and isinstance(value, str):
                if slot.filter == "" and value.isascii() and value.isdigit():
                    return self.speller(language).say("digits", value, telling.about)
                clip = value.clip if isinstance(value, Titled) else ""
                return (Piece(str(value), clip),)
            if slot.filter == "text":
                return self.speller(language).say("", value, telling.about)
            return self.speller(language).say(slot.filter, value, telling.about)
        except CannotSay as error:
            written = f"{slot.expression} | {slot.filter}".removesuffix(" | ")
            raise CannotSay(f"${{{written}}}: {error}") from None

    def _word(self, name: str, value: object, language: str) -> Piece:
        table = self._table(name, language)
        if table is None:
            raise CannotSay(f"there is no table '{name}' among the prompts")
        phrase = table.get(value) if isinstance(value, str) else table.get(f"{value}")
        if value is None or phrase is None:
            raise CannotSay(f"the table '{name}' has no words for this value; add them")
        return Piece(tidy(phrase.words.text), phrase.clip)

    # Looking things up ---------------------------------------------------------------

    def _language(self, language: str) -> str:
        return language if language in self._found else self.default

    def _prompt(self, name: str, language: str) -> tuple[str, Prompt]:
        """Return the prompt, and the language whose file it stands in."""
        for known in (language, *self.languages):
            if known in self._found and name in self._found[known].prompts:
                return known, self._found[known].prompts[name]
        raise UnknownPrompt(f"there is no prompt '{name}'")

    def _table(self, name: str, language: str) -> dict[str, Phrase] | None:
        for known in (language, *self.languages):
            if known in self._found and name in self._found[known].tables:
                return self._found[known].tables[name]
        return None

    # Checks that need the whole ------------------------------------------------------

    def _check_tables(self, report: Report) -> None:
        for language, found in self._found.items():
            for name, prompt in found.prompts.items():
                for path, phrase in prompt.texts():
                    for slot in phrase.words.slots:
                        if slot.filter == "word" and slot.argument not in self.tables():
                            message = f"there is no table '{slot.argument}'"
                            report(language, (name, *path), message)
            by_table = isinstance(self._spellers[language], ByTable)
            for word in found.tables.get(TABLE, {}):
                if by_table and word not in NAMES:
                    message = f"nothing that is said is called '{word}'"
                    report(language, (TABLE, word), message)

    def _check_names(self, report: Report) -> None:
        """Two texts that would share one recording are told apart by nobody."""
        words: dict[str, str] = {}
        for clip in self.clips():
            if words.setdefault(clip.name, clip.words) != clip.words:
                language, _, name = clip.name.partition("/")
                message = f"two texts need the recording '{clip.name}'; rename one"
                report(language, (name.partition(".")[0],), message)


def _has_speller(language: str, prompts: Mapping[str, object], report: Report) -> bool:
    table = prompts.get(TABLE)
    try:
        speller_for(language, {} if isinstance(table, Mapping) else None)
    except LookupError as error:
        report(language, (), str(error))
        return False
    return True


def _words_of(table: Mapping[str, Phrase] | None) -> dict[str, str] | None:
    if table is None:
        return None
    return {name: tidy(phrase.words.text) for name, phrase in table.items()}


def _variant(
    name: str, prompt: Prompt, variant: str, attempt: int
) -> tuple[str, Sentence]:
    """Return the sentence of a variant, and the name under which it is known."""
    if variant not in ("first", "silent", "wrong"):
        raise ValueError(f"there is no variant {variant!r} to be said")
    by_attempt: tuple[Sentence, ...] = ()
    if variant != "first":
        by_attempt = prompt.silent if variant == "silent" else prompt.wrong
    if not by_attempt:
        return name, prompt.first
    return f"{name}.{variant}", by_attempt[min(max(attempt, 1), len(by_attempt)) - 1]
