"""Pydantic's errors in our own words, each at its place in the file.

pydantic finds every error of a table at once and says where by a path of keys. Here the
path is followed through what was written, to a line and a column, and the message says
what an author can do about it.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, TypeAdapter, ValidationError

from ivrflow.flow.kind import WRONG_SHAPE, called
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Items, Mark, Problem, Scalar, Table, place_of

UNKNOWN_KEY = "F011"
MISSING_KEY = "F012"
UNKNOWN_WORD = "F014"

T = TypeVar("T")
M = TypeVar("M", bound=BaseModel)

_OURS = re.compile("[A-Z][0-9]{3}")
_SHAPES = {
    "model_type": "a table",
    "model_attributes_type": "a table",
    "dict_type": "a table",
    "mapping_type": "a table",
    "list_type": "a list",
    "tuple_type": "a list",
    "string_type": "a text",
}


def keys_of(model: type[BaseModel]) -> list[str]:
    """The keys that may be written in a table of this model."""
    return [info.alias or name for name, info in model.model_fields.items()]


def build(
    model: type[M], raw: object, problems: list[Problem], *, what: str, at: Mark
) -> M | None:
    """Build a model from what was read, or note every problem in it and return None.

    *what* is how messages call it ("'menu'", "site.yaml"), *at* where it is named.
    """
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        problems.extend(explain(error, raw, model, what=what, at=at))
        return None


def build_value(
    kind: Any, raw: object, problems: list[Problem], *, what: str, at: Mark
) -> Any:
    """The same for a type that is no model: a kind, or a dict of kinds."""
    try:
        return _adapter(kind).validate_python(raw)
    except ValidationError as error:
        problems.extend(explain(error, raw, kind, what=what, at=at))
        return None


@lru_cache(maxsize=64)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def explain(
    error: ValidationError, raw: object, kind: Any, *, what: str, at: Mark
) -> Iterator[Problem]:
    """Yield one problem per error, but none for a key that is there and misspelt."""
    found = error.errors(include_url=False)
    misspelt = set(_misspelt(found, kind))
    for one in found:
        if one["type"] == "missing" and one["loc"] in misspelt:
            continue
        path = [step for step in one["loc"] if step != "[key]"]
        is_key = bool(one["loc"]) and one["loc"][-1] == "[key]"
        yield _problem(one, raw, kind, path, is_key, what, at)


def _misspelt(
    found: Sequence[Mapping[str, Any]], kind: Any
) -> Iterator[tuple[int | str, ...]]:
    """Where a key is missing that an unknown key beside it seems to mean."""
    lacking = [one["loc"] for one in found if one["type"] == "missing"]
    for one in found:
        if one["type"] == "extra_forbidden":
            *path, written = one["loc"]
            known = [k for m in _models(kind, path) for k in keys_of(m)]
            close = get_close_matches(str(written), known, n=1)
            for loc in lacking:
                if list(loc[:-1]) == path and loc[-1] in close:
                    yield loc


def _problem(
    one: Mapping[str, Any],
    raw: object,
    kind: Any,
    path: list[int | str],
    is_key: bool,
    what: str,
    at: Mark,
) -> Problem:
    error = str(one["type"])
    context = one.get("ctx") or {}
    key, value, parent = _follow(raw, path)
    value_at = place_of(key if is_key and key is not None else value)
    here = value_at if value_at.line else at
    if _OURS.fullmatch(error):
        return Problem(context.get("at") or here, error, str(one["msg"]))
    inside = repr(_owner(path)) if len(path) > 1 else what
    if error == "extra_forbidden":
        known = [k for m in _models(kind, path[:-1]) for k in keys_of(m)]
        hint = did_you_mean(str(path[-1]), known) or _listed(known)
        message = f"{inside} has no key {str(path[-1])!r}{hint}"
        return Problem(place_of(key) if key is not None else here, UNKNOWN_KEY, message)
    if error == "missing":
        # The table that lacks it stands where its own key does, if it has one.
        owner_at = place_of(parent)
        place = at if len(path) == 1 else owner_at if owner_at.line else here
        return Problem(place, MISSING_KEY, f"{inside} needs the key {path[-1]!r}")
    name = repr(str(path[-1])) if path else what
    if is_key:
        name = f"the key {name}"
    if error == "literal_error":
        return Problem(here, UNKNOWN_WORD, _fixed_words(context, value, name))
    if error in _SHAPES:
        message = f"{name} must be {_SHAPES[error]}, not {called(value)}"
        return Problem(here, WRONG_SHAPE, message)
    if error == "too_short":
        return Problem(here, WRONG_SHAPE, f"{name} must not be empty")
    return Problem(here, UNKNOWN_WORD, f"{name}: {one['msg']}")


def _fixed_words(context: Mapping[str, Any], value: object, name: str) -> str:
    words = re.findall("'([^']*)'", str(context.get("expected", "")))
    if not isinstance(value, str):
        return f"{name} must be one of {', '.join(words)}, not {called(value)}"
    hint = did_you_mean(value, words) or _listed(words)
    return f"{name} can't be {str(value)!r}{hint}"


def _listed(words: Iterable[str]) -> str:
    unique = list(dict.fromkeys(words))
    return f"; there are: {', '.join(unique)}" if unique else ""


def _owner(path: list[int | str]) -> str:
    """The last named key before the end of the path."""
    return next((str(p) for p in reversed(path[:-1]) if isinstance(p, str)), "")


def _follow(raw: object, path: list[int | str]) -> tuple[Scalar | None, object, object]:
    """Follow *path* through what was written: the last key, its value, its table.

    Steps that were never written (a short form, keys that a model puts together) are
    passed over.
    """
    key: Scalar | None = None
    value, parent = raw, raw
    for step in path:
        if isinstance(value, Table) and (found := value.key(str(step))) is not None:
            key, value, parent = found, value[found], value
        elif isinstance(value, Items) and isinstance(step, int) and step < len(value):
            key, value, parent = None, value[step], value
        else:
            key, parent = None, value
    return key, value, parent


def _models(kind: Any, path: list[int | str]) -> list[type[BaseModel]]:
    """The models that may stand at *path* inside a value of type *kind*."""
    if isinstance(kind, TypeVar):
        return []
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _models(arguments[0], path)
    if origin in (Union, types.UnionType):
        return [m for one in arguments for m in _models(one, path)]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if not path:
            return [kind]
        for name, info in kind.model_fields.items():
            if (info.alias or name) == path[0]:
                return _models(info.annotation, path[1:])
        return []
    if not path or origin is None:
        return []
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _models(arguments[1], path[1:])
    if origin in (list, tuple):
        return _models(arguments[0], path[1:])
    return []
