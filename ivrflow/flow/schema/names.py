"""The names of one site, which an editor then completes and compares.

They are taken from the files as they are read, before anything is checked: an author
wants them most while the site is not right yet. What can't be read is left open.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ivrflow.flow.files import Files
from ivrflow.flow.flows import FOLDER as FLOWS
from ivrflow.flow.kind import Kind
from ivrflow.flow.kinds import (
    SPECIAL,
    AgentNumbered,
    FlowName,
    MailboxName,
    Outcome,
    PromptName,
    QueueName,
    SourceName,
    StepName,
    SwitchName,
    Target,
    TimetableName,
)
from ivrflow.flow.site.agents import AgentNumber
from ivrflow.flow.site.mailboxes import BESIDE
from ivrflow.flow.site.queues import Queues
from ivrflow.flow.source import Scalar, Table, Value
from ivrflow.flow.steps.browse import MOVES, Move
from ivrflow.flow.words import FOLDER as PROMPTS
from ivrflow.flow.words import shipped
from ivrflow.prompts.read import TEMPLATE, VARIANTS

Known = Mapping[type[Kind], tuple[str, ...]]
"""Kind -> the names that there are; a kind that is missing may be anything."""

ENTRIES: Mapping[str, type[Kind]] = {
    "hours.yaml": TimetableName,
    "switches.yaml": SwitchName,
    "data.yaml": SourceName,
}
"""File of a site whose keys are names -> what they name."""


@dataclass(frozen=True)
class Names:
    """What the files of a site declare."""

    known: Known
    steps: Mapping[str, tuple[str, ...]]
    """Flow -> its steps, in their order."""

    def in_flow(self, flow: str) -> Known:
        """All names, for someone who writes this flow."""
        return {**self.known, **_steps(self.steps.get(flow, ()))}

    def everywhere(self) -> Known:
        """All names, the steps of all flows among them."""
        steps = (step for steps in self.steps.values() for step in steps)
        return {**self.known, **_steps(dict.fromkeys(steps))}


def _steps(steps: Iterable[str]) -> dict[type[Kind], tuple[str, ...]]:
    """Nothing is known of a flow without steps: it is being written."""
    names = tuple(steps)
    if not names:
        return {}
    targets = (*names, *SPECIAL)
    return {
        StepName: names,
        Target: targets,
        Outcome: targets,
        Move: (*MOVES, *targets),
    }


def names_of(folder: Path) -> Names:
    """The names that stand in a site's folder. Reads files; raises nothing of theirs.

    A file that can't be read, for being wrong, leaves its names open.
    """
    files = Files(folder)
    known: dict[type[Kind], tuple[str, ...]] = {}
    for file, kind in ENTRIES.items():
        names = tuple(map(str, files.table(file)))
        if file not in files.unread:
            known[kind] = names
    queues = files.table("queues.yaml")
    if "queues.yaml" not in files.unread:
        others = {name for name in Queues.model_fields if name != "queues"}
        known[QueueName] = tuple(str(name) for name in queues if name not in others)
    boxes = files.table("mailboxes.yaml")
    if "mailboxes.yaml" not in files.unread:
        known[MailboxName] = tuple(str(name) for name in boxes if name not in BESIDE)
    agents = files.table("agents.yaml").get(Scalar("agents"))
    if "agents.yaml" not in files.unread:
        numbers = tuple(map(str, agents)) if isinstance(agents, Table) else ()
        known[AgentNumber] = known[AgentNumbered] = numbers
    if prompts := _prompts(files):
        known[PromptName] = prompts
    steps = _flows(files)
    if not any(file.startswith(f"{FLOWS}/") for file in files.unread):
        known[FlowName] = tuple(steps)
    return Names(known, steps)


def _flows(files: Files) -> dict[str, tuple[str, ...]]:
    found = {}
    for file in files.inside(FLOWS):
        raw = files.table(file)
        name, steps = raw.get(Scalar("flow")), raw.get(Scalar("steps"))
        if isinstance(name, str):
            names = map(str, steps) if isinstance(steps, Table) else ()
            found[str(name)] = tuple(names)
    return found


def _prompts(files: Files) -> tuple[str, ...]:
    """Prompts of all languages, the shipped ones too; () if some can't be read."""
    found: dict[str, None] = {}
    for file in files.inside(PROMPTS):
        language = file.removeprefix(f"{PROMPTS}/").removesuffix(".yaml")
        own = files.table(file)
        if file in files.unread:
            return ()
        for table in (own, shipped(language)):
            names = (name for name, value in table.items() if _is_prompt(name, value))
            found |= dict.fromkeys(map(str, names))
    return tuple(found)


def _is_prompt(name: str, value: Value) -> bool:
    """False for a table of words, and for the sentence that offers a choice."""
    if name == TEMPLATE:
        return False
    return not isinstance(value, Table) or any(key in value for key in VARIANTS)
