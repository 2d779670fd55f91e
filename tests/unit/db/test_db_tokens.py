"""Tokens of persons, in memory and in the database."""

import asyncio

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
from ivrflow.db.tokens import SqlTokens
from ivrflow.hashing import Hasher
from ivrflow.secret import Secret


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield database
    await database.close()


async def test_a_look_that_began_before_does_not_bring_a_revoked_token_back(
    database, monkeypatch
):
    tokens = SqlTokens(database, Hasher(Secret("ab" * 32)))
    entry, text = await tokens.new("Ann", "viewer", "", by="test", at=1.0)
    read = database.read

    async def slowly(work):
        found = await read(work)
        await asyncio.sleep(0.05)
        return found

    monkeypatch.setattr(database, "read", slowly)
    looking = asyncio.get_running_loop().create_task(tokens.refresh())
    await asyncio.sleep(0.02)
    [revoked] = await tokens.revoke(entry.id, by="test", at=2.0)
    await looking

    assert revoked.revoked == 2.0
    assert tokens.holder(text.reveal(), 3.0) is None
    assert await tokens.revoke(entry.id, by="test", at=4.0) == []
