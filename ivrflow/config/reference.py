"""The reference page of the settings, written from the models themselves.

    python -m ivrflow.config.reference docs/reference

`make reference` writes it, `make check` tells when it is out of date. What stands there
is said where a setting is declared.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from ivrflow.config.settings import Settings
from ivrflow.config.shape import fields_of, part_of
from ivrflow.flow.reference import main, tables

MODULE = "ivrflow.config.reference"

HEAD = f"""\
<!-- Written by `python -m {MODULE} docs/reference`. -->

# Settings

Every setting of the service. Where they are read from, and what belongs together, is
told in [settings.md](../settings.md); `ivrflow config default` prints them as a file to
begin with. A setting is set by a variable, too: `ari.url` is `IVRFLOW_ARI__URL`, two
underscores wherever one table stands in another; what is a table or a list is written
there as in a file, `IVRFLOW_LIMITS='{{calls: 500}}'`.
"""


def reference() -> dict[str, str]:
    """File name -> text of the page."""
    return {"settings.md": "\n".join((HEAD, *_sections()))}


def _sections() -> Iterator[str]:
    fields = fields_of(Settings)
    parts = {
        key: part for key, info in fields.items() if (part := part_of(info.annotation))
    }
    yield "## At the top\n"
    yield from tables({key: fields[key] for key in fields if key not in parts})
    for key, part in parts.items():
        must = " Must be given." if fields[key].is_required() else ""
        yield f"## {key}\n"
        yield f"{fields[key].description}{must}\n"
        yield from tables(fields_of(part))


if __name__ == "__main__":
    main(sys.argv[1:], reference, MODULE)
