"""An installation with mailboxes, and Asterisk's voicemail beside it."""

import asyncio
import json
import os
from contextlib import closing
from datetime import UTC, datetime
from sqlite3 import connect

from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.config import read_settings
from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
from ivrflow.service.archive import store_of
from tests.unit.service.test_service import SETTINGS, installed, write
from tests.unit.speech.wavs import tone_wav

LEFT = 1767225600
"""When messages were left, in seconds since 1970."""

NOON = datetime.fromtimestamp(LEFT, UTC)

CONF = """\
[general]
format = wav
[default]
1001 => 4827,Li Wei,li@example.com
1002 => -9471,Ann
1003 => 1003,Bob
1004 =>
"""


def note(at, callerid='"Wang Fang" <13800138000>'):
    return (
        f";\n[message]\nexten=800\ncallerid={callerid}\norigtime={at}\n"
        f"msg_id={at}-00000001\nduration=2\n"
    )


class Site:
    """An installation in *folder*, on whose commands tests act."""

    def __init__(self, folder, settings=SETTINGS, mailboxes="plain: {number: '1'}\n"):
        self.folder = folder
        write(folder, "site/mailboxes.yaml", mailboxes)
        agents = 'agents:\n  "2001": {name: Li, queues: [desk]}\n'
        self.settings, _ = installed(folder, settings, agents=agents)
        asyncio.run(self._make_tables())

    @classmethod
    def there(cls, folder):
        """One that was made before, in *folder*."""
        site = cls.__new__(cls)
        site.folder, site.settings = folder, read_settings(folder / "ivrflow.yaml")
        return site

    async def _make_tables(self):
        database = Database(self.settings.url(self.settings.database))
        await database.write(lambda db: db.run_sync(metadata.create_all))
        await database.close()

    @property
    def store(self):
        return store_of(self.settings)

    def run(self, *words, **more):
        """Run `ivrflow voicemail` with these words and our settings."""
        config = ("--config", str(self.folder / "ivrflow.yaml"))
        return CliRunner().invoke(main, ["voicemail", *words, *config], **more)

    def rows(self, query, *values):
        """Rows of the service's database."""
        with closing(connect(self.folder / "ivrflow.db")) as db:
            return db.execute(query, values).fetchall()

    def do(self, statement, *values):
        """Change the service's database."""
        with closing(connect(self.folder / "ivrflow.db")) as db:
            db.execute(statement, values)
            db.commit()

    def audit(self):
        """What the audit log has, the oldest first."""
        return [what for (what,) in self.rows("select what from audit order by id")]

    def messages(self, box, folder="inbox"):
        """What `list` tells programs."""
        told = self.run("list", box, "--folder", folder, "--json")
        assert told.exit_code == 0, told.output
        return json.loads(told.stdout)["messages"]


class Spool:
    """A spool of Asterisk's voicemail, filled by hand."""

    def __init__(self, root):
        self.root = root
        root.mkdir()

    def put(self, path, content):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)

    def message(
        self, stem="msg0000", *, folder="INBOX", box="1001", at=LEFT, seconds=1.0, **of
    ):
        """A message of so many seconds."""
        self.put(f"default/{box}/{folder}/{stem}.txt", note(at, **of))
        self.put(f"default/{box}/{folder}/{stem}.wav", tone_wav(seconds))


def imported(folder, conf=CONF, settings=SETTINGS):
    """An installation whose mailboxes come from *conf*, which lies beside it."""
    write(folder, "voicemail.conf", conf)
    made = CliRunner().invoke(
        main,
        ["voicemail", "import", str(folder / "voicemail.conf")],
    )
    assert made.exit_code in (0, 1), made.output
    return Site(folder, settings, mailboxes=made.stdout)


def pages_of(monkeypatch, module, number):
    """Have *module* read so many messages at a time."""
    monkeypatch.setattr(module, "PAGE", number)


def no_syncs(monkeypatch):
    """Nobody pulls the plug in a test, and a busy disk syncs for seconds."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)
