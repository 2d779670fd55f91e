"""Whether the doctor sees when a backup was made."""

import pytest
import pytest_asyncio

from ivrflow.db.audit import BACKUP, Entry, SqlAudit
from ivrflow.db.engine import Database
from ivrflow.doctor.finding import State
from tests.doctor_rig import TODAY, patient_in

DAY = 86_400.0


@pytest_asyncio.fixture
async def world(tmp_path):
    async with patient_in(tmp_path) as world:
        yield world


async def backed_up(world, *days_ago):
    database = Database(f"sqlite:///{world.folder}/ivrflow.db")
    for days in days_ago:
        at = TODAY.timestamp() - days * DAY
        entry = Entry(at=at, who="cli", what=f"{BACKUP}/backups/{days}")
        await SqlAudit(database).add(entry)
    other = Entry(at=TODAY.timestamp(), who="ann", what="queue sales: open -> closed")
    await SqlAudit(database).add(other)
    await database.close()


@pytest.mark.parametrize(
    ("days_ago", "state", "said"),
    [
        ((), State.NOTE, "was never run"),
        ((5, 1), State.OK, "the last backup is 1.0 days old (/backups/1)"),
        ((9, 4), State.WARNING, "the last backup is 4.0 days old (/backups/4)"),
    ],
)
async def test_a_backup_that_is_late_is_told(world, days_ago, state, said):
    await backed_up(world, *days_ago)

    [one] = await world.look("backups")
    [finding] = one.findings

    assert finding.state is state
    assert said in finding.said
    assert bool(finding.cure) is (state is not State.OK)


async def test_without_a_database_another_check_tells_it(world):
    (world.folder / "ivrflow.db").unlink()

    [one] = await world.look("backups")

    assert one.told_by == "database"
    assert not (world.folder / "ivrflow.db").exists()
