"""The written list of what the doctor looks at, made of the checks' own manuals.

    python -m ivrflow.doctor.reference docs/reference

`make reference` writes it, `make check` tells if it is out of date.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ivrflow.doctor.checks import Area, Check, checks
from ivrflow.flow.reference import main

MODULE = "ivrflow.doctor.reference"

MADE = f"<!-- Written by `python -m {MODULE} docs/reference`. -->\n"

HEAD = """
# What the doctor looks at

`ivrflow doctor` makes these checks, one after the other; `ivrflow doctor --only NAME`
makes one of them, `ivrflow doctor --explain NAME` prints its page. How it is used
stands in [doctor.md](../doctor.md).
"""


def reference() -> dict[str, str]:
    """File -> its text."""
    parts = [MADE + HEAD]
    for area in Area:
        found = [check for check in checks() if check.area is area]
        if found:
            parts.append(f"\n## {area.value[0].upper()}{area.value[1:]}\n")
            parts += [line for check in found for line in _page(check)]
    return {"doctor.md": "".join(parts)}


def _page(check: Check) -> Iterator[str]:
    title, _, text = check.manual.partition("\n\n")
    yield f"\n### `{check.name}`\n\n{title}\n\n{text.strip()}\n"


if __name__ == "__main__":
    main(sys.argv[1:], reference, MODULE)
