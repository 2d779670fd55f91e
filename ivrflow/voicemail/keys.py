"""The digits of hearing messages by phone, as a site sets them.

Without a word in `listen_keys` they are those of app_voicemail, as people have them in
their fingers. An act has one key wherever it is offered, and only acts that are offered
at the same moment need different ones:

    where       what is offered
    BOX         the menu of the mailbox, no message
    PLAYING     while a message plays; what these acts leave free, MESSAGE has
    MESSAGE     after a message was heard; the menu of the mailbox has the rest
    MORE        the second menu of a message
    SENDING     a message is about to be sent on
    SETTINGS    greetings and PIN
    TEMPORARY   the temporary greeting
    GREETING    a greeting was recorded and is not kept yet

So 0 pauses a message that plays, and leads to the settings when it is over. Folders are
chosen by their own digits, 0 to 9, which are no acts: `up` is left there, if it is no
digit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum

KEYS = "0123456789*#"
"""The keys that every telephone has; those of DTMF besides, A to D, hardly any has."""

SKIP = 3.0
"""Seconds that `forward` and `back` skip where nothing else is said."""

LONGEST_SKIP = 60.0


class Key(Enum):
    """What a key does; the values are the words of `listen_keys`."""

    # The menu of the mailbox
    HEAR = "hear"
    FOLDER = "folder"
    MORE = "more"
    SETTINGS = "settings"
    HELP = "help"
    LEAVE = "leave"
    # While a message plays
    FORWARD = "forward"
    BACK = "back"
    PAUSE = "pause"
    RESTART = "restart"
    # A message
    BEFORE = "before"
    AGAIN = "again"
    NEXT = "next"
    DELETE = "delete"
    SEND_ON = "send_on"
    SAVE = "save"
    # More of a message
    REPLY = "reply"
    CALL_BACK = "call_back"
    ENVELOPE = "envelope"
    SEND_NEW = "send_new"
    UP = "up"
    # Sending a message on
    COMMENT = "comment"
    AS_IT_IS = "as_it_is"
    # Greetings and PIN
    UNAVAILABLE = "unavailable"
    BUSY = "busy"
    NAME = "name"
    TEMPORARY = "temporary"
    PIN = "pin"
    SPEAK = "speak"
    TAKE_OFF = "take_off"
    KEEP = "keep"
    LISTEN = "listen"
    RECORD_AGAIN = "record_again"


class At(Enum):
    """Where keys are pressed."""

    BOX = "in the menu of the mailbox"
    PLAYING = "while a message plays"
    MESSAGE = "after a message"
    MORE = "in the second menu of a message"
    SENDING = "before a message is sent on"
    SETTINGS = "in the settings"
    TEMPORARY = "at the temporary greeting"
    GREETING = "after a greeting was recorded"


USUAL: Mapping[Key, str] = {
    Key.HEAR: "1",
    Key.FOLDER: "2",
    Key.MORE: "3",
    Key.SETTINGS: "0",
    Key.HELP: "*",
    Key.LEAVE: "#",
    Key.FORWARD: "#",
    Key.BACK: "*",
    Key.PAUSE: "0",
    Key.RESTART: "2",
    Key.BEFORE: "4",
    Key.AGAIN: "5",
    Key.NEXT: "6",
    Key.DELETE: "7",
    Key.SEND_ON: "8",
    Key.SAVE: "9",
    Key.REPLY: "1",
    Key.CALL_BACK: "2",
    Key.ENVELOPE: "3",
    Key.SEND_NEW: "5",
    Key.UP: "*",
    Key.COMMENT: "1",
    Key.AS_IT_IS: "2",
    Key.UNAVAILABLE: "1",
    Key.BUSY: "2",
    Key.NAME: "3",
    Key.TEMPORARY: "4",
    Key.PIN: "5",
    Key.SPEAK: "1",
    Key.TAKE_OFF: "2",
    Key.KEEP: "1",
    Key.LISTEN: "2",
    Key.RECORD_AGAIN: "3",
}
"""The digits of app_voicemail, Asterisk 22. Its 4 in the second menu, which dials any
number for who knows a PIN, is not there."""

_BOX = (Key.HEAR, Key.FOLDER, Key.MORE, Key.SETTINGS, Key.HELP, Key.LEAVE)
_MESSAGE = (
    Key.BEFORE,
    Key.AGAIN,
    Key.NEXT,
    Key.DELETE,
    Key.SEND_ON,
    Key.SAVE,
)

OFFERED: Mapping[At, tuple[Key, ...]] = {
    At.BOX: _BOX,
    At.PLAYING: (Key.FORWARD, Key.BACK, Key.PAUSE, Key.RESTART),
    At.MESSAGE: (*_BOX, *_MESSAGE),
    At.MORE: (Key.REPLY, Key.CALL_BACK, Key.ENVELOPE, Key.SEND_NEW, Key.UP),
    At.SENDING: (Key.COMMENT, Key.AS_IT_IS, Key.UP),
    At.SETTINGS: (
        Key.UNAVAILABLE,
        Key.BUSY,
        Key.NAME,
        Key.TEMPORARY,
        Key.PIN,
        Key.UP,
    ),
    At.TEMPORARY: (Key.SPEAK, Key.TAKE_OFF, Key.UP),
    At.GREETING: (Key.KEEP, Key.LISTEN, Key.RECORD_AGAIN),
}
"""The acts that are offered at each place, in the order in which they are said."""

NEEDED = (Key.HEAR, Key.LEAVE, Key.UP, Key.KEEP)
"""Acts that can't be without a key: nobody would hear a message, or get out again."""


@dataclass(frozen=True)
class Keys:
    """The keys of one site. *skip*: seconds of `forward` and `back`."""

    of: Mapping[Key, str] = field(default_factory=lambda: USUAL)
    """The key of each act; "" for one that has none."""
    skip: float = SKIP

    def act(self, at: At, key: str) -> Key | None:
        """What *key* does at this place; None: nothing.

        While a message plays, what the four keys of playing leave free does what it
        does after the message.
        """
        for act in OFFERED[at]:
            if key and self.of[act] == key:
                return act
        return self.act(At.MESSAGE, key) if at is At.PLAYING else None

    def stops(self, at: At) -> str:
        """All keys that do something at this place, such as stop a message."""
        return "".join(key for key in KEYS if self.act(at, key) is not None)

    def offered(self, at: At) -> list[tuple[str, Key]]:
        """Keys with their acts, in the order in which a menu says them."""
        return [(self.of[act], act) for act in OFFERED[at] if self.of[act]]


def wrong(given: Mapping[str, str], skip: float = SKIP) -> list[str]:
    """What is wrong with these keys of a site, each with its cure; [] if nothing is.

    *given* are acts by their words, each with its key or with "" for none.
    """
    problems = [
        problem
        for word, key in given.items()
        if (problem := _wrong_entry(word, key)) is not None
    ]
    if not 0 < skip <= LONGEST_SKIP:
        problems.append(
            f"skip: {skip:g} s can't be skipped; write a duration of up to "
            f"{LONGEST_SKIP:g}s"
        )
    return problems or _taken_twice(_all_keys(given))


def keys_of(given: Mapping[str, str], skip: float = SKIP) -> Keys:
    """The keys of a site; what it leaves out is as in app_voicemail.

    Raises `ValueError` with all that is `wrong`, a line each.
    """
    if problems := wrong(given, skip):
        raise ValueError("\n".join(problems))
    return Keys(_all_keys(given), skip)


def _all_keys(given: Mapping[str, str]) -> Mapping[Key, str]:
    return {**USUAL, **{Key(word): key for word, key in given.items()}}


def _wrong_entry(word: str, key: str) -> str | None:
    words = [act.value for act in Key]
    if word not in words:
        close = get_close_matches(word, words, n=1)
        hint = f"did you mean {close[0]!r}?" if close else f"there are {_listed(words)}"
        return f"{word!r} is nothing that a key does; {hint}"
    if key == "" and Key(word) in NEEDED:
        return f"{word!r} must have a key; write one of 0 to 9, * or #, or leave it out"
    if key and (len(key) > 1 or key not in KEYS):
        return (
            f"{word}: {key!r} is no key of a telephone; write one of 0 to 9, * or #, "
            f'or "" for none'
        )
    if word == Key.UP.value and key.isdigit():
        return (
            f"{word}: {key} is the digit of a folder, so nobody could leave the choice "
            f"of folders by it; write * or #"
        )
    return None


def _taken_twice(keys: Mapping[Key, str]) -> list[str]:
    """What shares a key with something else that is offered at the same place."""
    problems: list[str] = []
    told: set[frozenset[Key]] = set()
    for at, acts in OFFERED.items():
        first: dict[str, Key] = {}
        for act in acts:
            other = first.setdefault(keys[act], act)
            if not keys[act] or other is act or {other, act} in told:
                continue
            told.add(frozenset((other, act)))
            free = [key for key in KEYS if key not in {keys[one] for one in acts}]
            cure = (
                f"give one of them {' or '.join(free)}"
                if free
                else 'all keys are taken there: take one away with ""'
            )
            problems.append(
                f"{other.value!r} and {act.value!r} are both {keys[act]} {at.value}; "
                f"{cure}"
            )
    return problems


def _listed(words: list[str]) -> str:
    return ", ".join(words[:-1]) + f" and {words[-1]}"
