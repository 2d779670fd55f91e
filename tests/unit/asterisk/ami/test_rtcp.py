"""Reports of RTCP by AMI: read as if anybody had sent them, and heard by one who may
do nothing."""

import asyncio
from contextlib import asynccontextmanager, suppress

import pytest

from ivrflow.aio import beside
from ivrflow.asterisk.ami.client import AmiAway, AmiSettings
from ivrflow.asterisk.ami.rtcp import Reports, report_of
from ivrflow.secret import Secret

EVENT = {
    "Event": "RTCPReceived",
    "Uniqueid": "1731.17",
    "Linkedid": "1731.16",
    "Report0FractionLost": "64",
    "Report0IAJitter": "160",
    "RTT": "0.0805",
}


def test_a_report_of_the_phone_says_what_it_missed_and_how_far_it_is():
    report = report_of(EVENT)

    assert (report.channel, report.call, report.by_us) == ("1731.17", "1731.16", False)
    assert (report.lost, report.jitter) == (0.25, 20.0)
    assert report.round_trip == pytest.approx(80.5)


def test_a_report_of_asterisk_says_what_came_from_the_phone():
    report = report_of({**EVENT, "Event": "RTCPSent", "RTT": ""})

    assert report.by_us
    assert report.round_trip is None


@pytest.mark.parametrize(
    "changes",
    [
        {"Event": "Hangup"},
        {"Event": ["RTCPSent", "RTCPSent"]},
        {"Uniqueid": ""},
        {"Uniqueid": "a b"},
        {"Linkedid": "x" * 257},
        {"Report0FractionLost": "256"},
        {"Report0FractionLost": "-1"},
        {"Report0FractionLost": "nan"},
        {"Report0FractionLost": "inf"},
        {"Report0FractionLost": ""},
        {"Report0FractionLost": ["1", "2"]},
        {"Report0IAJitter": "1e99"},
        {"Report0IAJitter": "many"},
    ],
)
def test_what_is_no_report_is_passed_over(changes):
    assert report_of({**EVENT, **changes}) is None


@pytest.mark.parametrize("trip", ["61", "-1", "nan", "soon", "0"])
def test_a_strange_round_trip_is_none_and_the_rest_counts(trip):
    assert report_of({**EVENT, "RTT": trip}).round_trip is None


def lines(fields):
    return "".join(f"{k}: {v}\r\n" for k, v in fields.items()).encode() + b"\r\n"


@asynccontextmanager
async def manager(*events, login="Success", closes=False):
    """A manager interface that tells *events* to who has signed in."""
    asked, writers = [], []

    async def serve(reader, writer):
        writers.append(writer)
        writer.write(b"Asterisk Call Manager/9.0.0\r\n")
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                text = (await reader.readuntil(b"\r\n\r\n")).decode()
                action = dict(x.split(": ", 1) for x in text.split("\r\n") if ": " in x)
                asked.append(action)
                answer = login if action["Action"] == "Login" else "Success"
                said = {"Response": answer, "ActionID": action["ActionID"]}
                writer.write(lines(said))
                if action["Action"] == "Login" and answer == "Success":
                    writer.write(b"".join(events))
                    if closes:
                        break
        writer.close()
        writers.remove(writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1], asked
    finally:
        server.close()
        for writer in list(writers):
            writer.close()
        while writers:  # until each has noticed
            await asyncio.sleep(0.001)


def settings(port):
    return AmiSettings(port=port, user="ivrflow-quality", password=Secret("s3cret"))


async def test_reports_are_heard_and_other_events_are_not():
    heard = asyncio.Queue()
    other = lines({"Event": "Hangup", "Uniqueid": "1731.17"})
    garbage = b"\xff\xfe\x00garbage\r\n\r\n"
    async with manager(other, garbage, lines(EVENT)) as (port, asked):
        reports = Reports(settings(port), heard.put_nowait)
        async with beside(reports.run()), asyncio.timeout(5):
            report = await heard.get()
            while not reports.ready:
                await asyncio.sleep(0.001)

    assert report.channel == "1731.17"
    assert heard.empty()
    assert [one["Action"] for one in asked] == ["Login"]
    assert asked[0]["Events"] == "on"


async def test_who_is_refused_says_so():
    async with manager(login="Error") as (port, _):
        with pytest.raises(AmiAway, match="refuses user 'ivrflow-quality'"):
            await Reports(settings(port), lambda _: None).run()


async def test_a_connection_that_ends_is_told():
    async with manager(closes=True) as (port, _), asyncio.timeout(5):
        with pytest.raises(AmiAway, match="has closed the connection"):
            await Reports(settings(port), lambda _: None).run()
