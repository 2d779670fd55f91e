"""Facts of calls are found by their calls, however many there are of a kind."""

import re
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select, text

import ivrflow.db
from ivrflow.db.tables import KIND_OF_A_CALL, facts, metadata


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


def test_kinds_of_some_calls_are_found_by_the_calls(plan):
    of_calls = select(facts).where(facts.c.call.in_(["a", "b"]))

    found = plan(of_calls.where(KIND_OF_A_CALL.in_(["Connected", "LeftQueue"])))

    assert "ix_facts_call_id (call=?)" in found


@pytest.mark.skipif(
    sqlite3.sqlite_version_info < (3, 30), reason="plans of older ones read otherwise"
)
def test_without_the_word_for_it_sqlite_would_go_through_all_of_the_kinds(plan):
    # Should this fail one day, a plain `facts.c.kind` has become good enough.
    of_calls = select(facts).where(facts.c.call.in_([f"c{n}" for n in range(250)]))

    found = plan(of_calls.where(facts.c.kind.in_(["Connected", "LeftQueue"])))

    assert "ix_facts_kind_at (kind=?)" in found


def test_whoever_asks_for_calls_and_kinds_says_so():
    wrong = re.compile(r"call\.in_\([^)]*\)+,\s*facts\.c\.kind")
    for module in Path(ivrflow.db.__file__).parent.glob("*.py"):
        assert not wrong.search(module.read_text()), module.name
