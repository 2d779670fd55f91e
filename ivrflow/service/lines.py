"""The lines in which things wait in a running service, named in one place.

What a caller waits in is no line of this kind: queues of callers are the desk's.
"""

from __future__ import annotations

from ivrflow.asterisk.ari.transport import MOST_WAITING as MOST_REQUESTS
from ivrflow.asterisk.ari.transport import Pool
from ivrflow.console.events import WAITING as MOST_EVENTS
from ivrflow.db.records import ROOM as MOST_FACTS
from ivrflow.service.admission import MOST as MOST_REFUSALS
from ivrflow.service.backlog import Backlogs
from ivrflow.service.ground import Ground
from ivrflow.service.log_file import ROOM as MOST_LINES
from ivrflow.service.staff import Staff
from ivrflow.service.telephone import Telephone
from ivrflow.speech.live import MOST_AHEAD, MOST_WAITING


def lines_of(ground: Ground, staff: Staff, telephone: Telephone) -> Backlogs:
    """All lines of a service; the API shows them, see docs/api.md."""
    found = Backlogs()
    records, file = ground.records, staff.figures.file
    found.add("facts", lambda: records.waiting, MOST_FACTS, lambda: records.dropped)
    found.add("acts of the desk", lambda: staff.desk.owed, None)
    if file is not None:
        found.add("queue_log", lambda: file.waiting, MOST_LINES, lambda: file.lost)
    for name, lane in telephone.client.lanes.items():
        _add_lane(found, f"requests to Asterisk, {name}", lane)
    refusals = telephone.admission
    found.add(
        "refusals", lambda: refusals.waiting, MOST_REFUSALS, lambda: refusals.left
    )
    pins = ground.verifier
    found.add("PINs", lambda: pins.waiting, pins.most, lambda: pins.refused)
    events = staff.supervision.events
    found.add("event streams", lambda: events.longest, MOST_EVENTS, lambda: events.lost)
    speech = ground.playing.speech
    if speech is not None:
        found.add("speech, now", lambda: speech.waiting[0], MOST_WAITING)
        found.add("speech, ahead", lambda: speech.waiting[1], MOST_AHEAD)
    return found


def _add_lane(found: Backlogs, name: str, lane: Pool) -> None:
    found.add(name, lambda: lane.waiting, MOST_REQUESTS, lambda: lane.late)
