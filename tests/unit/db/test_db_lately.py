"""The last facts of a few kinds."""

from dataclasses import replace

from ivrflow.db.engine import Database
from ivrflow.db.lately import lately
from ivrflow.db.records import Records
from ivrflow.db.tables import metadata
from ivrflow.facts import Connected, LeftQueue, TalkEnded
from tests.unit.acd.test_paces import came, left, talk


async def test_the_last_ones_of_each_kind_in_their_order(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    records = Records(database)
    noted = [
        replace(fact, at=1000.0 + at)
        for at, fact in enumerate(
            [came("a", 1), talk("a", 2), came("a", 3), left("a", 4), came("a", 5)]
        )
    ]
    for fact in noted:
        records.note(fact)
    await records.flush()

    found = await lately(database, (Connected, TalkEnded), since=0.0, most=2)
    recent = await lately(
        database, (Connected, TalkEnded, LeftQueue), since=1002.5, most=9
    )
    await database.close()

    assert found == [noted[1], noted[2], noted[4]]
    assert recent == noted[3:]
