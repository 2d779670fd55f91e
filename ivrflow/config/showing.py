"""The settings that count, for people to see: masked, each with where it comes from.

What is a secret stands in files, and the settings only name them. What may hold one all
the same (a url with a password, the arguments of a program) says so by its kind, and
shows itself masked: so this page can go into a ticket.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ivrflow.config.kinds import Argument, Guarded
from ivrflow.config.layers import Layers, place
from ivrflow.config.settings import Settings
from ivrflow.flow.kind import Part
from ivrflow.flow.schema.models import written
from ivrflow.flow.source import Table

DEFAULT = "default"
"""The origin of what nobody has written."""

LEFT_OUT = "left out"
"""What is said of a setting that has no value, and is off by that."""

_BARE = re.compile(r"[A-Za-z0-9_./+][A-Za-z0-9_./:+@~-]*")

_ORIGIN_AT = 52
"""The column at which origins stand below each other, where lines are short enough."""


@dataclass(frozen=True)
class Shown:
    """One setting."""

    way: tuple[str, ...]
    value: str | None
    """As it is written in YAML, masked; None where it is left out."""
    origin: str
    """`FILE:LINE:COLUMN`, the name of a variable, or `default`."""

    @property
    def key(self) -> str:
        """Its name, as `ari.url`."""
        return ".".join(self.way)


def shown(settings: Settings, layers: Layers) -> list[Shown]:
    """Every setting in the order of the reference, masked."""
    return list(_part(settings, layers.value, (), DEFAULT))


def as_text(found: Iterable[Shown], *, origin: bool = False) -> str:
    """*found* as YAML; with *origin*, each line says where its value comes from."""
    lines: list[str] = []
    opened: tuple[str, ...] = ()
    for one in found:
        tables = one.way[:-1]
        same = 0
        while same < len(tables) and opened[same : same + 1] == (tables[same],):
            same += 1
        for depth in range(same, len(tables)):
            lines.append(f"{'  ' * depth}{as_yaml(tables[depth])}:")
        opened = tables
        indent, key = "  " * len(tables), as_yaml(one.way[-1])
        if one.value is None:
            lines.append(f"{indent}# {key}: {LEFT_OUT}")
        elif origin:
            line = f"{indent}{key}: {one.value}"
            lines.append(f"{line:<{_ORIGIN_AT}}  # {one.origin}")
        else:
            lines.append(f"{indent}{key}: {one.value}")
    return "\n".join(lines) + "\n"


def as_yaml(value: object) -> str:
    """*value*, made of texts, numbers, lists and dicts, as YAML on one line."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        pairs = (f"{as_yaml(key)}: {as_yaml(held)}" for key, held in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(as_yaml, value))}]"
    text = str(value)
    bare = _BARE.fullmatch(text) and not text.endswith(":")
    return text if bare else json.dumps(text, ensure_ascii=False)


def _part(
    part: Part, table: Table | None, way: tuple[str, ...], origin: str
) -> Iterator[Shown]:
    for name, info in type(part).model_fields.items():
        key = info.alias or name
        yield from _value(getattr(part, name), table, key, way, origin)


def _value(
    value: Any, table: Table | None, key: str, way: tuple[str, ...], origin: str
) -> Iterator[Shown]:
    """What *value* holds. It stands as *key* in *table*, if anybody wrote it."""
    way = (*way, key)
    at = table.key(key) if table is not None else None
    held = None
    if table is not None and at is not None:
        held, origin = table[at], place(at.at)
    inner = held if isinstance(held, Table) else None
    if isinstance(value, Part):
        yield from _part(value, inner, way, DEFAULT)
    elif isinstance(value, Mapping) and value:
        for name, one in value.items():
            yield from _value(one, inner, str(name), way, DEFAULT)
    elif value is None or value == "" or value == () or value == {}:
        yield Shown(way, None, origin)
    else:
        yield Shown(way, as_yaml(visible(value)), origin)


def visible(value: Any) -> object:
    """*value* as an author writes it, without what may be secret in it."""
    if isinstance(value, tuple):
        first = value[:1]
        if first and isinstance(first[0], Argument):
            # The program itself is no secret, and what one looks for first.
            return [str(first[0]), *map(visible, value[1:])]
        return [visible(one) for one in value]
    if isinstance(value, Guarded):
        return value.shown
    return str(value) if isinstance(value, str) else written(value)
