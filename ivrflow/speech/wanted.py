"""Which recordings a site needs, and where each of its prompts is said."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ivrflow.flow.kind import walk
from ivrflow.flow.kinds import PromptName, Sayable
from ivrflow.flow.site import Site
from ivrflow.prompts.inventory import needed
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.text import Titled


def wanted(site: Site) -> list[Clip]:
    """Return every recording that the site can play, each once, sorted by name."""
    return needed(site.catalogue, titles(site))


def titles(site: Site) -> Iterator[Titled]:
    """The site's own titles that callers and agents may hear."""
    for kind, known in (
        ("queue", {name: queue.title for name, queue in site.queues.items()}),
        ("switch", {name: switch.title for name, switch in site.switches.items()}),
    ):
        for name, title in known.items():
            for language in site.settings.languages:
                if words := title.get(language):
                    yield Titled.of(str(language), kind, str(name), str(words))


@dataclass(frozen=True, slots=True)
class Said:
    """A place where a prompt is said: `menu main_menu, flows/main.yaml:12`."""

    what: str
    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.what}, {self.file}:{self.line}"


def places(site: Site) -> dict[str, list[Said]]:
    """Prompt -> the steps of the site's flows that say it."""
    found: dict[str, list[Said]] = {}
    for flow in site.flows.values():
        for node in flow.nodes.values():
            for _, one in walk(node.step):
                name = None
                if isinstance(one, Sayable):
                    name = one.prompt
                elif isinstance(one, PromptName):
                    name = one
                if name is not None:
                    at = name.at
                    said = Said(f"{node.verb} {node.name}", at.file, at.line)
                    found.setdefault(str(name), []).append(said)
    return found


def prompt_of(clip: Clip) -> str:
    """Return the prompt or table of a recording; "" for pieces and titles."""
    rest = clip.name.partition("/")[2]
    return "" if "/" in rest else rest.partition(".")[0]
