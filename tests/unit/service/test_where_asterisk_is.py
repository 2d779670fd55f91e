"""Where Asterisk is, and who connects to whom, as the settings have it."""

from ivrflow.asterisk.ari.client import source_of
from ivrflow.asterisk.ari.inbound import InboundWebSocket
from ivrflow.config import read_settings
from ivrflow.service.asterisk import ari_settings

SETTINGS = """\
site: site
database: sqlite:///ivrflow.db
pepper_file: pepper
ari: {url: "http://pbx:8088/ari", password_file: ari}
api: {token_file: token}
"""


def asterisk(folder, more=""):
    for name in ("ari", "events"):
        (folder / name).write_text(f"the-{name}-password\n")
    (folder / "ivrflow.yaml").write_text(SETTINGS + more)
    return ari_settings(read_settings(folder / "ivrflow.yaml"))


def test_we_connect_for_events_where_the_settings_say_nothing_of_them(tmp_path):
    source = source_of(asterisk(tmp_path))

    assert isinstance(source, InboundWebSocket)
    assert source.where == "http://pbx:8088/ari/events"


def test_asterisk_connects_where_the_settings_say_so(tmp_path):
    settings = asterisk(tmp_path, "events: {port: 8099, password_file: events}\n")

    assert source_of(settings).where == "ws://127.0.0.1:8099/ari"
    assert settings.events.user == "asterisk"
    assert settings.events.password.reveal() == "the-events-password"
