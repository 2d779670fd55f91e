"""Who may what: tokens of persons, their roles, and what is refused."""

import importlib
import pkgutil
import re

import pytest

from ivrflow import console
from ivrflow.console.tokens import TokenRoutes
from tests.unit.console.supervised import TOKEN, supervised, tone

EVERYBODY = ("installation", "ann", "2001", "2002", "1001", "1003")
ADMINS = ("installation", "ann")
NORTH = (*ADMINS, "2001")
SUPERVISORS = (*NORTH, "2002")

MESSAGE = "a1" * 16
"""Of the mailbox north, which 1001 and 2001 hear."""

WAV = tone(0.5)

MATRIX = [
    ("GET", "/api/me", None, EVERYBODY),
    ("GET", "/api/agents", None, EVERYBODY),
    ("GET", "/api/agents/1001", None, (*NORTH, "1001")),
    ("POST", "/api/agents/1001/sign-in", {}, (*NORTH, "1001")),
    ("POST", "/api/agents/1001/ready", {}, (*NORTH, "1001")),
    ("POST", "/api/agents/1001/not-ready", {}, (*NORTH, "1001")),
    ("POST", "/api/agents/1001/sign-out", {}, (*NORTH, "1001")),
    ("POST", "/api/agents/1001/free", {}, NORTH),
    ("PUT", "/api/agents/1001/abilities", {"queues": ["sales"]}, NORTH),
    ("GET", "/api/queues", None, EVERYBODY),
    ("GET", "/api/alarms", None, EVERYBODY),
    ("GET", "/api/pauses", None, EVERYBODY),
    ("GET", "/api/queues/sales", None, (*NORTH, "1001")),
    ("POST", "/api/queues/sales/close", {}, NORTH),
    ("POST", "/api/queues/sales/divert", {"to": {"flow": "top"}}, NORTH),
    ("POST", "/api/queues/sales/open", {}, NORTH),
    ("POST", "/api/queues/*/open", {}, SUPERVISORS),
    ("POST", "/api/agents/1001/ready", {}, (*NORTH, "1001")),  # or nobody would serve
    # 1001 has service from an admin, and what 2001 asks for then changes nothing: that
    # is no right of his.
    ("PUT", "/api/agents/1001/abilities", {"queues": ["sales", "service"]}, NORTH),
    ("PUT", "/api/agents/1002/abilities", {"skills": {"billing": 1}}, NORTH),
    ("GET", "/api/queues/service", None, (*SUPERVISORS, "1001", "1003")),
    ("POST", "/api/queues/service/close", {}, (*ADMINS, "2002")),
    ("POST", "/api/queues/service/open", {}, (*ADMINS, "2002")),
    ("POST", "/api/queues/sales/divert", {"to": {"queue": "service"}}, ADMINS),
    ("POST", "/api/queues/sales/open", {}, NORTH),
    ("POST", "/api/waiting/c1/priority", {"priority": 5}, NORTH),
    ("POST", "/api/waiting/c1/move", {"queue": "sales"}, NORTH),
    ("POST", "/api/waiting/c1/take", {"agent": "1001"}, NORTH),
    ("POST", "/api/waiting/c1/move", {"queue": "service"}, (*ADMINS, "2002")),
    ("GET", "/api/calls", None, SUPERVISORS),
    ("GET", "/api/mailboxes", None, EVERYBODY),
    ("GET", "/api/mailboxes/north", None, (*NORTH, "1001")),
    ("GET", "/api/mailboxes/north/messages", None, (*NORTH, "1001")),
    ("POST", "/api/mailboxes/north/pin", {"pin": "274918"}, NORTH),
    ("POST", "/api/mailboxes/tom/pin", {"pin": "274918"}, (*ADMINS, "1003")),
    ("PUT", "/api/mailboxes/north/greetings/busy", WAV, NORTH),
    ("PUT", "/api/mailboxes/tom/greetings/busy", WAV, (*ADMINS, "1003")),
    ("GET", "/api/mailboxes/north/greetings/busy", None, (*NORTH, "1001")),
    ("DELETE", "/api/mailboxes/north/greetings/busy", None, NORTH),
    ("POST", "/api/mailboxes/north/hold", {"why": "case 17"}, ADMINS),
    ("POST", "/api/mailboxes/north/release", {}, ADMINS),
    ("GET", f"/api/messages/{MESSAGE}", None, (*NORTH, "1001")),
    ("GET", f"/api/messages/{MESSAGE}/audio", None, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/new", {}, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/move", {"folder": "work"}, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/forward", {"to": ["east"]}, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/transcribe", {}, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/urgent", {}, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/heard", {}, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/delete", {}, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/restore", {}, (*NORTH, "1001")),
    ("POST", f"/api/messages/{MESSAGE}/hold", {"why": "case 17"}, ADMINS),
    ("POST", f"/api/messages/{MESSAGE}/release", {}, ADMINS),
    ("GET", "/api/work", None, EVERYBODY),
    ("GET", f"/api/work/{MESSAGE}", None, (*NORTH, "1001")),
    ("GET", "/api/tokens", None, ADMINS),
    ("DELETE", "/api/tokens/nobody", None, ()),
]


async def ask(floor, by, method, path, body):
    """Status and bytes of an answer; *body* is a WAV, or becomes JSON."""
    sent = {"data": body} if isinstance(body, bytes) else {"json": body}
    async with floor.client.request(
        method, path, headers=floor.headers(by), **(sent if body is not None else {})
    ) as answer:
        return answer.status, await answer.read()


async def test_each_role_may_do_what_is_written_and_nothing_else(tmp_path):
    async with supervised(tmp_path) as floor, floor.waiting("c1"):
        await floor.leave(MESSAGE, "north", wav=WAV, queue="sales")
        for method, path, body, allowed in MATRIX:
            for by in (*EVERYBODY, "", "wrong"):
                status, answer = await ask(floor, by, method, path, body)
                if by in ("", "wrong"):
                    assert status in (401, 429), (by, method, path)
                elif by in allowed:
                    # What is over is over: the second one finds nothing.
                    ends = method == "DELETE" or path.endswith("/release")
                    found = 404 if ends and by != allowed[0] else 200
                    assert status == found, (by, method, path, answer)
                elif path.endswith("nobody") and by in ADMINS:
                    assert status == 404
                else:
                    assert status == 403, (by, method, path, answer)
                    assert b"only " in answer


BESIDES = {
    "GET /livez",  # anybody's
    "GET /api/events",  # never ends: see test_events
    "POST /api/tokens",  # a name has one: see below
    "POST /api/agents/apply",  # see test_agent_routes
    "POST /api/work/{message}/{act}",  # needs a talk: see test_work_routes
}
"""Routes that stand in no line of the matrix."""


async def test_no_route_is_left_out_of_the_matrix(tmp_path):
    async with supervised(tmp_path, persons=False) as floor:
        routes = {
            (route.method, route.resource.canonical)
            for route in floor.client.app.router.routes()
            if route.method != "HEAD"  # GET's
        }

    def is_asked(method, canonical):
        path = re.compile(re.sub("{[a-z]+}", "[^/]+", canonical))
        return any(method == how and path.fullmatch(at) for how, at, _, _ in MATRIX)

    left_out = {" ".join(route) for route in routes if not is_asked(*route)}
    assert left_out == BESIDES


def handlers():
    """All handlers of the console, by module and name."""
    for found in pkgutil.iter_modules(console.__path__):
        module = importlib.import_module(f"{console.__name__}.{found.name}")
        for name, made in vars(module).items():
            ours = isinstance(made, type) and made.__module__ == module.__name__
            if ours and name.endswith("Routes"):
                for route in made.__new__(made).routes():
                    yield f"{found.name}.{route.handler.__name__}", route.handler


def needed(handler):
    """The role that a handler asks for, or anyone."""
    if getattr(handler, "anyone", False):
        return "anyone"
    return getattr(handler, "least", "admin")


def test_only_these_want_no_token():
    known = {name: needed(handler) for name, handler in handlers()}

    assert {name for name, role in known.items() if role == "anyone"} == {
        "health._ready",
        "metrics._tell",
    }


def test_only_these_are_for_admins():
    known = {name: needed(handler) for name, handler in handlers()}

    assert {name for name, role in known.items() if role == "admin"} == {
        "agents._back_to_file",
        "caller_log._begin",
        "caller_log._end",
        "caller_log._list",
        "calls._why",
        "mailboxes._hold",
        "mailboxes._release",
        "messages._hold",
        "messages._release",
        "sites._reload",
        "tokens._list",
        "tokens._new",
        "tokens._revoke",
    }


async def test_handler_that_says_nothing_is_for_admins_only(tmp_path):
    async with supervised(tmp_path) as floor:
        assert "least" not in vars(TokenRoutes._list)
        for by, status in {"1001": 403, "2001": 403, "ann": 200}.items():
            assert (await floor.ask(by, "GET", "/api/tokens"))[0] == status


async def test_person_is_told_who_he_is_and_what_he_sees(tmp_path):
    async with supervised(tmp_path) as floor:
        _, me = await floor.ask("2001", "GET", "/api/me")

        assert me["role"] == "supervisor"
        assert me["agents"] == ["1001", "1002", "2001"]
        assert me["queues"] == ["sales"]


async def test_lists_leave_out_what_one_may_not_see(tmp_path):
    async with supervised(tmp_path) as floor:

        async def numbers(by):
            _, body = await floor.ask(by, "GET", "/api/agents")
            return [agent["number"] for agent in body["agents"]]

        async def queues(by):
            _, body = await floor.ask(by, "GET", "/api/queues")
            return [queue["name"] for queue in body["queues"]]

        assert await numbers("1001") == ["1001"]
        assert await numbers("2001") == ["1001", "1002", "2001"]
        assert len(await numbers("ann")) == 5
        assert await queues("1003") == ["service"]
        assert await queues("2001") == ["sales"]
        assert await queues("installation") == ["sales", "service"]


async def test_token_is_in_the_database_as_a_hash_only(tmp_path):
    async with supervised(tmp_path) as floor:
        secret = floor.tokens_of["1001"]
        random_part = secret.split("-", 2)[2]

        assert random_part.encode() not in (tmp_path / "ivrflow.db").read_bytes()
        wal = tmp_path / "ivrflow.db-wal"
        assert random_part.encode() not in wal.read_bytes()
        _, listed = await floor.ask("ann", "GET", "/api/tokens")
        assert random_part not in str(listed)


async def test_token_that_is_nearly_right_is_wrong(tmp_path):
    async with supervised(tmp_path) as floor:
        right = floor.tokens_of["1001"]
        other = floor.tokens_of["2001"]
        last = "A" if right[-1] != "A" else "B"
        wrongs = (
            right[:-1] + last,
            right + "A",
            right.upper(),
            right[:13] + other[13:],  # his id, another one's random part
            right.split("-")[1],
            "ivr-00000000-" + "A" * 43,
        )
        for wrong in wrongs:
            assert (await floor.ask(wrong, "GET", "/api/me"))[0] == 401


async def test_revoked_token_counts_no_more_and_others_do(tmp_path):
    async with supervised(tmp_path) as floor:
        entry = await floor.give("1002", "agent")

        status, body = await floor.ask("ann", "DELETE", f"/api/tokens/{entry.id}")

        assert (status, body["revoked"][0]["name"]) == (200, "1002")
        assert (await floor.ask("1002", "GET", "/api/me"))[0] == 401
        assert (await floor.ask("1001", "GET", "/api/me"))[0] == 200


async def test_token_revoked_by_a_command_is_out_after_the_next_look(tmp_path):
    async with supervised(tmp_path) as floor:
        from ivrflow.db.tokens import revoke_tokens

        await revoke_tokens(floor.database, "1001", by="cli ann", at=2.0)
        await floor.tokens.refresh()

        assert (await floor.ask("1001", "GET", "/api/me"))[0] == 401


async def test_admin_makes_a_token_which_is_shown_once_and_works(tmp_path):
    async with supervised(tmp_path) as floor:
        status, made = await floor.ask(
            "ann", "POST", "/api/tokens", {"name": "1002", "role": "agent"}
        )
        assert status == 200

        status, me = await floor.ask(made["token"], "GET", "/api/me")

        assert (status, me["number"], me["role"]) == (200, "1002", "agent")
        [entry, *_] = await floor.audited()
        assert entry.who == "ann (api)"
        assert entry.after == "1002, role agent"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "1009", "role": "agent"}, "no agent '1009'"),
        ({"name": "ann", "role": "supervisor"}, "by which teams"),
        ({"name": "1001", "role": "king"}, "'role' must be"),
        ({"role": "admin"}, "'name' says whose"),
        ({"name": "a;b", "role": "admin"}, "'name' must be"),
        ({"name": "1001", "role": "agent", "number": "2"}, "'number' is nothing"),
    ],
)
async def test_token_that_can_not_be_is_refused_with_the_reason(tmp_path, body, said):
    async with supervised(tmp_path) as floor:
        status, answer = await floor.ask("ann", "POST", "/api/tokens", body)

        assert status == 400
        assert said in answer["error"]


async def test_token_of_an_agent_who_is_no_more_is_refused(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.give("1077", "agent")

        status, answer = await floor.ask("1077", "GET", "/api/me")

        assert status == 403
        assert "agents.yaml has no agent '1077'" in answer["error"]


async def test_use_of_a_token_is_remembered(tmp_path):
    async with supervised(tmp_path) as floor:
        await floor.ask("1001", "GET", "/api/me")
        await floor.tokens.write_used()

        used = {entry.name: entry.used for entry in await floor.tokens.all()}
        assert used["1001"] is not None
        assert used["1003"] is None


async def test_many_wrong_tokens_hear_429_and_right_ones_go_on(tmp_path, caplog):
    async with supervised(tmp_path) as floor:
        heard = [
            (await floor.ask("wrong", "GET", "/api/me"))[0] for number in range(12)
        ]

        assert heard == [401] * 9 + [429] * 3
        assert (await floor.ask("1001", "GET", "/api/me"))[0] == 200
        assert (await floor.ask("", "GET", "/api/me"))[0] == 401
        assert [r.levelname for r in caplog.records].count("WARNING") == 1
        await floor.tokens.write_refused()
        [entry, *_] = await floor.audited()
        assert entry.what == "wrong tokens from 127.0.0.1"


async def test_only_the_installation_may_say_for_whom_it_asks(tmp_path):
    async with supervised(tmp_path) as floor:
        body = {"by": "cli ann"}
        await floor.ask("installation", "POST", "/api/queues/sales/close", body)
        [entry, *_] = await floor.audited()
        assert entry.who == "api (cli ann)"

        status, answer = await floor.ask(
            "2001", "POST", "/api/queues/sales/open", {"by": "ann"}
        )
        assert status == 400
        assert "agent 2001 (api)" in answer["error"]


async def test_tokens_of_persons_are_no_way_for_web_pages(tmp_path):
    async with supervised(tmp_path) as floor:
        headers = {**floor.headers("ann"), "Origin": "https://evil.example.com"}
        async with floor.client.get("/api/me", headers=headers) as answer:
            assert answer.status == 403


ODD = (
    b"{",
    b"[]",
    b"\xff\xfe",
    b'{"by": 5}',
    b'{"by": "a\\nb"}',
    b'{"to": null, "queue": null, "agent": null, "priority": null}',
    b'{"to": [], "queue": [], "agent": {}, "skills": {"a": {"b": {"c": 1}}}}',
    b'{"to": {"queue": ""}, "queue": "", "agent": "", "until": 5}',
    b'{"queues": [["sales"]], "skills": {"a": null}}',
    b'{"priority": NaN}',
    b'{"priority": 1e999, "for": "99999999999999d"}',
    b'{"for": "1h", "until": "1h", "waiting": 1}',
    b"[" * 10_000,
)


async def test_odd_bodies_and_paths_are_refused_and_never_a_fault_of_ours(tmp_path):
    async with supervised(tmp_path) as floor, floor.waiting("c1"):
        paths = [
            (method, path) for method, path, _, _ in MATRIX if method in ("POST", "PUT")
        ]
        paths += [("POST", "/api/tokens"), ("POST", "/api/queues/%00/close")]
        paths += [("POST", "/api/waiting/..%2f..%2fx/take")]
        for method, path in paths:
            for body in ODD:
                async with floor.client.request(
                    method, path, headers=floor.headers("ann"), data=body
                ) as answer:
                    told = await answer.json()
                    assert answer.status < 500, (method, path, body, told)


def test_the_installation_s_token_is_not_of_the_kind_of_persons():
    assert not TOKEN.startswith("ivr-")
