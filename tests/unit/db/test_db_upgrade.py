import asyncio
import sqlite3
import subprocess
import sys
import threading
from contextlib import closing

import pytest
from alembic import command

from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import BadDatabase, Database
from ivrflow.db.upgrade import _config, _open, damage, newest, state, upgrade


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/ivrflow.db"


def tables(tmp_path):
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        return {name for (name,) in db.execute("select name from sqlite_master")}


def test_an_empty_database_gets_all_tables(url, tmp_path):
    was = upgrade(url)

    assert (was.revision, was.up_to_date) == ("", False)
    assert state(url).up_to_date
    assert {"facts", "calls", "steps", "agents", "offers", "lock_outs"} <= tables(
        tmp_path
    )


def test_the_migrations_make_the_tables_that_the_code_has(url):
    upgrade(url)

    assert damage(url) == []


def test_the_second_upgrade_changes_nothing(url):
    upgrade(url)

    assert upgrade(url).up_to_date


def test_newest_revision_is_found_without_alembic(url):
    assert newest() == upgrade(url).newest


def test_start_that_has_nothing_to_upgrade_does_without_alembic(url, tmp_path):
    upgrade(url)
    words = (
        "import sys; from ivrflow.db.upgrade import upgrade; upgrade(sys.argv[1]); "
        "assert 'alembic' not in sys.modules"
    )

    subprocess.run([sys.executable, "-c", words, url], check=True)


def test_down_and_up_again_is_the_same(url, tmp_path):
    upgrade(url)
    before = tables(tmp_path)
    with _open(url, writing=True) as connection:
        command.downgrade(_config(connection), "base")
    assert "facts" not in tables(tmp_path)

    upgrade(url)
    assert tables(tmp_path) == before


async def test_who_stood_in_line_before_the_acd_keeps_the_place(url, tmp_path):
    def before():
        with _open(url, writing=True) as connection:
            command.upgrade(_config(connection), "0007")
        with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
            db.execute(
                "insert into queue_entries values"
                " ('17.1', 'desk', 100.0, '{}', 0, '[]', null, '13800138000')"
            )
            db.commit()
        upgrade(url)

    await asyncio.to_thread(before)
    database = Database(url)
    [one] = await SqlBoard(database).waiting()
    await database.close()

    assert (one.call, one.queue, one.joined) == ("17.1", "desk", 100.0)
    assert (one.who, one.item) == ("13800138000", "call")


def test_a_database_of_a_newer_version_is_refused_with_a_cure(url, tmp_path):
    upgrade(url)
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        db.execute("update alembic_version set version_num = '9999'")
        db.commit()

    with pytest.raises(BadDatabase, match=r"newer ivrflow.*9999.*bring back the copy"):
        upgrade(url)
    with pytest.raises(BadDatabase, match="newer ivrflow"):
        state(url)


def test_an_upgrade_that_fails_half_way_leaves_the_database_as_it_was(url, tmp_path):
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        db.execute("create table messages (mine text)")
    with pytest.raises(BadDatabase, match="messages"):
        upgrade(url)

    assert tables(tmp_path) == {"messages"}


def test_two_services_that_start_at_once_take_turns(url, tmp_path):
    errors = []

    def start():
        try:
            upgrade(url)
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=start) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert errors == []
    assert state(url).up_to_date


def test_a_database_that_can_not_be_opened_is_told_with_a_cure(tmp_path):
    with pytest.raises(BadDatabase, match="check the path"):
        upgrade(f"sqlite:///{tmp_path}/nowhere/ivrflow.db")


def test_a_damaged_database_is_told(url, tmp_path):
    upgrade(url)
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        db.execute("drop index ix_calls_started")

    assert any("ix_calls_started" in line for line in damage(url))


def test_what_waited_in_the_outbox_before_letters_came_is_still_due(url, tmp_path):
    with _open(url, writing=True) as connection:
        command.upgrade(_config(connection), "0001")
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        db.execute("insert into mailboxes values ('box')")
        db.execute(
            "insert into messages values "
            "('m1', 'box', 'c', '138', 5, '{}', 'new', 3, 0)"
        )
        db.execute(
            'insert into outbox (at, channel, "to", mailbox, message, attach, state, '
            "tries) values (5, 'email', 'a@b.cn', 'box', 'm1', 'wav', 'waiting', 0)"
        )
        db.commit()
    upgrade(url)

    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        rows = db.execute("select key, message, due, data from outbox").fetchall()
    assert rows == [("notice-1", "m1", 5.0, "{}")]


def test_calls_that_dead_services_left_open_end_with_what_was_told_of_them(
    url, tmp_path
):
    upgrade(url)
    with _open(url, writing=True) as connection:
        command.downgrade(_config(connection), "0009")
    now = 1_792_400_400.0
    rows = {"old": now - 9e6, "silent": now - 8e6, "long": now - 7200, "new": now - 60}
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db, db:
        db.executemany(
            "insert into calls (id, caller, dialled, flow, version, started)"
            " values (?, '1', '2', 'main', 'v', ?)",
            rows.items(),
        )
        told = [
            ("old", now - 9e6),
            ("old", now - 9e6 + 30),
            ("long", now - 7200),
            ("long", now - 5),
            ("", now),
        ]
        db.executemany(
            "insert into facts (call, at, kind, data) values (?, ?, 'Said', '{}')", told
        )

    upgrade(url)
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        ended = db.execute('select id, ended, "by" from calls order by started')
        assert list(ended) == [
            ("old", now - 9e6 + 30, "outage"),
            ("silent", now - 8e6, "outage"),
            ("long", None, None),
            ("new", None, None),
        ]


def test_messages_of_before_can_be_heard_and_dropped_ones_are_cleared_away(
    url, tmp_path
):
    with _open(url, writing=True) as connection:
        command.upgrade(_config(connection), "0013")
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db, db:
        db.execute("insert into mailboxes values ('box')")
        db.executemany(
            "insert into messages (id, mailbox, call, caller, at, data, state, seconds,"
            " urgent) values (?, 'box', 'c', '138', 5, '{}', ?, ?, 0)",
            [("m1", "new", 3.5), ("m2", "dropped", None), ("m3", "recording", None)],
        )
        db.execute(
            'insert into outbox (key, at, channel, "to", mailbox, message, attach,'
            " call, subject, text, data, state, tries, due, error) values"
            " ('k', 5, 'email', 'a@b.cn', 'box', 'm1', 'wav', '', '', '', '{}',"
            " 'waiting', 0, 5, '')"
        )
    upgrade(url)

    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        found = list(
            db.execute(
                "select m.id, m.state, m.folder, s.place, s.recorded, s.seconds"
                " from messages m join sounds s on s.id = m.sound order by m.id"
            )
        )
        assert found == [
            ("m1", "new", "", "switch", "voicemail/m1", 3.5),
            ("m2", "dropped", "", "switch", "voicemail/m2", None),
            ("m3", "recording", "", "switch", "voicemail/m3", None),
        ]
        assert list(db.execute("select message from outbox")) == [("m1",)]
        assert list(db.execute("select pin_hash, fixed from mailboxes")) == [("", 0)]
    assert damage(url) == []


def test_going_back_leaves_what_the_older_version_knows(url, tmp_path):
    upgrade(url)
    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db, db:
        db.execute("insert into mailboxes (name) values ('box')")
        db.executemany(
            "insert into messages (id, mailbox, call, caller, at, data, state, urgent)"
            " values (?, 'box', 'c', '138', 5, '{}', ?, 0)",
            [("m1", "new"), ("m2", "old"), ("m3", "deleted"), ("m4", "gone")],
        )
    with _open(url, writing=True) as connection:
        command.downgrade(_config(connection), "0013")

    with closing(sqlite3.connect(tmp_path / "ivrflow.db")) as db:
        found = dict(db.execute("select id, state from messages"))
        columns = {row[1] for row in db.execute("pragma table_info(messages)")}
    assert found == {"m1": "new", "m2": "new", "m3": "dropped", "m4": "dropped"}
    assert "sound" not in columns
