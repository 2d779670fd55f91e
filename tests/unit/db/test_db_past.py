"""A past call as the database has it: whole, in part, or of another version."""

import asyncio

from ivrflow.db.engine import Database
from ivrflow.db.history import StoredFact
from ivrflow.db.past import Past
from ivrflow.db.records import Records
from ivrflow.db.upgrade import upgrade
from ivrflow.facts import CallEnded, CallStarted, ConditionTested, Decided, StepEntered

TESTED = {"step": "s", "place": "f:1", "condition": "a", "held": True}


def stored(kind, data):
    return StoredFact(at=1, kind=kind, data=data).restored("c")


def test_facts_of_another_version_are_read_as_far_as_they_go():
    old = stored("ConditionTested", TESTED)
    newer = stored("ConditionTested", {**TESTED, "mood": "good"})

    assert old == newer == ConditionTested(at=1, call="c", **TESTED)
    assert stored("ConditionTested", {"step": "s"}) is None
    assert stored("Sneezed", {}) is None


def facts_of(call, began):
    at = {"at": began, "call": call}
    return [
        CallStarted(**at, caller="1", dialled="2", flow="top", version="abcd"),
        StepEntered(**at, flow="top", step="a", verb="say", place="f:1", number=1),
        Decided(**at, step="a", outcome="then", target="b", why="so"),
        CallEnded(**at, by="flow", cause=16, flow="top", step="a", seconds=3),
    ]


def with_calls(folder, work, *, forgotten=False):
    """What *work* finds of three calls, in the order of their beginnings."""
    url = f"sqlite:///{folder}/ivrflow.db"
    upgrade(url)

    async def main():
        database = Database(url)
        try:
            records = Records(database)
            for call, began in (("17.1", 100), ("17.10", 200), ("18_1", 300)):
                for fact in facts_of(call, began):
                    records.note(fact)
            await records.flush()
            if forgotten:

                async def forget(db):
                    await db.exec_driver_sql("delete from facts")

                await database.write(forget)
            return await work(Past(database))
        finally:
            await database.close()

    return asyncio.run(main())


def test_a_call_is_found_by_its_id_or_by_its_beginning(tmp_path):
    async def look(past):
        wanted = ("17.1", "17.", "18", "1%", "18%1", "")
        return {one: [c.id for c in await past.matching(one)] for one in wanted}

    assert with_calls(tmp_path, look) == {
        "17.1": ["17.1"],
        "17.": ["17.10", "17.1"],
        "18": ["18_1"],
        "1%": [],
        "18%1": [],
        "": ["18_1", "17.10", "17.1"],
    }


def test_the_calls_of_a_number_or_of_a_day_are_found(tmp_path):
    async def look(past):
        of_one = await past.of_caller("1", since=150)
        return [c.id for c in of_one], await past.of_caller("")

    assert with_calls(tmp_path, look) == (["18_1", "17.10"], [])


def test_where_the_facts_are_gone_the_steps_tell_what_they_can(tmp_path):
    async def look(past):
        [call] = await past.matching("17.1")
        return await past.account(call)

    account = with_calls(tmp_path, look, forgotten=True)

    [step] = account.steps
    assert (step.step, step.verb, step.place) == ("a", "say", "f:1")
    assert [one.words for one in step.happened] == ["-> b: so"]
    assert (account.ended_by, account.version_known) == ("flow", False)
