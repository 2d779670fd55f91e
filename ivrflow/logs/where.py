"""Whose call it is that a task is about, for the lines that it logs.

A context variable: what a call's task starts has it too, and what runs in a thread for
it. Others, such as the task that reads events, have none, and their lines name the call
themselves where there is one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Protocol

from ivrflow.secret import Secret


class Whose(Protocol):
    """A call, as a log knows it."""

    @property
    def id(self) -> str: ...

    @property
    def place(self) -> str:
        """file:line of the step where it is; "" before the first, and for talks of our
        own."""

    @property
    def caller(self) -> str:
        """The calling number."""

    @property
    def hidden(self) -> Sequence[Secret]:
        """What was entered in this call that nobody may see."""


@dataclass
class _About:
    """A call while it is up. What a call began and others go on using, as a connection
    to Asterisk, keeps its context for hours: it must neither keep the call, nor have
    its lines told of that one."""

    call: Whose | None


_WHOSE: ContextVar[_About | None] = ContextVar("whose", default=None)


def whose() -> Whose | None:
    """The call that this task is about; None if it is about none, or several."""
    about = _WHOSE.get()
    return None if about is None else about.call


@contextmanager
def about(call: Whose) -> Iterator[None]:
    """What is logged in the block is about *call*."""
    made = _About(call)
    token = _WHOSE.set(made)
    try:
        yield
    finally:
        made.call = None
        # Whoever closes a call that was left lying does so from somewhere else, where
        # nothing was set.
        with suppress(ValueError):
            _WHOSE.reset(token)
