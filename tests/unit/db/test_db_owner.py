"""One service for each database."""

import asyncio
import fcntl
import os
import resource
import sys
import textwrap

import pytest

from ivrflow.db.engine import BadDatabase, DatabaseAway
from ivrflow.db.owner import Owned, owned

OTHER = """
    import asyncio, sys
    from ivrflow.db.owner import owned
    async def main():
        async with owned(sys.argv[1]):
            print("mine", flush=True)
            await asyncio.sleep(60)
    asyncio.run(main())
"""


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path / 'ivrflow.db'}"


async def test_the_second_one_is_told_who_has_it(url):
    async with owned(url):
        with pytest.raises(Owned, match=f"process {os.getpid()} on .*--wait"):
            async with owned(url):
                pass
    async with owned(url):
        pass


async def test_nothing_is_left_of_a_longer_name_of_before(url, tmp_path):
    lock = tmp_path / "ivrflow.db.owner"
    lock.write_text(f"process 1 on {'a' * 300}\n", "utf-8")
    async with owned(url):
        assert lock.read_text("utf-8").startswith(f"process {os.getpid()} on ")
        assert lock.read_text("utf-8").endswith("\n")
        assert lock.read_text("utf-8").count("\n") == 1


async def test_or_waits_until_it_is_free(url, caplog):
    order = []

    async def second():
        async with owned(url, wait=True):
            order.append("second")

    async with asyncio.TaskGroup() as group, owned(url):
        group.create_task(second())
        await asyncio.sleep(0.4)
        order.append("first")
    assert order == ["first", "second"]
    assert len(caplog.messages) == 1


async def test_a_process_that_is_killed_has_it_no_more(url):
    other = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        textwrap.dedent(OTHER),
        url,
        stdout=asyncio.subprocess.PIPE,
    )
    assert await other.stdout.readline() == b"mine\n"
    with pytest.raises(Owned, match=f"process {other.pid}"):
        async with owned(url):
            pass
    other.kill()
    await other.wait()
    async with owned(url):
        pass


async def test_a_folder_that_is_missing_is_a_mistake(tmp_path):
    with pytest.raises(BadDatabase, match="able to write") as told:
        async with owned(f"sqlite:///{tmp_path / 'none' / 'ivrflow.db'}"):
            pass
    assert not isinstance(told.value, DatabaseAway)


async def test_a_file_has_one_owner_by_whatever_path(url, tmp_path):
    (tmp_path / "ivrflow.db").touch()
    (tmp_path / "other.db").symlink_to(tmp_path / "ivrflow.db")
    async with owned(url):
        with pytest.raises(Owned):
            async with owned(f"sqlite:///{tmp_path / 'other.db'}"):
                pass


async def test_who_waits_for_a_lock_that_is_deleted_still_waits(url, tmp_path, caplog):
    lock, order = tmp_path / "ivrflow.db.owner", []

    async def waits():
        async with owned(url, wait=True):
            order.append("third")

    async with asyncio.TaskGroup() as group:
        async with owned(url):
            group.create_task(waits())
            await asyncio.sleep(0.1)
            lock.unlink()
            await asyncio.sleep(0.2)
            order.append("first")
            second = lock.open("w")
            fcntl.flock(second, fcntl.LOCK_EX)
        await asyncio.sleep(0.2)
        order.append("second")
        second.close()
    assert order == ["first", "second", "third"]
    assert len(caplog.messages) == 1


async def test_disk_that_is_full_keeps_nobody_from_the_lock(url, tmp_path):
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, limit[1]))
    try:
        async with owned(url):
            with pytest.raises(Owned, match="belongs to another one"):
                async with owned(url):
                    pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
