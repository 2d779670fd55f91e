"""Music for who waits: whether Asterisk has the classes that the queues name.

A class that there is not is Asterisk's default, if it has one with sounds in it; else
callers wait in silence and hang up.

Cure: a section of that name in musiconhold.conf, then `asterisk -rx 'moh reload'`.
"""

from __future__ import annotations

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, ok, warning
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

FILE = "musiconhold.conf"
DEFAULT = "default"


async def look(patient: Patient) -> Findings:
    site = await patient.site()
    wanted = {
        str(queue.music): str(name)
        for name, queue in site.queues.items()
        if queue.music != DEFAULT
    }
    conf = await patient.conf(FILE)
    if conf is None:
        yield warning(
            f"there is no {FILE}: who waits hears nothing",
            f"make {FILE} with a section [{DEFAULT}], then `asterisk -rx 'moh reload'`",
        )
        return
    there = {section.name for section in conf.sections}
    lacking = {name: queue for name, queue in wanted.items() if name not in there}
    for name, queue in lacking.items():
        if conf.whole:
            yield warning(
                f"{FILE} has no class {name}, which the queue {queue} names",
                f"make a section [{name}] there, or mend `music:` in queues.yaml; then "
                "`asterisk -rx 'moh reload'`",
            )
    if DEFAULT not in there and conf.whole:
        yield warning(
            f"{FILE} has no class {DEFAULT}: who has no other one hears nothing",
            f"make a section [{DEFAULT}] there, then `asterisk -rx 'moh reload'`",
        )
    elif not lacking:
        yield ok(f"{len(there)} classes, with those that queues name")
