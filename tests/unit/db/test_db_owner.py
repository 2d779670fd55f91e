"""One service for each database."""

import asyncio
import os
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
