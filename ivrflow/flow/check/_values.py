"""Tools of the rules: which variables a flow has, what is in them, what is secret.

A variable is of a record type where its columns are known: a row of a look-up, or what
a called flow gives. Secrets are followed: from `authenticate` and `ask` with `secret:
yes`, through `set`, into the flows that are called with them and back; and so is what
`masked: yes` and the card of an `authenticate` give.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from ivrflow.flow.check._kinds import (
    A_SECRET,
    A_TEXT,
    ANY,
    DIGITS,
    ITSELF,
    LIST,
    NONE,
    RECORD,
    SELF,
    Type,
    built_in,
    record,
    text_of,
)
from ivrflow.flow.check._site import Found, everything, once, texts_of
from ivrflow.flow.check._types import silently
from ivrflow.flow.checks import NAMED
from ivrflow.flow.formula.tree import dotted
from ivrflow.flow.kind import Kind, walk
from ivrflow.flow.kinds import (
    Expression,
    PromptName,
    Sayable,
    Text,
    read_expression,
)
from ivrflow.flow.site.data import KINDS
from ivrflow.flow.source import Scalar
from ivrflow.prompts.text import Slot

if TYPE_CHECKING:
    from ivrflow.flow.model import Flow, Node
    from ivrflow.flow.site import Site
    from ivrflow.flow.site.data import DataSource
    from ivrflow.flow.step import Step
    from ivrflow.prompts.text import Words

BUILT_IN: Mapping[str, frozenset[str]] = {
    "call": frozenset(["id", "from", "to", "started", "step", "agent", "waited"]),
    "queue": frozenset(["name", "title", "position", "ahead", "wait", "waited"]),
    "now": frozenset(["hour", "date", "weekday"]),
    "agent": frozenset(("number", "name")),
    "language": frozenset(),
    "hours": frozenset(),
    "switch": frozenset(),
}
"""Name -> its members; empty where they depend on the site, or there are none."""

HOURS = ("open", "opens", "closes")
"""The members of `hours.NAME`."""

MAILBOX_SAYS: Mapping[str, frozenset[str]] = {
    "confirm": frozenset(["number"]),
    "words": frozenset(["who", "title", "seconds", "at", "transcript"]),
}
"""Keys of mailboxes.yaml that name a prompt -> what that prompt may say."""

_SET = re.compile(r"(?:.*\.)?set\.([a-z][a-z0-9_]*)")


Variables = dict[str, Type]


@dataclass(frozen=True)
class Use:
    """An expression, and what is done with its value."""

    expression: Expression
    found: Found
    prompt: str = ""
    """The prompt that says it; "" where it stands in the step itself."""

    slot: Slot | None = None
    """The slot of the text in which it stands, with its filter."""

    @property
    def said(self) -> bool:
        return bool(self.prompt) or isinstance(self.found.kind, Sayable)


def row_type(source: DataSource) -> Type:
    """The record that a look-up gives, as a flow sees it: without its hashes."""
    names = selected(source.sql or "")
    if source.sql and not names and not source.gives:
        return Type(kind=RECORD)
    columns = dict.fromkeys(sorted(names), ANY)
    for name, gives in source.gives.items():
        values = None if gives.one_of is None else frozenset(map(str, gives.one_of))
        columns[str(name)] = Type(kind=gives.kind, values=values)
    for hidden in source.hash_columns:
        columns.pop(hidden, None)
    return Type(columns or None, kind=RECORD)


def proven_type(source: DataSource) -> Type:
    """The record that `authenticate` gives: the row, and what was entered."""
    columns = row_type(source).columns
    if columns is not None:
        columns = {**columns, "card": Type(kind=DIGITS), "pin": ANY}
    return Type(columns, frozenset(("pin",)), RECORD, masked=frozenset(("card",)))


def selected(sql: str) -> frozenset[str]:
    """The columns of a select list, as far as they can be read; else none."""
    found = re.match(r"\s*select\s+(?:distinct\s+)?(.*?)\s+from\s", sql, re.I | re.S)
    if found is None:
        return frozenset()
    columns = set()
    for part in re.sub(r"\([^()]*\)", "", found[1]).split(","):
        name = re.search(r"([A-Za-z_][A-Za-z0-9_]*)\s*$", part)
        if name is None:
            return frozenset()  # `*`, or something that only the database knows
        columns.add(name[1].lower())
    return frozenset(columns)


@once
def variables(site: Site) -> dict[str, Variables]:
    """Flow -> its variables, worked out until nothing new is learned."""
    known: dict[str, Variables] = {
        flow.name: {
            str(name): declared(site, kind) for name, kind in flow.takes.items()
        }
        for flow in site.flows.values()
    }
    for _ in range(10):
        before = {name: dict(held) for name, held in known.items()}
        for flow in site.flows.values():
            always = walk({"keys": flow.always})
            _learn_what_is_set(site, known[flow.name], always)
            for node in flow.nodes.values():
                _learn(site, known, flow, node)
        if known == before:
            break
    return known


def declared(site: Site, kind: str) -> Type:
    """The type that `takes` and `gives` call *kind*."""
    source = site.data.get(kind)
    if source is None:
        return Type(kind=kind) if kind in KINDS else ANY
    return proven_type(source) if source.verify else row_type(source)


def _learn(site: Site, known: dict[str, Variables], flow: Flow, node: Node) -> None:
    held, step = known[flow.name], node.step
    save = vars(step).get("save")
    if save is not None:
        _add(held, str(save), _saved(site, known, node))
    if node.verb == "browse":
        rows = type_of(getattr(step, "items", EMPTY), names_with(site, held))
        _add(held, str(getattr(step, "as_", "item")), rows.items or ANY)
    if (extension := vars(step).get("dial_extension")) is not None:
        rows = extension.known(site).values()
        columns = {
            name: text_of(row[name] for row in rows if row[name] is not None)
            for name in ("number", "name", "endpoint", "flow")
        }
        _add(held, str(extension.save), record(columns))
    _learn_what_is_set(site, held, step.kinds)
    if node.verb == "call":
        inside = known.get(str(getattr(step, "flow", "")))
        for name, expression in getattr(step, "with_", {}).items():
            if inside is not None:
                # Its type is what the flow declares; what is secret comes along.
                given = type_of(expression, held)
                hidden = Type(None, given.secret, NONE, masked=given.masked)
                _add(inside, str(name), hidden)


def _learn_what_is_set(
    site: Site, held: Variables, inside: Iterable[tuple[str, Kind]]
) -> None:
    for way, kind in inside:
        if isinstance(kind, Text) and (found := _SET.fullmatch(way)):
            _add(held, found[1], text_type(kind, names_with(site, held)))


def _add(held: Variables, name: str, found: Type) -> None:
    held[name] = held[name] | found if name in held else found


def _saved(site: Site, known: dict[str, Variables], node: Node) -> Type:
    """What a step's `save` holds."""
    step = node.step
    source = site.data.get(str(getattr(step, "source", "")))
    if node.verb == "lookup" and source is not None:
        row = row_type(source)
        return row if source.many is None else Type(kind=LIST, items=row)
    if node.verb == "authenticate" and source is not None:
        return proven_type(source)
    if node.verb == "ask":
        return A_SECRET if getattr(step, "secret", False) else _entered(step)
    called = site.flows.get(str(getattr(step, "flow", "")))
    if node.verb == "call" and called is not None:
        gives = called.gives.items()
        return record({str(name): declared(site, kind) for name, kind in gives})
    return ANY


def _entered(step: Step) -> Type:
    """What an `ask` saves."""
    kind = str(vars(step).get("as_") or "digits")
    masked = ITSELF if getattr(step, "masked", False) else frozenset[str]()
    return Type(kind=AS.get(kind, ""), masked=masked)


EMPTY = Expression.compiled("[]")

AS = {
    "digits": DIGITS,
    "number": "number",
    "money": "money",
    "date": "date",
    "time": "time",
    "phone": "phone",
    "id_card": "text",
    "yes_no": "yes/no",
}
"""`as:` of an ask -> the kind of what it saves."""


def text_type(text: Text, names: Mapping[str, Type]) -> Type:
    """What a text with `${...}` gives: of any type if it is one `${...}` alone."""
    types = [type_of(expression, names) for _, expression in text.slots]
    if text.words.alone is not None:
        return types[0]
    if any(one.secret for one in types):
        return A_SECRET
    return A_TEXT if types else text_of([str(text)])


def texts_possible(text: Text, names: Mapping[str, Type]) -> frozenset[str] | None:
    """Every text that *text* can become; None if nobody knows."""
    made = {""}
    values = {
        slot: type_of(expression, names).values for slot, expression in text.slots
    }
    for part in text.words.parts:
        ends = values[part] if isinstance(part, Slot) else frozenset((part,))
        if ends is None or len(made) * len(ends) > MOST_TEXTS:
            return None
        made = {start + end for start in made for end in ends}
    return frozenset(made)


MOST_TEXTS = 1000


def type_of(expression: Expression, names: Mapping[str, Type]) -> Type:
    """What an expression gives, as far as is known, and whether it is secret."""
    found = silently(expression.tree, names)
    if dotted(expression.tree) is None and any(
        hides(path, names) for path in expression.paths
    ):
        return A_SECRET
    return found


def names_with(site: Site, held: Mapping[str, Type]) -> dict[str, Type]:
    """The variables, and the names that are always there."""
    return {**_built_in(site), **held}


@once
def _names(site: Site) -> dict[str, dict[str, Type]]:
    """Flow -> all its names; "" -> those that are there outside of flows."""
    held = variables(site).items()
    return {"": _built_in(site)} | {flow: names_with(site, all_) for flow, all_ in held}


def names_for(site: Site, use: Use) -> Mapping[str, Type]:
    """Every name that the expression of *use* may read, with its type."""
    flow, node = use.found.flow, use.found.node
    names = _names(site)[flow.name if flow else ""]
    if not (extra := extra_names(use)):
        return names
    names = dict(names)
    for name in extra - set(NAMED):
        if node is not None and node.verb == "ask":
            names[name] = _entered(node.step)
        elif node is None or node.verb != "browse" or name not in names:
            names[name] = ANY
    return names


@once
def _built_in(site: Site) -> dict[str, Type]:
    return built_in(site)


def hides(path: tuple[str, ...], held: Mapping[str, Type]) -> bool:
    """True if the value of a dotted name is a secret, or holds one."""
    whole = held.get(path[0])
    return whole is not None and _among(path, whole.secret)


def masks(path: tuple[str, ...], held: Mapping[str, Type]) -> bool:
    """True if the value of a dotted name is masked."""
    whole = held.get(path[0])
    # A row that holds something masked may go anywhere: it is never shown whole.
    if whole is None or (len(path) == 1 and SELF not in whole.masked):
        return False
    return _among(path, whole.masked)


def _among(path: tuple[str, ...], hidden: frozenset[str]) -> bool:
    if len(path) == 1:
        return bool(hidden)
    return SELF in hidden or path[1] in hidden


@once
def uses(site: Site) -> list[Use]:
    """Every expression of the flows, of mailboxes, and of what they and queues say."""
    return list(_uses(site, everything(site)))


def half_read(site: Site) -> Iterator[Use]:
    """The expressions of steps that have keys which nobody knows."""
    return _uses(
        site,
        (
            Found(way, kind, flow, node)
            for flow in site.flows.values()
            for node in flow.half.values()
            for way, kind in node.step.kinds
        ),
    )


def _uses(site: Site, places: Iterable[Found]) -> Iterator[Use]:
    for found in places:
        kind = found.kind
        if found.flow is None and not isinstance(kind, PromptName | Expression):
            continue  # the texts of data.yaml have names of their own
        if isinstance(kind, Expression):
            if str(kind) not in NAMED:
                yield Use(kind, found)
        elif isinstance(kind, Text):
            for slot, expression in kind.slots:
                yield Use(expression, found, slot=slot)
        elif isinstance(kind, Sayable) and kind.text is not None:
            for slot, expression in kind.text.slots:
                yield Use(expression, found, slot=slot)
        elif (name := getattr(kind, "text", None)) is not None:
            for slot, expression in name.slots:  # a queue's name from data, and so on
                yield Use(expression, found, slot=slot)
        elif isinstance(kind, PromptName | Sayable):
            for language in site.catalogue.languages:
                for words in texts_of(site, str(kind), language):
                    yield from _said(words, found, str(kind))


def _said(words: Words, found: Found, prompt: str) -> Iterator[Use]:
    text = words.text
    if not isinstance(text, Scalar):
        return
    for slot in words.slots:
        try:
            expression = read_expression(slot.expression, text, slot.offset)
        except PydanticCustomError:  # told when the prompts were read
            continue
        yield Use(expression, found, prompt, slot)


def extra_names(use: Use) -> frozenset[str]:
    """Names that only this place knows."""
    found = use.found
    node = found.node
    if node is None:
        return MAILBOX_SAYS.get(found.way.rpartition(".")[2], frozenset())
    if found.way.endswith("check"):
        entry = vars(node.step).get("save") if node.verb == "ask" else None
        names = {"entry", *NAMED, str(entry or "entry")}
        if "." in found.way:
            names.add(found.way.split(".")[0])  # the card's and the PIN's own name
        return frozenset(names)
    if node.verb == "ask" and found.way == "confirm":
        return frozenset((str(vars(node.step).get("save") or "entry"),))
    if node.verb == "browse" and found.way == "say":
        return frozenset(("position", "total", str(getattr(node.step, "as_", ""))))
    if node.verb == "callback":
        return frozenset(("number", "slot"))
    if node.verb == "authenticate" and found.way in ("code.text", "code.subject"):
        return frozenset(("code",))
    return frozenset()
