"""agents.yaml with the agents of the database, and nothing else touched. Pure.

Each value that differs is one splice of the text, so that comments, order and the way
things are written stay as they are; a text without differences stays itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ivrflow.db.agent_diff import GONE, NEW, Difference, values_of
from ivrflow.db.agents import Enrolled
from ivrflow.flow.edit import CannotEdit
from ivrflow.flow.source import read
from ivrflow.flow.yaml_nodes import Node, pair_of, table_at, tree_of
from ivrflow.flow.yaml_text import flow, key

AGENTS = ("agents",)


def agents_text(
    text: str, database: Iterable[Enrolled], differing: Iterable[Difference]
) -> str:
    """*text*, an agents.yaml, with what the database says of those who differ.

    Raises `CannotEdit` where the file is written so that it can't be done.
    """
    known = {one.agent.number: one for one in database}
    for one in differing:
        if one.what == NEW:
            text = _without(text, one.agent)
        elif one.what == GONE:
            text = _with_agent(text, one.agent, _spelled(known[one.agent]))
        else:
            value = written(one.what, one.database)
            text = _with_value(text, one.agent, one.what, value)
    _, problems = read(text, "agents.yaml")
    if problems:
        raise CannotEdit("; ".join(p.message for p in problems))
    return text


def _spelled(one: Enrolled) -> dict[str, Any]:
    """An agent as the file writes one: what goes without saying is left out."""
    usual = values_of(Enrolled(agent=type(one.agent)(number=one.agent.number)))
    return {
        what: written(what, value)
        for what, value in values_of(one).items()
        if what == "name" or value != usual[what]
    }


def written(what: str, value: Any) -> Any:
    """The value of *what*, of the database, as agents.yaml writes it.

    None where the file does not say it.
    """
    if what == "wrap_up" and value is not None:
        return f"{round(value * 1000)}ms" if value % 1 else f"{value:.0f}s"
    return nested(value) if what == "skills" and value is not None else value


def nested(skills: Mapping[str, int]) -> dict[str, Any]:
    """`{billing: 3, district=north: 5}` as `{billing: 3, district: {north: 5}}`."""
    found: dict[str, Any] = {}
    for skill, level in skills.items():
        name, has_value, value = skill.partition("=")
        if has_value:
            found.setdefault(name, {})[value] = level
        else:
            found[name] = level
    return found


def _without(text: str, number: str) -> str:
    table, (name, value) = _agent(text, number)
    if table.flow:
        raise CannotEdit("agents stand in brackets; write one a line")
    begin = text.rfind("\n", 0, name.begin) + 1
    end = text.find("\n", value.end)
    return text[:begin] + ("" if end < 0 else text[end + 1 :])


def _with_agent(text: str, number: str, spelled: Mapping[str, Any]) -> str:
    table = table_at(tree_of(text), AGENTS) if text.strip() else None
    if table is None:
        begin = text if not text or text.endswith("\n") else text + "\n"
        return f"{begin}agents:\n  {key(number)}: {flow(spelled)}\n"
    if table.flow or not table.pairs:
        raise CannotEdit("agents stand in brackets; write one a line")
    last = table.pairs[-1]
    indent = " " * (last[0].column - 1)
    end = text.find("\n", last[1].end)
    end = len(text) if end < 0 else end
    return f"{text[:end]}\n{indent}{key(number)}: {flow(spelled)}{text[end:]}"


def _with_value(text: str, number: str, what: str, value: Any) -> str:
    _, (_, agent) = _agent(text, number)
    found = pair_of(agent, what)
    if value is None:
        return text if found is None else _without_value(text, agent, found)
    if found is not None:
        node = found[1]
        return text[: node.begin] + flow(value) + text[node.end :]
    if agent.flow:
        at = agent.end - 1  # before the bracket
        comma = ", " if agent.pairs else ""
        return f"{text[:at]}{comma}{key(what)}: {flow(value)}{text[at:]}"
    last = agent.pairs[-1]
    indent = " " * (last[0].column - 1)
    at = last[1].end
    return f"{text[:at]}\n{indent}{key(what)}: {flow(value)}{text[at:]}"


def _without_value(text: str, agent: Node, found: tuple[Node, Node]) -> str:
    """The text without one value of an agent, which is not the only one."""
    name, value = found
    at = agent.pairs.index(found)
    if not agent.flow:
        begin = text.rfind("\n", 0, name.begin) + 1
        end = text.find("\n", value.end)
        return text[:begin] + ("" if end < 0 else text[end + 1 :])
    if at:
        return text[: agent.pairs[at - 1][1].end] + text[value.end :]
    return text[: name.begin] + text[agent.pairs[1][0].begin :]


def _agent(text: str, number: str) -> tuple[Node, tuple[Node, Node]]:
    table = table_at(tree_of(text), AGENTS)
    found = pair_of(table, number) if table is not None else None
    if table is None or found is None:
        raise CannotEdit(f"it has no agent {number}")
    return table, found
