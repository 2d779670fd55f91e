import pytest

from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.versions import SqlVersions
from ivrflow.flow.versions import NoVersion
from tests.unit.db.tables_made import database_in

TEXTS = {"site.yaml": "languages: [en]\n", "flows/a.yaml": "# 您好 \udcff\n"}


@pytest.fixture
async def database(tmp_path):
    async with database_in(tmp_path, limit=0.5) as database:
        yield database


async def live(database, version, at, texts=TEXTS, by="start", tested=False):
    await SqlVersions(database).went_live(version, texts, by=by, at=at, tested=tested)


async def test_texts_come_back_to_the_byte(database):
    await live(database, "aaaa1111", 1.0)

    assert await SqlVersions(database).texts("aaaa") == ("aaaa1111", TEXTS)


async def test_last_one_that_went_live_is_first(database):
    await live(database, "aaaa1111", 1.0)
    await live(database, "bbbb2222", 2.0, by="api", tested=True)
    await live(database, "aaaa1111", 3.0, by="SIGHUP")

    first, second = await SqlVersions(database).all()
    assert (first.version, first.at, first.live_at) == ("aaaa1111", 1.0, 3.0)
    assert (first.by, first.tested) == ("start", False)
    assert (second.version, second.by, second.tested) == ("bbbb2222", "api", True)


async def test_reload_that_changes_nothing_is_no_going_live(database):
    await live(database, "aaaa1111", 1.0)
    await live(database, "bbbb2222", 2.0)
    await live(database, "bbbb2222", 3.0, by="SIGHUP", tested=True)

    kept = await SqlVersions(database).all()
    assert [(k.version, k.live_at) for k in kept] == [
        ("bbbb2222", 2.0),
        ("aaaa1111", 1.0),
    ]
    assert kept[0].tested


async def test_version_that_was_tested_once_stays_tested(database):
    await live(database, "aaaa1111", 1.0, tested=True)
    await live(database, "aaaa1111", 2.0, tested=False)

    [kept] = await SqlVersions(database).all()
    assert kept.tested


async def test_talks_may_change_without_the_version(database):
    await live(database, "aaaa1111", 1.0)
    more = {**TEXTS, "tests/a.test.yaml": "tests: a\n"}
    await live(database, "aaaa1111", 2.0, more)

    assert (await SqlVersions(database).texts("aaaa1111"))[1] == more


async def test_change_is_audited_and_a_mere_restart_is_not(database):
    await live(database, "aaaa1111", 1.0)
    await live(database, "aaaa1111", 2.0)
    await live(database, "bbbb2222", 3.0, by="api")

    newest, first = await SqlAudit(database).newest()
    assert (newest.at, newest.who, newest.before, newest.after) == (
        3.0,
        "api",
        "aaaa1111",
        "bbbb2222",
    )
    assert (first.who, first.before, first.after) == ("start", None, "aaaa1111")


async def test_unknown_version_says_where_to_look(database):
    with pytest.raises(NoVersion, match="flow versions"):
        await SqlVersions(database).texts("cccc")


async def test_entries_come_newest_first(database):
    audit = SqlAudit(database)
    for n in range(5):
        await audit.add(Entry(at=float(n), who="x" * 100, what=f"act {n}"))

    assert [e.what for e in await audit.newest(2)] == ["act 4", "act 3"]
    assert len((await audit.newest())[0].who) == 80
