"""What is wrong with a site: one file per rule.

A rule is a module here with a function `check(site)` that yields problems; its
docstring is its manual and begins with its code and what it finds. Rules are found by
walking the package: a new one is one new file. Modules that begin with `_` are tools
for them.

Codes never change their meaning. Their families: Y reading, F flow, P prompts,
T timetables, D data, S secrets, H the way to a person, Q queues, mailboxes and agents.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING

from ivrflow.flow.source import Problem

if TYPE_CHECKING:
    from ivrflow.flow.site import Site


def rules() -> Iterator[ModuleType]:
    """Every rule's module, in the order of their names."""
    for module in pkgutil.iter_modules(__path__):
        if not module.name.startswith("_"):
            yield importlib.import_module(f"{__name__}.{module.name}")


def check(site: Site) -> Iterator[Problem]:
    """Yield what every rule finds. *site* may be one that was read in part only."""
    for rule in rules():
        yield from rule.check(site)
