"""Messages are heard, kept for a time, and are work; what was spoken has its own row.

Revision: 0014, after 0013.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

ID = NAME = PHONE = sa.String(80)

TEXTS = {
    "sound": ID,
    "intro": ID,
    "why": sa.String(40),
    "folder": sa.String(20),
    "number": PHONE,
    "language": sa.String(20),
    "queue": NAME,
    "dialled": PHONE,
    "sender": NAME,
    "origin": ID,
}
"""New columns of messages that are texts, "" in all old rows but for the sound."""


def _text(name: str, kind: sa.String | sa.Text) -> sa.Column[str]:
    return sa.Column(name, kind, server_default="", nullable=False)


def upgrade() -> None:
    op.add_column("mailboxes", _text("pin_hash", sa.Text()))
    for name in ("must_change", "fixed"):
        flag: sa.Column[bool] = sa.Column(
            name, sa.Boolean(), server_default=sa.false(), nullable=False
        )
        op.add_column("mailboxes", flag)
    op.add_column("mailboxes", sa.Column("keeps", sa.JSON()))
    for name in ("pin_set", "keeps_since"):
        op.add_column("mailboxes", sa.Column(name, sa.Float()))
    for name, kind in TEXTS.items():
        op.add_column("messages", _text(name, kind))
    op.add_column(
        "messages", sa.Column("waited", sa.Float(), server_default="0", nullable=False)
    )
    op.add_column("messages", sa.Column("wanted", sa.JSON()))
    for name in ("heard", "deleted", "anew"):
        op.add_column("messages", sa.Column(name, sa.Float()))
    for columns in (["sound"], ["intro"], ["state", "at"]):
        op.create_index(f"ix_messages_{'_'.join(columns)}", "messages", columns)
    _sounds()
    _greetings()
    _left_off()
    _transcripts()
    _work()
    _holds()
    # Each message had a recording of its own. Those that were dropped may lie in the
    # switch's spool still: who has a row is cleared away.
    op.execute("UPDATE messages SET sound = id")
    op.execute(
        "INSERT INTO sounds (id, kind, place, at, seconds, ends, sha256, recorded) "
        "SELECT id, 'message', 'switch', at, seconds, 0, '', 'voicemail/' || id "
        "FROM messages"
    )


def _sounds() -> None:
    op.create_table(
        "sounds",
        sa.Column("id", ID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("place", sa.String(20), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("seconds", sa.Float),
        sa.Column("ends", sa.Float, nullable=False),
        sa.Column("bytes", sa.Integer),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("recorded", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_sounds"),
    )
    there = sa.text("recorded <> ''")
    op.create_index(
        "ix_sounds_spool",
        "sounds",
        ["at"],
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_index("ix_sounds_place_at", "sounds", ["place", "at"])


def _greetings() -> None:
    op.create_table(
        "greetings",
        sa.Column("mailbox", NAME, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("sound", ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("until", sa.Float),
        sa.ForeignKeyConstraint(
            ["mailbox"], ["mailboxes.name"], name="fk_greetings_mailbox"
        ),
        sa.ForeignKeyConstraint(["sound"], ["sounds.id"], name="fk_greetings_sound"),
        sa.PrimaryKeyConstraint("mailbox", "kind", "language", name="pk_greetings"),
    )
    op.create_index("ix_greetings_sound", "greetings", ["sound"])


def _left_off() -> None:
    op.create_table(
        "left_off",
        sa.Column("mailbox", NAME, nullable=False),
        sa.Column("who", NAME, nullable=False),
        sa.Column("message", ID, nullable=False),
        sa.Column("offset", sa.Float, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("mailbox", "who", name="pk_left_off"),
    )


def _transcripts() -> None:
    op.create_table(
        "transcripts",
        sa.Column("sound", ID, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("language", sa.String(20), nullable=False),
        sa.Column("words", sa.Text, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", sa.Float),
        sa.Column("error", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.ForeignKeyConstraint(["sound"], ["sounds.id"], name="fk_transcripts_sound"),
        sa.PrimaryKeyConstraint("sound", name="pk_transcripts"),
    )
    op.create_index("ix_transcripts_state_due", "transcripts", ["state", "due"])


def _work() -> None:
    op.create_table(
        "work",
        sa.Column("message", ID, nullable=False),
        sa.Column("queue", NAME, nullable=False),
        sa.Column("asked", sa.Float, nullable=False),
        sa.Column("promised", sa.Float, nullable=False),
        sa.Column("wanted", sa.JSON()),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("dials", sa.Integer, nullable=False),
        sa.Column("tried", sa.Float),
        sa.Column("not_before", sa.Float, nullable=False),
        sa.Column("offset", sa.Float, nullable=False),
        sa.Column("agent", NAME, nullable=False),
        sa.Column("disposition", sa.Text, nullable=False),
        sa.Column("ended", sa.Float),
        sa.Column("by", NAME, nullable=False),
        sa.Column("told", sa.SmallInteger, nullable=False),
        sa.ForeignKeyConstraint(["message"], ["messages.id"], name="fk_work_message"),
        sa.PrimaryKeyConstraint("message", name="pk_work"),
    )
    op.create_index("ix_work_state_queue", "work", ["state", "queue"])
    op.create_index("ix_work_told", "work", ["told"])


def _holds() -> None:
    op.create_table(
        "holds",
        sa.Column("id", ID, nullable=False),
        sa.Column("mailbox", NAME, nullable=False),
        sa.Column("message", ID, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.Column("by", NAME, nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("lifted", sa.Float),
        sa.Column("lifted_by", NAME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_holds"),
    )
    on = sa.text("lifted IS NULL")
    op.create_index(
        "uq_holds_on",
        "holds",
        ["mailbox", "message"],
        unique=True,
        sqlite_where=on,
        postgresql_where=on,
    )


def downgrade() -> None:
    for table in ("holds", "work", "transcripts", "left_off", "greetings", "sounds"):
        op.drop_table(table)
    # The code of before knows new messages and dropped ones, and nothing else.
    op.execute("UPDATE messages SET state = 'new' WHERE state = 'old'")
    op.execute(
        "UPDATE messages SET state = 'dropped' WHERE state IN ('deleted', 'gone')"
    )
    for columns in ("state_at", "intro", "sound"):
        op.drop_index(f"ix_messages_{columns}", table_name="messages")
    with op.batch_alter_table("messages") as batch:
        for name in ("anew", "deleted", "heard", "wanted", "waited", *reversed(TEXTS)):
            batch.drop_column(name)
    with op.batch_alter_table("mailboxes") as batch:
        for name in (
            "keeps_since",
            "keeps",
            "fixed",
            "must_change",
            "pin_set",
            "pin_hash",
        ):
            batch.drop_column(name)
