"""Where a site can be changed: every value that its files hold and its models know.

The models know what a value means and where it stands; libyaml's events know from which
character to which it is written. Both together are a spot.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import yaml
from pydantic import BaseModel
from yaml.events import ScalarEvent

from ivrflow.flow.files import value_at
from ivrflow.flow.kind import Kind
from ivrflow.flow.site import Site
from ivrflow.flow.source import LOADER, Mark, Value, read
from ivrflow.flow.yaml_nodes import BOM


@dataclass(frozen=True, slots=True)
class Written:
    """A scalar as it stands in a file."""

    start: int
    end: int
    raw: str
    """With its quotes."""
    plain: bool
    """Without quotes; a block (`|`, `>`) is none."""


@dataclass(frozen=True)
class Source:
    """A file of a site: its text, and where everything in it stands."""

    file: str
    text: str

    @cached_property
    def scalars(self) -> dict[tuple[int, int], Written]:
        """(line, column) -> the scalar that begins there."""
        found = {}
        # The parser does not count the mark with which Windows begins a text.
        shift = len(BOM) if self.text.startswith(BOM) else 0
        loader = LOADER(self.text[shift:])
        try:
            while loader.check_event():
                event = loader.get_event()
                if isinstance(event, ScalarEvent) and event.style not in ("|", ">"):
                    start, end = event.start_mark, event.end_mark
                    assert start is not None, "the parser gives each event its place"
                    assert end is not None
                    first, last = start.index + shift, end.index + shift
                    found[start.line + 1, start.column + 1] = Written(
                        first, last, self.text[first:last], not event.style
                    )
        except yaml.YAMLError:
            pass  # a file with an error has no spots: the site is not played at all
        finally:
            loader.dispose()
        return found

    @cached_property
    def raw(self) -> Value | None:
        """The file as it was read, without any meaning."""
        return read(self.text, self.file)[0]

    def at(self, mark: Mark) -> Written | None:
        """The scalar at *mark*; None if a default or a block stands there."""
        # The place of an expression in quotes is the character after the quote.
        for column in (mark.column, mark.column - 1):
            if (found := self.scalars.get((mark.line, column))) is not None:
                return found
        return None


@dataclass(frozen=True, slots=True)
class Spot:
    """A value that can be changed."""

    source: Source
    written: Written
    mark: Mark
    path: tuple[str, ...]
    """The way to it, from the top of the file."""
    value: object
    """What it means: a kind, yes or no, or one of `others`."""
    others: tuple[str, ...] = ()
    """The words that may stand here, where these are fixed."""
    near: str = ""
    flow: str = ""

    @property
    def what(self) -> str:
        """The way to it, as an author thinks of it."""
        path = [part for part in self.path if part != "steps"]
        # `keys.1.then` is `keys.1`; the `then` of a step itself stays.
        if path[-1] == "then" and len(path) > 2:
            path.pop()
        return ".".join(path)


def spots(site: Site, texts: Mapping[str, str]) -> Iterator[Spot]:
    """Every spot of *site* in the files *texts*, in the order of the files."""
    sources = {file: Source(file, text) for file, text in texts.items()}
    found: dict[tuple[str, int], Spot] = {}
    for spot in _all(site, sources):
        # A value that stands for two (a key that is short for a table) is one spot.
        found.setdefault((spot.source.file, spot.written.start), spot)
    order = {file: number for number, file in enumerate(texts)}
    yield from sorted(
        found.values(), key=lambda s: (order[s.source.file], s.written.start)
    )


def _all(site: Site, sources: Mapping[str, Source]) -> Iterator[Spot]:
    for flow in site.flows.values():
        source = sources.get(flow.file)
        if source is None:
            continue
        for name, part in (
            ("always", flow.always),
            ("on_error", flow.on_error),
            ("on_end", flow.on_end),
        ):
            yield from _inside(part, source, (name,), flow=flow.name)
        for node in flow.nodes.values():
            path = ("steps", str(node.name))
            near = f"{flow.name}.{node.name}"
            yield from _inside(node.step, source, path, near=near, flow=flow.name)
    others: tuple[tuple[str, Mapping[str, object]], ...] = (
        ("numbers.yaml", site.numbers),
        ("hours.yaml", {name: t.hours for name, t in site.hours.items()}),
        ("switches.yaml", site.switches),
        ("data.yaml", site.data),
        ("queues.yaml", site.queues),
        ("mailboxes.yaml", site.mailboxes),
    )
    for file, entries in others:
        if file in sources:
            for name, entry in entries.items():
                yield from _inside(entry, sources[file], (str(name),))


def _inside(
    value: object, source: Source, path: tuple[str, ...], **owner: str
) -> Iterator[Spot]:
    for way, one, others in _walk(value, path):
        if isinstance(one, Kind):
            mark: Mark | None = one.at if one.at.line else None
        else:
            mark = value_at(source.raw, _as_path(way))
        if mark is None or mark.file != source.file:
            continue
        written = source.at(mark)
        if written is not None:
            yield Spot(source, written, mark, way, one, others, **owner)


def _as_path(way: Iterable[str]) -> tuple[object, ...]:
    return tuple(int(part) if part.isdigit() else part for part in way)


def _walk(
    value: object, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], object, tuple[str, ...]]]:
    """Find all kinds in *value*, yes and no, and words from a fixed choice.

    With the way to each, and the words that may stand there.
    """
    if isinstance(value, Kind):
        yield path, value, ()
    elif isinstance(value, BaseModel):
        for name, info in type(value).model_fields.items():
            inside = getattr(value, name)
            way = (*path, info.alias or name)
            if name not in value.model_fields_set or inside is None:
                continue
            if isinstance(inside, bool):
                yield way, inside, ("yes", "no")
            elif isinstance(inside, str) and not isinstance(inside, Kind):
                yield way, inside, _words(info.annotation)
            else:
                yield from _walk(inside, way)
    elif isinstance(value, Mapping):
        for key, inside in value.items():
            if isinstance(key, Kind):
                yield (*path, str(key)), key, ()
            yield from _walk(inside, (*path, str(key)))
    elif isinstance(value, list | tuple):
        for number, inside in enumerate(value):
            yield from _walk(inside, (*path, str(number)))


def _words(annotation: Any) -> tuple[str, ...]:
    """The words of a `Literal`, wherever it stands in the annotation."""
    if typing.get_origin(annotation) is Literal:
        return tuple(w for w in typing.get_args(annotation) if isinstance(w, str))
    found: list[str] = []
    for inside in typing.get_args(annotation):
        found += _words(inside)
    return tuple(found)
