"""What supervisors do to agents and to callers who wait, by the API."""

from dataclasses import replace

import pytest

from ivrflow.facts import AbilitiesChanged, CallerMoved
from ivrflow.flow.site.numbers import Number
from tests.unit.console import supervised as floors
from tests.unit.console.supervised import supervised, the_site


async def test_caller_moves_into_another_queue_and_keeps_his_time(tmp_path):
    async with supervised(tmp_path) as floor, floor.waiting("c1") as place:
        await floor.desk.sign_in("1003")
        joined = place.waiting.joined

        status, body = await floor.ask(
            "ann", "POST", "/api/waiting/c1/move", {"queue": "service"}
        )

        assert (status, body["queue"], body["position"]) == (200, "service", 1)
        assert place.waiting.joined == joined
        [fact] = [f for f in floor.facts if isinstance(f, CallerMoved)]
        assert (fact.call, fact.queue, fact.to) == ("c1", "sales", "service")
        assert fact.by == "ann (api)"
        [entry, *_] = await floor.audited()
        assert (entry.who, entry.what) == ("ann (api)", "caller c1")
        assert (entry.before, entry.after) == ("queue sales", "queue service")


async def test_supervisor_puts_no_callers_upon_a_queue_of_others(tmp_path):
    async with supervised(tmp_path) as floor, floor.waiting("c1") as place:
        to = {"queue": "service"}
        moved = await floor.ask("2001", "POST", "/api/waiting/c1/move", to)
        for name in ("sales", "*"):
            path = f"/api/queues/{name}/divert"
            assert (await floor.ask("2001", "POST", path, {"to": to}))[0] == 403

        assert moved[0] == 403
        assert "supervisor whose teams serve queue 'service'" in moved[1]["error"]
        assert place.waiting.queue == "sales"


async def test_higher_priority_overtakes(tmp_path):
    async with (
        supervised(tmp_path) as floor,
        floor.waiting("c1") as first,
        floor.waiting("c2") as second,
    ):
        assert (first.position, second.position) == (1, 2)

        _, body = await floor.ask(
            "2001", "POST", "/api/waiting/c2/priority", {"priority": 10}
        )

        assert body["position"] == 1
        assert (first.position, second.position) == (2, 1)


async def test_supervisor_gives_a_caller_to_an_agent_of_his_own_only(tmp_path):
    async with supervised(tmp_path) as floor, floor.waiting("c1") as place:
        path = "/api/waiting/c1/take"
        assert (await floor.ask("2001", "POST", path, {"agent": "1003"}))[0] == 403
        status, answer = await floor.ask("2001", "POST", path, {"agent": "1002"})
        assert (status, place.waiting.preferred) == (409, None)
        assert "1002 is signed out: c1 waits on" in answer["error"]
        await floor.desk.sign_in("1002")
        status, _ = await floor.ask("2001", "POST", path, {"agent": "1002"})

        assert status == 200
        assert place.waiting.preferred.agent == "1002"


@pytest.mark.parametrize(
    ("act", "body", "status", "said"),
    [
        ("move", {"queue": "sale"}, 404, "did you mean 'sales'"),
        ("move", {}, 400, "'queue' must be"),
        ("priority", {"priority": "high"}, 400, "must be a number"),
        ("priority", {"priority": True}, 400, "must be a number"),
        ("priority", {"priority": 1e300}, 400, "must be a number"),
        ("priority", {"priority": 10**400}, 400, "must be a number"),
        ("take", {}, 400, "'agent' must be"),
        ("take", {"agent": "1099"}, 404, "1099"),
    ],
)
async def test_what_can_not_be_done_to_a_caller_is_told(
    tmp_path, act, body, status, said
):
    async with supervised(tmp_path) as floor, floor.waiting("c1"):
        got, answer = await floor.ask("ann", "POST", f"/api/waiting/c1/{act}", body)

        assert got == status, answer
        assert said in answer["error"]


async def test_caller_who_does_not_wait_is_404(tmp_path):
    async with supervised(tmp_path) as floor:
        body = {"priority": 1}
        status, answer = await floor.ask(
            "ann", "POST", "/api/waiting/nobody/priority", body
        )

        assert status == 404
        assert "nobody waits as 'nobody'" in answer["error"]


async def test_queues_and_skills_of_an_agent_change_live(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.desk.sign_in("1001")
        status, body = await floor.ask(
            "ann",
            "PUT",
            "/api/agents/1001/abilities",
            {"queues": ["sales", "service"], "skills": {"billing": 3, "d": {"n": 5}}},
        )

        assert status == 200, body
        assert body["queues"] == ["sales", "service"]
        assert body["skills"] == {"billing": 3, "d=n": 5}
        assert floor.desk.agents["1001"].skills == {"billing": 3, "d=n": 5}
        [fact] = [f for f in floor.facts if isinstance(f, AbilitiesChanged)]
        assert (fact.agent, fact.by) == ("1001", "ann (api)")
        [entry, *_] = await floor.audited()
        assert entry.before == "sales; no skill"
        assert entry.after == "sales, service; billing 3, d=n 5"


ABILITIES = "/api/agents/1001/abilities"


@pytest.mark.parametrize("queues", [["sales", "service"], ["service"]])
async def test_supervisor_gives_himself_no_queue_by_way_of_his_agent(tmp_path, queues):
    async with supervised(tmp_path) as floor:
        await floor.desk.sign_in("1001")
        close = ("2001", "POST", "/api/queues/service/close", {})
        assert (await floor.ask(*close))[0] == 403
        for number in ("1001", "2001"):
            path = f"/api/agents/{number}/abilities"
            status, answer = await floor.ask("2001", "PUT", path, {"queues": queues})
            assert status == 403, answer

        assert (await floor.ask(*close))[0] == 403
        assert floor.desk.agents["1001"].queues == {"sales"}


async def test_supervisor_takes_and_gives_the_queues_of_his_teams_alone(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.desk.sign_in("1001")
        await floor.ask("ann", "PUT", ABILITIES, {"queues": ["sales", "service"]})
        status, _ = await floor.ask("2001", "PUT", ABILITIES, {"queues": ["service"]})
        assert status == 200
        other = "/api/agents/1002/abilities"
        assert (await floor.ask("2001", "PUT", other, {"queues": []}))[0] == 200

        # Nobody serves sales now, and he runs it still; service is not his to take.
        given = await floor.ask("2001", "PUT", other, {"queues": ["sales"]})
        taken = await floor.ask("2001", "PUT", ABILITIES, {"queues": []})

        assert (given[0], taken[0]) == (200, 403)


async def test_supervisor_sees_what_his_agent_was_given_live_and_does_not_run_it(
    tmp_path,
):
    async with supervised(tmp_path) as floor:
        await floor.desk.sign_in("1001")
        assert (await floor.ask("2001", "GET", "/api/queues/service"))[0] == 403
        await floor.ask("ann", "PUT", ABILITIES, {"queues": ["service"]})

        close = "/api/queues/service/close"
        assert (await floor.ask("2001", "POST", close, {}))[0] == 403
        assert (await floor.ask("2001", "GET", "/api/queues/service"))[0] == 200
        assert (await floor.ask("2001", "GET", "/api/queues/sales"))[0] == 200
        assert (await floor.ask("1001", "GET", "/api/queues/sales"))[0] == 403


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "'queues' or 'skills'"),
        ({"queues": "sales"}, "list of names"),
        ({"queues": ["salse"]}, "did you mean 'sales'"),
        ({"skills": ["billing"]}, "as in agents.yaml"),
        ({"skills": {"billing": 11}}, "11 is no level"),
        ({"skills": {"billing": "5"}}, "a level is a number"),
        ({"skills": {"billing": True}}, "a level is a number"),
        ({"skills": {"a=b": 1}}, "no name of a skill"),
        ({"skills": {"d": {"": 1}}}, "no name of a skill"),
        ({"skills": {"language:en": 4}}, "one word of a-z"),
        ({"skills": {str(n): 1 for n in range(201)}}, "200 skills"),
    ],
)
async def test_abilities_that_can_not_be_are_refused(tmp_path, body, said):
    async with supervised(tmp_path) as floor:
        status, answer = await floor.ask(
            "ann", "PUT", "/api/agents/1001/abilities", body
        )

        assert status in (400, 404)
        assert said in answer["error"]


async def test_agent_in_wrap_up_is_freed_and_that_is_in_the_audit(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.desk.sign_in("1001")
        status, body = await floor.ask("2001", "POST", "/api/agents/1001/free")

        assert (status, body["freed_from"]) == (200, "nothing")
        [entry, *_] = await floor.audited()
        assert (entry.what, entry.after) == ("agent 1001", "freed")


@pytest.mark.parametrize("by", ["1001", "2001", "ann", "installation"])
@pytest.mark.parametrize("phone", ["PJSIP/9999", "PJSIP/trunk"])
async def test_what_is_no_phone_of_the_house_rings_for_nobody(tmp_path, by, phone):
    async with supervised(tmp_path) as floor:
        path, body = "/api/agents/1001/sign-in", {"endpoint": phone}
        status, answer = await floor.ask(by, "POST", path, body)

        assert status == 403
        assert f"{phone} is no phone of agents.yaml" in answer["error"]
        assert floor.desk.agents["1001"].presence.value == "logged out"


@pytest.mark.parametrize(("by", "status"), [("ann", 200), ("2001", 403), ("1001", 403)])
async def test_admins_name_any_phone_where_a_code_lets_agents_sit_anywhere(
    tmp_path, monkeypatch, by, status
):
    numbers = {"*11": Number.model_validate({"agent": "sign_in", "phones": "any"})}
    anywhere = replace(the_site(), numbers=numbers)
    monkeypatch.setattr(floors, "the_site", lambda: anywhere)
    async with supervised(tmp_path) as floor:
        path, body = "/api/agents/1001/sign-in", {"endpoint": "PJSIP/desk-7"}

        assert (await floor.ask(by, "POST", path, body))[0] == status


async def test_unknown_agent_is_404_for_an_admin(tmp_path):
    async with supervised(tmp_path) as floor:
        assert (await floor.ask("ann", "POST", "/api/agents/9/free"))[0] == 404
