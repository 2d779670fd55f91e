"""Which keys make an entry, and when it ends: a pure state machine.

What has been entered so far stands in one of four relations to what may be entered
(VoiceXML 2.0, appendix D, and SRGS 1.0):

    no          can't become a valid entry any more
    potential   the beginning of a valid entry, none itself
    match       valid, and could go on
    max         valid, and can't go on

Three timers decide the rest: `wait` for the first key, `between_keys` for each further
one, `after_complete` for the end key of an entry that is full.

    prompt ends, no key for `wait`              silent
    potential, no key for `between_keys`        wrong
    match, no key for `between_keys`            accepted
    max, no end key set                         accepted at once
    max, end key set                            wait `after_complete` for it; accepted
    end key on match or max                     accepted
    end key on potential / on nothing           wrong / silent
    a key that makes it "no"                    wrong: in a menu at once, in an ask
                                                when the entry ends
    clear key                                   starts again, costs no try; where the
                                                entry itself can take it, it is a part

The machine knows no clock. Its owner waits `within` seconds for a key and then calls
`press` or `expire`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Protocol

from ivrflow.telephony.keys import Stretch

LONGEST = 64
"""Keys that an entry takes at most: a phone that sends more is broken or hostile."""


class Match(Enum):
    """How an entry relates to what may be entered."""

    NO = "no"
    POTENTIAL = "potential"
    MATCH = "match"
    MAX = "max"


class Result(Enum):
    """How an entry ended."""

    ACCEPTED = "accepted"
    WRONG = "wrong"
    SILENT = "silent"
    LEFT = "left"
    """A key that is not part of the entry leads elsewhere."""
    CLEARED = "cleared"
    """The clear key on nothing, where the question listens for that."""


class Grammar(Protocol):
    """What may be entered."""

    def match(self, entry: str) -> Match: ...


@dataclass(frozen=True, slots=True)
class Length:
    """Between *low* and *high* digits."""

    low: int
    high: int

    def match(self, entry: str) -> Match:
        if not (entry.isascii() and entry.isdigit()):
            return Match.POTENTIAL if entry == "" else Match.NO
        if len(entry) > self.high:
            return Match.NO
        if len(entry) == self.high:
            return Match.MAX
        return Match.MATCH if len(entry) >= self.low else Match.POTENTIAL


class Choices:
    """One of several given sequences of keys, as in a menu."""

    def __init__(self, choices: Iterable[str]) -> None:
        self._choices = frozenset(choices)
        self._beginnings = frozenset(
            choice[:n] for choice in self._choices for n in range(len(choice))
        )

    def match(self, entry: str) -> Match:
        could_go_on = entry in self._beginnings
        if entry in self._choices:
            return Match.MATCH if could_go_on else Match.MAX
        return Match.POTENTIAL if could_go_on else Match.NO


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """Everything that decides how an entry ends. Times in seconds."""

    grammar: Grammar
    wait: float = 6.0
    between_keys: float = 3.0
    after_complete: float = 1.0
    end_keys: str = ""
    clear_key: str = ""
    leave_keys: str = ""
    """Keys that end the question at once, unless the entry itself can take them."""
    wrong_at_once: bool = False
    """True in a menu: the first impossible key ends it."""
    clear_on_nothing: bool = False
    """True: the clear key on nothing ends the question with `Result.CLEARED`."""

    def beginnings(self, keys: str) -> str:
        """Those of *keys* that could begin an entry, or lead elsewhere."""
        elsewhere = self.leave_keys + (self.clear_key if self.clear_on_nothing else "")
        return "".join(
            k for k in keys if k in elsewhere or self.grammar.match(k) is not Match.NO
        )


@dataclass(frozen=True, slots=True)
class Ended:
    """An entry's end. *entry* is what was entered; *key* the one that left, or ""."""

    result: Result
    entry: str
    why: str
    key: str = ""
    by: str = field(default="", compare=False)
    """What ended it: key, end key, leave key, clear key; or a timer: wait,
    between_keys, after_complete. It adds nothing to *why*, but a machine reads it."""
    end_key: str = field(default="", compare=False)
    """The end key that was pressed, or ""."""
    typed: Stretch | None = field(default=None, compare=False)
    """Which keys the entry was, where somebody keeps them."""


class Entry:
    """One attempt at one question."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._entry = ""
        self._match = rules.grammar.match("")

    @property
    def within(self) -> float:
        """How many seconds to wait for the next key."""
        if not self._entry:
            return self._rules.wait
        if self._match is Match.MAX:
            return self._rules.after_complete
        return self._rules.between_keys

    def press(self, key: str) -> Ended | None:
        """Take a key. Return how the entry ended, or None while it goes on."""
        rules = self._rules
        match = rules.grammar.match(self._entry + key)
        # A star that is a decimal point, or the X of an ID card, clears nothing.
        if match is Match.NO and key in rules.clear_key:
            return self._clear(key)
        if key in rules.end_keys:
            return self._end(f"the end key {key} was pressed", "end key", key)
        if match is Match.NO and key in rules.leave_keys:
            why = f"key {key} was pressed"
            return Ended(Result.LEFT, self._entry, why, key, "leave key")
        self._entry += key
        self._match = match
        if match is Match.NO and rules.wrong_at_once:
            why = f"key {key} leads nowhere here"
            return Ended(Result.WRONG, self._entry, why, by="key")
        if match is Match.NO and len(self._entry) > LONGEST:
            # Without the key: the entry may be secret.
            why = f"more than {LONGEST} keys"
            return Ended(Result.WRONG, self._entry, why, by="key")
        if match is Match.MAX and not rules.end_keys:
            why = "the entry is complete"
            return Ended(Result.ACCEPTED, self._entry, why, by="key")
        return None

    def expire(self) -> Ended:
        """No key came within `within` seconds: return how the entry ended."""
        if not self._entry:
            why = f"no key for {self._rules.wait:g} s"
            return Ended(Result.SILENT, "", why, by="wait")
        if self._match is Match.MAX:
            why = f"complete, no key for {self._rules.after_complete:g} s"
            return self._end(why, "after_complete")
        why = f"no further key for {self._rules.between_keys:g} s"
        return self._end(why, "between_keys")

    def _clear(self, key: str) -> Ended | None:
        if not self._entry and self._rules.clear_on_nothing:
            why = f"{key} was pressed before any digit"
            return Ended(Result.CLEARED, "", why, key, "clear key")
        self._entry = ""
        self._match = self._rules.grammar.match("")
        return None

    def _end(self, why: str, by: str, end_key: str = "") -> Ended:
        if not self._entry:
            return Ended(Result.SILENT, "", why, by=by, end_key=end_key)
        result = Result.ACCEPTED
        if self._match not in (Match.MATCH, Match.MAX):
            result = Result.WRONG
            short = self._match is Match.POTENTIAL
            why = f"{'too short' if short else 'not a valid entry'}, {why}"
        return Ended(result, self._entry, why, by=by, end_key=end_key)
