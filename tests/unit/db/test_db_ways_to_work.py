"""What waits, and what no fact tells of yet, is found without going through all."""

import pytest
from sqlalchemy import create_engine, text

from ivrflow.db.messages import kept_since
from ivrflow.db.outbox import due_now
from ivrflow.db.tables import metadata
from ivrflow.db.work import lagging, late, waiting


@pytest.fixture
def plan():
    engine = create_engine("sqlite://")
    with engine.connect() as db:
        metadata.create_all(db)

        def of(statement):
            bound = statement.compile(engine, compile_kwargs={"literal_binds": True})
            rows = db.execute(text(f"explain query plan {bound}"))
            return " ".join(str(row[3]) for row in rows)

        yield of
    engine.dispose()


def test_what_waits_in_whatever_queue_is_found_by_its_state(plan):
    for asked in (waiting(), late(1000.0)):
        assert "ix_work_state_queue (state=?)" in plan(asked)


def test_what_waits_in_one_queue_is_found_by_both(plan):
    found = plan(waiting().where(text("work.queue = 'desk'")))

    assert "ix_work_state_queue (state=? AND queue=?)" in found


def test_what_no_fact_tells_of_is_looked_for_once(plan):
    found = plan(lagging())

    assert "ix_work_told (told<?)" in found
    assert "MULTI-INDEX" not in found


def test_what_was_left_lately_is_found_by_state_and_time(plan):
    assert "ix_messages_state_at (state=? AND at>?)" in plan(kept_since(1000.0))


def test_letters_that_nobody_carries_are_not_gone_through_for_others(plan):
    found = plan(due_now(["email"], 1000.0))

    assert "ix_outbox_state_channel_due (state=? AND channel=? AND due<?)" in found
