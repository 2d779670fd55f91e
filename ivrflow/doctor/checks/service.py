"""The service: whether it runs, and takes calls.

Who serves stands in a file beside the database, and holds a lock on it; whether it can
take calls, it says itself, by `/readyz` of its API. That it does not run is a note and
no more: a doctor is also for the time before the first start.

Cure: `systemctl start ivrflow`. Where it runs and does not take calls, what it lacks
stands in the finding.
"""

from __future__ import annotations

import asyncio

import aiohttp

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.MACHINE

ANSWERS_WITHIN = 3.0
"""Seconds; its loop answers in thousandths."""


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    process = await patient.service()
    if process is None:
        yield note(
            "the service does not run, with this database",
            "start it: systemctl start ivrflow",
        )
        return
    api = settings.api
    if int(api.port) == 0:
        yield ok(f"the service runs, process {process}; its API has a port by chance")
        return
    host = "127.0.0.1" if api.host in ("0.0.0.0", "::", "") else str(api.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{int(api.port)}/readyz"
    try:
        async with (
            asyncio.timeout(ANSWERS_WITHIN),
            aiohttp.ClientSession() as session,
            session.get(url) as answer,
        ):
            found = await answer.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        yield error(
            f"the service runs, process {process}, and does not answer at {url}",
            "it hangs, or another program has that port: look at its log; "
            f"`kill -9 {process}` loses no call (docs/operating.md, At night)",
        )
        return
    lacks = found.get("lacks") if isinstance(found, dict) else None
    if isinstance(lacks, list) and lacks:
        for one in lacks[:5]:
            yield warning(
                f"the service runs, process {process}, and takes no calls: {one}",
                "see what is told of that here, and in its log",
            )
    else:
        yield ok(f"the service runs, process {process}, and takes calls")
