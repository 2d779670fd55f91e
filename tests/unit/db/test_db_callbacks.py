"""What the table of callbacks keeps, and for how long."""

from sqlalchemy import func, select, update

from ivrflow.db.audit import SqlAudit
from ivrflow.db.callbacks import ENDED_FOR, OLD_PROMISE, SqlCallbacks
from ivrflow.db.engine import Database
from ivrflow.db.records import Records
from ivrflow.db.tables import callbacks, metadata
from ivrflow.flow.wish import Wish, WishState

NOW = 1_772_445_600.0


def wish(call, asked=NOW):
    return Wish(
        call=call,
        queue="desk",
        number=f"138{call}",
        since=asked,
        asked=asked,
        promised=asked + 60,
    )


async def opened(folder):
    database = Database(f"sqlite:///{folder}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    return database, SqlCallbacks(database)


async def count(database):
    async def work(db):
        return await db.scalar(select(func.count()).select_from(callbacks))

    return await database.read(work)


async def test_what_is_over_is_forgotten_after_a_month_and_what_waits_never(tmp_path):
    database, kept = await opened(tmp_path)
    for call in ("ended", "waits"):
        await kept.keep(wish(call), most=9, own=True)
    await kept.end(wish("ended"), WishState.KEPT, NOW)

    await kept.keep(wish("soon", NOW + ENDED_FOR - 1), most=9, own=True)
    assert await count(database) == 3
    await kept.keep(wish("late", NOW + ENDED_FOR + 1), most=9, own=True)
    assert [one.call for one in await kept.open()] == ["waits", "soon", "late"]
    assert await count(database) == 3
    await database.close()


async def test_a_wish_of_before_there_were_promises_has_one_too(tmp_path):
    database, kept = await opened(tmp_path)
    await kept.keep(wish("old"), most=9, own=True)
    bare = {"asked": None, "promised": None, "wanted": None}
    await database.write(lambda db: db.execute(update(callbacks).values(**bare)))

    [old] = await kept.open()
    await database.close()

    assert (old.asked, old.promised) == (NOW, NOW + OLD_PROMISE)


async def test_what_a_person_ends_stands_in_the_audit_and_nothing_else_does(tmp_path):
    database, kept = await opened(tmp_path)
    for call in "12":
        await kept.keep(wish(call), most=9, own=True)
    await kept.end(wish("1"), WishState.TAKEN_BACK, NOW, by="ann (api)")
    await kept.end(wish("2"), WishState.KEPT, NOW)

    entries = await SqlAudit(database).newest()
    await database.close()

    assert [(e.who, e.what, e.after) for e in entries] == [
        ("ann (api)", "callback of call 1 in queue desk", "taken back")
    ]


async def test_ends_of_the_last_minute_that_no_fact_tells_of_are_found(tmp_path):
    database, kept = await opened(tmp_path)
    records = Records(database)
    ends = {"long ago": 1, "told": 100, "talked": 110, "untold": 120, "ours": 130}
    for call in ends:
        await kept.keep(wish(call), most=9, own=True)
    for call, after in ends.items():
        await kept.end(wish(call), WishState.KEPT, NOW + after, by="9001")
    for call in ("told", "talked"):
        records.note(wish(call).told_tried(NOW, agent="1", how="talked"))
    records.note(wish("talked").told_tried(NOW, agent="1", how="busy"))
    records.note(wish("told").told_ended(NOW, WishState.KEPT))
    await records.flush()

    found = await kept.untold(NOW + 130)
    nothing = await kept.untold(NOW)
    await database.close()

    assert [(one.wish.call, set(one.told)) for one in found] == [
        ("talked", {"CallbackTried"}),
        ("untold", set()),
    ]
    assert (found[1].ended, found[1].by) == (NOW + 120, "9001")
    assert found[1].wish.state is WishState.KEPT
    assert nothing == []
