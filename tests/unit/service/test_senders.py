"""What carries things out, as the settings have it."""

import pytest

from ivrflow.asterisk.ari.text_messages import SipGateway
from ivrflow.audio.opus import NoOpus
from ivrflow.config import BadConfig, read_settings
from ivrflow.db.engine import Database
from ivrflow.db.outbox import SqlOutbox
from ivrflow.flow.load import load_site
from ivrflow.flow.world import Limit
from ivrflow.service import notices
from ivrflow.service.notices import OfMessages, encoded, lacking
from ivrflow.service.outbound import dial_guard
from ivrflow.service.senders import pin_limits, senders

RIGHT = """\
site: site
database: sqlite:///ivrflow.db
pepper_file: pepper
ari: {password_file: ari}
api: {token_file: token}
"""
SITE = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "prompts/en.yaml": "hello: Hello.\n",
    "flows/main.yaml": "flow: main\nsteps:\n  greet: {say: hello}\n",
}


class Nobody:
    """An Asterisk that nobody asks for anything."""


async def nothing(*_):
    """No message is told of here."""


OF_MESSAGES = OfMessages(sound=nothing, told=nothing, handed_over=nothing)


def settings(folder, more):
    (folder / "secret").write_text("s3cret\n", "utf-8")
    path = folder / "ivrflow.yaml"
    path.write_text(RIGHT + more, "utf-8")
    return read_settings(path)


async def made(folder, more):
    """The channels that are carried with these settings."""
    for name, text in SITE.items():
        path = folder / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    database = Database(f"sqlite:///{folder}/ivrflow.db")

    outbox = SqlOutbox(database, lambda: None)
    site = load_site(folder / "site")
    try:
        async with senders(
            settings(folder, more), site, outbox, lambda: 0.0, Nobody, OF_MESSAGES
        ) as all_:
            return all_
    finally:
        await database.close()


async def test_without_settings_only_webhooks_are_carried(tmp_path):
    assert set((await made(tmp_path, "")).couriers) == {"webhook"}


async def test_mail_and_text_messages_are_carried_with_their_settings(tmp_path):
    more = (
        "smtp: {host: mail.example.com, from: ivr@example.com, user: ivr, "
        "password_file: secret}\n"
        "sms: {url: 'https://sms.example.com/x', token_file: secret, from: '95533'}\n"
        "webhook_key_file: secret\n"
    )
    couriers = (await made(tmp_path, more)).couriers

    assert set(couriers) == {"webhook", "email", "sms"}
    assert (couriers["email"].server.port, couriers["email"].server.tls) == (
        587,
        "starttls",
    )
    assert couriers["sms"].gateway.sender == "95533"


async def test_text_messages_may_go_by_sip(tmp_path):
    more = "sms: {endpoint: 'pjsip:{number}@trunk', from: 'sip:95533@example.com'}\n"
    sms = (await made(tmp_path, more)).couriers["sms"]

    assert isinstance(sms.gateway, SipGateway)


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("smtp: {host: m, from: a@b.cn, user: u}\n", "belong together"),
        (
            "smtp: {host: m, from: a@b.cn, user: u, password_file: secret, tls: no}\n",
            "without tls",
        ),
        ("sms: {url: 'ftp://x/'}\n", "no url"),
        ("sms: {url: 'http://[x/'}\n", "no url"),
        ("sms: {from: '95533'}\n", "either url or endpoint"),
        ("sms: {url: 'http://x/', endpoint: 'pjsip:{number}@t'}\n", "either url or"),
        ("sms: {endpoint: 'pjsip:trunk'}\n", "is none: write"),
        ("sms: {endpoint: 'pjsip:{number}@t', from: '95533'}\n", "no SIP address"),
        ("sms: {endpoint: 'pjsip:{number}@t', token_file: secret}\n", "to a url"),
        ("keys: {core: secret}\n", "this is no key"),
        ("smtp: {host: m, from: a@b.cn, tsl: no}\n", "did you mean 'tls'"),
        ("limits: {caller: {after: 3}}\n", "missing"),
    ],
)
async def test_what_is_wrong_in_the_settings_is_told(tmp_path, more, told):
    with pytest.raises(BadConfig, match=told):
        await made(tmp_path, more)


def test_limits_of_wrong_pins_come_from_the_settings(tmp_path):
    more = "limits: {caller: {after: 10, within: 1h, for: 30m}}\n"
    limits = pin_limits(settings(tmp_path, more))

    assert limits.caller == Limit(10, 3600.0, 1800.0)
    assert limits.all is None


BOXES = """
service:
  tell:
    - {call: "0900123456"}
    - {call: PJSIP/2001}
    - {email: li@example.com, transcript: yes, attach: opus}
"""


def lacking_here(folder, more, monkeypatch, *, opus=True):
    """What the mailbox wants and does not get with these settings."""

    def check():
        if not opus:
            raise NoOpus("Opus needs the library soundfile; install it")

    monkeypatch.setattr(notices.opus, "check", check)
    site = folder / "site"
    for name, text in {**SITE, "mailboxes.yaml": BOXES}.items():
        path = site / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    read, loaded = settings(folder, more), load_site(site)
    guard = dial_guard(read, loaded, lambda: 0.0, None)
    return list(lacking(read, loaded, guard))


def test_what_mailboxes_want_and_can_not_have_here_is_told(tmp_path, monkeypatch):
    number, words, sound = lacking_here(tmp_path, "", monkeypatch, opus=False)

    assert number.startswith("mailbox service: nobody is told at 0900123456: ")
    assert "give the settings transcripts:" in words
    assert "get WAV instead of Opus: Opus needs the library soundfile" in sound


def test_a_number_that_may_never_be_dialled_is_told_as_well(tmp_path, monkeypatch):
    more = "outbound: {endpoint: 'PJSIP/{number}@t', prefixes: ['1']}\n"
    number, *_ = lacking_here(tmp_path, more, monkeypatch)

    assert "outbound.prefixes has 1" in number


def test_nothing_is_told_where_nothing_lacks(tmp_path, monkeypatch):
    more = (
        "outbound: {endpoint: 'PJSIP/{number}@t', prefixes: ['0900']}\n"
        "transcripts: {with: whisper}\n"
    )
    assert lacking_here(tmp_path, more, monkeypatch) == []


def test_what_can_not_be_made_opus_goes_as_it_is_and_the_log_says_why(caplog):
    assert encoded(b"no sound at all") is None
    assert "as WAV instead of Opus" in caplog.text
