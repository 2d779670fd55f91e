"""Pages of a mailbox, each behind the last message of the one before.

That message need not be where it was any more: others hear the mailbox meanwhile. So
a page of a folder begins behind a mark of where it stood.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, or_, select

from ivrflow.db.message_rows import HEARABLE, PLACED, in_folder, placed
from ivrflow.db.tables import messages
from ivrflow.voicemail.order import Filed, behind
from ivrflow.voicemail.retention import DELETED


def folder_page(
    db: Connection, box: str, folder: str, after: str, most: int
) -> list[str]:
    """The messages of a folder, in the order in which they are heard.

    Deleted ones: those that can be restored, in the order in which they were deleted.
    """
    if folder == DELETED:
        there = and_(messages.c.mailbox == box, messages.c.state == DELETED)
    else:
        there = and_(in_folder(box, folder), messages.c.state.in_(HEARABLE))
    rows: list[Filed] = [
        placed(row, None) for row in db.execute(select(*PLACED).where(there)).mappings()
    ]
    return [one.message for one in behind(rows, folder, after)[:most]]


def left_behind(db: Connection, after: str) -> Any:
    """That a message was left behind *after*; two of one moment are told by their ids.

    When a message was left never changes, so its id is mark enough.
    """
    begin = db.scalar(select(messages.c.at).where(messages.c.id == after))
    if begin is None:
        return messages.c.id != after
    at = messages.c.at
    return or_(at > begin, and_(at == begin, messages.c.id > after))
