"""`ivrflow wording` and `ivrflow hours`, asked of a running service."""

import asyncio
import socket
from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.config import read_settings
from ivrflow.flow.load import load_site
from ivrflow.service.run import serving
from tests.unit.service.test_service import SETTINGS, installed, write

FILES = {
    "wording.yaml": "hello: {}\n",
    "hours.yaml": "shop:\n  mon-sun: 09:00-17:00\n  who: supervisor\n",
}


@pytest.fixture
def folder(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = SETTINGS.replace("api: {port: 0", f"api: {{port: {port}")
    installed(tmp_path, settings)
    for name, text in FILES.items():
        write(tmp_path / "site", name, text)
    clips = '{"clips": {"en/hello": {"seconds": 1.5, "text": "Hello."}}}'
    write(tmp_path, "sounds/manifest.json", clips)
    return tmp_path


def run(folder, *words):
    config = str(folder / "ivrflow.yaml")
    return CliRunner().invoke(main, [*words, "--config", config])


async def test_words_and_hours_are_changed_listed_and_taken_back(folder, caplog):

    day = str(date.today() + timedelta(days=30))
    settings = read_settings(folder / "ivrflow.yaml")

    async def ask(*words):
        result = await asyncio.to_thread(run, folder, *words)
        return SimpleNamespace(code=result.exit_code, said=result.output)

    async with serving(settings, load_site(folder / "site")):
        new = await ask("wording", "set", "en/hello", "Good day.", "--for", "2h")
        words = await ask("wording", "list")
        back = await ask("wording", "undo", "en/hello")
        closed = await ask("hours", "set", "shop", day, "closed", "--until", day)
        listed = await ask("hours", "list")
        normal = await ask("hours", "undo", "shop", day)
        refused = await ask("wording", "set", "en/hello", "${")
        unknown = await ask("wording", "set", "en/hallo", "x")
        audit = await ask("audit")
        versions = await ask("flow", "versions")

    assert (new.code, new.said.splitlines()[0]) == (0, "en/hello: Good day.")
    assert "until 20" in new.said
    assert "is live, 0 talks passed" in new.said
    assert "note: no recording says these words" in new.said
    assert words.said.startswith("en/hello: Good day.  (changed by api (cli ")
    assert back.said.startswith("en/hello: Hello.\n")
    assert (closed.code, closed.said.splitlines()[0]) == (0, f"shop, {day}: closed")
    assert f"    {day}: closed  (changed by api (cli " in listed.said
    assert "supervisor may change it" in listed.said
    assert normal.said.startswith(f"shop, {day}: normal\n")
    assert (refused.code, unknown.code) == (1, 1)
    assert "prompts/en.yaml:1:" in refused.said
    assert "did you mean 'hello'" in unknown.said
    assert "words en/hello: Hello. -> Good day. until" in audit.said
    # One zone, that of the site, with its offset.
    lines = [*audit.said.splitlines(), *versions.said.splitlines()[1:]]
    assert all("+08:00" in line for line in lines)
    assert (folder / "site/hours.yaml").read_text() == FILES["hours.yaml"]
    caplog.clear()


@pytest.mark.parametrize(
    "words",
    [
        ("wording", "set", "en/hello", "x"),
        ("wording", "undo", "en/hello"),
        ("hours", "list"),
    ],
)
def test_without_a_service_the_cure_is_told(folder, words):
    result = run(folder, *words)

    assert result.exit_code == 1
    assert "change the site's files" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ("wording", "set", "hello", "x"),
        ("hours", "set", "shop", "2026-12-24", "closed", "--for", "2h", "--until", "x"),
    ],
)
def test_command_that_is_used_wrongly_says_how(folder, words):
    assert run(folder, *words).exit_code == 2
