"""What may be changed live in a site's files: the words of a prompt, dates of hours.

Pure: from a site and its texts to the text of one file with one value changed
(`edit`), and back again. A place is called as people call it: words as the recording
that says them (`en/outage_notice`, `en/enter_card.silent.1`, `en/main_menu.balance`),
dates as they are written (`office 2026-12-24`).

Going back: while the file is as the change left it, the very bytes come back. When
something else in it has changed meanwhile, the old value comes back in its old quotes.
When the value itself is another one now, a person has changed it since, and it stays.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from ivrflow.flow import edit
from ivrflow.flow.edit import CannotEdit, Splice
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.site.hours import Dates, Ranges
from ivrflow.flow.source import Scalar
from ivrflow.flow.versions import Texts
from ivrflow.prompts.phrase import Phrase, tidy

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.hours import Hours
    from ivrflow.flow.site.wording import Wording

HOURS = "hours.yaml"
EXCEPT = "except"
LONGEST = 4000
"""Characters of new words."""


class Unknown(LookupError):
    """There is no such prompt, timetable or date, or it may not be changed live."""


class CannotChange(Exception):
    """The change can't be made as it was asked for. Says why and what to do."""


class AlreadySo(CannotChange):
    """What is asked for is what stands there, for good."""


@dataclass(frozen=True, slots=True)
class Place:
    """What is changed. *dates* is "" for words."""

    name: str
    dates: str = ""

    def __str__(self) -> str:
        return f"hours {self.name} {self.dates}" if self.dates else f"words {self.name}"

    @classmethod
    def named(cls, text: str) -> Place:
        """The place of which *text* is the `str`."""
        name, _, dates = text.partition(" ")[2].partition(" ")
        return cls(name, dates)


@dataclass(frozen=True, kw_only=True)
class Edited:
    """One file with one value changed. A value that is None is not there."""

    place: Place
    file: str
    text: str
    """The whole new text of the file."""
    before: str | None
    after: str | None
    token: str | None
    """How *before* was written, quotes and all."""
    splice: Splice

    @property
    def mark(self) -> str:
        """By which the new text is known again."""
        return mark_of(self.text)


@dataclass(frozen=True, kw_only=True)
class Change:
    """A change that was made live, and all that it takes to undo it.

    Times are seconds since 1970; *until* None: it stays.
    """

    place: Place
    file: str
    by: str
    at: float
    until: float | None
    before: str | None
    after: str | None
    token: str | None
    splice: Splice | None
    """None where the text before is not the one to come back: see `following`."""
    mark: str

    @classmethod
    def of(cls, edited: Edited, *, by: str, at: float, until: float | None) -> Change:
        """The change that *edited* makes."""
        return cls(
            place=edited.place,
            file=edited.file,
            by=by,
            at=at,
            until=until,
            before=edited.before,
            after=edited.after,
            token=edited.token,
            splice=edited.splice,
            mark=edited.mark,
        )

    def following(self, earlier: Change | None) -> Change:
        """This change, where *earlier* stands at its place.

        One that would have ended is ended by this one: what comes back after this one
        is what was there before both. One that was to stay is what comes back.
        """
        if earlier is None or earlier.until is None or earlier.after != self.before:
            return self
        values = {**vars(self), "before": earlier.before, "token": earlier.token}
        return Change(**{**values, "splice": None})


def mark_of(text: str) -> str:
    """A hash of *text*."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


# Words --------------------------------------------------------------------------------


def wording_of(site: Site, name: str) -> Wording:
    """What wording.yaml says of the words *name*; raises `Unknown`."""
    prompt = name.partition("/")[2].partition(".")[0]
    found = next((one for n, one in site.wording.items() if n == prompt), None)
    if found is None:
        hint = did_you_mean(prompt, map(str, site.wording))
        raise Unknown(
            f"the words of {prompt!r} can't be changed live: wording.yaml does not "
            f"list it{hint}"
        )
    return found


def phrase_of(site: Site, name: str) -> Phrase:
    """The words that are called *name*, as `en/enter_card.silent.1`.

    Raises `Unknown`, also for shipped words: they stand in no file of the site.
    """
    phrases = changeable(site)
    if name in phrases:
        return phrases[name]
    wording_of(site, name)
    hint = did_you_mean(name, phrases)
    raise Unknown(f"no file of the site has the words {name!r}{hint}")


def changeable(site: Site) -> Mapping[str, Phrase]:
    """Name -> words, of all that wording.yaml lists and a file of the site holds."""
    listed = set(map(str, site.wording))
    return {
        phrase.clip: phrase
        for phrase in site.catalogue.phrases()
        if phrase.clip.partition("/")[2].partition(".")[0] in listed
        and isinstance(phrase.words.text, Scalar)
        and phrase.words.text.at.file.startswith("prompts/")
    }


def new_words(site: Site, texts: Texts, name: str, words: str) -> Edited:
    """Give the prompt's text *name* these words.

    Raises `Unknown`, `CannotChange`.
    """
    words = tidy(words)
    if any(unicodedata.category(char) in ("Cc", "Cs") for char in words):
        raise CannotChange("a control character is no word")
    if not words or len(words) > LONGEST:
        raise CannotChange(f"the words are one to {LONGEST} characters")
    old = phrase_of(site, name).words.text
    assert isinstance(old, Scalar), name
    file = old.at.file
    text = texts.get(file, "")
    try:
        token = edit.token_at(text, old.at)
        splice = edit.rewrite(text, old.at, words)
    except CannotEdit as why:
        raise CannotChange(f"{old.at}: {why}") from None
    return Edited(
        place=Place(name),
        file=file,
        text=splice.applied(text),
        before=str(old),
        after=words,
        token=token,
        splice=splice,
    )


# Hours --------------------------------------------------------------------------------


def hours_of(site: Site, name: str) -> Hours:
    """The timetable *name* as it is written; `Unknown` if nobody may change it."""
    table = next((one for n, one in site.hours.items() if n == name), None)
    if table is None:
        hint = did_you_mean(name, map(str, site.hours))
        raise Unknown(f"hours.yaml has no timetable {name!r}{hint}")
    if table.hours.who is None:
        raise Unknown(
            f"the dates of {name!r} can't be changed live: hours.yaml gives it no `who`"
        )
    return table.hours


def new_hours(
    site: Site, texts: Texts, name: str, dates: str, hours: str | None
) -> Edited:
    """Give the timetable *name* these hours on *dates*; None: those of other days.

    Raises `Unknown`, `CannotChange`.
    """
    timetable = hours_of(site, name)
    wanted = _dates(dates)
    if hours is not None:
        hours = _hours(hours)
    before = _exception(timetable, str(wanted))
    text, path = texts.get(HOURS, ""), (name, EXCEPT)
    token = None
    try:
        if before is None:
            if hours is None:
                raise Unknown(_nothing_there(timetable, dates))
            splice = edit.put_first(text, path, str(wanted), hours)
        else:
            at = edit.place_of_value(text, path, str(wanted))
            if at is None:
                raise CannotEdit("the file is another one")
            token = edit.token_at(text, at)
            splice = (
                edit.remove(text, path, str(wanted))
                if hours is None
                else edit.rewrite(text, at, hours)
            )
    except CannotEdit as why:
        raise CannotChange(f"{HOURS}: {why}") from None
    return Edited(
        place=Place(name, str(wanted)),
        file=HOURS,
        text=splice.applied(text),
        before=before,
        after=hours,
        token=token,
        splice=splice,
    )


def _dates(written: str) -> Dates:
    try:
        read = Dates.read(Scalar(written.strip()))
    except PydanticCustomError as wrong:
        raise CannotChange(wrong.message()) from None
    # As it is written in the file: one way for each date.
    first, last = read.first.isoformat(), read.last.isoformat()
    return Dates.read(Scalar(first if first == last else f"{first}..{last}"))


def _hours(written: str) -> str:
    try:
        return str(Ranges.read(Scalar(tidy(written))))
    except PydanticCustomError as wrong:
        raise CannotChange(wrong.message()) from None


def _exception(timetable: Hours, dates: str) -> str | None:
    """The hours that the timetable has under exactly these dates."""
    found = (str(r) for d, r in timetable.except_.items() if d == dates)
    return next(found, None)


def _nothing_there(timetable: Hours, dates: str) -> str:
    known = ", ".join(map(str, timetable.except_)) or "none at all"
    return f"{timetable.name!r} has no hours of its own for {dates!r}; it has: {known}"


# Back ---------------------------------------------------------------------------------


def value_now(site: Site, place: Place) -> str | None:
    """What stands at *place* in *site*; None for nothing, or no such place any more."""
    if place.dates:
        table = next((t for n, t in site.hours.items() if n == place.name), None)
        return None if table is None else _exception(table.hours, place.dates)
    for phrase in site.catalogue.phrases():
        if phrase.clip == place.name:
            return str(phrase.words.text)
    return None


def back(site: Site, texts: Texts, change: Change) -> Edited:
    """Undo *change*. Raises `CannotChange`, also when the value is another one now."""
    place, text = change.place, texts.get(change.file, "")
    if value_now(site, place) != change.after:
        raise CannotChange(f"{change.file} was changed since: {place} stays as it is")
    try:
        if change.splice is not None and mark_of(text) == change.mark:
            old = change.splice.undone(text)
            splice = Splice(change.splice.at, change.splice.put, change.splice.removed)
        else:
            splice = _backwards(site, text, change)
            old = splice.applied(text)
    except CannotEdit as why:
        raise CannotChange(f"{change.file}: {why}") from None
    return Edited(
        place=place,
        file=change.file,
        text=old,
        before=change.after,
        after=change.before,
        token=None,
        splice=splice,
    )


def _backwards(site: Site, text: str, change: Change) -> Splice:
    place = change.place
    if not place.dates:
        now = phrase_of(site, place.name).words.text
        assert isinstance(now, Scalar), place
        return edit.restore(text, now.at, change.before or "", change.token or "")
    path = (place.name, EXCEPT)
    if change.before is None:
        return edit.remove(text, path, place.dates)
    if change.after is None:
        wider = _wider(site, place)
        return edit.put_before(text, path, place.dates, change.before, wider)
    at = edit.place_of_value(text, path, place.dates)
    if at is None:
        raise CannotEdit("the dates are written otherwise now")
    return edit.restore(text, at, change.before, change.token or change.before)


def _wider(site: Site, place: Place) -> str | None:
    """The first dates that hold for those of *place* too, and would hide them."""
    mine = _dates(place.dates)
    for dates in site.hours[place.name].hours.except_:
        if dates.first <= mine.first and mine.last <= dates.last:
            return str(dates)
    return None
