"""A site on a private Asterisk, with its demo data and silent prompts: one of `flows/`,
or a small one that a test writes.
"""

import sqlite3
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from hotline_rig import Heard, Rig

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.config import read_settings
from ivrflow.db.demo import fill_demo
from ivrflow.flow.load import load_site
from ivrflow.hashing import Hasher, make_pepper, read_pepper
from ivrflow.secret import Secret
from ivrflow.service.run import serving
from ivrflow.service.sources import secrets_of
from ivrflow.sim.phone import Phones

FLOWS = Path(__file__).parents[1] / "flows"
SOUNDS = Path(__file__).parents[1] / "sounds"
MONDAY = "2026-03-02 10:00"
CALLER = "13800138001"
"""Whose calls believe that it is `MONDAY`; the sites' demo data know this number."""


@dataclass
class Kept:
    """What a site runs on: its folder, the service's database and its own."""

    folder: Path
    settings: object
    database: Path
    data: Path
    hasher: Hasher

    def write(self, statement, *values):
        """Change the site's own data."""
        with closing(sqlite3.connect(self.data)) as db:
            db.execute(statement, values)
            db.commit()

    def rows(self, query):
        """Rows of the site's own data."""
        with closing(sqlite3.connect(self.data)) as db:
            return db.execute(query).fetchall()

    def hashed(self, pin):
        return self.hasher.hash(Secret(pin))


def install(folder, site, pbx, more=""):
    """Settings, secrets and databases for *site* in *folder*; blocks."""
    secrets = {
        "ari": pbx.ari_password,
        "ami": pbx.credentials.ami_password,
        "token": "t" * 24,
    }
    for name in sorted(secrets_of(site)):
        secrets[name] = "none"
    for name, secret in secrets.items():
        (folder / name).write_text(secret + "\n", "utf-8")
        (folder / name).chmod(0o600)
    make_pepper(folder / "pepper")
    sounds = folder / "sounds"
    sounds.mkdir()
    (sounds / "manifest.json").write_text('{"clips": {}}', "utf-8")
    listed = ", ".join(f"{name}: {name}" for name in secrets_of(site))
    databases = {str(s.database) for s in site.data.values() if s.database}
    urls = ", ".join(f'{name}: "sqlite:///data.db"' for name in databases)
    path = folder / "ivrflow.yaml"
    path.write_text(
        f"""\
site: {site.folder}
sounds: {sounds}
database: sqlite:///ivrflow.db
databases: {{{urls}}}
secrets: {{{listed}}}
pepper_file: pepper
ari: {{url: "{pbx.ari_url}", user: {pbx.ari_user}, password_file: ari}}
ami: {{port: {pbx.ports.ami}, password_file: ami}}
api: {{port: 0, token_file: token}}
rehearse: {{"{CALLER}": {MONDAY}}}
{more}""",
        "utf-8",
    )
    data = folder / "data.db"
    hasher = Hasher(read_pepper(folder / "pepper"))
    fill_demo(f"sqlite:///{data}", site.folder / "demo.sql", hasher)
    return Kept(folder, read_settings(path), folder / "ivrflow.db", data, hasher)


def written(folder, files):
    """Write the *files* of a site (path -> text) into its *folder*, which is given."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, "utf-8")
    return folder


@asynccontextmanager
async def written_site(folder, files, *, more="", spoken=False):
    """Run the site of *files* in *folder*; give its `Rig`, and phones.

    *more* are further settings; *spoken*: with the recordings that are shipped.
    """
    heard, site = Heard(), load_site(written(folder / "site", files))
    async with private_asterisk(find(fetched_folder()), folder / "asterisk") as pbx:
        kept = install(folder, site, pbx, more)
        if spoken:
            path = folder / "ivrflow.yaml"
            text = path.read_text("utf-8")
            path.write_text(text.replace(str(folder / "sounds"), str(SOUNDS)), "utf-8")
            kept.settings = read_settings(path)
        async with (
            serving(kept.settings, site, listener=heard.note) as running,
            Phones(sip=pbx.sip) as phones,
        ):
            assert await running.client.link.until_ready(20)
            yield Rig(pbx, kept, running, heard), phones


@asynccontextmanager
async def running_site(name, folder, *, change=lambda kept: None, more=""):
    """Run the site *name* in *folder*; give its `Rig`.

    *change* may alter its data before it starts; *more* are further settings.
    """
    heard, site = Heard(), load_site(FLOWS / name)
    async with private_asterisk(find(fetched_folder()), folder / "asterisk") as pbx:
        kept = install(folder, site, pbx, more)
        change(kept)
        async with serving(kept.settings, site, listener=heard.note) as running:
            assert await running.client.link.until_ready(20)
            yield Rig(pbx, kept, running, heard)
