"""Queues by the API: how they stand; closed, diverted and opened again."""

import asyncio
from types import SimpleNamespace

import pytest

from ivrflow.acd.doors import Door
from ivrflow.acd.watch import Alarm
from ivrflow.db.doors import SqlDoors
from ivrflow.facts import QueueChanged
from tests.unit.console.supervised import supervised

SALES = "/api/queues/sales"


def changes(floor):
    return [fact for fact in floor.facts if isinstance(fact, QueueChanged)]


async def test_queue_shows_who_waits_who_is_there_and_its_figures(tmp_path):
    async with supervised(tmp_path) as floor, floor.waiting("c1", priority=3.0):
        floor.promised.wishes = [SimpleNamespace(queue="sales", promised=60.0)] * 2
        floor.alarms[Alarm("longest_wait", queue="sales")] = 1.0

        status, queue = await floor.ask("2001", "GET", SALES)

        assert status == 200
        assert queue["title"] == {"en": "Sales", "zh-CN": "销售"}
        [caller] = queue["waiting"]
        assert (caller["call"], caller["position"]) == ("c1", 1)
        assert caller["agents"] == {"free": 0, "on_duty": 0}
        assert (queue["resting"], queue["unreached"]) == (0, 0)
        assert queue["longest_wait"] == caller["waited"] >= 0
        assert (queue["ready"], queue["talking"], queue["not_ready"]) == (0, 0, 1)
        shares = {w: one["share"] for w, one in queue["service_level"].items()}
        assert shares == {"15m": 0.8, "30m": 0.8, "60m": 0.8}
        assert queue["callbacks"] == 2
        assert queue["door"]["state"] == "open"
        assert queue["alarms"] == ["longest_wait"]


async def test_alarms_are_shown_to_whom_they_are_about(tmp_path):
    async with supervised(tmp_path) as floor:
        floor.alarms[Alarm("long_talk", agent="1001")] = 5.0
        floor.alarms[Alarm("longest_wait", queue="service")] = 4.0

        async def shown(by):
            _, body = await floor.ask(by, "GET", "/api/alarms")
            return [one["alarm"] for one in body["alarms"]]

        assert await shown("ann") == ["longest_wait", "long_talk"]
        assert await shown("2001") == ["long_talk"]
        assert await shown("2002") == ["longest_wait"]
        assert await shown("1001") == ["long_talk"]
        assert await shown("1003") == ["longest_wait"]


async def test_queue_without_figures_shows_none(tmp_path):
    async with supervised(tmp_path) as floor:
        _, queue = await floor.ask("ann", "GET", "/api/queues/service")

        assert queue["service_level"]["30m"] == {
            "in_time": 0,
            "counted": 0,
            "share": None,
        }
        assert queue["longest_wait"] == 0


async def test_closed_queue_is_closed_until_it_is_opened(tmp_path):
    async with supervised(tmp_path) as floor:
        status, body = await floor.ask("2001", "POST", f"{SALES}/close", {"for": "2h"})

        assert status == 200
        [queue] = body["queues"]
        door = queue["door"]
        assert (door["state"], door["by"]) == ("closed", "agent 2001 (api)")
        assert door["until"].endswith("+08:00")
        assert not door["waiting_too"]
        assert floor.doors.of("sales").state == "closed"
        assert floor.doors.of("service").state == "open"

        await floor.ask("2001", "POST", f"{SALES}/open")
        assert floor.doors.of("sales").state == "open"
        assert [fact.state for fact in changes(floor)] == ["closed", "open"]
        opened, closed, *_ = await floor.audited()
        assert (closed.what, closed.before) == ("queue sales", "open")
        assert closed.after.startswith("closed until ")
        assert (opened.who, opened.after) == ("agent 2001 (api)", "open")


async def test_restart_forgets_no_closed_queue(tmp_path):
    async with supervised(tmp_path) as floor:
        body = {"to": {"flow": "top"}, "for": "1h"}
        await floor.ask("ann", "POST", f"{SALES}/divert", body)
        kept = await SqlDoors(floor.database, None).all()

        assert kept == dict(floor.doors.all)
        assert str(kept["sales"].to) == "flow top"


async def test_open_one_that_is_open_changes_nothing(tmp_path):
    async with supervised(tmp_path) as floor:
        status, _ = await floor.ask("2001", "POST", f"{SALES}/open")

        assert status == 200
        assert changes(floor) == []


@pytest.mark.parametrize(
    ("to", "told"),
    [
        ({"queue": "service"}, "queue service"),
        ({"flow": "top"}, "flow top"),
        ({"number": "01012345678"}, "01012345678"),
    ],
)
async def test_diverted_queue_leads_there_for_those_too_who_wait(tmp_path, to, told):
    async with supervised(tmp_path) as floor:
        status, body = await floor.ask("ann", "POST", f"{SALES}/divert", {"to": to})

        assert status == 200
        assert body["queues"][0]["door"]["to"] == told
        assert floor.doors.of("sales").waiting_too
        [fact] = changes(floor)
        assert (fact.state, fact.to) == ("diverted", told)


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"to": {"queue": "servise"}}, 404, "did you mean 'service'"),
        ({"to": {"flow": "nothing"}}, 404, "no flow 'nothing'"),
        ({"to": {"flow": "asks"}}, 409, "takes card"),
        ({"to": {"number": "0044123456"}}, 409, "may not be dialled"),
        ({"to": {"number": "10;rm"}}, 409, "may not be dialled"),
        ({"to": {"agent": "1001"}}, 400, "queue, flow or number"),
        ({"to": {"queue": 5}}, 400, "must be a text"),
        ({"to": "service"}, 400, "'to' must be"),
        ({}, 400, "'to' must be"),
        ({"to": {"queue": "service"}, "for": "soon"}, 400, "'for'"),
        ({"to": {"queue": "service"}, "waiting": "yes"}, 400, "true or false"),
        ({"to": {"queue": "service"}, "unti": "2h"}, 400, "'unti' is nothing"),
        ({"to": {"queue": "sales"}}, 409, "come back to queue 'sales'"),
    ],
)
async def test_diversion_that_can_not_be_changes_nothing(tmp_path, body, status, said):
    async with supervised(tmp_path) as floor:
        got, answer = await floor.ask("ann", "POST", f"{SALES}/divert", body)

        assert got == status
        assert said in answer["error"]
        assert floor.doors.of("sales").state == "open"
        assert changes(floor) == []


async def test_two_queues_are_not_diverted_to_each_other(tmp_path):
    async with supervised(tmp_path) as floor:
        body = {"to": {"queue": "service"}}
        await floor.ask("ann", "POST", f"{SALES}/divert", body)

        status, answer = await floor.ask(
            "ann", "POST", "/api/queues/service/divert", {"to": {"queue": "sales"}}
        )

        assert status == 409
        assert "'sales', which leads to 'service'" in answer["error"]


async def test_emergency_diverts_all_queues_that_one_may_run_and_not_the_target(
    tmp_path,
):
    async with supervised(tmp_path) as floor:
        emergency = "/api/queues/*/divert"
        _, body = await floor.ask("ann", "POST", emergency, {"to": {"flow": "top"}})
        assert [queue["name"] for queue in body["queues"]] == ["sales", "service"]

        await floor.ask("ann", "POST", "/api/queues/*/open")
        _, body = await floor.ask("2001", "POST", emergency, {"to": {"flow": "top"}})
        assert [queue["name"] for queue in body["queues"]] == ["sales"]

        await floor.ask("ann", "POST", "/api/queues/*/open")
        to = {"to": {"queue": "service"}}
        _, body = await floor.ask("ann", "POST", emergency, to)
        assert [queue["name"] for queue in body["queues"]] == ["sales"]


async def test_unknown_queue_is_told_with_a_hint(tmp_path):
    async with supervised(tmp_path) as floor:
        for method, path in (
            ("GET", "/api/queues/sale"),
            ("POST", "/api/queues/sale/close"),
        ):
            status, answer = await floor.ask("ann", method, path)

            assert status == 404
            assert "did you mean 'sales'" in answer["error"]


async def test_queue_that_a_new_version_has_not_any_more_can_still_be_opened(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.doors.set(["old"], Door(state="closed", by="ann", at=1.0))

        status, answer = await floor.ask("ann", "GET", "/api/queues/old")
        assert (status, "`open`" in answer["error"]) == (404, True)
        status, answer = await floor.ask("ann", "POST", "/api/queues/old/open")

        assert (status, answer["queues"]) == (200, [])
        assert "old" not in floor.doors.all


async def test_a_queue_opens_when_its_end_has_come(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.ask("2001", "POST", f"{SALES}/close", {"for": "250ms"})
        seen = floor.doors.of("sales")
        assert seen.state == "closed"

        async with asyncio.timeout(5):
            door = await floor.doors.change("sales", seen)

        assert door.state == "open"
        assert changes(floor)[-1].by == "end of agent 2001 (api)"
        assert await SqlDoors(floor.database, None).all() == {}
