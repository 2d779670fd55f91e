"""How a request to Asterisk can fail, sorted by what one does about it."""

from __future__ import annotations


class AriError(Exception):
    """Asterisk refused a request, or answered what can't be read: somebody has to look.

    *status* is HTTP's, 0 where there was no answer.
    """

    def __init__(self, message: str, status: int = 0) -> None:
        super().__init__(message)
        self.status = status


class AriAway(AriError):
    """Asterisk can't be reached, starts just now, or does not answer in time."""


class Replaced(AriAway):
    """Another program has taken our application: Asterisk is not ours any more."""


class AlreadyThere(AriError):
    """What was to be made exists already: the same order came twice."""


class Gone(Exception):
    """The channel, bridge or sound is not there any more. Usually: it was hung up."""
