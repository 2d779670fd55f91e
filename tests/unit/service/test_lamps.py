"""Message-waiting lamps: what they show, when they are told, and why they are off.

The lamps are those of an ARI of a few lines; counts are those of a mailbox in memory.
"""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from ivrflow.aio import beside
from ivrflow.asterisk.ari.client import Client
from ivrflow.asterisk.ari.lamps import AriLamps
from ivrflow.asterisk.ari.settings import AriSettings
from ivrflow.facts import MessageHeard, MessageLeft
from ivrflow.flow.world import NewMessage, Trouble
from ivrflow.secret import Secret
from ivrflow.service.lamps import LampKeeper, NoLamps
from ivrflow.sim.memory import MemoryMessages
from ivrflow.sim.memory.boxes import MemoryBoxes
from tests.unit.flow.one_call import site

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
BOXES = """
service: {number: 800}
sales: {lamp: sales@phones}
dark: {title: Nobody has a lamp for it}
"""
ON = "800@ivrflow"


class Ari:
    """Knows mailboxes, or has none; *refuses* are lamps that it does not take."""

    def __init__(self, *, has=True, module=None, refuses=()):
        self.has, self.module, self.refuses = has, module, refuses
        self.asked = 0
        self.shown = []
        self.lit = {}
        """Lamp -> how many new messages it shows since before."""

    async def list(self, request):
        self.asked += 1
        if not self.has:
            return web.json_response({"message": "Resource not found"}, status=404)
        return web.json_response(
            [
                {"name": name, "new_messages": new, "old_messages": 0}
                for name, new in self.lit.items()
            ]
        )

    async def update(self, request):
        name, counts = request.match_info["name"], await request.json()
        if name in self.refuses:
            return web.json_response({"message": "no such lamp"}, status=400)
        self.shown.append((name, counts["newMessages"], counts["oldMessages"]))
        return web.Response(status=204)

    async def its_module(self, request):
        if self.module is None:
            return web.json_response({"message": "no such module"}, status=404)
        return web.json_response(
            {
                "name": request.match_info["name"],
                "description": "",
                "use_count": 0,
                "status": self.module,
                "support_level": "core",
            }
        )


class House:
    """Mailboxes in memory, and the keeper of their lamps."""

    def __init__(self, folder, lamps, boxes=BOXES):
        self.folder = folder
        self.follow(boxes)
        self.messages = MemoryMessages()
        self.boxes = MemoryBoxes(self.messages, lambda: NOON)
        self.keeper = LampKeeper(lamps, self.boxes, lambda: self.site)

    def follow(self, boxes):
        flow = "steps:\n  over: {hangup: yes}\n"
        self.site = site(self.folder, flow, mailboxes=boxes)

    async def left(self, id, mailbox="service"):
        await self.messages.begin(
            [
                NewMessage(
                    message=id, sound=id, mailbox=mailbox, call="c", caller="1", at=NOON
                )
            ],
            most={},
        )
        await self.messages.keep(id, seconds=5.0)


@asynccontextmanager
async def house(folder, ari):
    app = web.Application()
    app.router.add_get("/ari/mailboxes", ari.list)
    app.router.add_put("/ari/mailboxes/{name}", ari.update)
    app.router.add_get("/ari/asterisk/modules/{name}", ari.its_module)
    async with TestServer(app) as server:
        settings = AriSettings(
            url=f"http://127.0.0.1:{server.port}/ari", user="u", password=Secret("p")
        )
        client = Client(settings)
        try:
            yield House(folder, AriLamps(client))
        finally:
            await client.close()


async def test_lamps_show_what_is_new_and_what_was_heard(tmp_path):
    ari = Ari()
    async with house(tmp_path, ari) as at:
        await at.left("m1")
        await at.left("m2")
        await at.boxes.heard("m1", by="mailbox 800")
        await at.keeper.look()

    assert ari.shown == [(ON, 1, 1), ("sales@phones", 0, 0)]
    assert at.keeper.state() == {"on": True, "why": "", "shown": 2}


async def test_a_lamp_is_told_again_only_when_something_has_changed(tmp_path):
    ari = Ari()
    async with house(tmp_path, ari) as at:
        for _ in range(3):
            await at.keeper.look()
        await at.left("m1", "sales")
        await at.keeper.look()

    assert ari.shown[2:] == [("sales@phones", 1, 0)]


async def test_after_a_new_connection_all_lamps_are_told_again(tmp_path):
    ari = Ari()
    async with house(tmp_path, ari) as at:
        await at.left("m1")
        await at.keeper.look()
        told, asked = list(ari.shown), ari.asked
        await at.keeper.look()
        assert ari.asked == asked
        await at.keeper.returned()
        await at.keeper.look()

    assert ari.shown == told * 2
    assert ari.asked == 2 * asked  # it may be another Asterisk


async def test_a_mailbox_that_is_taken_away_leaves_no_lamp_on(tmp_path):
    ari = Ari()
    async with house(tmp_path, ari) as at:
        await at.left("m1")
        await at.keeper.look()
        at.follow("\nsales: {lamp: sales@phones}\n")
        await at.keeper.look()
        await at.keeper.look()

    assert ari.shown[-1] == (ON, 0, 0)
    assert ari.shown.count((ON, 0, 0)) == 1


async def test_a_mailbox_taken_away_while_nobody_was_there_leaves_no_lamp_on(tmp_path):
    ari = Ari()
    ari.lit = {"801@ivrflow": 2, "802@ivrflow": 0, "reception@default": 1, ON: 9}
    async with house(tmp_path, ari) as at:
        await at.keeper.look()
        await at.keeper.look()

    assert sorted(ari.shown) == [
        (ON, 0, 0),
        ("801@ivrflow", 0, 0),
        ("sales@phones", 0, 0),
    ]
    assert at.keeper.state()["shown"] == 2


async def test_where_another_module_has_the_lamps_they_are_off_and_it_says_why(
    tmp_path, caplog
):
    ari = Ari(has=False, module="Running")
    async with house(tmp_path, ari) as at:
        await at.keeper.look()
        await at.keeper.look()

    state = at.keeper.state()
    assert not state["on"]
    assert "app_voicemail owns the lamps" in state["why"]
    assert caplog.text.count("message-waiting lamps are off") == 1


@pytest.mark.parametrize("module", [None, "Not Running"])
async def test_where_asterisk_has_no_lamps_they_are_off_and_it_says_why(
    tmp_path, module
):
    async with house(tmp_path, Ari(has=False, module=module)) as at:
        await at.keeper.look()

    assert "has no res_ari_mailboxes" in at.keeper.state()["why"]


async def test_a_site_without_lamps_hears_nothing_of_an_asterisk_without_them(
    tmp_path, caplog
):
    async with house(tmp_path, Ari(has=False)) as at:
        at.follow("\ndark: {title: Nobody has a lamp for it}\n")
        await at.keeper.look()

    assert caplog.text == ""


async def test_lamps_that_are_switched_off_are_left_alone(tmp_path, caplog):
    at = House(tmp_path, NoLamps("lamps: off under voicemail: in the settings"))
    await at.left("m1")
    await at.keeper.look()

    assert at.keeper.state()["why"] == "lamps: off under voicemail: in the settings"


async def test_a_lamp_that_is_refused_keeps_none_of_the_others_from_being_lit(
    tmp_path, caplog
):
    ari = Ari(refuses=[ON])
    async with house(tmp_path, ari) as at:
        await at.left("m1")
        await at.left("m2", "sales")
        await at.keeper.look()
        await at.keeper.look()

    assert ari.shown == [("sales@phones", 1, 0)]
    assert caplog.text.count("800@ivrflow is left alone") == 1


async def test_an_asterisk_that_is_away_is_asked_again_and_told_of_once(
    tmp_path, caplog
):
    class Away(NoLamps):
        async def why_off(self):
            raise Trouble("lamps: Asterisk is away")

    at = House(tmp_path, Away(""))
    for _ in range(3):
        await at.keeper.look()

    assert caplog.text.count("Asterisk is away") == 1
    assert not at.keeper.state()["on"]


async def test_many_facts_at_once_are_one_look(tmp_path):
    looks = []

    class Counting(MemoryBoxes):
        async def all_counts(self, boxes):
            looks.append(sorted(boxes))
            return await super().all_counts(boxes)

    at = House(tmp_path, NoLamps(""))
    keeper = LampKeeper(
        NoLamps(""), Counting(at.messages, lambda: NOON), lambda: at.site
    )
    heard = MessageHeard(
        at=0.0, call="c", mailbox="service", message="m1", by="mailbox 800"
    )
    left = MessageLeft(
        at=0.0, call="c", mailbox="service", message="m1", seconds=5.0, urgent=False
    )
    async with beside(keeper.run()):
        for _ in range(500):
            keeper.hear(left)
            keeper.hear(heard)
        async with asyncio.timeout(5):
            while not looks:
                await asyncio.sleep(0.01)

    assert looks == [["sales", "service"]]


async def test_a_connection_that_is_made_anew_amid_a_look_has_all_its_lamps_told(
    tmp_path,
):
    told = []

    class Lamps(NoLamps):
        async def show(self, lamp, *, new, old):
            told.append(lamp)
            if len(told) == 1:
                await at.keeper.returned()

    at = House(tmp_path, Lamps(""))
    await at.keeper.look()
    first = len(told)
    await at.keeper.look()

    assert told[first:] == told[:first] == [ON, "sales@phones"]
