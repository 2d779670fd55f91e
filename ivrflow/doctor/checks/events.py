"""The line for Asterisk's events, by which the service hears of calls.

While the service runs, Asterisk must know its application; without, no call reaches a
flow, and none that is up goes on. The doctor only asks Asterisk for it: who connected
under that name would take it from the service.

Cure: look in the service's log why it has no connection, and whether another program
uses the same application.
"""

from __future__ import annotations

from urllib.parse import quote

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import CannotLook, Findings, error, note, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK


async def look(patient: Patient) -> Findings:
    settings = await patient.settings()
    ari = await patient.ari()
    app = str(settings.ari.app)
    answer = await ari.get(f"/applications/{quote(app, safe='')}")
    running = await patient.service()
    if answer.status not in (200, 404):
        raise CannotLook(
            f"Asterisk does not tell its applications: {answer.status} {answer.said}",
            "load res_ari_applications.so",
        )
    there = answer.status == 200 and isinstance(answer.json, dict)
    up = len(answer.json.get("channel_ids") or ()) if there else 0
    if there and running is not None:
        calls = f", {up} channels in it" if up else ""
        yield ok(f"Asterisk knows the application {app}{calls}")
    elif running is not None:
        yield error(
            f"the service runs, process {running}, and Asterisk knows no application "
            f"{app}: no call comes in",
            "look at the service's log for `Asterisk`; is its ari: url this one?",
        )
    elif up:
        yield warning(
            f"{up} channels wait in the application {app}, and no service runs with "
            "this database",
            "start the service: it goes on with its calls; if one runs elsewhere, give "
            "this one another ari: {app: ...}",
        )
    elif there and settings.events is None:
        yield note(
            f"Asterisk knows the application {app}, though no service runs here: the "
            "relay of one that has ended, or one elsewhere"
        )
    else:
        yield ok(f"the application {app} is free")
