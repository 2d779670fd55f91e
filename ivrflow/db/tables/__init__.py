"""The tables of our own database, as they are now; `migrations/` says how they came.

All times are seconds since 1970, UTC, as floats: the same number in a fact, on a board
and in a row, on every kind of database, whatever zone a machine thinks it is in. What
lasts is in seconds too, as a float. No secret and no card number is ever in a column:
PINs are argon2id hashes, cards are keyed hashes.
"""

from ivrflow.db.tables.board import agents, offers, queue_entries
from ivrflow.db.tables.changes import audit, site_versions
from ivrflow.db.tables.columns import metadata
from ivrflow.db.tables.figures import (
    agent_figures,
    call_records,
    figure_snapshots,
    queue_figures,
)
from ivrflow.db.tables.history import KIND_OF_A_CALL, calls, facts, steps
from ivrflow.db.tables.lasting import (
    announcements,
    attempts,
    callbacks,
    changes,
    kept_places,
    lock_outs,
    switches,
)
from ivrflow.db.tables.messages import mailboxes, messages, outbox
from ivrflow.db.tables.people import doors, tokens
from ivrflow.db.tables.recovery import asterisks, call_bookmarks
from ivrflow.db.tables.voicemail import (
    greetings,
    holds,
    left_off,
    sounds,
    transcripts,
    work,
)

__all__ = [
    "KIND_OF_A_CALL",
    "agent_figures",
    "agents",
    "announcements",
    "asterisks",
    "attempts",
    "audit",
    "call_bookmarks",
    "call_records",
    "callbacks",
    "calls",
    "changes",
    "doors",
    "facts",
    "figure_snapshots",
    "greetings",
    "holds",
    "kept_places",
    "left_off",
    "lock_outs",
    "mailboxes",
    "messages",
    "metadata",
    "offers",
    "outbox",
    "queue_entries",
    "queue_figures",
    "site_versions",
    "sounds",
    "steps",
    "switches",
    "tokens",
    "transcripts",
    "work",
]
