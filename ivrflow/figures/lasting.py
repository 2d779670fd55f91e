"""What of the figures outlives a process: all that they have, but for what they were
given.

The parts of a fold (`Lasting`) lie in each other and share values: a visit is known
to those who count its wait, and to those who count its talk. So their attributes are
taken together, as one value, and put back into parts that were made anew: these have
their links to each other, and to those who take what comes out, already.

An attribute is kept unless its class names it in `GIVEN`. So one that somebody adds is
kept too, or, if it is of a kind that can't be, found out by the tests of `snapshot`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, NoReturn

State = Mapping[str, Mapping[str, Any]]
"""A part's path -> its attributes; they are those of the part, not copies."""


class Unfit(Exception):
    """A state is not one of these parts. Says what is wrong."""


class Lasting:
    """A part whose attributes outlive the process, but for `GIVEN` and for parts."""

    GIVEN: ClassVar[frozenset[str]] = frozenset()
    """Attributes that it was made with: functions, zones. They never change."""
    PENDING: ClassVar[frozenset[str]] = frozenset()
    """Attributes that are of use until what is in them is written, and then empty."""

    def __reduce__(self) -> NoReturn:
        # Within a value it would become a second one, beside that which others use.
        raise TypeError(f"{type(self).__name__} is a part: an attribute, not a value")


def state_of(root: Lasting, *, pending: bool | None = None) -> State:
    """What *root* and the parts in it have now: without what is pending, with
    *pending* that alone, or None: all."""
    return {
        path: {
            name: value
            for name, value in _kept(part)
            if pending is None or pending is (name in part.PENDING)
        }
        for path, part in parts(root).items()
    }


def go_on(root: Lasting, state: State) -> None:
    """Put *state* into *root*, which was just made; what is pending may be missing.

    Raises `Unfit`, and then leaves *root* as it was.
    """
    found = parts(root)
    if found.keys() != state.keys():
        raise Unfit(f"it has other parts: {sorted(found.keys() ^ state.keys())[:5]}")
    for path, part in found.items():
        odd = {name for name, _ in _kept(part)} ^ state[path].keys()
        if not odd <= part.PENDING:
            raise Unfit(f"{path or 'it'} has other attributes: {sorted(odd)[:5]}")
    for path, part in found.items():
        vars(part).update(state[path])


def parts(root: Lasting) -> dict[str, Lasting]:
    """All parts of *root*, each once, by how one gets there; itself by ""."""
    found = {"": root}
    known = {id(root)}
    paths = [""]
    for path in paths:  # grows while it is read
        for name, value in vars(found[path]).items():
            if isinstance(value, Lasting) and id(value) not in known:
                known.add(id(value))
                paths.append(further := f"{path}.{name}")
                found[further] = value
    return found


def _kept(part: Lasting) -> Iterator[tuple[str, Any]]:
    for name, value in vars(part).items():
        if name not in part.GIVEN and not isinstance(value, Lasting):
            yield name, value
