"""The names that a flow's expressions may use: its variables, and what is built in.

What is built in is worked out when it is asked for: nobody reads a timetable for an
expression that names none.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ivrflow.flow.world import Trouble

if TYPE_CHECKING:
    from ivrflow.flow.call import Call, Frame
    from ivrflow.flow.kinds import Referred
    from ivrflow.flow.site import Site
    from ivrflow.flow.world import World


class Names(Mapping[str, object]):
    """The names of expressions: variables first, then what is built in.

    A name that is not set is None: the language calls it `none`.
    """

    def __init__(
        self, call: Call, more: Mapping[str, object], frame: Frame | None = None
    ) -> None:
        """Of *frame*, or of the flow that runs now."""
        self._call = call
        self._more = more
        if frame is None and call.frames:
            frame = call.frame
        self._variables = frame.variables if frame else {}

    def __getitem__(self, name: str) -> object:
        call = self._call
        if name in self._more:
            return self._more[name]
        if name in self._variables:
            return self._variables[name]
        built_in = _BUILT_IN.get(name)
        return built_in(call) if built_in else None

    def __iter__(self) -> Iterator[str]:
        return iter({**_BUILT_IN, **self._variables, **self._more})

    def __len__(self) -> int:
        return sum(1 for _ in self)


def given_name(call: Call, name: Referred, there: Container[str]) -> str:
    """What *name* names now, which is one of those *there*.

    The checker proves a name from data by its column's `one_of:`, which a table can
    outgrow: a name that nothing bears raises `Trouble`, no name `ExpressionFault`.
    """
    given = name.given(call.names())
    if given not in there:
        raise Trouble(f"{name.at}: {name} is {given[:80]!r}, which is not there")
    return given


def along(path: tuple[str, ...], names: Mapping[str, object]) -> object:
    """What the dotted name *path* stands for; none of none is none."""
    value: object = names
    for name in path:
        if not isinstance(value, Mapping):
            return None
        try:
            value = value[name]
        except KeyError:
            return None
    return value


def fixed(value: object) -> object:
    """*value* as a variable holds it: of a record that goes on changing, as that of a
    queue, what it says now. It may be asked later, when nobody knows any more."""
    if isinstance(value, Mapping) and not isinstance(value, dict):
        return {str(name): along((name,), value) for name in value}
    return value


def _call_record(call: Call) -> Mapping[str, object]:
    return {
        "id": call.id,
        "from": call.channel.caller_id or None,
        "to": call.channel.dialled,
        "started": call.started,
        "step": call.step_name,
        "agent": call.agent.get("number"),
        "waited": call.waited,
    }


def _now_record(call: Call) -> Mapping[str, object]:
    now: datetime = call.world.clock()
    weekday = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")[now.weekday()]
    return {"hour": now.hour, "date": now.date(), "weekday": weekday}


class _Hours(Mapping[str, object]):
    """`hours.NAME.open .opens .closes`, worked out when it is asked for."""

    def __init__(self, call: Call) -> None:
        self._call = call

    def __getitem__(self, name: str) -> object:
        state = timetable_state(self._call, name)
        return {"open": state.open, "opens": state.opens, "closes": state.closes}

    def __iter__(self) -> Iterator[str]:
        return iter(self._call.site.hours)

    def __len__(self) -> int:
        return len(self._call.site.hours)


def timetable_state(call: Call, name: str) -> Any:
    """Whether the timetable *name* is open now, and why."""
    return _state(call.site, call.world, name)


def _state(site: Site, world: World, name: str) -> Any:
    return site.hours[name].now_at(world.clock(), world.switches)


def _switch_record(call: Call) -> Mapping[str, object]:
    now = call.world.clock()
    return {n: call.world.switches.thrown(str(n), now) for n in call.site.switches}


_BUILT_IN: dict[str, Callable[[Call], object]] = {
    "call": _call_record,
    "now": _now_record,
    "hours": _Hours,
    "switch": _switch_record,
    "queue": lambda call: call.queue or None,
    "agent": lambda call: call.agent or None,
    "language": lambda call: call.language,
}
