"""What carries things out, as the settings have it."""

import pytest

from ivrflow.asterisk.ari.text_messages import SipGateway
from ivrflow.config import BadConfig, read_settings
from ivrflow.db.engine import Database
from ivrflow.db.outbox import SqlOutbox
from ivrflow.flow.load import load_site
from ivrflow.flow.world import Limit
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
            settings(folder, more), site, outbox, lambda: 0.0, Nobody
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
