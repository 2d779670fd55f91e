"""What was changed live, and spoken, is kept with what undoes it."""

from datetime import UTC, datetime

import pytest

from ivrflow.db.announcements import SqlAnnouncements
from ivrflow.db.audit import SqlAudit
from ivrflow.db.changes import SqlChanges
from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
from ivrflow.flow.changes import Change, Place
from ivrflow.flow.edit import Splice
from ivrflow.flow.world import Announcement

NOW = datetime(2026, 3, 2, 10, tzinfo=UTC)
CHANGE = Change(
    place=Place("en/hello"),
    file="prompts/en.yaml",
    by="agent 2001",
    at=1.0,
    until=2.0,
    before="您好",
    after="New.",
    token='"您好"',
    splice=Splice(7, '"您好"', "New."),
    mark="abc",
)
REMOVED = Change(
    **{
        **vars(CHANGE),
        "place": Place("shop", "2026-12-24"),
        "until": None,
        "after": None,
        "splice": None,
    }
)


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db", limit=2.0)
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield database
    await database.close()


async def audit(database):
    entries = reversed(await SqlAudit(database).newest())
    return [(e.who, e.what, e.before, e.after) for e in entries]


async def test_changes_come_back_as_they_were(database):
    store = SqlChanges(database)
    for change in (CHANGE, REMOVED):
        await store.stands(change, said=("a", "b"))

    assert await SqlChanges(database).all() == [REMOVED, CHANGE]
    assert await audit(database) == [
        ("agent 2001", "words en/hello", "a", "b"),
        ("agent 2001", "hours shop 2026-12-24", "a", "b"),
    ]


async def test_second_change_of_a_place_takes_the_place_of_the_first(database):
    store = SqlChanges(database)
    second = Change(**{**vars(CHANGE), "after": "Newer.", "by": "api"})
    await store.stands(CHANGE, said=("a", "b"))
    await store.stands(second, said=("b", "c"))
    assert await store.all() == [second]

    await store.not_made(CHANGE.place, CHANGE, by="api", at=3.0, why="disk full")
    assert await store.all() == [CHANGE]
    assert (await audit(database))[-1] == (
        "api",
        "words en/hello: the change before could not be made",
        None,
        "disk full",
    )


async def test_ended_change_is_gone_and_audited(database):
    store = SqlChanges(database)
    await store.stands(CHANGE, said=("a", "b"))
    await store.ended(CHANGE.place, by="end of api", at=2.0, said=("b", "a"))

    assert await store.all() == []
    assert (await audit(database))[-1] == ("end of api", "words en/hello", "b", "a")


def spoken(by="agent 2001", until=None):
    at = NOW.timestamp()
    return Announcement(
        recording="announcements/x", seconds=4.2, by=by, at=at, until=until
    )


async def test_announcement_is_on_until_its_end_also_after_a_restart(database):
    store, at = SqlAnnouncements(database), NOW.timestamp()
    on = spoken(until=at + 3600)
    await store.put_on("en/hello", on, now=NOW)
    again = SqlAnnouncements(database)
    await again.read()

    for one in (store, again):
        assert one.on("en/hello", at + 3599) == on
        assert one.on("en/hello", at + 3600) is None
        assert one.on("en/other", at) is None


async def test_announcements_are_audited(database):
    store = SqlAnnouncements(database)
    await store.put_on("en/hello", spoken(), now=NOW)
    await store.put_on("en/hello", spoken("agent 9", NOW.timestamp() + 60), now=NOW)
    await store.take_off("en/hello", by="api", now=NOW)
    await store.take_off("en/hello", by="api", now=NOW)

    said = "announcements/x (4 s)"
    until = f"{said} until 2026-03-02 10:01:00+00:00"
    assert await audit(database) == [
        ("agent 2001", "announcement en/hello", "none", said),
        ("agent 9", "announcement en/hello", said, until),
        ("api", "announcement en/hello", until, "none"),
    ]
    assert store.all == {}
