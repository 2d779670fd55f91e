"""The settings: whether they can be read, and have no mistake.

They are one file, or several, and variables of the environment (docs/settings.md). With
a mistake in them the service does not start, and no other check can be made. A variable
that looks like a setting and is none is most likely one that somebody has misspelt.

Cure: mend what the finding names; `ivrflow config check` reads them again.
"""

from __future__ import annotations

import asyncio

from ivrflow.config import BadConfig
from ivrflow.config.reading import read_layers
from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.SETTINGS


async def look(patient: Patient) -> Findings:
    path = patient.told.config
    try:
        _, layers = await asyncio.to_thread(read_layers, path, patient.told.environ)
    except BadConfig as bad:
        for line in str(bad).splitlines():
            yield error(line, "mend it: docs/settings.md has every setting")
        return
    for line in layers.strangers:
        yield warning(
            line, "take it out of the environment, or write it as docs/settings.md does"
        )
    yield ok(f"{path} can be used")
