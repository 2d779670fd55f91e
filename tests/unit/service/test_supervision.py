"""Supervision in a service that runs: alarms go out, doors and tokens stay."""

import asyncio
import json
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ivrflow.acd.doors import Door, Doors
from ivrflow.config import BadConfig
from ivrflow.facts import AlarmCleared, AlarmRaised
from ivrflow.flow.load import load_site
from ivrflow.flow.taking import takes_callers
from ivrflow.flow.world import Trouble
from ivrflow.service import alarms
from ivrflow.service.alarms import Recipients, alarm_limits, letters
from ivrflow.service.run import serving
from ivrflow.sim.memory import MemorySwitches
from tests.unit.service.test_service import BEARER, SETTINGS, installed, refused

RAISED = AlarmRaised(
    at=5.0, alarm="longest_wait", queue="sales", agent="", value=200.0, limit=180.0
)
CLEARED = AlarmCleared(
    at=9.0, alarm="longest_wait", queue="sales", agent="", seconds=4.0
)
QUEUES = """\
desk:
  title: Desk
  alarms:
    longest_wait: 3m
    no_agent_ready: 50ms
    service_level: 80% in 30m
    long_talk: 20m
"""


@asynccontextmanager
async def pager():
    """A webhook's receiver; yields its url and what it got."""
    got = []

    async def take(request):
        got.append((dict(request.headers), json.loads(await request.text())))
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/in", take)])
    async with TestServer(app) as server:
        yield f"http://127.0.0.1:{server.port}/in", got


def test_a_webhook_gets_what_a_program_reads_and_a_mailbox_what_a_person_does():
    hook, mail = letters(
        RAISED, Recipients(webhook="http://p/in", mail=("a@example.com",))
    )

    assert (hook.channel, hook.to) == ("alarm", "http://p/in")
    assert hook.data == {
        "state": "raised",
        "at": 5.0,
        "alarm": "longest_wait",
        "queue": "sales",
        "agent": "",
        "value": 200.0,
        "limit": 180.0,
        "what": "",
    }
    assert (mail.channel, mail.to) == ("email", "a@example.com")
    words = "queue sales: longest wait, 200 s, more than 180 s"
    assert (mail.subject, mail.text) == (f"Alarm: {words}", f"{words}\n")
    assert hook.key != mail.key


def test_end_of_an_alarm_is_told_too_with_a_key_of_its_own():
    to = Recipients(webhook="http://p/in")
    [raised], [cleared] = letters(RAISED, to), letters(CLEARED, to)

    assert cleared.data["state"] == "cleared"
    assert cleared.text == "queue sales: longest wait is over after 4 s"
    assert raised.key != cleared.key


class Outbox:
    """An outbox that can be away."""

    def __init__(self):
        self.letters, self.away = [], True

    async def put(self, letters):
        if self.away:
            raise Trouble("the database is away")
        self.letters += letters


async def test_alarms_of_others_go_out_too_and_wait_for_the_database():
    outbox = Outbox()
    watching = alarms.Alarms(
        None,
        outbox,
        Recipients(webhook="http://p/in"),
        clock=lambda: 0.0,
        note=lambda fact: None,
    )
    over = {"alarm": "break over quota", "queue": "", "agent": "1001"}
    watching.note(AlarmRaised(at=5.0, value=3700.0, limit=3600.0, **over))
    assert list(watching.standing) == [("break over quota", "", "1001", "")]
    with pytest.raises(Trouble):
        await watching.tell()
    watching.note(AlarmCleared(at=9.0, seconds=4.0, **over))
    outbox.away = False

    assert watching.standing == {}
    await watching.tell()
    await watching.tell()

    assert [letter.data["state"] for letter in outbox.letters] == ["raised", "cleared"]
    assert "agent 1001: break over quota, 3700 s" in outbox.letters[0].text


async def test_alarm_that_comes_while_too_many_are_sent_is_sent_too(monkeypatch):
    monkeypatch.setattr(alarms, "UNTOLD", 2)

    class Slow(Outbox):
        async def put(self, letters):
            self.letters += letters
            if len(self.letters) == 2:
                watching.note(AlarmRaised(at=3.0, value=9.0, limit=1.0, **who(3)))

    def who(number):
        return {"alarm": "long pause", "queue": "", "agent": str(number)}

    outbox = Slow()
    watching = alarms.Alarms(
        None,
        outbox,
        Recipients(webhook="http://p/in"),
        clock=lambda: 0.0,
        note=lambda fact: None,
    )
    for number in (1, 2):
        watching.note(AlarmRaised(at=1.0, value=9.0, limit=1.0, **who(number)))
    await watching.tell()

    assert [letter.data["agent"] for letter in outbox.letters] == ["1", "2", "3"]


def test_nobody_is_told_where_the_settings_name_nobody():
    assert letters(RAISED, Recipients()) == []


async def test_alarm_goes_out_once_and_a_restart_forgets_nothing(
    tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(alarms, "LOOK_EVERY", 0.05)
    async with pager() as (url, got):
        settings = SETTINGS + f"alarms: {{webhook: '{url}'}}\n"
        parts = installed(tmp_path, settings, queues=QUEUES)
        facts = []
        async with serving(*parts, listener=facts.append) as running:
            api = "http://{}:{}/api".format(*running.api)
            async with aiohttp.ClientSession(headers=BEARER) as client:
                made = {"name": "1001", "role": "agent"}
                async with client.post(f"{api}/tokens", json=made) as answer:
                    token = (await answer.json())["token"]
                close = f"{api}/queues/desk/divert"
                to = {"to": {"flow": "top"}, "for": "1h"}
                async with asyncio.timeout(10):
                    while not got:
                        await asyncio.sleep(0.05)
                async with client.post(close, json=to) as answer:
                    assert answer.status == 200
        before = [f for f in facts if isinstance(f, AlarmRaised)]

        facts.clear()
        async with serving(*parts, listener=facts.append) as running:
            api = "http://{}:{}/api".format(*running.api)
            his = {"Authorization": f"Bearer {token}"}
            async with aiohttp.ClientSession(headers=his) as client:
                async with client.get(f"{api}/me") as answer:
                    assert (await answer.json())["number"] == "1001"
                async with client.get(f"{api}/queues") as answer:
                    [queue] = (await answer.json())["queues"]
            await asyncio.sleep(0.2)

    assert (queue["door"]["state"], queue["door"]["to"]) == ("diverted", "flow top")
    assert queue["alarms"] == ["no_agent_ready"]
    assert [fact.alarm for fact in before] == ["no_agent_ready"]
    assert [f for f in facts if isinstance(f, AlarmRaised)] == []
    [(headers, body)] = got
    assert headers["Idempotency-Key"] == body["key"]
    assert body["data"]["alarm"] == "no_agent_ready"
    assert "alarm: queue desk: no agent ready" in caplog.text


async def test_mail_for_alarms_needs_a_mail_server(tmp_path):
    told = await refused(tmp_path, SETTINGS + "alarms: {mail: [a@example.com]}\n")

    assert "alarms: mail needs a mail server" in told


@pytest.mark.parametrize(
    ("alarms", "said"),
    [
        ("{webhook: pager}", "'pager' is no url"),
        ("{mail: [floor]}", "'floor' is no mail address"),
        ("{hook: x}", "no setting 'alarms.hook'; did you mean 'webhook'"),
    ],
)
def test_settings_of_alarms_are_checked(tmp_path, alarms, said):
    with pytest.raises(BadConfig, match=r"ivrflow\.yaml:\d+:\d+: C001") as bad:
        installed(tmp_path, SETTINGS + f"alarms: {alarms}\n")

    assert said in str(bad.value)


def test_limits_come_from_queues_yaml(tmp_path):
    _, site = installed(tmp_path, queues=QUEUES)

    limits = alarm_limits(site)["desk"]

    assert (limits.longest_wait, limits.no_agent_ready) == (180, 0.05)
    assert (limits.service_level.share, limits.service_level.within) == (0.8, 1800)
    assert (limits.long_talk, limits.long_pause) == (1200, None)


@pytest.mark.parametrize("level", ["80%", "100% in 30m", "80% in 2h", "80% in 5s"])
def test_service_level_that_can_not_be_watched_is_a_mistake(tmp_path, level):
    queues = f"desk:\n  alarms: {{service_level: {level}}}\n"
    with pytest.raises(Exception, match=r"queues\.yaml:2:27"):
        installed(tmp_path, queues=queues)


class NotKept:
    async def all(self):
        return {}

    async def put(self, queues, door, *, by, at):
        pass


async def test_queue_takes_callers_in_its_hours_while_nobody_closed_it(tmp_path):
    zone = ZoneInfo("Asia/Shanghai")
    _, plain = installed(tmp_path)
    folder = tmp_path / "site"
    (folder / "hours.yaml").write_text("office:\n  mon-fri: 09:00-17:00\n")
    (folder / "queues.yaml").write_text("desk: {hours: office}\n")
    site = load_site(folder)
    open_at = datetime(2026, 3, 2, 12, tzinfo=zone).timestamp()
    at_night = datetime(2026, 3, 2, 22, tzinfo=zone).timestamp()
    doors = Doors(
        NotKept(), clock=lambda: open_at, note=lambda fact: None, away=Trouble
    )

    def takes(site, now, name="desk"):
        at = datetime.fromtimestamp(now, zone)
        return takes_callers(name, site, doors, MemorySwitches(), at)

    assert takes(site, open_at)
    assert not takes(site, at_night)
    assert takes(plain, at_night)
    assert not takes(plain, open_at, "none")
    await doors.set(["desk"], Door(state="closed", by="ann", at=open_at))
    assert not takes(site, open_at)
