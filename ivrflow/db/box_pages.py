"""Pages of a mailbox, each behind the last message of the one before.

That message need not be where it was any more: others hear the mailbox meanwhile.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, and_, or_, select

from ivrflow.db.message_rows import HEARABLE, LYING, in_folder, lying
from ivrflow.db.tables import messages
from ivrflow.voicemail.order import Filed, behind
from ivrflow.voicemail.retention import DELETED


def folder_page(
    db: Connection, box: str, folder: str, after: str, most: int
) -> list[str]:
    """The messages of a folder, in the order in which they are heard."""
    there = and_(in_folder(box, folder), messages.c.state.in_(HEARABLE))
    rows: list[Filed] = [
        lying(row, None) for row in db.execute(select(*LYING).where(there)).mappings()
    ]
    last = db.execute(select(*LYING).where(messages.c.id == after)).mappings().first()
    found = behind(rows, folder, None if last is None else lying(last, None))
    return [one.message for one in found[:most]]


def deleted_page(db: Connection, box: str, after: str, most: int) -> list[str]:
    """Those that can be restored, the ones that were deleted first in front."""
    page = (
        select(messages.c.id)
        .where(
            messages.c.mailbox == box,
            messages.c.state == DELETED,
            comes_behind(db, messages.c.deleted, after),
        )
        .order_by(messages.c.deleted, messages.c.id)
        .limit(most)
    )
    return list(db.scalars(page))


def comes_behind(db: Connection, column: Any, after: str) -> Any:
    """That a message comes behind *after* in the order of *column*, and then of ids."""
    begin = db.scalar(select(column).where(messages.c.id == after))
    if begin is None:
        return messages.c.id != after
    return or_(column > begin, and_(column == begin, messages.c.id > after))
