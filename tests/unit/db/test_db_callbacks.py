"""What the table of callbacks keeps, and for how long."""

from sqlalchemy import func, select, update

from ivrflow.db.audit import SqlAudit
from ivrflow.db.callbacks import ENDED_FOR, OLD_PROMISE, SqlCallbacks
from ivrflow.db.engine import Database
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
