"""The default file of the settings, made from the models: all that can be set, told.

What must be given stands there with an example, what may be left out is commented out
with what counts then. A `#` right before a key, or before the spaces of one in a table,
is what to take away.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from ivrflow.config.settings import Settings
from ivrflow.config.shape import fields_of, part_of
from ivrflow.config.showing import as_yaml, visible
from ivrflow.flow.kind import Part

HEAD = """\
The settings of ivrflow: what differs from machine to machine.

It is read from /etc/ivrflow/ivrflow.yaml, then all conf.d/*.yaml beside it in the order
of their names, then variables such as IVRFLOW_ARI__URL; what comes later counts. Take
the # before a key away to set it; what is commented out counts as it stands here, or is
off.

Secrets stand in files of their own, for the service's user alone (chmod 600), or are
credentials of systemd: credential:NAME. A path that is not absolute counts from the
folder of this file.

`ivrflow config check` looks for mistakes, `ivrflow config show --origin` shows what
counts.
"""

_WIDTH = 88


def default_file() -> str:
    """The whole file, as `ivrflow config default` prints it."""
    head = [f"# {line}".rstrip() for line in HEAD.splitlines()]
    return "\n".join((*head, *_entries(Settings, 0, off=False))) + "\n"


def _entries(model: type[Part], depth: int, *, off: bool) -> Iterator[str]:
    """The lines of all keys of *model*; *off* inside of what is commented out."""
    for key, info in fields_of(model).items():
        if not depth:
            yield ""
        yield from _told(info, depth, off=off)
        here = off or not info.is_required()
        part = part_of(info.annotation)
        if part is not None:
            yield _line(f"{key}:", depth, off=here)
            yield from _entries(part, depth + 1, off=here)
        else:
            yield _line(f"{key}: {_value(info)}", depth, off=here)


def _line(text: str, depth: int, *, off: bool) -> str:
    return f"{'#' if off else ''}{'  ' * depth}{text}"


def _told(info: FieldInfo, depth: int, *, off: bool) -> Iterator[str]:
    words = " ".join((info.description or "").split())
    if info.annotation is bool:
        words += " (yes or no)"
    elif get_origin(info.annotation) is Literal:
        words += f" ({', '.join(map(str, get_args(info.annotation)))})"
    if info.is_required():
        words += " Must be given."
    before = _line("# ", depth, off=off and depth > 0)
    yield from (before + line for line in textwrap.wrap(words, _WIDTH - len(before)))


def _value(info: FieldInfo) -> str:
    """What counts if it is left out, else an example."""
    default: Any = info.default
    nothing = info.is_required() or info.default_factory is not None
    if nothing or default in (None, "", ()):
        assert info.examples, f"{info.description!r} needs examples=[...]"
        return as_yaml(info.examples[0])
    return as_yaml(visible(default))
