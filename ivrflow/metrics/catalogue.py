"""Every metric: its name, kind, labels, and what it means, in one list.

docs/reference/metrics.md is written from it. A name never changes its meaning:
somebody's alarm hangs on it. Labels are few, and none is ever a number, a name or an
entry of a caller: queues and flows are those of the site, all else is a word of the
code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "gauge", "histogram"]

WAITS = (1, 2, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300, 600, 1200)
"""Seconds that callers wait."""

TALKS = (5, 15, 30, 60, 120, 180, 300, 600, 900, 1800, 3600)
"""Seconds of calls and talks."""

ANSWERS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10)
"""Seconds in which another program answers."""


RINGS = (0.5, 1, 2, 3, 5, 8, 10, 15, 20, 30)
"""Seconds until somebody answers."""

LOSSES = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Shares of packets; from 0.02 on it is heard."""

JITTERS = (0.01, 0.02, 0.03, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5, 1)
"""Seconds by which sound is late."""


@dataclass(frozen=True, kw_only=True, eq=False)  # equal to itself only: quick to find
class Metric:
    """One metric."""

    name: str
    """As it is written in queries; a counter's ends with `_total`."""
    kind: Kind
    says: str
    """What it means: a sentence."""
    group: str
    """The heading under which it stands in the reference."""
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()
    """Of a histogram: the upper ends."""

    @property
    def ours(self) -> bool:
        """Whether its values are ours; prometheus-client reads those of the process."""
        return self.name.startswith("ivrflow_")

    @property
    def series(self) -> tuple[str, ...]:
        """The names that a query may use."""
        if self.kind != "histogram":
            return (self.name,)
        return tuple(f"{self.name}_{part}" for part in ("bucket", "sum", "count"))


ALL: dict[str, Metric] = {}
"""Name -> metric, in the order of the reference."""

_group = ""


def _under(group: str) -> None:
    global _group
    _group = group


def _add(
    kind: Kind,
    name: str,
    says: str,
    labels: str = "",
    buckets: tuple[float, ...] = (),
) -> Metric:
    made = Metric(
        name=name,
        kind=kind,
        says=says,
        group=_group,
        labels=tuple(labels.split()),
        buckets=buckets,
    )
    assert made.name not in ALL, made.name
    ALL[made.name] = made
    return made


def _counter(name: str, says: str, labels: str = "") -> Metric:
    return _add("counter", f"ivrflow_{name}_total", says, labels)


def _gauge(name: str, says: str, labels: str = "") -> Metric:
    return _add("gauge", f"ivrflow_{name}", says, labels)


def _histogram(name: str, says: str, labels: str, buckets: tuple[float, ...]) -> Metric:
    return _add("histogram", f"ivrflow_{name}", says, labels, buckets)


_under("The service")
INFO = _gauge(
    "info", "1; `version` is ivrflow's, `site` the hash of the site's.", "version site"
)
READY = _gauge("ready", "1 if new calls can be taken, as `/readyz` says.")
TASKS = _gauge("tasks", "Tasks of the loop, several for each call.")
LAG_P99 = _gauge(
    "loop_lag_p99_seconds",
    "By how much the loop was late in the worst hundredth of the last minute.",
)
LAG_LONGEST = _gauge(
    "loop_lag_longest_seconds", "By how much it was late at most in the last minute."
)
LATE = _counter("loop_late", "How often it was late by more than half a second.")
HEAVY = _gauge("loop_heavy", "1 while it has more work than it can do.")
LINE = _gauge(
    "backlog", "How many things wait in a line of the service; 0 is usual.", "line"
)
LINE_MOST = _gauge(
    "backlog_most", "Where that line ends; none for a line without an end.", "line"
)
LINE_DROPPED = _counter(
    "backlog_dropped", "What was refused or dropped at that end.", "line"
)
FACTS = _counter("facts", "Facts that were noted: all that happens.")
FACTS_LOST = _counter(
    "facts_lost", "Facts that were never stored: the database was away for too long."
)
DATABASE_STALLS = _gauge("database_stalls", "1 while the database takes nothing.")
DIFFERENCES = _counter(
    "figures_differing",
    "Differences that the nightly comparison of figures with facts has found.",
)
ALARMS = _gauge(
    "alarms_standing",
    "Alarms that stand now; `what`: what one is about that is about no queue, such as "
    "a trunk. Those about agents name none.",
    "alarm queue what",
)
ALARMS_RAISED = _counter("alarms_raised", "Alarms that began.", "alarm queue")

_under("Asterisk")
ASTERISK_READY = _gauge("asterisk_ready", "1 while Asterisk answers and events come.")
EVENTS = _counter("asterisk_events", "Events that came.")
EVENTS_UNREADABLE = _counter("asterisk_events_unreadable", "Of them, not understood.")
EVENTS_FAILED = _counter(
    "asterisk_events_failed", "Of them, those in whose handling a fault of ours was."
)
FOUND_DEAD = _counter(
    "asterisk_connections_found_dead", "Connections that were open, and dead."
)
AGI_CONNECTIONS = _gauge(
    "agi_connections", "Scripts of a dialplan that are connected now."
)
AGI_REFUSED = _counter(
    "agi_refused", "Connections to the AGI port that were closed unread."
)

_under("Calls")
CALLS_UP = _gauge("calls_up", "Calls that are up.")
CALLS_MOST = _gauge("calls_most", "`limits: {calls: ...}` of the settings.")
CALLS_REFUSED = _counter("calls_refused", "Calls that were refused, as above a limit.")
CALLS = _counter(
    "calls", "Calls that began; `flow` is `(ours)` for talks that no flow has.", "flow"
)
CALLS_ENDED = _counter(
    "calls_ended",
    "Calls that ended; `by`: caller, flow, limit, operator, shutdown, fault, outage, "
    "pbx restart.",
    "by",
)
CALL_SECONDS = _histogram("call_seconds", "How long calls lasted.", "", TALKS)
ADOPTED = _counter(
    "calls_adopted",
    "Calls of the last process that were taken over, and what became of them; `how`: "
    "adopted (all of them), resumed, begun, ended (while nobody was there), reaped "
    "(phones and bridges without a call).",
    "how",
)
STEPS = _counter("steps", "Steps that calls have entered.", "verb")
STEPS_FAILED = _counter("steps_failed", "Steps that failed, for whatever reason.")
ENTRIES = _counter(
    "entries",
    "Entries of callers; `result`: accepted, wrong, silent, left, cleared.",
    "result",
)
IDENTITY = _counter(
    "identity_checks", "PINs and codes; `verdict`: right, wrong, locked.", "verdict"
)
LOOKUPS = _counter(
    "lookups",
    "Look-ups in sources of data.yaml; `way`: row, not found, error.",
    "source way",
)
LOOKUP_SECONDS = _histogram(
    "lookup_seconds", "How long they took, and stores too.", "source", ANSWERS
)
STORES = _counter(
    "stores", "Rows that flows wrote; `way`: stored, error.", "source way"
)
TRANSFERS = _counter(
    "transfers",
    "Transfers of flows; `how`: talked, handed over, not accepted, refused, busy, no "
    "answer, rejected, unreachable, caller gone.",
    "how",
)
DIALS_REFUSED = _counter(
    "dials_refused", "Numbers that a flow wanted to dial and may not."
)
SOUND_LOST = _histogram(
    "sound_lost_ratio",
    "Share of the packets of a call that were lost, as RTCP tells (`ami: {quality: "
    "...}`); `leg`: caller, other; `way`: in (to us), out.",
    "leg way",
    LOSSES,
)
SOUND_JITTER = _histogram(
    "sound_jitter_seconds", "Jitter at its worst, one for each leg.", "leg way", JITTERS
)
ROUND_TRIP = _histogram(
    "sound_round_trip_seconds", "To the phone and back, at its worst.", "leg", JITTERS
)
SYNTHETIC = _counter(
    "synthetic_calls",
    "Calls that the service made to itself (`synthetic:`); `good`: yes, no.",
    "good",
)
SYNTHETIC_ANSWERED = _histogram(
    "synthetic_answered_seconds", "How soon they were answered.", "", RINGS
)

_under("Queues")
QUEUE_OPEN = _gauge(
    "queue_open",
    "1 while the queue takes callers: its hours, nobody closed it.",
    "queue",
)
WAITING = _gauge(
    "queue_waiting",
    "Who waits now; `item`: call, callback (due now), voicemail (work).",
    "queue item",
)
LONGEST_WAIT = _gauge(
    "queue_longest_wait_seconds", "How long the first caller has waited.", "queue"
)
QUEUE_AGENTS = _gauge(
    "queue_agents",
    "Agents of the queue; `state`: ready (and free), unreached (ready at a phone that "
    "is not there), talking, rung, wrap_up, resting, not_ready, signed_in (all).",
    "queue state",
)
SERVICE_LEVEL = _gauge(
    "queue_service_level_ratio",
    "Callers of the last hour answered in time, of all that count; none where nobody "
    "does.",
    "queue",
)
JOINED = _counter("queue_joined", "Who came into the queue.", "queue item")
WAIT_SECONDS = _histogram(
    "queue_wait_seconds",
    "How long callers waited until an agent answered: `_count` is the answered ones.",
    "queue",
    WAITS,
)
LEFT = _counter(
    "queue_left",
    "Callers who left without an agent; `how`: abandoned, key, timeout, full, no "
    "agents, closed, overflow, callback, moved, shutdown, outage.",
    "queue how",
)
ABANDON_SECONDS = _histogram(
    "queue_abandon_seconds", "How long those waited who hung up.", "queue", WAITS
)
OFFERS = _counter("queue_offers", "Phones of agents that were rung.", "queue")
OFFERS_ENDED = _counter(
    "queue_offers_ended",
    "Of them, in vain; `how`: busy, no answer, rejected, unreachable, caller gone, "
    "lost, lost race, not accepted.",
    "queue how",
)
TALK_SECONDS = _histogram(
    "queue_talk_seconds", "How long talks lasted.", "queue", TALKS
)
TALKS_ENDED = _counter(
    "queue_talks_ended",
    "Talks that ended; `by`: agent, caller, transfer, fault, outage.",
    "queue by",
)
CALLBACKS_ASKED = _counter("callbacks_asked", "Callbacks that were asked for.", "queue")
CALLBACKS_ENDED = _counter(
    "callbacks_ended",
    "And that ended; `how`: kept, given up, taken back; `in_time`: yes, no.",
    "queue how in_time",
)
WORK_BEGUN = _counter("work_begun", "Messages that became work for a queue.", "queue")
WORK_ENDED = _counter(
    "work_ended", "And that ended; `how`: done, withdrawn.", "queue how in_time"
)

_under("Agents")
AGENTS = _gauge(
    "agents",
    "Agents, each once; `state`: ready, talking, rung, wrap_up, resting, not_ready, "
    "logged_out.",
    "state",
)
AGENTS_ELSEWHERE = _gauge("agents_elsewhere", "Whose phones are in other calls.")
AGENTS_UNREACHED = _gauge("agents_unreached", "Signed in at phones that are not there.")

_under("Messages")
RECORDED = _counter("messages_left", "Messages that were kept, by mailbox each.")
DROPPED = _counter(
    "messages_dropped",
    "Recordings that are no message; `why`: short, silent, busy tone, nothing, no "
    "room, again, thrown away.",
    "why",
)
HEARD = _counter(
    "messages_heard", "Messages that were heard; `via`: phone, api.", "via"
)
MAILBOX_REFUSED = _counter(
    "mailbox_refusals",
    "Who may hear no mailbox; `why`: wrong, locked, not allowed.",
    "why",
)
NOTICES = _counter(
    "notices",
    "Notices of messages; `channel`: email, sms, webhook, call ...",
    "channel",
)
TRANSCRIBED = _counter(
    "transcripts", "Messages that were written down, or never will be.", "ok"
)
ROOM_USED = _gauge("sounds_room_used_ratio", "How much of `room` sounds take, 0 to 1.")
IN_ASTERISK = _gauge(
    "sounds_in_asterisk", "Sounds that are still to be fetched out of Asterisk."
)
SOUNDS_TROUBLE = _gauge(
    "sounds_trouble", "1 while they can't be fetched, or not be played."
)
TRANSCRIPTS_TROUBLE = _gauge(
    "transcripts_trouble", "1 while messages can't be written down."
)

_under("The process")
# Read from /proc by prometheus-client: what every exporter on Linux calls so.
_add("gauge", "process_virtual_memory_bytes", "Memory that it has addressed.")
_add("gauge", "process_resident_memory_bytes", "Memory that it has.")
_add("gauge", "process_start_time_seconds", "When it began, in seconds since 1970.")
_add("counter", "process_cpu_seconds_total", "Seconds of processors that it has had.")
_add("gauge", "process_open_fds", "Files and connections that it has open.")
_add("gauge", "process_max_fds", "How many it may have open.")
