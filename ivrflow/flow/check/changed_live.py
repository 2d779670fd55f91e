"""T016: something is to be changed live that can't be.

- wording.yaml lists a prompt that there is not, or one that no file of the site has:
  the words that are shipped stand in no file that could be changed;
- `record: yes` for a prompt that is not one text without values in each language: what
  is spoken takes the place of one recording;
- a number leads to a timetable without `who`, to a prompt for which wording.yaml does
  not say `record: yes`, or to a language that the site does not have.

Wrong:

    # numbers.yaml
    "*81": {hours: office}
                   ^

Right:

    # numbers.yaml
    "*81": {hours: office}
    # hours.yaml
    office: {mon-fri: "09:00-17:00", who: supervisor}
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ivrflow.flow.changes import changeable
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.numbers import Number

CODE = "T016"


def check(site: Site) -> Iterator[Problem]:
    if not any(file.startswith("prompts/") for file in site.unread):
        yield from _wording(site)
    for number in site.numbers.values():
        yield from _number(site, number)


def _wording(site: Site) -> Iterator[Problem]:
    by_prompt: dict[str, list[str]] = {}
    for name, phrase in changeable(site).items():
        prompt = name.partition("/")[2].partition(".")[0]
        by_prompt.setdefault(prompt, []).append(
            name if not phrase.words.slots else f"{name}.part1"
        )
    for name, wording in site.wording.items():
        at, clips = place_of(name), by_prompt.get(str(name), [])
        if not clips:
            hint = did_you_mean(str(name), site.catalogue.names())
            there = site.catalogue.has(str(name))
            message = (
                f"{str(name)!r} is shipped and stands in no file: give it words in "
                "prompts/ first"
                if there
                else f"there is no prompt {str(name)!r}{hint}"
            )
            yield Problem(at, CODE, message)
        elif wording.record and any("." in clip for clip in clips):
            message = (
                f"{str(name)!r} is said in several recordings, so none can be spoken "
                "for it: it must be one text without values"
            )
            yield Problem(at, CODE, message)


def _number(site: Site, number: Number) -> Iterator[Problem]:
    table = site.hours.get(number.hours) if number.hours is not None else None
    if number.hours is not None and table is not None and table.hours.who is None:
        message = (
            f"nobody may change {str(number.hours)!r}: give it a `who` in hours.yaml"
        )
        yield Problem(number.hours.at, CODE, message)
    prompt, language = number.announce, number.language
    if prompt is not None and "wording.yaml" not in site.unread:
        wording = site.wording.get(prompt)
        if wording is None or not wording.record:
            message = (
                f"nobody may speak {str(prompt)!r}: give it `record: yes` in "
                "wording.yaml"
            )
            yield Problem(prompt.at, CODE, message)
    if language is not None and language not in site.settings.languages:
        known = ", ".join(map(str, site.settings.languages))
        message = f"{str(language)!r} is no language of the site; it has {known}"
        yield Problem(language.at, CODE, message)
    elif language is not None and prompt is None:
        yield Problem(language.at, CODE, "`language` belongs to `announce`")
