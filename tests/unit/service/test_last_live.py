"""A start whose files are no site: the version that was live last goes on."""

import pytest

from ivrflow.db.engine import Database
from ivrflow.db.versions import SqlVersions
from ivrflow.flow.folder import read_texts
from ivrflow.flow.load import BadSite, load_site
from ivrflow.service.last_live import last_live
from ivrflow.service.run import serving
from tests.unit.service.test_service import installed, write

WRONG = ("site/prompts/en.yaml", "helo: Hello.\n")


def refused(folder):
    """What is said of the files as they are now."""
    with pytest.raises(BadSite) as bad:
        load_site(folder / "site")
    return bad.value


async def kept(settings):
    """The versions that the database knows, with their texts, the live one first."""
    database = Database(settings.url(settings.database))
    try:
        versions = SqlVersions(database)
        return [await versions.texts(one.version) for one in await versions.all()]
    finally:
        await database.close()


async def test_the_version_of_before_goes_on_and_keeps_its_texts(tmp_path, caplog):
    settings, before = installed(tmp_path)
    good = read_texts(tmp_path / "site")
    async with serving(settings, before):
        pass
    write(tmp_path, *WRONG)

    site, texts = await last_live(settings, refused(tmp_path))
    async with serving(settings, site, texts=texts) as running:
        assert running.site.now.version == before.version

    assert site.folder == tmp_path / "site"
    assert await kept(settings) == [(before.version, good)]
    assert "goes on until they are mended" in caplog.text
    assert "flows/top.yaml:3:19: P010" in caplog.text
    caplog.clear()


async def test_files_that_are_mended_go_live_by_a_reload(tmp_path, caplog):
    settings, before = installed(tmp_path)
    async with serving(settings, before):
        pass
    write(tmp_path, *WRONG)
    site, texts = await last_live(settings, refused(tmp_path))
    async with serving(settings, site, texts=texts) as running:
        write(tmp_path, "site/prompts/en.yaml", "hello: Hello again.\n")

        done = await running.site.reload("api")

    assert (done.was, done.changed) == (before.version, True)
    assert done.version == load_site(tmp_path / "site").version
    caplog.clear()


async def test_a_first_start_has_none_and_makes_no_database(tmp_path):
    settings, _ = installed(tmp_path)
    write(tmp_path, *WRONG)

    with pytest.raises(BadSite):
        await last_live(settings, refused(tmp_path))

    assert not (tmp_path / "ivrflow.db").exists()
