import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.asterisk.ari.hub import FIELDS, TYPES, Hub
from ivrflow.asterisk.ari.wire import event_models as events


def channel(id="1.1", **more):
    return {
        "id": id,
        "name": "PJSIP/x",
        "state": "Up",
        "protocol_id": "",
        "caller": {"name": "", "number": "123"},
        "connected": {"name": "", "number": ""},
        "accountcode": "",
        "dialplan": {
            "context": "in",
            "exten": "100",
            "priority": 1,
            "app_name": "Stasis",
            "app_data": "ivrflow",
        },
        "creationtime": "2026-11-22T01:23:40.164+0000",
        "language": "en",
    } | more


def event(kind, **more):
    return json.dumps(
        {"type": kind, "application": "ivrflow", "timestamp": "now"} | more
    )


def start(id="1.1"):
    return event("StasisStart", args=[], channel=channel(id))


def test_an_event_goes_to_those_of_its_type_then_to_those_of_its_object():
    hub, heard = Hub(), []
    hub.watch("channel", "1.1", lambda e: heard.append("object"))
    hub.on("StasisStart", lambda e: heard.append("type"))

    hub.receive(start())

    assert heard == ["type", "object"]


def test_another_channels_events_are_not_heard():
    hub, heard = Hub(), []
    hub.watch("channel", "1.1", heard.append)

    hub.receive(start("1.2"))

    assert heard == []


def test_events_come_in_the_order_in_which_they_came():
    hub, heard = Hub(), []
    hub.watch("channel", "1.1", lambda e: heard.append(e.digit))

    for digit in "1234#":
        hub.receive(
            event("ChannelDtmfReceived", digit=digit, duration_ms=80, channel=channel())
        )

    assert heard == list("1234#")


def test_an_event_about_two_channels_goes_to_both():
    hub, heard = Hub(), []
    hub.watch("channel", "a", lambda e: heard.append("a"))
    hub.watch("channel", "b", lambda e: heard.append("b"))

    hub.receive(
        event("Dial", dialstatus="RINGING", peer=channel("a"), caller=channel("b"))
    )

    assert sorted(heard) == ["a", "b"]


def test_who_has_closed_hears_nothing_not_even_in_the_middle():
    hub, heard = Hub(), []
    first = hub.on("StasisStart", lambda e: (heard.append(1), first.close()))
    hub.on("StasisStart", lambda e: heard.append(2))

    hub.receive(start())
    hub.receive(start())
    first.close()

    assert heard == [1, 2, 2]
    assert hub.types() == {"StasisStart"}


def test_a_handler_that_fails_harms_no_other(caplog):
    hub, heard = Hub(), []
    hub.on("StasisStart", lambda e: 1 / 0)
    hub.on("StasisStart", heard.append)

    hub.receive(start())

    assert len(heard) == hub.failed == 1
    assert "a handler of StasisStart failed" in caplog.text
    caplog.clear()


def test_fields_that_we_do_not_know_are_no_harm():
    hub, heard = Hub(), []
    hub.on("StasisStart", heard.append)

    hub.receive(event("StasisStart", args=[], channel=channel(new=[1]), newer={}))

    assert heard[0].channel.id == "1.1"
    assert hub.undecoded == 0


def test_events_that_cannot_be_read_are_counted_and_said_once_per_type(caplog):
    hub = Hub()
    hub.on("StasisStart", lambda e: pytest.fail("was handed on"))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            hub.receive(event("FromTheFuture", x=1))
            hub.receive(event("StasisStart", args="secret 4321", channel=channel()))
            hub.receive(event("StasisStart", channel=channel()))

    assert (hub.received, hub.undecoded) == (9, 9)
    assert len(caplog.records) == 2
    assert "secret 4321" not in caplog.text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        '{"type": 5}',
        '{"type": null}',
        "{",
        "\ud800",
        b"\xff\xfe",
        "[" * 100_000,
        '{"type":' * 50_000,
        event("StasisStart", args=[], channel={"id": None}),
        event("x" * 40_000),
    ],
)
def test_whatever_comes_the_reader_goes_on(text):
    hub, heard = Hub(), []
    hub.on("StasisStart", heard.append)

    hub.receive(text)
    hub.receive(start())

    assert (len(heard), hub.undecoded) == (1, 1)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.sampled_from(sorted(TYPES)), st.dictionaries(st.text(), JSON))
def test_mutated_events_never_raise(kind, fields):
    logging.getLogger("ivrflow.asterisk.ari.hub").setLevel(logging.ERROR)
    known = {name: channel() for _, name in FIELDS[kind]}

    Hub().receive(
        event(kind, **{k: v for k, v in (known | fields).items() if k not in ("type",)})
    )


def test_an_unknown_type_or_kind_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="StasisBegin"):
        Hub().on("StasisBegin", print)
    with pytest.raises(ValueError, match="none of channel, bridge"):
        Hub().watch("chanel", "1", print)


def test_the_filter_can_name_every_event():
    assert {"StasisStart", "RESTResponse", "ChannelVarset"} <= TYPES
    assert "Event" not in TYPES
    assert FIELDS["Dial"] == (
        ("channel", "caller"),
        ("channel", "peer"),
        ("channel", "forwarded"),
    )
    assert events.OBJECTS["playback"]["PlaybackFinished"] == ("playback",)
