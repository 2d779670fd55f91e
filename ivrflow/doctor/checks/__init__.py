"""What the doctor looks at: one file per check.

A check is a module here with an `AREA` and an asynchronous generator `look(patient)`
that yields findings; its docstring is its manual, which begins with what it looks at.
`WITHIN` is how many seconds it may take, where the usual ones are too few. Checks are
found by walking the package: a new one is one new file. Modules that begin with `_` are
tools for them.

A check changes nothing. It yields an `ok` for what is well, so that one sees what was
looked at, and whatever it yields that is not well says how to mend it. What it needs of
the patient may raise `CannotLook` or `Elsewhere`: it lets them pass.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from ivrflow.doctor.finding import Findings

if TYPE_CHECKING:
    from ivrflow.doctor.patient import Patient

USUAL = 15.0
"""Seconds that a check may take."""


class Area(Enum):
    """What belongs together, in the order in which it is looked at and told."""

    SETTINGS = "settings and site"
    MACHINE = "this machine"
    ASTERISK = "Asterisk"
    AMI = "Asterisk's manager interface"
    DATA = "database and sounds"
    OUTSIDE = "others"
    CALL = "a test call"


@dataclass(frozen=True)
class Check:
    """One thing to look at."""

    name: str
    """As it is asked for: `ari-login`."""
    area: Area
    manual: str
    """What it looks at, what may be wrong there, and what to do."""
    look: Callable[[Patient], Findings]
    within: float = USUAL
    """Seconds that it may take."""

    @property
    def title(self) -> str:
        """What it looks at, in a few words."""
        return self.manual.partition("\n")[0].rstrip(".")


def checks() -> list[Check]:
    """Every check, by areas, in the order of their names."""
    found = []
    for module in pkgutil.iter_modules(__path__):
        if module.name.startswith("_"):
            continue
        one = importlib.import_module(f"{__name__}.{module.name}")
        found.append(
            Check(
                name=module.name.replace("_", "-"),
                area=one.AREA,
                manual=str(one.__doc__).strip(),
                look=one.look,
                within=getattr(one, "WITHIN", USUAL),
            )
        )
    order = list(Area)
    return sorted(found, key=lambda check: (order.index(check.area), check.name))
