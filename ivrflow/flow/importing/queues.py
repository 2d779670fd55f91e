"""Asterisk's `queues.conf`, made into `queues.yaml` and `agents.yaml`.

Every option that is set is carried over, or named in a remark with the reason why not,
so that nobody finds out later what was lost. What a file can't show is said too:
members that were added while Asterisk ran, and queues that it has from a database.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ivrflow.flow import yaml_text
from ivrflow.flow.importing.conf import Entry, Section, read_conf
from ivrflow.flow.importing.members import (
    BadMember,
    Crew,
    Imported,
    Member,
    read_member,
)
from ivrflow.flow.importing.options import GENERAL, NO, QUEUE, STRATEGIES
from ivrflow.flow.kinds import did_you_mean
from ivrflow.flow.source import NOWHERE, Mark, Problem, Severity

MOST_QUEUES = 5_000

REMARK = "I002"
"""An option that is not carried over, or something to know about one that is."""

BAD_VALUE = "I003"
"""A value that can't be carried over."""

POSITION = "queue_position"
"""The prompt that says the position, where a site has it."""

TOP_LEVEL = 10
UNSEEN = (
    "members added while Asterisk ran (AddQueueMember, `queue add member`) stand in "
    "its database, realtime queues and members in another one: neither is in this file"
)


@dataclass(slots=True)
class ImportedSite:
    """What was made of a file."""

    queues: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Name -> keys of queues.yaml."""
    agents: list[Imported] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    """What could not be read (errors), and what was not carried over (notes)."""

    @property
    def failed(self) -> bool:
        return any(p.severity is Severity.ERROR for p in self.problems)

    def queues_yaml(self) -> str:
        """The text of queues.yaml."""
        lines = []
        for name, keys in self.queues.items():
            lines.append(f"{name}:")
            for key, value in keys.items():
                lines += yaml_text.lines(key, value, 2)
        return "\n".join(lines) + "\n"

    def agents_yaml(self) -> str:
        """The text of agents.yaml."""
        lines = ["agents:"] if self.agents else ["agents: {}"]
        for agent in self.agents:
            about: dict[str, Any] = {"name": agent.name}
            if agent.endpoint:
                about["endpoint"] = agent.endpoint
            if agent.queues:
                about["queues"] = agent.queues
            if agent.reserve:
                about["reserve"] = agent.reserve
            if agent.skills:
                about["skills"] = agent.skills
            lines += yaml_text.lines(agent.number, about, 2)
        return "\n".join(lines) + "\n"


def import_queues(
    path: Path, prompts: Container[str] = (), language: str = "en"
) -> ImportedSite:
    """Read `queues.conf`. *prompts* and *language* are those that the site has."""
    sections, problems = read_conf(path)
    return _Import(prompts, language).site(sections, problems)


class _Import:
    def __init__(self, prompts: Container[str], language: str) -> None:
        self.made = ImportedSite()
        self._prompts = prompts
        self._language = language
        self._crew = Crew()

    def site(self, sections: Sequence[Section], wrong: list[Problem]) -> ImportedSite:
        made = self.made
        made.problems += wrong
        names = self._names(sections)
        for section in sections:
            if section.name == "general":
                self._general(section)
            elif section.name in names and not section.template:
                self._queue(section, names[section.name])
        if not made.queues and not made.failed:
            at = Mark(sections[0].at.file, 1, 1) if sections else NOWHERE
            self._fail(at, "there is no queue in this file")
        made.agents = list(self._crew)
        if sections:
            self._remark(Mark(sections[0].at.file, 1, 1), UNSEEN)
        return made

    def _names(self, sections: Sequence[Section]) -> dict[str, str]:
        """Asterisk's name of each queue -> ours."""
        names: dict[str, str] = {}
        for section in sections:
            if section.template or section.name in ("general", *names):
                continue
            if len(names) == MOST_QUEUES:
                self._fail(section.at, f"more than {MOST_QUEUES:,} queues")
                break
            name = _name(section.name, names.values())
            names[section.name] = name
            if name != section.name:
                self._remark(section.at, f"[{section.name}] is called {name} here")
        return names

    def _general(self, section: Section) -> None:
        for entry in _last_ones(section):
            option = GENERAL.get(entry.key)
            if option is None:
                self._unknown(entry.key, entry.at, GENERAL)
            elif option.even_no or entry.value.lower() not in NO:
                self._remark(entry.at, f"{entry.key}: {option.words}")

    def _queue(self, section: Section, name: str) -> None:
        values: dict[str, str] = {}
        marks: dict[str, Mark] = {}
        for entry in _last_ones(section):
            if entry.key == "member":
                continue
            option = QUEUE.get(entry.key)
            if option is None:
                self._unknown(entry.key, entry.at, QUEUE)
                continue
            values[entry.key], marks[entry.key] = entry.value, entry.at
            told = option.even_no or entry.value.lower() not in NO
            if told and not option.key:
                self._remark(entry.at, f"[{section.name}] {entry.key}: {option.words}")
        self.made.queues[name] = self._keys(section, values, marks)
        self._members(section, name)

    def _keys(
        self, section: Section, values: Mapping[str, str], marks: Mapping[str, Mark]
    ) -> dict[str, Any]:
        """The keys of queues.yaml for one queue."""
        keys: dict[str, Any] = {"title": {self._language: section.name}}
        strategy = values.get("strategy", "ringall").lower()
        if strategy not in STRATEGIES:
            hint = did_you_mean(strategy, STRATEGIES)
            self._bad(marks["strategy"], f"there is no strategy {strategy!r}{hint}")
        keys["choose"] = STRATEGIES.get(strategy, "longest_idle")

        def number(option: str, default: int) -> int:
            written = values.get(option, "") or str(default)
            if re.fullmatch("[0-9]{1,9}", written, re.ASCII):
                return int(written)
            self._bad(marks[option], f"{option}: {written[:40]!r} is not a number")
            return default

        # Asterisk's own defaults, where ours differ: what was not written counts too.
        ring = number("timeout", 15)
        if ring == 0:
            self._remark(marks["timeout"], "timeout = 0 rings for ever: here 60 s")
        keys["ring"] = f"{ring or 60}s"
        if wrap_up := number("wrapuptime", 0):
            keys["wrap_up"] = f"{wrap_up}s"
        if within := number("servicelevel", 0):
            keys["answer_within"] = f"{within}s"
        if longest := number("maxlen", 0):
            keys["longest_line"] = longest
        if weight := number("weight", 0):
            keys["weight"] = weight
        music = values.get("musicclass", "")
        if music and re.fullmatch(r"[A-Za-z0-9_.-]{1,80}", music):
            keys["music"] = music
        elif music:
            self._bad(marks["musicclass"], f"musicclass: {music[:40]!r} is no class")
        if values.get("monitor-format"):
            keys["record"] = "all"
        every = max(
            number("announce-frequency", 0), number("min-announce-frequency", 15)
        )
        if number("announce-frequency", 0):
            self._announce(section, values, keys, every)
        return keys

    def _announce(
        self, section: Section, values: Mapping[str, str], keys: Any, every: int
    ) -> None:
        """The position, said now and then."""
        if values.get("announce-position", "yes").lower() in NO:
            return
        announce = {"say": POSITION, "every": f"{every}s"}
        if POSITION in self._prompts:
            keys["announce"] = [announce]
            return
        at = section.last("announce-frequency")
        assert at is not None
        line = yaml_text.flow(announce)
        self._remark(
            at.at,
            f"[{section.name}] announce-frequency: make a prompt {POSITION} that says "
            f"${{queue.position}}, then add `announce: [{line}]`",
        )

    def _members(self, section: Section, queue: str) -> None:
        members: list[tuple[Imported, Member]] = []
        seen: set[str] = set()
        for entry in section.entries:
            if entry.key != "member":
                continue
            try:
                member = read_member(entry)
                agent, remarks = self._crew.agent(member)
            except BadMember as bad:
                self._bad(entry.at, f"member: {bad}")
                continue
            for remark in remarks:
                self._remark(entry.at, remark)
            if member.more:
                words = "ringinuse, wrapuptime and paused of a member are not kept"
                self._remark(entry.at, f"{member.interface}: {words}")
            if agent.number not in seen:
                seen.add(agent.number)
                members.append((agent, member))
        self._serve(section, queue, members)

    def _serve(
        self, section: Section, queue: str, members: list[tuple[Imported, Member]]
    ) -> None:
        """Let the members serve the queue, those with a penalty behind the others.

        Two penalties are regular agents and reserve. More of them are levels of a
        skill, which the flow must ask for.
        """
        ranks = sorted({member.penalty for _, member in members})
        for agent, member in members:
            rank = ranks.index(member.penalty)
            if len(ranks) == 2 and rank:
                agent.reserve.append(queue)
                continue
            agent.queues.append(queue)
            if len(ranks) > 2:
                agent.skills[queue] = max(1, TOP_LEVEL - rank)
        if len(ranks) < 3:
            return
        chosen = self.made.queues[queue]["choose"]
        self.made.queues[queue]["choose"] = "best_skill"
        self._remark(
            section.at,
            f"[{section.name}] penalties are levels of the skill {queue}: write "
            f"`skills: {{{queue}: 1}}` in the flow's `queue` step, and best_skill "
            "rings those with the least penalty first, of equals the longest idle "
            f"(instead of {chosen})",
        )

    # -----------------------------------------------------------------------------

    def _unknown(self, key: str, at: Mark, known: Mapping[str, object]) -> None:
        hint = did_you_mean(key, known)
        self._remark(at, f"{key[:60]!r} is no option of Asterisk 22{hint}")

    def _remark(self, at: Mark, message: str) -> None:
        self.made.problems.append(Problem(at, REMARK, message, Severity.NOTE))

    def _bad(self, at: Mark, message: str) -> None:
        self.made.problems.append(Problem(at, BAD_VALUE, message, Severity.WARNING))

    def _fail(self, at: Mark, message: str) -> None:
        self.made.problems.append(Problem(at, BAD_VALUE, message, Severity.ERROR))


def _last_ones(section: Section) -> Iterator[Entry]:
    """Of each option the entry that counts, in the order in which they are written."""
    last = {entry.key: entry for entry in section.entries}
    yield from last.values()


def _name(written: str, taken: Iterable[str]) -> str:
    """A queue's name as ours are: one word of a-z, 0-9 and _."""
    known = set(taken)
    word = re.sub(r"[^a-z0-9_]+", "_", written.lower()).strip("_")[:60]
    if not word[:1].isalpha():
        word = f"queue_{word}".rstrip("_")
    name, number = word, 2
    while name in known or name in ("pauses", "dispositions", "queues"):
        name, number = f"{word}_{number}", number + 1
    return name
