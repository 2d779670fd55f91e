"""Looks at an Asterisk that does not wait: calls come and go between two requests."""

import asyncio
import json

import pytest

from ivrflow.asterisk.ari import adopting
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.errors import AriAway
from ivrflow.asterisk.ari.http import Response
from ivrflow.asterisk.ari.media import Sounds
from ivrflow.asterisk.ari.settings import AriSettings, Outbound
from ivrflow.asterisk.ari.switch import AriSwitch
from ivrflow.secret import Secret

CANT_TELL = Response(500, b'{"error": "Allocation failed"}')

AT = "2026-11-22T14:00:00.000+0000"


class Pbx:
    """The far end of the requests; `later` is done when the channels were listed."""

    def __init__(self):
        self.there = {}
        self.subscribed = {}
        self.elsewhere = {}
        self.no_words_for = set()
        self.later = lambda: None
        self.brings_events = True
        self.client = None

    async def request(self, method, path, query, body):
        match path.strip("/").split("/"):
            case ["events", "user", name]:
                said = json.loads(body)["variables"]
                if self.brings_events:
                    self.tells("ChannelUserevent", eventname=name, userevent=said)
                return Response(204, b"")
            case ["applications", name]:
                return self._json(application(name, [*self.there, *self.subscribed]))
            case ["channels"]:
                kinds = (self.there, self.subscribed, self.elsewhere)
                listed = self._json([c for kind in kinds for c in kind.values()])
                self.later()
                return CANT_TELL if self.no_words_for else listed
            case ["channels", id] if id in self.there:
                known = id not in self.no_words_for
                return self._json(self.there[id]) if known else CANT_TELL
            case ["bridges"]:
                return self._json([])
        return Response(404, b'{"message": "not found"}')

    async def close(self):
        pass

    @staticmethod
    def _json(value):
        return Response(200, json.dumps(value).encode())

    def tells(self, type, **fields):
        event = {"type": type, "application": "ivrflow", "timestamp": AT, **fields}
        self.client.hub.receive(json.dumps(event))

    def enters(self, id, **how):
        there = self.there[id] = channel(id, **how)
        self.tells("StasisStart", args=["call", "12345"], channel=there)

    def presses(self, id, key):
        there = self.there[id]
        self.tells("ChannelDtmfReceived", channel=there, digit=key, duration_ms=80)


def application(name, channels):
    return {
        "name": name,
        "channel_ids": channels,
        "bridge_ids": [],
        "endpoint_ids": [],
        "device_names": [],
        "events_allowed": [],
        "events_disallowed": [],
    }


def channel(id, *, app="Stasis", data="ivrflow,call,12345", remembered=""):
    nobody = {"name": "", "number": ""}
    dialplan = {"context": "ivrflow-enter", "exten": "12345", "priority": 12}
    return {
        "id": id,
        "protocol_id": f"{id}@phone",
        "name": f"PJSIP/anonymous-0000{id}",
        "state": "Up",
        "caller": nobody | {"number": "13800138000"},
        "connected": nobody,
        "accountcode": "",
        "dialplan": dialplan | {"app_name": app, "app_data": data},
        "creationtime": AT,
        "language": "en",
        "channelvars": {"IVRFLOW_STATE": remembered},
    }


class Process:
    def __init__(self, pbx, refuses=()):
        asked = Outbound(port=1, user="events", password=Secret("p"))
        settings = AriSettings(
            url="http://pbx/ari", user="u", password=Secret("p"), events=asked
        )
        self.client = pbx.client = Client(settings, transport=pbx)
        self.taken, self.found, self.looks = [], [], []
        self._refuses = refuses
        self.switch = AriSwitch(
            self.client,
            on_call=self._take,
            on_found=self._look,
            new_id=lambda: "new",
            sounds=Sounds.below(""),
        )

    def _look(self, look):
        self.looks.append(look)
        self.found.extend(look.callers)

    def _take(self, channel):
        channel.refused = channel.id in self._refuses
        self.taken.append(channel)


async def test_keys_of_one_who_comes_back_during_a_look_are_kept():
    pbx = Pbx()
    process = Process(pbx)

    def comes():
        pbx.later = lambda: None
        pbx.enters("c1", remembered="a bookmark")
        pbx.presses("c1", "4")

    pbx.later = comes
    await process.switch._adopting.look()

    [caller] = process.taken
    assert (caller.id, caller.remembered) == ("c1", "a bookmark")
    assert caller.keys.peek() == "4"


async def test_a_look_on_a_line_that_is_lost_does_not_hold_up_the_next_one():
    pbx = Pbx()
    process = Process(pbx)
    look = process.switch._adopting.look
    pbx.brings_events = False

    async with asyncio.timeout(2), asyncio.TaskGroup() as group:
        lost = group.create_task(gives_up(look()))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        pbx.brings_events = True
        process.client.link.disconnected("the line was cut")
        process.client.link.connected()
        await look()
    assert lost.done()
    assert len(process.looks) == 1


async def test_a_line_that_is_lost_as_the_time_is_over_breaks_nothing(monkeypatch):
    monkeypatch.setattr(adopting, "WITHIN", 0.0)
    pbx = Pbx()
    process = Process(pbx)
    pbx.brings_events = False

    async with asyncio.TaskGroup() as group:
        look = group.create_task(gives_up(process.switch._adopting.look()))
        while (waits := process.switch._adopting._waits) is None or not waits.when():
            await asyncio.sleep(0)
        while not waits.expired():
            await asyncio.sleep(0)
        process.client.link.disconnected("the line was cut")
        assert not look.done()


async def gives_up(look):
    with pytest.raises(AriAway, match="lost"):
        await look


async def test_who_is_refused_keeps_the_time_that_the_dialplan_gave_him():
    pbx = Pbx()
    process = Process(pbx, refuses=["c1"])

    pbx.enters("c1")
    pbx.enters("c2")

    assert list(process.switch.callers) == ["c2"]


async def test_channels_of_others_are_left_alone_though_we_hear_of_them():
    pbx = Pbx()
    process = Process(pbx)
    pbx.there["ours"] = channel("ours")
    for id, app, data in (
        ("talks", "Dial", "PJSIP/reception,40"),
        ("theirs", "Stasis", "other,call,12345"),
        ("alike", "Stasis", "ivrflow2,call,12345"),
    ):
        pbx.subscribed[id] = channel(id, app=app, data=data)

    await process.switch._adopting.look()

    assert [caller.id for caller in process.found] == ["ours"]
    assert set(process.switch._channels) == {"ours"}


async def test_who_is_in_the_dialplan_for_a_moment_is_not_taken_for_gone():
    pbx = Pbx()
    process = Process(pbx)
    for id, context in (
        ("in line", "ivrflow-away"),
        ("given up", "ivrflow-fallback"),
        ("talks to the overflow number", "ivrflow-ring"),
    ):
        there = pbx.elsewhere[id] = channel(id, app="MusicOnHold", data="")
        there["dialplan"]["context"] = context

    await process.switch._adopting.look()

    assert process.looks[0].there == {"in line"}
    assert not process.found


async def test_caller_whom_asterisk_cant_describe_hides_no_other_one(caplog):
    pbx = Pbx()
    process = Process(pbx)
    pbx.enters("c1")
    pbx.there["c2"] = channel("c2", remembered="a bookmark")
    pbx.there["c3"] = channel("c3")
    pbx.no_words_for = {"c3"}

    await process.switch._adopting.look()

    assert [(c.id, c.remembered) for c in process.found] == [("c2", "a bookmark")]
    assert process.looks[0].there == {"c1", "c2", "c3"}, "no call of theirs is over"
    assert not process.taken[0].gone.done()
    pbx.no_words_for = {"c1", "c3"}  # it can't be known to have ended
    await process.switch._adopting.look()
    assert not process.taken[0].gone.done()
    assert "can't list its channels" in caplog.text
    caplog.clear()
