"""The stream of events: who sees which facts, what a slow listener loses, resuming."""

import asyncio
import json
from contextlib import asynccontextmanager

import pytest

from ivrflow import facts
from ivrflow.console import events as stream
from ivrflow.console.events import Events, sees
from ivrflow.console.who import Person
from tests.unit.console.supervised import TOKEN, supervised

BEARER = f"Authorization: Bearer {TOKEN}"
OFFERED = {
    "queue": "sales",
    "agent": "1001",
    "offer": "o1",
    "why": "longest idle",
    "shown": {"customer": "Wang", "card": "******0002"},
}


class Reader:
    """One open stream: `next` is its next event, with its name and id."""

    def __init__(self, answer):
        self.answer = answer
        self.lines = []

    async def next(self):
        event = {}
        async with asyncio.timeout(5):
            while line := (await self.answer.content.readline()).decode().rstrip("\n"):
                name, _, value = line.partition(": ")
                event[name or "comment"] = value
        return event

    async def fact(self):
        while "data" not in (event := await self.next()):
            assert event, "the stream has ended"
        return json.loads(event["data"]), event["id"]

    async def ended(self):
        async with asyncio.timeout(5):
            return await self.answer.content.read() is not None


@asynccontextmanager
async def listening(floor, by, query="", last=""):
    headers = {**floor.headers(by), **({"Last-Event-ID": last} if last else {})}
    async with floor.client.get(f"/api/events{query}", headers=headers) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.content_type == "text/event-stream"
        reader = Reader(answer)
        assert "retry" in await reader.next()
        yield reader


def offered(at=1.0, call="c1", **more):
    return facts.AgentOffered(at=at, call=call, **{**OFFERED, **more})


async def test_agent_s_screen_gets_what_the_flow_shows_when_it_rings(tmp_path):
    async with supervised(tmp_path) as floor, listening(floor, "1001") as screen:
        floor.events.note(offered())

        fact, _ = await screen.fact()

        assert fact["kind"] == "AgentOffered"
        assert fact["call"] == "c1"
        assert fact["data"]["shown"] == {"customer": "Wang", "card": "******0002"}


async def test_each_hears_what_he_may_see_and_nothing_else(tmp_path):
    noted = [
        facts.Logged(at=1.0, call="c1", step="a", data={"balance": "9"}),
        offered(at=2.0),
        offered(at=3.0, agent="1003", queue="service"),
        facts.LeftQueue(at=4.0, call="c1", queue="sales", how="key", waited=2.0),
        facts.MonitorBegan(at=5.0, agent="1001", by="2001", mode="listen"),
        facts.CallbackAsked(at=6.0, call="c1", queue="sales", number="13800138000"),
        facts.AlarmRaised(
            at=7.0, alarm="longest_wait", queue="sales", agent="", value=9, limit=8
        ),
        facts.QueueChanged(at=9.0, queue="sales", state="open", by="end"),
        facts.QueueChanged(at=9.0, queue="service", state="open", by="end"),
    ]
    expected = {
        "ann": [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0],
        "2001": [2.0, 4.0, 5.0, 6.0, 7.0],
        "2002": [3.0],
        "1001": [2.0, 4.0, 7.0],
        "1003": [3.0],
    }
    async with supervised(tmp_path) as floor:
        for by, times in expected.items():
            async with listening(floor, by) as reader:
                for fact in noted:
                    floor.events.note(fact)

                heard = []
                while (fact := (await reader.fact())[0])["at"] < 9:
                    heard.append(fact["at"])

                assert heard == times, by


def test_an_agent_is_never_told_of_a_fact_without_a_word_about_him():
    agent = Person(
        name="agent 1001 (api)",
        role="agent",
        number="1001",
        agents=frozenset(("1001",)),
        queues=frozenset(("sales",)),
    )
    for kind in stream.KINDS:
        for data in ({}, {"agent": "1002", "queue": "sales"}, {"queue": "service"}):
            assert not sees(agent, {"kind": kind, "call": "c", "data": data})


def test_a_supervisor_is_not_told_either_who_listens_to_himself():
    boss = Person(
        name="agent 2001 (api)",
        role="supervisor",
        number="2001",
        agents=frozenset(("1001", "2001")),
        queues=frozenset(("sales",)),
    )

    def told(agent):
        data = {"agent": agent, "by": "9001", "mode": "listen"}
        return sees(boss, {"kind": "MonitorBegan", "call": "c", "data": data})

    assert told("1001")
    assert not told("2001")


def test_what_happens_in_a_mailbox_is_for_who_may_hear_it():
    agent = Person(
        name="agent 1001 (api)",
        role="agent",
        number="1001",
        agents=frozenset(("1001",)),
        mailboxes=frozenset(("north",)),
    )

    def told(kind, **data):
        return sees(agent, {"kind": kind, "call": "c", "data": data})

    assert told("MessageLeft", mailbox="north", message="m1")
    assert not told("MessageLeft", mailbox="east", message="m1")
    assert told("MessageForwarded", mailbox="east", to="north", copy="m2")
    assert not told("MessageForwarded", mailbox="east", to="south", copy="m2")
    assert not told("MailboxEntered", mailbox="north", by="mailbox 801")
    assert not told("HoldChanged", mailbox="north", by="ann")


async def test_query_filters_by_kind_queue_agent_and_call(tmp_path):
    async with supervised(tmp_path) as floor:
        query = "?kind=AgentOffered,LeftQueue&agent=1001&call=c2"
        async with listening(floor, "installation", query) as reader:
            for number, fact in enumerate(
                (
                    offered(call="c1"),
                    offered(call="c2", agent="1002"),
                    offered(call="c2", offer="this"),
                )
            ):
                assert number < 3
                floor.events.note(fact)

            fact, _ = await reader.fact()
            assert fact["data"]["offer"] == "this"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?kind=AgentOferred", "did you mean 'AgentOffered'"),
        ("?kinds=Connected", "'kinds' is nothing to ask for"),
    ],
)
async def test_query_that_means_nothing_is_refused(tmp_path, query, said):
    async with supervised(tmp_path) as floor:
        status, body = await floor.ask("ann", "GET", f"/api/events{query}")

        assert status == 400
        assert said in body["error"]


async def test_who_comes_back_gets_what_he_missed_once_and_in_order(tmp_path):
    async with supervised(tmp_path) as floor:
        async with listening(floor, "1001") as reader:
            floor.events.note(offered(at=1.0))
            _, last = await reader.fact()
        for at in (2.0, 3.0):
            floor.events.note(offered(at=at))

        async with listening(floor, "1001", last=last) as reader:
            floor.events.note(offered(at=4.0))

            heard = [(await reader.fact())[0]["at"] for _ in range(3)]
            assert heard == [2.0, 3.0, 4.0]


async def test_after_a_restart_he_gets_it_from_the_database(tmp_path):
    async with supervised(tmp_path) as floor:
        for at in (1.0, 2.0, 3.0):
            floor.records.note(offered(at=at))
        floor.records.note(offered(at=3.5, agent="1002"))
        await floor.records.flush()
        floor.events.note(offered(at=5.0))  # the new life's first fact

        async with listening(floor, "1001", last="0123abcd.17.1.000000") as reader:
            found = [await reader.fact() for _ in range(3)]

        assert [fact["at"] for fact, _ in found] == [2.0, 3.0, 5.0]
        first_id = found[0][1]
        async with listening(floor, "1001", last=first_id) as reader:
            assert (await reader.fact())[0]["at"] == 3.0


async def test_who_was_away_for_too_long_is_told_that_facts_are_missing(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(stream, "FROM_TABLE", 5)
    monkeypatch.setattr(stream, "AT_ONCE", 2)
    async with supervised(tmp_path) as floor:
        for at in range(1, 10):
            floor.records.note(offered(at=float(at)))
        await floor.records.flush()

        async with listening(floor, "ann", last="0123abcd.17.1.000000") as reader:
            assert await reader.next() == {"event": "lost", "data": '{"facts": null}'}
            heard = [(await reader.fact())[0]["at"] for _ in range(5)]

        assert heard == [5.0, 6.0, 7.0, 8.0, 9.0]


async def test_fact_with_a_number_without_an_end_is_json_all_the_same(tmp_path):
    async with supervised(tmp_path) as floor, listening(floor, "ann") as reader:
        floor.events.note(offered(idle=float("inf"), shown={"a\nb": "c\r\nid: 9"}))

        fact, _ = await reader.fact()

        assert fact["data"]["idle"] == "inf"
        assert fact["data"]["shown"] == {"a\nb": "c\r\nid: 9"}


async def test_of_what_was_missed_only_what_he_gets_is_made_into_text(
    tmp_path, monkeypatch
):
    made, text = [], stream._text
    monkeypatch.setattr(stream, "_text", lambda *a: made.append(a) or text(*a))
    async with supervised(tmp_path) as floor:
        for at in range(1000):
            floor.events.note(offered(at=float(at), agent="1003"))
        floor.events.note(offered(at=1000.0))
        last = f"{floor.events.life}.0.0.000000"
        async with listening(floor, "1001", last=last) as reader:
            fact, _ = await reader.fact()

    assert fact["at"] == 1000.0
    assert len(made) == 1


async def test_id_that_is_none_is_refused(tmp_path):
    async with supervised(tmp_path) as floor:
        headers = {**floor.headers("ann"), "Last-Event-ID": "1; drop table facts"}
        async with floor.client.get("/api/events", headers=headers) as answer:
            assert answer.status == 400


def test_fact_about_one_agent_asks_no_other_agents_screen():
    events, asked = Events(), []

    def asking(name):
        return lambda plain: asked.append(name) is None

    with (
        events.listening(asking("1001"), agent="1001"),
        events.listening(asking("1002"), agent="1002"),
        events.listening(asking("ann")),
    ):
        events.note(offered(at=1.0))
        assert asked == ["ann", "1001"]
        events.note(facts.LeftQueue(at=2.0, queue="sales", how="key", waited=1.0))
        assert sorted(asked[2:]) == ["1001", "1002", "ann"]
        events.note(facts.ServiceBegan(at=3.0, version="v1"))
        assert asked[5:] == ["ann"]
    events.note(offered(at=4.0))
    assert asked[6:] == []


def test_slow_listener_loses_the_oldest_and_knows_how_many():
    events = Events()
    with events.listening(lambda plain: True) as listener:
        for at in range(stream.WAITING + 7):
            events.note(offered(at=float(at)))

        assert listener.lost == 7
        assert listener.waiting[0].plain["at"] == 7.0
        assert len(listener.waiting) == stream.WAITING


async def test_slow_listener_is_told_what_he_lost(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "WAITING", 3)
    async with supervised(tmp_path) as floor, listening(floor, "ann") as reader:
        for at in range(10):
            floor.events.note(offered(at=float(at)))

        event = await reader.next()

        assert event == {"event": "lost", "data": '{"facts": 7}'}
        assert (await reader.fact())[0]["at"] == 7.0


async def test_stream_of_a_revoked_token_ends_at_the_next_heartbeat(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    async with supervised(tmp_path) as floor, listening(floor, "1001") as reader:
        assert "comment" in await reader.next()
        await floor.tokens.revoke("1001", by="test", at=2.0)

        assert await reader.ended()


async def test_stream_of_a_revoked_token_ends_though_much_happens(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(stream, "HEARTBEAT", 0.05)
    async with supervised(tmp_path) as floor, listening(floor, "1001"):
        await floor.tokens.revoke("1001", by="test", at=2.0)
        async with asyncio.timeout(5):
            while floor.events._listeners:
                floor.events.note(offered())
                await asyncio.sleep(0.001)


async def test_who_takes_nothing_is_dropped(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "SLOW", 0.1)
    async with supervised(tmp_path) as floor:
        server = floor.client.server
        reader, writer = await asyncio.open_connection(server.host, server.port)
        head = f"GET /api/events HTTP/1.1\r\nHost: x\r\n{BEARER}\r\n\r\n"
        writer.write(head.encode())
        await reader.readuntil(b"retry")
        writer.transport.pause_reading()
        large = {"text": "x" * 100_000}
        async with asyncio.timeout(20):
            while floor.events._listeners:
                floor.events.note(offered(shown=large))
                await asyncio.sleep(0.001)
        writer.close()


async def test_too_many_listeners_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "LISTENERS", 1)
    async with supervised(tmp_path) as floor, listening(floor, "ann"):
        assert (await floor.ask("1001", "GET", "/api/events"))[0] == 503


async def test_one_person_takes_not_the_places_of_all(tmp_path, monkeypatch):
    monkeypatch.setattr(stream, "EACH", 1)
    async with supervised(tmp_path) as floor, listening(floor, "1001"):
        status, answer = await floor.ask("1001", "GET", "/api/events")
        async with listening(floor, "1003"):
            pass

    assert (status, "already" in answer["error"]) == (429, True)


async def test_end_of_the_service_ends_the_streams_at_once(tmp_path):
    async with supervised(tmp_path) as floor, listening(floor, "ann") as reader:
        floor.events.end()

        assert await reader.ended()


async def test_listener_who_hung_up_is_forgotten(tmp_path):
    async with supervised(tmp_path) as floor:
        async with listening(floor, "ann"):
            assert len(floor.events._listeners) == 1
        async with asyncio.timeout(5):
            while floor.events._listeners:
                floor.events.note(offered())
                await asyncio.sleep(0.01)
