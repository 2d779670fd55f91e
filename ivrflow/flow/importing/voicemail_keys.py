"""The keys of mailboxes.yaml that options of voicemail.conf become.

Options of [general] hold for all mailboxes, a mailbox's own go over them. Values are
read as Asterisk reads them, but for what it takes silently and does not mean: there
`maxsecs=3m` is 3, and `review=sure` is no. Those are told, and the default is taken.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container
from typing import Any

from ivrflow.flow.importing.voicemail_line import Line
from ivrflow.flow.importing.voicemail_options import FALSE, TRUE
from ivrflow.flow.source import NOWHERE, Mark
from ivrflow.voicemail import pins
from ivrflow.voicemail.keys import LONGEST_SKIP, SKIP, USUAL, Key

LONGEST = 3600
"""Seconds of a message at most: a line that is not hung up must not fill the disk."""

MOST_MESSAGES = 9999
DELETED_FOR = "7d"

LISTEN = {
    "forward": Key.FORWARD,
    "reverse": Key.BACK,
    "pause": Key.PAUSE,
    "restart": Key.RESTART,
}
"""Asterisk's `listen-control-NAME-key`. Its own digits are ours, as is its `skipms`."""

LANGUAGES = {"cn": "zh-CN", "zh": "zh-CN", "zh-cn": "zh-CN"}
"""Asterisk's words for a language -> ours, where they differ."""

OLD_NAMES = {"maxmessage": "maxsecs", "deletevoicemail": "delete"}
"""Old names of options of a line: what it sets counts, however [general] calls it."""

Tell = Callable[[Mark, str], None]


class Values:
    """Options as they are written, each with its place."""

    def __init__(self, of: dict[str, tuple[str, Mark]] | None = None) -> None:
        self._of = dict(of or {})

    def copy(self) -> Values:
        """The same, to put others over them."""
        return Values(self._of)

    def set(self, key: str, value: str, at: Mark) -> None:
        """*value* counts from now on."""
        self._of[key] = (value, at)

    def text(self, *keys: str) -> str:
        """The value of the first of *keys* that is there, or ""."""
        return next((self._of[key][0] for key in keys if key in self._of), "")

    def at(self, *keys: str) -> Mark:
        """Where it stands."""
        return next((self._of[key][1] for key in keys if key in self._of), NOWHERE)

    def number(self, bad: Tell, default: int, most: int, *keys: str) -> int:
        """A whole number from 0 to *most*."""
        written = self.text(*keys)
        if not written:
            return default
        if not re.fullmatch("[0-9]{1,9}", written, re.ASCII):
            bad(self.at(*keys), f"{keys[0]} is not a whole number: {default} is taken")
            return default
        if int(written) > most:
            bad(self.at(*keys), f"{keys[0]} is more than {most:,}: that is taken")
        return min(int(written), most)

    def yes(self, bad: Tell, default: bool, *keys: str) -> bool:
        """A yes or a no."""
        written = self.text(*keys).lower()
        if not written:
            return default
        if written not in TRUE | FALSE:
            said = "yes" if default else "no"
            bad(self.at(*keys), f"{keys[0]} is neither yes nor no: {said} is taken")
            return default
        return written in TRUE


class BoxKeys:
    """The keys of one mailbox. *bad* is told what can't be carried over, and where."""

    def __init__(
        self,
        values: Values,
        bad: Tell,
        language: str,
        languages: Container[str] | None,
    ) -> None:
        self._values = values
        self._bad = bad
        self._language = language
        self._languages = languages

    @property
    def min_pin(self) -> int:
        """The digits that a PIN must have."""
        least = self._values.number(self._bad, 0, pins.LONGEST, "minpassword")
        return max(pins.SHORTEST, least)

    def keys(self, line: Line, at: Mark) -> dict[str, Any]:
        """All but `number` and `title`, in the order of the documentation."""
        keys: dict[str, Any] = {}
        if language := self._spoken(at):
            keys["language"] = language
        keys["length"] = self._length(at)
        keys["silence"] = f"{self._number('maxsilence', 0, 600)}s"
        keys["review"] = self._yes("review", False)
        keys["urgent"] = self._yes("leaveurgent", True)
        keys["most"] = self._number("maxmsg", 100, MOST_MESSAGES)
        keys["keep"] = {"deleted": DELETED_FOR}
        keys["say"] = self._say()
        keys["may"] = {
            "send": self._yes("sendvoicemail", False),
            "call_back": bool(self._values.text("callback")),
        }
        keys["next_after"] = self._yes("nextaftercmd", False)
        keys["wrap"] = self._yes("messagewrap", False)
        if self.min_pin > pins.SHORTEST:
            keys["min_pin"] = self.min_pin
        told = self._tell(line)
        if self._values.yes(self._bad, False, "delete"):
            # Without a mail Asterisk deletes nothing either.
            if line.emails:
                keys["delete_after_mail"] = True
            else:
                self._bad(at, "delete: no address to mail to, so nothing is deleted")
        if told:
            keys["tell"] = told
        return keys

    def _length(self, at: Mark) -> str:
        longest = self._number("maxsecs", 0, LONGEST, "maxmessage") or LONGEST
        shortest = self._number("minsecs", 0, LONGEST, "minmessage")
        if shortest > longest:
            where = self._values.at("minsecs", "minmessage")
            self._bad(where, f"minsecs is more than maxsecs ({longest}): 0 is taken")
            shortest = 0
        return f"{shortest}s..{longest}s"

    def _say(self) -> dict[str, Any]:
        """What is said before a message."""
        minutes = self._number("saydurationm", 2, 60)
        return {
            "caller": self._yes("saycid", False),
            "when": self._yes("envelope", True),
            "length": f"{minutes}m" if self._yes("sayduration", True) else False,
        }

    def _tell(self, line: Line) -> list[dict[str, Any]]:
        """Who gets a mail."""
        attach = {"attach": "wav"} if self._yes("attach", True) else {}
        mails = [{"email": address, **attach} for address in line.emails]
        return mails + [{"email": address} for address in line.pagers]

    def _spoken(self, at: Mark) -> str:
        """The language of its mails, "" for the site's."""
        written = self._values.text("language")
        if not written:
            return ""
        language = LANGUAGES.get(written.lower().replace("_", "-"), written)
        language = language.replace("_", "-")
        if not re.fullmatch("[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", language, re.ASCII):
            self._bad(at, "language is not one; the site's is taken")
            return ""
        if self._languages is not None and language not in self._languages:
            self._bad(at, f"the site does not speak {language}; its own is taken")
            return ""
        return "" if language == self._language else language

    def _number(self, key: str, default: int, most: int, *old: str) -> int:
        return self._values.number(self._bad, default, most, key, *old)

    def _yes(self, key: str, default: bool) -> bool:
        return self._values.yes(self._bad, default, key)


def listen_keys(general: Values, bad: Tell) -> dict[str, Any]:
    """`listen_keys` of mailboxes.yaml: what differs from Asterisk's own digits."""
    found: dict[str, Any] = {}
    taken: dict[str, tuple[Key, Mark]] = {}
    for name, act in LISTEN.items():
        option, default = f"listen-control-{name}-key", USUAL[act]
        written, at = general.text(option) or default, general.at(option)
        if not re.fullmatch("[0-9*#]{1,12}", written, re.ASCII):
            bad(at, f"{option} is no key: {default} is taken")
            written = default
        if len(written) > 1:
            bad(at, f"{option}: one key each, so {written[0]} alone is taken")
        key = written[0]
        if key in taken:
            # As in Asterisk, the first of them has it, and this one none.
            other, there = taken[key]
            where = there if at is NOWHERE else at
            bad(where, f"{option}: {key} is {other.value} already, so it has no key")
            found[act.value] = ""
            continue
        taken[key] = act, at
        if key != default:
            found[act.value] = key
    usual = round(SKIP * 1000)
    skip = general.number(bad, usual, round(LONGEST_SKIP * 1000), "skipms")
    if not skip:
        bad(general.at("skipms"), f"skipms is 0: {usual} is taken")
    elif skip != usual:
        found["skip"] = f"{skip / 1000:g}s" if skip % 1000 == 0 else f"{skip}ms"
    return found
