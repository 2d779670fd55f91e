"""The API's part for work, asked over a real socket: messages, and callbacks with
them."""

import asyncio
from contextlib import asynccontextmanager

from ivrflow.aio import beside
from ivrflow.flow.wish import Wish
from ivrflow.flow.working.acts import Act, OnIt
from ivrflow.flow.working.item import Rules, WorkState
from tests.unit.console.supervised import supervised

ONE, TWO = "a1" * 16, "b2" * 16


@asynccontextmanager
async def floor_with_work(folder):
    """A message of mailbox north is work for sales, one of east for service."""
    async with supervised(folder) as floor:
        await floor.leave(ONE, "north", queue="sales")
        await floor.leave(TWO, "east", queue="service", urgent=True)
        yield floor


@asynccontextmanager
async def heard_by(floor, agent, message=ONE, queue="sales"):
    """That agent has the message; what is asked of him is done at once."""
    one, asked = OnIt(message, queue, agent), []

    async def obeys():
        while True:
            request = await one.inbox.next(lambda: None)
            asked.append((request.act, request.given.get("disposition", "")))
            if request.act == Act.CALL_BACK.value:
                request.refuse("this caller can't be called")
            request.done()

    floor.kept.at_work.add(one)
    async with beside(obeys()):
        yield asked
    floor.kept.at_work.remove(one)


async def test_messages_and_callbacks_are_in_one_list_of_the_queues_one_sees(tmp_path):
    async with floor_with_work(tmp_path) as floor:
        floor.promised.wishes = [
            Wish(
                call="7.1",
                queue="sales",
                number="057188880101",
                since=0.0,
                asked=0.0,
                promised=60.0,
            )
        ]
        _, all_ = await floor.ask("ann", "GET", "/api/work")
        _, his = await floor.ask("1001", "GET", "/api/work")
        _, hers = await floor.ask("1003", "GET", "/api/work")
        floor.promised.wishes = []
        _, one = await floor.ask("ann", "GET", "/api/work?queue=service")

    assert [(w["kind"], w["id"]) for w in all_["work"]] == [
        ("callback", "7.1"),
        ("message", ONE),
        ("message", TWO),
    ]
    assert [w["queue"] for w in his["work"]] == ["sales", "sales"]
    assert [w["id"] for w in hers["work"]] == [TWO]
    [row] = one["work"]
    assert row["urgent"]
    assert (row["number"], row["from"]) == ("057188880101", "057188880101")
    assert (row["state"], row["overdue"], row["agent"]) == ("waiting", False, "")
    assert row["waits_as"] == f"{TWO}-w1"
    assert {frozenset(w) for w in all_["work"]} == {frozenset(row)}  # one shape


async def test_who_does_not_see_the_queue_sees_none_of_its_work(tmp_path):
    async with floor_with_work(tmp_path) as floor:
        theirs = await floor.ask("1003", "GET", f"/api/work/{ONE}")
        act = await floor.ask("1003", "POST", f"/api/work/{ONE}/take", {})
        none = await floor.ask("ann", "GET", "/api/work/nothing")

    assert (theirs[0], act[0], none[0]) == (403, 403, 404)
    assert "057188880101" not in str(theirs)


async def test_an_agent_takes_a_message_and_his_phone_rings_for_it_next(tmp_path):
    async with floor_with_work(tmp_path) as floor:
        item = await floor.work.of(ONE)
        early = await floor.ask("1001", "POST", f"/api/work/{ONE}/take", {})
        await floor.desk.sign_in("1001")
        await floor.desk.sign_in("1002")
        async with floor.desk.line(item.waiting(Rules())) as place:
            other = await floor.ask(
                "1001", "POST", f"/api/work/{ONE}/take", {"agent": "1002"}
            )
            status, _ = await floor.ask("1001", "POST", f"/api/work/{ONE}/take", {})
            preferred = place.waiting.preferred
        audited = await floor.audited()

    assert early[0] == 409
    assert "not in line" in early[1]["error"]
    assert other[0] == 403
    assert (status, preferred.agent) == (200, "1001")
    assert audited[0].who == "agent 1001 (api)"
    assert audited[0].after == "agent 1001"


async def test_who_has_it_plays_pauses_and_says_how_it_has_ended(tmp_path):
    async with floor_with_work(tmp_path) as floor, heard_by(floor, "1001") as asked:
        status, row = await floor.ask("1001", "POST", f"/api/work/{ONE}/pause", {})
        led, _ = await floor.ask("2001", "POST", f"/api/work/{ONE}/play", {})
        no = await floor.ask("1001", "POST", f"/api/work/{ONE}/call-back", {})
        odd = await floor.ask(
            "1001", "POST", f"/api/work/{ONE}/done", {"disposition": "gold"}
        )

    assert (status, row["agent"], row["doing"]) == (200, "1001", "hearing")
    assert led == 200
    assert (no[0], no[1]["error"]) == (409, "this caller can't be called")
    assert odd[0] == 400
    assert asked == [("pause", ""), ("play", ""), ("call-back", "")]


async def test_a_disposition_is_a_word_or_left_out(tmp_path):
    async with floor_with_work(tmp_path) as floor, heard_by(floor, "1001") as asked:
        done = f"/api/work/{ONE}/done"
        none, _ = await floor.ask("1001", "POST", done, {"disposition": None})
        odd = [
            (await floor.ask("1001", "POST", done, {"disposition": what}))[0]
            for what in (False, {}, 0, ["sold"])
        ]

    assert (none, odd) == (200, [400] * 4)
    assert asked == [("done", "")]


async def test_an_agent_ends_only_what_he_has(tmp_path):
    async with floor_with_work(tmp_path) as floor:
        for act in ("play", "done", "withdraw", "call-back"):
            status, _ = await floor.ask("1001", "POST", f"/api/work/{ONE}/{act}", {})
            assert status in (403, 409), act
        assert (await floor.work.of(ONE)).state is WorkState.WAITING


async def test_a_supervisor_ends_what_waits_and_the_audit_says_so(tmp_path):
    async with floor_with_work(tmp_path) as floor:
        east, _ = await floor.ask("2002", "POST", f"/api/work/{ONE}/done", {})
        status, row = await floor.ask("2001", "POST", f"/api/work/{ONE}/done", {})
        again, _ = await floor.ask("2001", "POST", f"/api/work/{ONE}/withdraw", {})
        gone, _ = await floor.ask("2002", "POST", f"/api/work/{TWO}/withdraw", {})
        audited = await floor.audited()
        left = await floor.work.open()

    assert (east, status, again, gone) == (403, 200, 409, 200)
    assert row["state"] == "done"
    assert [(e.who, e.after) for e in audited[:2]] == [
        ("agent 2002 (api)", "withdrawn"),
        ("agent 2001 (api)", "done"),
    ]
    assert left == []


async def test_nothing_strange_is_done(tmp_path):
    async with floor_with_work(tmp_path) as floor:
        what = await floor.ask("ann", "POST", f"/api/work/{ONE}/burn", {})
        key = await floor.ask("ann", "POST", f"/api/work/{ONE}/done", {"x": 1})
        whom = await floor.ask("ann", "POST", f"/api/work/{ONE}/take", {"agent": 7})

    assert (what[0], key[0], whom[0]) == (404, 400, 400)
    assert "call-back" in what[1]["error"]


async def test_queues_tell_how_much_work_waits_and_the_oldest_promise(tmp_path):
    async with floor_with_work(tmp_path) as floor:
        await asyncio.sleep(0)
        _, queue = await floor.ask("ann", "GET", "/api/queues/sales")
        await floor.ask("ann", "POST", f"/api/work/{ONE}/withdraw", {})
        _, empty = await floor.ask("ann", "GET", "/api/queues/sales")

    assert (queue["messages"], queue["callbacks"]) == (1, 0)
    assert queue["promised"]
    assert (empty["messages"], empty["promised"]) == (0, None)
