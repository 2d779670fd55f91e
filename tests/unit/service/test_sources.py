"""What the settings must give a site, and secrets that are compared."""

from contextlib import AsyncExitStack
from types import SimpleNamespace

import pytest

from ivrflow.config import BadConfig
from ivrflow.flow.load import load_site
from ivrflow.flow.world import Trouble
from ivrflow.secret import Secret
from ivrflow.service.sources import Sources, secrets_of

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\nhosts: [erp.example.com]\n",
    "numbers.yaml": '"100": {flow: main}\n',
    "data.yaml": """\
order:
  get: https://erp.example.com/orders/${id}
  headers: {Authorization: "Bearer ${secret.erp}"}
  timeout: 2s
""",
    "prompts/en.yaml": "enter: Enter it.\nbye: Bye.\n",
    "flows/main.yaml": """\
flow: main
on_error: bye
steps:
  find: {lookup: order, with: {id: 5}, save: order, not_found: bye, error: bye}
  room: {conference: board, pin: {ask: enter, digits: 4, secret: door}, failed: bye}
  bye: {hangup: bye}
""",
}


class Settings(SimpleNamespace):
    """The settings, as far as sources read them."""

    def url(self, url):
        return url

    def secret(self, file):
        return Secret(file)


def site(folder):
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return load_site(folder)


def settings(**secrets):
    return Settings(databases={}, secrets=secrets)


def test_a_site_needs_the_secrets_of_its_requests_and_of_its_rooms(tmp_path):
    assert secrets_of(site(tmp_path)) == {"erp", "door"}


async def test_a_secret_that_the_settings_lack_is_told_before_any_call(tmp_path):
    made = site(tmp_path)
    async with AsyncExitStack() as stack:
        Sources(settings(erp="k3y", door="4711"), stack).fit(made)
        with pytest.raises(BadConfig, match="needs the secret 'door'"):
            Sources(settings(erp="k3y"), stack).fit(made)


async def test_an_entry_is_the_secret_or_it_is_not():
    async with AsyncExitStack() as stack:
        sources = Sources(settings(door="4711"), stack)

        assert sources.secret_is("door", Secret("4711"))
        assert not sources.secret_is("door", Secret("471"))
        with pytest.raises(Trouble, match="no secret 'gate'"):
            sources.secret_is("gate", Secret("4711"))
