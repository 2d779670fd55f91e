"""`ivrflow unlock`: locks that wrong PINs have brought, taken off."""

import asyncio
from datetime import datetime

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.db.engine import Database
from ivrflow.db.lock_outs import SqlLockOuts
from ivrflow.flow.world import Against
from ivrflow.hashing import Hasher, read_pepper
from ivrflow.secret import Secret
from tests.unit.console.supervised import empty_database
from tests.unit.service.test_service import installed

CARD, OTHER = "330106123459", "330106200711"


class Locked:
    """An installation in which three wrong PINs have locked some."""

    def __init__(self, folder):
        self.settings, _ = installed(folder)
        self.url = self.settings.url(self.settings.database)
        (folder / "ivrflow.db").write_bytes(empty_database())
        self.now = datetime.now().astimezone()

    def of(self, work):
        async def on_database():
            database = Database(self.url)
            hasher = Hasher(read_pepper(self.settings.path("pepper")))
            try:
                return await work(SqlLockOuts(database, hasher))
            finally:
                await database.close()

        return asyncio.run(on_database())

    def try_wrong(self, source, who, times=3):
        against = [Against(source, Secret(who), 3, 3600.0, 3600.0)]

        async def work(lock_outs):
            for _ in range(times):
                await lock_outs.count_all(against, self.now)

        self.of(work)

    def locked(self, source, who):
        return self.of(
            lambda lock_outs: lock_outs.locked(source, Secret(who), self.now)
        )

    def run(self, *words, typed=None):
        config = str(self.settings.path("ivrflow.yaml"))
        return CliRunner().invoke(main, [*words, "--config", config], input=typed)


@pytest.fixture
def there(tmp_path):
    return Locked(tmp_path)


def test_card_is_unlocked_and_stands_nowhere(there):
    there.try_wrong("retailers", CARD)
    there.try_wrong("retailers", OTHER)

    done = there.run("unlock", CARD)
    audit = there.run("audit")

    assert done.output == "unlocked: a card of retailers\n"
    assert not there.locked("retailers", CARD)
    assert there.locked("retailers", OTHER)
    assert "lock-out: retailers ******3459: locked -> unlocked" in audit.output
    assert CARD not in audit.output + done.output


def test_card_that_is_piped_in_stands_in_no_command(there):
    there.try_wrong("retailers", CARD)

    assert there.run("unlock", typed=f"{CARD}\n").output == (
        "unlocked: a card of retailers\n"
    )


def test_agent_mailbox_and_phone_number_are_unlocked_by_their_numbers(there):
    there.try_wrong("agents", "1001")
    there.try_wrong("(mailboxes)", "1001")
    there.try_wrong("(caller)", "13800138000")

    both = there.run("unlock", "1001")
    phone = there.run("unlock", "13800138000")
    audit = there.run("audit")

    assert both.output == "unlocked: a mailbox's PIN\nunlocked: an agent's PIN\n"
    assert phone.output == "unlocked: a calling number\n"
    assert "lock-out: agents 1001: locked -> unlocked" in audit.output


def test_callers_without_a_number_count_as_one(there):
    there.try_wrong("(caller)", "")
    there.try_wrong("(all)", "")

    done = there.run("unlock", "withheld")

    assert done.output == "unlocked: a calling number\n"
    assert there.locked("(all)", "")


def test_the_lock_of_all_calls_is_taken_off_alone(there):
    there.try_wrong("(all)", "")
    there.try_wrong("(caller)", "")

    assert there.run("unlock", "--all-calls").output == "unlocked: all calls\n"
    assert there.locked("(caller)", "")


def test_attempts_that_have_locked_nothing_yet_are_forgotten(there):
    there.try_wrong("retailers", CARD, times=2)

    assert there.run("unlock", CARD).output.startswith("nothing was locked")
    there.try_wrong("retailers", CARD, times=2)
    assert not there.locked("retailers", CARD)


def test_locks_are_listed_by_kind(there):
    assert there.run("unlock", "--list").output == "nothing is locked\n"
    there.try_wrong("retailers", CARD)
    there.try_wrong("agents", "1001")

    lines = there.run("unlock", "--list").output.splitlines()

    assert sorted(line.partition(":")[0] for line in lines) == (
        ["a card of retailers", "an agent's PIN"]
    )
    assert all("locked until 20" in line for line in lines)


@pytest.mark.parametrize(
    ("words", "typed"), [((CARD, "--all-calls"), None), ((), "\n")]
)
def test_what_is_meant_must_be_said(there, words, typed):
    assert there.run("unlock", *words, typed=typed).exit_code != 0
