"""What of a support archive nobody else may see, and what stands in its place.

Everything that goes into it comes by here as text, whatever made it:

- each secret that a file of the settings holds, each password of a url and what its
  query says, the path of a messenger's webhook, what may be secret in a command, by
  value;
- phone numbers, card numbers and the like: any row of seven digits or more. The same
  number gets the same name (`number-3`), so that one caller can be followed;
- mail addresses, which keep their host.

Ids of calls (`1764000000.7`) and times stay: without them nothing could be found. Of
JSON the texts are looked at; what is a number there counts something.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ivrflow.config import BadConfig, Settings
from ivrflow.config.kinds import Argument, SecretFile, SecretUrl, Url
from ivrflow.flow.kind import Part
from ivrflow.secret import MASK

SHORTEST = 4
"""Characters of a secret that is looked for: shorter ones would stand everywhere."""

SHORTEST_WORD = 8
"""Characters of a word of a command line that may be one."""

ADDRESS = re.compile(r"[\w.+-]+@(?=[\w-]+(?:\.[\w-]+)+)")

WORD = re.compile(r"[0-9A-Za-z]+(?:\.\d+)?")
STAYS = re.compile(r"\d{9,10}\.\d{1,6}|0000[0-9a-f]{4}")
"""An id of a call, or a time in seconds; the end of a channel's name in Asterisk."""
LONG = re.compile(r"\d{7,}")
GROUPED = re.compile(r"(?<![\w.:-])\+?\d{2,4}(?:[ -]\d{2,4}){2,}(?![\w:])")
"""A number that is written in groups: 138 0013 8000."""
DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class Masker:
    """Gives what is masked its names, the same in all parts of one archive."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        found = {one for one in secrets if len(one) >= SHORTEST}
        # The longest first: one may stand in another.
        ordered = sorted(found, key=len, reverse=True)
        self._secret = re.compile("|".join(map(re.escape, ordered))) if found else None
        self._names: dict[str, dict[str, str]] = {"number": {}, "address": {}}

    def of_file(self, name: str, text: str) -> str:
        """The text of a file of that *name*, without what nobody else may see."""
        if not name.endswith(".json"):
            return self.masked(text)
        try:
            inside = json.loads(text)
        except ValueError:
            return self.masked(text)  # why it could not be had
        return json.dumps(self._inside(inside), ensure_ascii=False, indent=2) + "\n"

    def masked(self, text: str) -> str:
        """*text* without what nobody else may see."""
        if self._secret is not None:
            text = self._secret.sub(MASK, text)
        text = ADDRESS.sub(lambda m: f"{self._name('address', m[0][:-1])}@", text)
        text = WORD.sub(lambda m: self._word(m[0]), text)
        return GROUPED.sub(lambda m: self._group(m[0]), text)

    def _inside(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.masked(value)
        if isinstance(value, dict):
            return {self.masked(k): self._inside(v) for k, v in value.items()}
        if isinstance(value, list):
            return [self._inside(one) for one in value]
        return value

    def _word(self, word: str) -> str:
        if STAYS.fullmatch(word):
            return word
        return LONG.sub(lambda m: self._name("number", m[0]), word)

    def _group(self, group: str) -> str:
        digits = re.sub(r"\D", "", group)
        if len(digits) < 7 or DATE.match(group):
            return group
        return self._name("number", digits)

    def _name(self, kind: str, what: str) -> str:
        names = self._names[kind]
        return names.setdefault(what, f"{kind}-{len(names) + 1}")


def secrets_of(settings: Settings) -> Iterator[str]:
    """All secrets that *settings* name, as far as they can be read."""
    for value in _values(settings):
        if isinstance(value, SecretFile):
            try:
                secret = settings.secret(value).reveal()
            except BadConfig:
                continue  # the settings' own part of the archive says so
            yield secret
            yield from secret.splitlines()
        elif isinstance(value, SecretUrl):
            yield from re.findall(r"://[^/?#]*[/?#](.+)", value)
        elif isinstance(value, Url):
            yield from re.findall(r"://[^/@]*?:([^/@]+)@", value)
            yield from re.findall(r"[?&][^=&]*=([^&#]+)", value)
        elif isinstance(value, Argument):
            yield from [str(value)] if _may_be_one(value) else []


def _may_be_one(word: Argument) -> bool:
    return word.shown != word and len(word) >= SHORTEST_WORD


def _values(inside: object) -> Iterator[object]:
    if isinstance(inside, Part):
        for _, value in inside:
            yield from _values(value)
    elif isinstance(inside, Mapping):
        for value in inside.values():
            yield from _values(value)
    elif isinstance(inside, list | tuple):
        for value in inside:
            yield from _values(value)
    else:
        yield inside
