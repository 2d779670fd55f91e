"""`ivrflow asterisk config` on the real Asterisk: written, included, reloaded, used."""

import asyncio
import base64

import aiohttp
import pytest
from click.testing import CliRunner

from ivrflow.aio import beside
from ivrflow.asterisk.ami.client import Ami, AmiAway, AmiSettings
from ivrflow.asterisk.home.fetch import find_or_fetch
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.cli import main
from ivrflow.config import read_settings
from ivrflow.secret import Secret

pytestmark = pytest.mark.asterisk

REST = """\
site: site
database: sqlite:///ivrflow.db
pepper_file: pepper
api: {token_file: token}
"""


def as_installed(etc):
    """Asterisk's own files as somebody has them who never heard of ivrflow."""
    for name, section in (("ari", "ivrflow"), ("manager", "ivrflow")):
        path = etc / f"{name}.conf"
        path.write_text(path.read_text().split(f"\n[{section}]\n")[0] + "\n")
    extensions = etc / "extensions.conf"
    text = extensions.read_text().replace("#include ivrflow.conf\n", "")
    extensions.write_text(text.replace("include => ivrflow", "; include => ivrflow"))


async def status_of(url, user, password):
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {pair}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{url}/asterisk/info") as answer,
    ):
        return answer.status


def ami_of(settings, password):
    where = settings.ami
    return Ami(AmiSettings(port=where.port, user=where.user, password=Secret(password)))


async def test_what_is_written_and_included_makes_asterisk_let_ivrflow_in(tmp_path):
    async with private_asterisk(find_or_fetch(), tmp_path / "pbx") as pbx:
        etc = pbx.folders.etc
        await asyncio.to_thread(as_installed, etc)
        words = ["--write", etc / "ivrflow", "--service", tmp_path / "ours"]
        words += ["--user", "beside", "--include"]
        result = CliRunner().invoke(main, ["asterisk", "config", *map(str, words)])
        assert result.exit_code == 0, result.output
        log = pbx.log_dir / "messages.log"
        before = len(log.read_text())

        for line in result.output.splitlines():
            if line.startswith("  asterisk -rx "):
                await pbx.rx(line.split("'")[1])

        path = tmp_path / "ours/ivrflow.yaml"
        path.write_text(REST)
        settings = read_settings(path, {})
        assert settings.ari.url == pbx.ari_url  # the port that Asterisk's file says
        password = settings.secret(settings.ari.password_file).reveal()
        assert await status_of(settings.ari.url, "beside", password) == 200
        assert await status_of(settings.ari.url, "beside", password + "x") == 401
        secret = settings.secret(settings.ami.password_file).reveal()
        ami = ami_of(settings, secret)
        async with beside(ami.run()), asyncio.timeout(10):
            while not ami.ready:
                await asyncio.sleep(0.01)
            assert await ami.panic() == ""
        shown = await pbx.rx("dialplan show ivrflow-enter")
        assert "Stasis(" in shown
        told = [
            line
            for line in log.read_text()[before:].splitlines()
            if "ERROR" in line or "WARNING" in line
        ]
        assert [line for line in told if "failed to authenticate" not in line] == []
        with pytest.raises(AmiAway, match="refuses user 'beside'"):
            await ami_of(settings, secret + "x").run()
