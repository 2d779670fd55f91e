"""What may stand where in the settings, read off the models themselves.

Whoever merges, shows or explains settings asks here, so that a new one is declared in
one place: its model.
"""

from __future__ import annotations

import types
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from ivrflow.flow.kind import Part


def fields_of(model: type[BaseModel]) -> dict[str, FieldInfo]:
    """Key as it is written -> its field."""
    return {info.alias or name: info for name, info in model.model_fields.items()}


def keys_of(annotation: Any) -> list[str]:
    """The keys that a table of this type may have; [] for what has no fixed ones."""
    model = part_of(annotation)
    return list(fields_of(model)) if model else []


def part_of(annotation: Any) -> type[Part] | None:
    """The model of a table with fixed keys; None for anything else."""
    bare = _bare(annotation)
    is_part = isinstance(bare, type) and issubclass(bare, Part)
    return bare if is_part else None


def value_of(annotation: Any) -> Any | None:
    """The type of the values of a table with free keys; None for anything else."""
    bare = _bare(annotation)
    origin = get_origin(bare)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return get_args(bare)[1]
    return None


def is_list(annotation: Any) -> bool:
    """Whether a list stands there."""
    return get_origin(_bare(annotation)) in (list, tuple)


def is_structured(annotation: Any) -> bool:
    """Whether a table or a list stands there, and not one value."""
    return bool(
        part_of(annotation) or value_of(annotation) is not None or is_list(annotation)
    )


def inside(annotation: Any, way: Iterable[str]) -> Any | None:
    """The type of what stands where *way* leads from there; None if nothing may."""
    for key in way:
        model, value = part_of(annotation), value_of(annotation)
        if model is not None:
            info = fields_of(model).get(key)
            if info is None:
                return None
            annotation = info.annotation
        elif value is not None:
            annotation = value
        else:
            return None
    return annotation


def _bare(annotation: Any) -> Any:
    """The type without what allows that it is left out."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _bare(arguments[0])
    if origin in (Union, types.UnionType):
        wanted = [one for one in arguments if one is not type(None)]
        return _bare(wanted[0]) if len(wanted) == 1 else annotation
    return annotation
