"""GET /api/calls/ID/why: the account of a call, for those who have the token."""

from datetime import datetime

from aiohttp.test_utils import TestClient, TestServer

from ivrflow.console.api import Api
from ivrflow.console.calls import CallRoutes
from ivrflow.facts import CallEnded, CallStarted, Decided, StepEntered
from ivrflow.flow.live import LiveCalls
from ivrflow.flow.why.account import account_of

TOKEN = "a-token-of-more-than-20-signs"
MONDAY = datetime(2026, 3, 2, 10, 0).timestamp()


class Call:
    def __init__(self, call):
        self.id = call


class Past:
    """Two calls, which went alike."""

    calls = ("1731.1", "1731.22")

    async def matching(self, call):
        return [Call(one) for one in self.calls if one.startswith(call)]

    async def account(self, call):
        at = {"at": MONDAY, "call": call.id}
        place = "flows/top.yaml:2"
        facts = [
            CallStarted(**at, caller="1", dialled="2", flow="top", version="abcd"),
            StepEntered(
                **at, flow="top", step="bye", verb="hangup", place=place, number=1
            ),
            Decided(**at, step="bye", outcome="then", target="hangup", why="its end"),
            CallEnded(**at, by="flow", cause=16, flow="top", step="bye", seconds=0.0),
        ]
        return account_of(facts, {"flows/top.yaml": "flow: top\n  bye: {hangup: 1}"})


async def get(path, token=TOKEN):
    api = Api(LiveCalls(), TOKEN, CallRoutes(Past()))
    async with TestClient(TestServer(api.application())) as client:
        headers = {"Authorization": f"Bearer {token}"}
        answer = await client.get(path, headers=headers)
        return answer.status, await answer.json()


async def test_a_call_is_told_step_by_step():
    status, told = await get("/api/calls/1731.22/why")

    assert status == 200
    assert told["call"] == "1731.22"
    [step] = told["steps"]
    assert step["line"] == "bye: {hangup: 1}"
    assert step["happened"][0]["words"] == "-> hangup: its end"


async def test_the_beginning_of_an_id_is_enough_if_only_one_begins_so():
    assert (await get("/api/calls/1731.2/why"))[1]["call"] == "1731.22"

    status, told = await get("/api/calls/1731/why")
    assert status == 409
    assert told["error"] == "several calls begin so: 1731.1, 1731.22"

    status, told = await get("/api/calls/99/why")
    assert status == 404
    assert told["error"] == "no call is known whose id begins with '99'"


async def test_nobody_sees_it_without_the_token():
    assert (await get("/api/calls/1731.1/why", token="x"))[0] == 401
