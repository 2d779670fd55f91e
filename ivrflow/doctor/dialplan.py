"""Dialplans, as lists of lines that can be compared: a file's, and the loaded one's.

A line is a context, an extension, the place of the line in it, an application and what
is given to it. Labels and the way in which priorities are written don't count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from ivrflow.doctor.ami import AskedAmi, Block
from ivrflow.doctor.conf import lines_of

_EXTEN = re.compile(r"exten\s*=>?\s*([^,]+),\s*([^,(]+)(?:\([^)]*\))?,\s*(.+)")
_SAME = re.compile(r"same\s*=>?\s*([^,(]+)(?:\([^)]*\))?,\s*(.+)")
_INCLUDE = re.compile(r"include\s*=>?\s*([^,]+)")
_SECTION = re.compile(r"\[([^\]]+)\]")
_APPLICATION = re.compile(r"([A-Za-z0-9_]+)\s*(?:\((.*)\))?$", re.DOTALL)

Line = tuple[str, str]
"""An application, and what is given to it."""


@dataclass
class Context:
    """One context: extension -> its lines in their order, and what it includes."""

    lines: dict[str, list[Line]] = field(default_factory=dict)
    includes: list[str] = field(default_factory=list)

    def add(self, extension: str, application: str, data: str) -> None:
        """The next line of *extension*."""
        self.lines.setdefault(extension, []).append((application, data))


Dialplan = Mapping[str, Context]
"""Context's name -> context."""


def parsed(text: str) -> Dialplan:
    """The dialplan in a file. Includes of other files are not followed."""
    found: dict[str, Context] = {}
    context, extension = Context(), ""
    for line in lines_of(text):
        if section := _SECTION.match(line):
            context = found.setdefault(section[1], Context())
        elif first := _EXTEN.match(line):
            extension = first[1].strip()
            context.add(extension, *_application(first[3]))
        elif more := _SAME.match(line):
            context.add(extension, *_application(more[2]))
        elif include := _INCLUDE.match(line):
            context.includes.append(include[1].strip())
    return found


async def loaded(ami: AskedAmi) -> Dialplan:
    """What Asterisk has loaded. Raises `CannotLook`."""
    return listed(await ami.ask("ShowDialPlan"))


def listed(blocks: Iterable[Block]) -> Dialplan:
    """The dialplan in AMI's answer to ShowDialPlan."""
    found: dict[str, Context] = {}
    for block in blocks:
        if block.get("event") != "ListDialplan":
            continue
        context = found.setdefault(block.get("context", ""), Context())
        if "includecontext" in block:
            context.includes.append(block["includecontext"])
        elif "application" in block:
            data = block.get("appdata", "")
            context.add(block.get("extension", ""), block["application"], data)
    return found


def differences(wanted: Dialplan, there: Dialplan, *, app: str) -> Sequence[str]:
    """Where the dialplan that is *there* is another than the one that is *wanted*.

    *app*: the Stasis application that it should name.
    """
    found = []
    for name, context in wanted.items():
        if name not in there:
            found.append(f"there is no context {name}")
            continue
        his = there[name].lines
        for extension, lines in context.lines.items():
            mine = [(_named(line[0]), _with_app(line, app)) for line in lines]
            if extension not in his:
                found.append(f"{name} lacks the extension {extension}")
                continue
            theirs = [(_named(one), data) for one, data in his[extension]]
            if mine != theirs:
                at = next(
                    (
                        n
                        for n, (a, b) in enumerate(
                            zip(mine, theirs, strict=False), start=1
                        )
                        if a != b
                    ),
                    min(len(mine), len(theirs)) + 1,
                )
                found.append(f"{name}, extension {extension}, is other from line {at}")
        found += [
            f"{name} has an extension {extension} that is not ours"
            for extension in his
            if extension not in context.lines
        ]
    return found


def applications(dialplan: Dialplan) -> set[str]:
    """The Stasis applications that calls are handed to."""
    return {
        data.partition(",")[0].strip()
        for context in dialplan.values()
        for lines in context.lines.values()
        for application, data in lines
        if _named(application) == "stasis"
    }


def included(dialplan: Dialplan) -> set[str]:
    """The contexts that some other one includes, or goes to."""
    found = set()
    for context in dialplan.values():
        found.update(context.includes)
        for lines in context.lines.values():
            for application, data in lines:
                if _named(application) in ("goto", "gosub"):
                    found.add(data.partition(",")[0])
    return found


def _application(written: str) -> Line:
    found = _APPLICATION.match(written.strip())
    return (found[1], found[2] or "") if found else (written.strip(), "")


def _named(application: str) -> str:
    return application.lower()


def _with_app(line: Line, app: str) -> str:
    """What is given to an application; the service's own name where it is ours."""
    application, data = line
    if _named(application) == "stasis" and data.startswith("ivrflow,"):
        return data.replace("ivrflow,", f"{app},", 1)
    return data
