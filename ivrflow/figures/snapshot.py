"""The state of a `Book` as bytes, and back: so that a start need not fold a whole day.

One pickle, as values that are shared must stay so. Pickle runs what it is told to, so
it is read only when its signature is right: what is in the database may have been
written by others. And then only with the classes that a book is made of, so that a
state which was signed by another version makes nothing else either.

A state is of one build: of the sources of all that is in it. After an upgrade the facts
are folded once more, which needs no conversion and can't be wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import pickle
import sys
from collections import OrderedDict, deque
from collections.abc import Mapping
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from ivrflow.figures import sums
from ivrflow.figures.engagements import Engagement
from ivrflow.figures.lasting import Unfit
from ivrflow.figures.ledger import AgentKey, QueueKey
from ivrflow.figures.people import Person
from ivrflow.figures.queue_log import InLine, SignedIn
from ivrflow.figures.record import CallRecord, CallSoFar
from ivrflow.figures.spans import Span
from ivrflow.figures.visits import Visit

MADE_OF = (
    AgentKey,
    CallRecord,
    CallSoFar,
    Engagement,
    InLine,
    OrderedDict,
    Person,
    QueueKey,
    SignedIn,
    Span,
    Visit,
    deque,
    sums.AgentSum,
    sums.QueueSum,
    sums.unpacked,
)
"""What a state may name."""

SOURCES = (
    "figures",
    "facts",
    "db/stored.py",
    "db/history.py",
    "service/figures.py",
    "service/figure_snapshots.py",
)
"""What a state depends on: how facts are read, who folds them, who keeps it."""

SIGNED = 32
"""Bytes of the signature, at the beginning."""

_NAMED = {(one.__module__, one.__qualname__): one for one in MADE_OF}


@cache
def build() -> str:
    """Which sources these are; "" where there are none, and no state can be kept.

    Blocks, for a few milliseconds.
    """
    found = hashlib.sha256(repr(sys.version_info[:2]).encode())
    root = Path(__file__).parents[1]
    for source in SOURCES:
        here = root / source
        files = sorted(here.glob("*.py")) if here.is_dir() else [here]
        if not files:
            return ""
        for file in files:
            try:
                found.update(file.name.encode() + b"\0" + file.read_bytes())
            except OSError:
                return ""
    return found.hexdigest()


def packed(value: Mapping[str, Any]) -> bytes:
    """*value* in bytes; whatever it has of others must not change meanwhile.

    Raises `Unfit`.
    """
    try:
        return pickle.dumps(value, 5)
    except Exception as error:
        raise Unfit(f"it can't be kept: {error}") from error


def signed(content: bytes, made_for: str, key: bytes) -> bytes:
    """*content* with its signature; *made_for* says by whom it can be read."""
    whole = made_for.encode() + b"\n" + content
    return hmac.digest(key, whole, hashlib.sha256) + whole


def unpacked(content: bytes, made_for: str, key: bytes) -> dict[str, Any]:
    """What `packed` and `signed` were given. Raises `Unfit`, whatever *content* is."""
    signature, rest = content[:SIGNED], content[SIGNED:]
    if not hmac.compare_digest(signature, hmac.digest(key, rest, hashlib.sha256)):
        raise Unfit("it was not signed with this pepper")
    head, _, body = rest.partition(b"\n")
    if head != made_for.encode():
        raise Unfit("it is of another version, zone, or set of facts")
    try:
        value = _Reader(BytesIO(body)).load()
    except Exception as error:
        raise Unfit(f"it can't be read: {error}") from error
    if not isinstance(value, dict):
        raise Unfit("it is none")
    return value


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _NAMED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not known") from None
