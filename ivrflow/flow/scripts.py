"""A flow that a dialplan runs, by AGI: `agi://HOST/flow/NAME?key=value`.

The dialplan has the call before and after it, and hands in what the flow `takes:`. Only
flows whose head says `agi: yes` are run so: who may connect may not run any flow in any
state. What was written there is text from outside, as a caller's number in it is, and
each value must be of the type that the flow says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from ivrflow.flow.bookmark import SCRIPT, Bookmark
from ivrflow.flow.bookmark.taking_up import take_up
from ivrflow.flow.call import Call
from ivrflow.flow.handed_in import READS
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.model import Flow
from ivrflow.flow.run import resume_call, run_call
from ivrflow.flow.site import Site
from ivrflow.flow.world import World
from ivrflow.telephony.channel import Cause, Channel

FOLDER = "flow/"
"""Before the flow's name in what is asked for."""

LONGEST = 500
"""Characters of a value."""

MOST = 32
"""Values."""


class BadScript(Exception):
    """It can't be run. Says why, for the log, and *code*, a word for the dialplan."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Script:
    """A flow to be run, as it was asked for."""

    flow: str
    given: Mapping[str, str] = field(default_factory=dict)


def read_script(asked: str) -> Script:
    """What stands behind the host in `agi://HOST/...`; raises `BadScript`.

    A plus is a plus there, as in numbers; a space is %20.
    """
    path, _, query = asked.strip("/").partition("?")
    if not path.startswith(FOLDER):
        raise BadScript(
            "no-flow", f"{path[:80]!r} names no flow: ask for agi://HOST/flow/NAME"
        )
    given: dict[str, str] = {}
    for pair in filter(None, query.split("&")):
        name, _, value = pair.partition("=")
        given[_said(name)] = _said(value)
    if len(given) > MOST:
        raise BadScript("bad-values", f"more than {MOST} values are handed in")
    return Script(flow=_said(path.removeprefix(FOLDER)), given=given)


def _said(text: str) -> str:
    said = unquote(text, errors="replace")
    if len(said) > LONGEST:
        raise BadScript("bad-values", f"a value of more than {LONGEST} characters")
    return "".join(c for c in said if c.isprintable())


def flow_of(script: Script, site: Site) -> tuple[Flow, dict[str, object]]:
    """The flow, and the values with which it starts. Raises `BadScript`."""
    flow = site.flows.get(script.flow)
    if flow is None:
        raise BadScript("no-flow", f"there is no flow {script.flow[:80]!r}")
    if not flow.agi:
        raise BadScript(
            "no-flow",
            f"the flow {flow.name!r} is not meant for dialplans: write `agi: yes` into "
            "its head",
        )
    takes = {str(name): str(kind) for name, kind in flow.takes.items()}
    if unknown := script.given.keys() - takes.keys():
        raise BadScript(
            "bad-values", f"the flow {flow.name!r} takes no {min(unknown)[:80]!r}"
        )
    if missing := takes.keys() - script.given.keys():
        name = min(missing)
        raise BadScript(
            "bad-values", f"the flow {flow.name!r} takes {name!r}: write ?{name}=..."
        )
    return flow, {n: _typed(n, kind, script.given[n]) for n, kind in takes.items()}


def _typed(name: str, kind: str, text: str) -> object:
    read = READS.get(kind)
    try:
        if read is None:
            raise ValueError
        return read(text) if text else None
    except (ValueError, ArithmeticError):
        # It goes to the log: not the value, which may be a card's number.
        raise BadScript("bad-values", f"{name!r} is no {kind}") from None


async def run_script(
    channel: Channel,
    script: Script,
    site: Site,
    world: World,
    live: LiveCalls,
    *,
    bookmark: Bookmark | None = None,
    away: float = 0.0,
) -> Cause:
    """Run the flow; return why the call ended, or ended here. Raises `BadScript`.

    With *bookmark* it goes on where another process left it, if it left it in this
    very script: the dialplan has tried again. *away* are the seconds between.
    """
    call = Call(channel, site, world)
    with live.holding(call):
        ours = bookmark is not None and goes_on(bookmark, script)
        if bookmark is not None and ours and take_up(call, bookmark):
            # What was said then broke off: nothing plays on without a script.
            call.noted_at = world.seconds()
            return await resume_call(call, bookmark, away=away)
        flow, given = flow_of(script, site)
        if bookmark is not None:
            # It begins anew, but no number of its steps names two things.
            call.steps, call.noted = bookmark.number, bookmark.mark
        return await run_call(call, flow, given=given, kind=SCRIPT)


def goes_on(bookmark: Bookmark, script: Script) -> bool:
    """Whether *bookmark* is of this script, and it had not come to its end."""
    ours = bookmark.kind == SCRIPT and bookmark.name == script.flow
    return ours and bookmark.ended is None and bool(bookmark.frames)
