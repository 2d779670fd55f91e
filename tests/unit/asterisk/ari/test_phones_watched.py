"""How phones stand, as Asterisk tells it."""

import json

import pytest

from ivrflow.asterisk.ari.caller_id import number, phone, printable
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway
from ivrflow.asterisk.ari.http import Response
from ivrflow.asterisk.ari.phones import PhoneStates
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.secret import Secret

ENDPOINTS = [
    {"technology": "PJSIP", "resource": "1001", "state": "online", "channel_ids": []},
    {
        "technology": "PJSIP",
        "resource": "1002",
        "state": "online",
        "channel_ids": ["a"],
    },
    {"technology": "PJSIP", "resource": "1003", "state": "offline", "channel_ids": []},
]
APPLICATION = {
    "name": "ivrflow",
    "channel_ids": [],
    "bridge_ids": [],
    "endpoint_ids": [],
    "device_names": [],
    "events_allowed": [],
    "events_disallowed": [],
}


class Asterisk:
    """Answers requests by their path; keeps what was asked."""

    def __init__(self, **answers):
        self.asked = []
        self._answers = answers

    async def request(self, method, path, query, body):
        self.asked.append((method, path))
        name = path.rpartition("/")[2]
        answer = self._answers[name]
        if isinstance(answer, Exception):
            raise answer
        status, body = answer
        return Response(status, json.dumps(body).encode())

    async def close(self):
        pass


class Watched:
    def __init__(self, **answers):
        self.asterisk, self.told, self.seen = Asterisk(**answers), [], []
        settings = AriSettings(
            url="http://127.0.0.1:1/ari",
            user="u",
            password=Secret("p" * 20),
        )
        self.client = Client(settings, transport=self.asterisk)
        self.states = PhoneStates(
            self.client,
            changed=lambda *told: self.told.append(told),
            seen=self.seen.append,
        )


async def test_one_request_asks_for_all_news_and_one_how_all_phones_stand():
    watched = Watched(subscription=(200, APPLICATION), endpoints=(200, ENDPOINTS))
    await watched.states.look()

    assert [path for _, path in watched.asterisk.asked] == [
        "/applications/ivrflow/subscription",
        "/endpoints",
    ]
    assert watched.seen == [
        {
            "PJSIP/1001": "NOT_INUSE",
            "PJSIP/1002": "INUSE",
            "PJSIP/1003": "UNAVAILABLE",
        }
    ]


async def test_a_change_of_a_phone_is_told_and_none_of_anything_else():
    watched = Watched()
    for name in ("PJSIP/1001", "Snoop/4711", "Local/1001@x"):
        event = {
            "type": "DeviceStateChanged",
            "application": "ivrflow",
            "timestamp": "2026-01-01T00:00:00.000+0000",
            "device_state": {"name": name, "state": "RINGING"},
        }
        watched.client.hub.receive(json.dumps(event))

    assert watched.told == [("PJSIP/1001", "RINGING")]
    assert "DeviceStateChanged" in watched.client.hub.types()


async def test_an_asterisk_that_does_not_tell_is_no_reason_to_take_no_calls(caplog):
    watched = Watched(subscription=(422, {"message": "no"}))
    await watched.states.look()

    assert watched.seen == []
    assert "Asterisk does not tell how phones stand" in caplog.text


async def test_one_that_is_away_is_asked_again_with_all_else():
    watched = Watched(subscription=AriAway("away"))
    with pytest.raises(AriAway):
        await watched.states.look()


@pytest.mark.parametrize(
    ("channel", "calls"),
    [
        ("PJSIP/1001-0000002a", "PJSIP/1001"),
        ("PJSIP/a-b.c-0000002a", "PJSIP/a-b.c"),
        ("Local/1001@x-0000002a;1", ""),
        ("PJSIP/1001", ""),
        ("PJSIP/1001@trunk-0000002a", ""),
        ("", ""),
    ],
)
def test_the_phone_that_calls_is_told_by_its_channel(channel, calls):
    assert phone(channel) == calls


def test_what_was_dialled_puts_no_line_into_a_log_and_stays_short():
    assert printable("95533\r\n12:00 call answered\x1b[2J") == (
        "9553312:00 call answered[2J"
    )
    assert len(printable("1" * 999)) == 64
    assert printable("anonymous") == "anonymous"
    assert number("anonymous") == ""
