"""Tools of the rules: everything that a site names, and where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from ivrflow.flow.kind import Kind, walk
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import Mark, Problem, Severity

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site
    from ivrflow.prompts.text import Words

K = TypeVar("K", bound=Kind)
T = TypeVar("T")


class Found(NamedTuple):
    """A kind, the keys that lead to it, and the step in which it stands, if in one."""

    way: str
    kind: Kind
    flow: Flow | None = None
    node: Node | None = None


def warning(at: Mark, code: str, message: str) -> Problem:
    return Problem(at, code, message, Severity.WARNING)


def note(at: Mark, code: str, message: str) -> Problem:
    return Problem(at, code, message, Severity.NOTE)


def once(work: Callable[[Site], T]) -> Callable[[Site], T]:
    """Work something out once per site: many rules ask for the same."""
    known: WeakKeyDictionary[Site, T] = WeakKeyDictionary()

    def look_up(site: Site) -> T:
        if site not in known:
            known[site] = work(site)
        return known[site]

    look_up.__doc__ = work.__doc__
    return look_up


def choices_of(site: Site, prompt: str, language: str) -> Mapping[str, Words]:
    """The phrases of a prompt's choices; none for a prompt that does not exist."""
    if not site.catalogue.has(prompt):
        return {}
    return site.catalogue.choices(prompt, language)


def texts_of(site: Site, prompt: str, language: str) -> list[Words]:
    """All texts of a prompt; none for a prompt that does not exist."""
    if not site.catalogue.has(prompt):
        return []
    return [words for _, words in site.catalogue.texts(prompt, language)]


@once
def everything(site: Site) -> list[Found]:
    """Every kind in every file."""
    return list(_everything(site))


def _everything(site: Site) -> Iterator[Found]:
    for flow in site.flows.values():
        for node in flow.nodes.values():
            for way, kind in node.step.kinds:
                yield Found(way, kind, flow, node)
        for way, kind in walk(
            {"always": flow.always, "on_error": flow.on_error, "on_end": flow.on_end}
        ):
            yield Found(way, kind, flow)
    hours = {name: timetable.hours for name, timetable in site.hours.items()}
    for whole in (
        site.numbers,
        hours,
        site.switches,
        site.data,
        site.queues,
        site.short_numbers,
        site.teams,
        site.agents,
        site.mailboxes,
    ):
        # The names of the entries themselves refer to nothing: only their insides do.
        for name, entry in whole.items():
            for way, kind in walk(entry, (str(name),)):
                yield Found(way, kind)


def of_kind(site: Site, kind: type[K]) -> Iterator[tuple[Found, K]]:
    """Every value of one kind."""
    for exact, found in _by_kind(site).items():
        if issubclass(exact, kind):
            yield from found


@once
def _by_kind(site: Site) -> dict[type[Kind], list[tuple[Found, Any]]]:
    """All kinds, sorted once: most rules ask for one of them."""
    sorted_: dict[type[Kind], list[tuple[Found, Any]]] = {}
    for found in everything(site):
        sorted_.setdefault(type(found.kind), []).append((found, found.kind))
    return sorted_


def unknown(
    site: Site, kind: type[Kind], file: str, known: Mapping[str, object]
) -> Iterator[tuple[Kind, str]]:
    """Names of one kind that *file* does not declare, each with the hint for it."""
    names = site.names_in(file, known)
    if names is None:
        return
    for _, name in of_kind(site, kind):
        if getattr(name, "text", None) is None and str(name) not in names:
            yield name, did_you_mean(str(name), names)
