"""F090: something that is accepted and does nothing yet (a note).

The key is a part of the language, and its depth comes with a later version: the site
may say it already. What it will do is named in the note.

Told:

    # numbers.yaml
    "*98": {voicemail: listen}
           ^

Not told:

    # numbers.yaml
    "*98": {agent: sign_in}
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, get_args

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivrflow.flow.check._site import note
from ivrflow.flow.source import NOWHERE, Mark, Problem, place_of

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def check(site: Site) -> Iterator[Problem]:
    wholes: list[Any] = [
        *(node.step for flow in site.flows.values() for node in flow.nodes.values()),
        site.settings,
        site.numbers,
        [timetable.hours for timetable in site.hours.values()],
        site.data,
        site.queues,
        site.agents,
        site.mailboxes,
    ]
    for whole in wholes:
        yield from _later(whole, NOWHERE)


def _later(value: object, near: Mark) -> Iterator[Problem]:
    """Walk over models and look for keys that are set and marked as `later`."""
    if isinstance(value, str | int | float) or value is None:
        return  # most of all, so asked first
    if isinstance(value, BaseModel):
        if not _holds(type(value)):
            return
        near = getattr(value, "at", near) or near
        for name in value.model_fields_set:
            info = type(value).model_fields[name]
            inside = getattr(value, name)
            extra = info.json_schema_extra
            if isinstance(extra, Mapping) and "later" in extra and inside is not None:
                at = place_of(inside)
                key = info.alias or name
                yield _note(at if at.line else near, key, str(extra["later"]))
            else:
                yield from _later(inside, near)
    elif isinstance(value, Mapping):
        for inside in value.values():
            yield from _later(inside, near)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _later(inside, near)


@cache
def _holds(model: type[BaseModel]) -> bool:
    """True if *model*, or a model inside it, has a key that is marked as `later`."""
    return any(
        _is_later(info) or any(map(_holds, _models(info.annotation)))
        for info in model.model_fields.values()
    )


def _is_later(info: FieldInfo) -> bool:
    extra = info.json_schema_extra
    return isinstance(extra, Mapping) and "later" in extra


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _note(at: Mark, key: str, what: str) -> Problem:
    return note(at, "F090", f"{key!r} is accepted; {what}: not built yet")
