"""What is posted: values, letters, text messages, sealed PINs."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from aiohttp import web
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from ivrflow.flow.letters import About, Parcel, Undeliverable
from ivrflow.flow.lookups import LookupsByWay, Remembered
from ivrflow.flow.notices import Told
from ivrflow.flow.site.data import DataSource
from ivrflow.flow.text_messages import SmsCourier
from ivrflow.flow.world import Letter, Trouble
from ivrflow.secret import Secret
from ivrflow.sim.memory import MemoryLookups
from ivrflow.web.addresses import AnyHost, Hosts
from ivrflow.web.client import GuardedClient
from ivrflow.web.posting import HttpGateway, HttpJudge, WebhookCourier
from ivrflow.web.sealing import BadKey, read_seal
from tests.unit.web.test_http_lookups import Server, lookups, server

__all__ = ["Server", "lookups", "server"]

CARD, PIN = Secret("330106123459"), Secret("739146")
AES = "5e" * 32


def source(url, **more):
    written = {"post": url, "timeout": "1s"} | more
    return DataSource.model_validate(written).named("order")


@pytest.fixture
async def client():
    async with GuardedClient(Hosts(["127.0.0.1"])) as client:
        yield client


async def bodies(server):
    return [json.loads(await request.text()) for request in server.asked]


def keeps_bodies(server, reply=None):
    """Let the server read what it gets before it answers."""
    server.bodies = []

    async def answer(request):
        server.bodies.append(await request.read())
        return reply() if reply else web.json_response({"state": "sent"})

    server.answer = answer


# Look-ups and stores ------------------------------------------------------------------


async def test_a_post_sends_the_values_as_json_numbers_exact(lookups, server):
    keeps_bodies(server)
    values = {
        "id": 7,
        "sum": Decimal("1234.50"),
        "due": date(2026, 3, 15),
        "long": timedelta(minutes=2),
        "urgent": True,
        "note": None,
    }
    row = await lookups.find(source(f"{server.url}/orders"), values)

    assert row == {"state": "sent"}
    assert json.loads(server.bodies[0]) == {
        "id": 7,
        "sum": 1234.5,
        "due": "2026-03-15",
        "long": 120.0,
        "urgent": True,
        "note": None,
    }
    assert b"1234.50" in server.bodies[0]
    assert server.asked[0].headers["Content-Type"] == "application/json"


async def test_all_tries_of_one_post_have_the_same_key(lookups, server):
    keeps_bodies(server, lambda: web.Response(status=503))
    with pytest.raises(Trouble):
        await lookups.find(source(f"{server.url}/x", retry="2"), {"id": 1})

    keys = {request.headers["Idempotency-Key"] for request in server.asked}
    assert len(server.asked) == 3
    assert len(keys) == 1


async def test_a_store_that_is_done_again_has_the_same_key(lookups, server):
    keeps_bodies(server)
    for _ in range(2):
        await lookups.store(source(f"{server.url}/x"), {"id": 1}, key="17.1.4")

    keys = [request.headers["Idempotency-Key"] for request in server.asked]
    assert keys == ["17.1.4", "17.1.4"]


@pytest.mark.parametrize("status", [200, 201, 202, 204])
async def test_a_store_is_happy_with_any_success(lookups, server, status):
    keeps_bodies(server, lambda: web.Response(status=status))
    await lookups.store(source(f"{server.url}/x"), {"id": 1})

    assert server.bodies == [b'{"id":1}']


@pytest.mark.parametrize("status", [301, 400, 404, 409, 500])
async def test_a_store_that_is_refused_is_trouble(lookups, server, status):
    keeps_bodies(server, lambda: web.Response(status=status))
    with pytest.raises(Trouble, match=f"{status}|redirects"):
        await lookups.store(source(f"{server.url}/x"), {"id": 1})


async def test_a_secret_is_never_posted(lookups, server):
    with pytest.raises(Trouble, match="secret"):
        await lookups.store(source(f"{server.url}/x"), {"pin": PIN})
    assert server.asked == []


async def test_a_way_may_count_the_items_of_a_list(lookups, server):
    server.answer = lambda _: web.json_response({"legs": [{"at": "PEK"}, {"at": "X"}]})
    paths = {"first": "legs.0.at", "tenth": "legs.9.at", "odd": "legs.at"}
    row = await lookups.find(
        source(f"{server.url}/x", json=paths, gives=dict.fromkeys(paths, "text")), {}
    )
    assert row == {"first": "PEK", "tenth": None, "odd": None}


async def test_a_list_that_is_none_is_trouble(lookups, server):
    asked = source(f"{server.url}/x", many="5", rows="data.items")
    for answer in ({}, {"data": {"items": "many"}}, {"data": {"items": [1, 2]}}):
        server.answer = lambda _, answer=answer: web.json_response(answer)
        with pytest.raises(Trouble, match="list"):
            await lookups.find_all(asked, {})


# What is remembered -------------------------------------------------------------------


class Counting(MemoryLookups):
    asked = 0

    async def find(self, source, values):
        self.asked += 1
        return await super().find(source, values)


async def test_an_answer_is_remembered_for_its_time_and_values():
    now = [0.0]
    inner = Counting({"order": lambda values: {"id": values["id"]}})
    lookups = LookupsByWay(inner, inner, Remembered(lambda: now[0]))
    asked = source("https://a.cn/x", cache="60s")

    for at, value, times in ((0, 1, 1), (59, 1, 1), (59, 2, 2), (61, 1, 3)):
        now[0] = at
        assert await lookups.find(asked, {"id": value}) == {"id": value}
        assert inner.asked == times


async def test_equal_values_of_other_types_are_other_questions():
    inner = Counting({"order": lambda values: {"id": str(values["id"])}})
    lookups = LookupsByWay(inner, inner, Remembered(lambda: 0.0))
    asked = source("https://a.cn/x", cache="60s")

    assert [(await lookups.find(asked, {"id": v}))["id"] for v in (1, True, "1")] == [
        "1",
        "True",
        "1",
    ]
    assert inner.asked == 3


async def test_what_was_not_found_is_asked_again():
    inner = Counting({"order": None})
    lookups = LookupsByWay(inner, inner, Remembered(lambda: 0.0))
    for _ in range(2):
        assert await lookups.find(source("https://a.cn/x", cache="60s"), {}) is None

    assert inner.asked == 2


async def test_who_proves_himself_is_looked_up_each_time():
    inner = Counting({"order": {"pin": "x"}})
    lookups = LookupsByWay(inner, inner, Remembered(lambda: 0.0))
    asked = source("https://a.cn/x", verify={"pin": "pin"})
    asked = asked.model_copy(update={"cache": source("https://a", cache="60s").cache})
    for _ in range(2):
        await lookups.find(asked.named("order"), {"card": CARD})

    assert inner.asked == 2


def test_no_more_is_remembered_than_there_is_room():
    remembered = Remembered(lambda: 0.0, most=3)
    for key in range(10):
        remembered.keep(key, ({"id": key},), 60)

    assert len(remembered) == 3
    assert remembered.get(9) == ({"id": 9},)
    assert remembered.get(0) is None


# Letters ------------------------------------------------------------------------------


async def test_a_webhook_is_signed_with_its_time_and_has_its_key(client, server):
    keeps_bodies(server)
    courier = WebhookCourier(client, lambda: 1772000000.4, Secret("s3cret"))
    await courier.deliver(
        Letter(
            key="17.1.4", channel="webhook", to=f"{server.url}/x", data={"sum": "1.50"}
        )
    )
    (asked,) = server.asked
    signed = hmac.new(
        b"s3cret", b"1772000000." + server.bodies[0], hashlib.sha256
    ).hexdigest()
    assert asked.headers["X-Ivrflow-Signature"] == f"t=1772000000,v1={signed}"
    assert asked.headers["Idempotency-Key"] == "17.1.4"
    assert json.loads(server.bodies[0])["data"] == {"sum": "1.50"}


async def test_a_webhook_tells_about_a_message(client, server):
    keeps_bodies(server)
    about = About(
        message="m1", mailbox="box", caller="138", at=1.0, seconds=4.5, urgent=True
    )
    await WebhookCourier(client, lambda: 0.0).carry(
        Parcel(
            key="k", channel="webhook", to=f"{server.url}/x", at=1, tries=0, about=about
        )
    )
    assert json.loads(server.bodies[0])["message"]["seconds"] == 4.5
    assert "X-Ivrflow-Signature" not in server.asked[0].headers


async def test_what_is_known_of_a_message_goes_to_webhooks_and_in_short_to_phones(
    client, server
):
    keeps_bodies(server)
    told = Told(
        subject="",
        text="",
        short="Message in Desk from 138",
        language="en",
        urgent=False,
        sound="51",
        data={"message": "m1", "audio": "/api/messages/m1/audio"},
    )

    async def tells(parcel):
        return told

    about = About(
        message="m1", mailbox="box", caller="138", at=1.0, seconds=4.5, urgent=False
    )
    notice = Parcel(
        key="k", channel="webhook", to=f"{server.url}/x", at=1, tries=0, about=about
    )
    await WebhookCourier(client, lambda: 0.0, told=tells).carry(notice)
    async with GuardedClient(AnyHost()) as to_gateway:
        gateway = HttpGateway(to_gateway, f"{server.url}/sms")
        await SmsCourier(gateway, tells).carry(replace(notice, to="13800138000"))

    webhook, text = map(json.loads, server.bodies)
    assert webhook["message"] == told.data
    assert (text["to"], text["text"]) == ("13800138000", told.short)


async def test_a_webhook_goes_to_the_hosts_of_the_site_only(client):
    courier = WebhookCourier(client, lambda: 0.0)
    for to in ("http://10.1.2.3/x", "http://169.254.169.254/x", "ftp://127.0.0.1/"):
        with pytest.raises(Trouble):
            await courier.deliver(Letter(key="k", channel="webhook", to=to))


@pytest.mark.parametrize(
    ("status", "for_good"), [(400, True), (410, True), (429, False), (503, False)]
)
async def test_a_refusal_is_for_good_or_for_now(client, server, status, for_good):
    keeps_bodies(server, lambda: web.Response(status=status))
    letter = Letter(key="k", channel="webhook", to=f"{server.url}/x")
    with pytest.raises(Trouble) as refused:
        await WebhookCourier(client, lambda: 0.0).deliver(letter)

    assert isinstance(refused.value, Undeliverable) is for_good


async def test_a_text_message_goes_to_the_gateway(server):
    keeps_bodies(server)
    async with GuardedClient(AnyHost()) as client:
        gateway = HttpGateway(client, f"{server.url}/sms", "95533", Secret("t0ken"))
        courier = SmsCourier(gateway)
        await courier.deliver(
            Letter(key="k", channel="sms", to="13800138000", text=Secret("739146"))
        )
        with pytest.raises(Undeliverable):
            await courier.deliver(Letter(key="k", channel="sms", to="x", text="-"))
    (asked,) = server.asked
    assert asked.headers["Authorization"] == "Bearer t0ken"
    assert json.loads(server.bodies[0]) == {
        "to": "13800138000",
        "text": "739146",
        "from": "95533",
        "key": "k",
    }


# Sealed PINs --------------------------------------------------------------------------


def core(server):
    verify = {"pin": {"post": f"{server.url}/pin", "encrypt": "core"}}
    return DataSource.model_validate(
        {"get": f"{server.url}/who/${{card}}", "timeout": "1s", "verify": verify}
    ).named("people")


async def test_a_pin_leaves_sealed_and_only_the_core_system_can_open_it(client, server):
    keeps_bodies(server, lambda: web.json_response({"ok": True}))
    judge = HttpJudge(client, {"core": read_seal(Secret(AES))}, lambda: 1772000000.0)
    assert await judge.right(core(server), CARD, PIN)

    (body,) = server.bodies
    assert b"739146" not in body
    assert b"330106123459" not in body
    sealed = base64.b64decode(json.loads(body)["sealed"])
    opened = AESGCM(bytes.fromhex(AES)).decrypt(sealed[:12], sealed[12:], None)
    assert json.loads(opened) == {
        "card": "330106123459",
        "pin": "739146",
        "at": 1772000000.0,
    }


async def test_the_same_pin_is_sealed_differently_each_time():
    seal = read_seal(Secret(AES))
    assert seal(b"739146") != seal(b"739146")


async def test_an_rsa_key_seals_what_only_its_owner_opens():
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    sealed = base64.b64decode(read_seal(Secret(pem.decode()))(b"739146"))
    pad = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    assert private.decrypt(sealed, pad) == b"739146"


@pytest.mark.parametrize("key", ["", "5e", "zz" * 32, "-----BEGIN PUBLIC KEY-----"])
def test_what_is_no_key_is_told(key):
    with pytest.raises(BadKey):
        read_seal(Secret(key))


@pytest.mark.parametrize("answer", [{"ok": "true"}, {}, [], {"ok": 1}, None])
async def test_what_is_no_verdict_is_trouble(client, server, answer):
    keeps_bodies(server, lambda: web.json_response(answer))
    judge = HttpJudge(client, {"core": read_seal(Secret(AES))}, lambda: 0.0)
    with pytest.raises(Trouble, match="core system") as trouble:
        await judge.right(core(server), CARD, PIN)
    assert "739146" not in str(trouble.value)


async def test_a_pin_that_the_core_system_refuses_is_wrong(client, server):
    keeps_bodies(server, lambda: web.json_response({"ok": False}))
    judge = HttpJudge(client, {"core": read_seal(Secret(AES))}, lambda: 0.0)
    assert not await judge.right(core(server), CARD, PIN)


async def test_a_pin_is_posted_once_whatever_happens(client, server):
    keeps_bodies(server, lambda: web.Response(status=503))
    judge = HttpJudge(client, {"core": read_seal(Secret(AES))}, lambda: 0.0)
    with pytest.raises(Trouble, match="503"):
        await judge.right(core(server), CARD, PIN)
    assert len(server.asked) == 1


async def test_without_the_key_no_pin_leaves(client, server):
    with pytest.raises(Trouble, match="no key 'core'"):
        await HttpJudge(client, {}, lambda: 0.0).right(core(server), CARD, PIN)
    assert server.asked == []


async def test_a_card_too_long_for_the_key_is_trouble(client, server):
    private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    judge = HttpJudge(client, {"core": read_seal(Secret(pem.decode()))}, lambda: 0.0)
    with pytest.raises(Trouble, match="too long"):
        await judge.right(core(server), Secret("1" * 400), PIN)
