"""A call of an older version stands in a queue that newer ones do not have."""

from dataclasses import dataclass
from types import SimpleNamespace

from ivrflow.acd.desk import Desk
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import Waiting
from ivrflow.aio import beside
from ivrflow.flow.load import load_site
from ivrflow.flow.site.roster import queue_rules
from ivrflow.service.following import Following
from tests.unit.acd.floor import agent
from tests.unit.service.test_service import installed, write


@dataclass(frozen=True)
class World:
    clock: object = None
    lookups: object = None
    recorded: object = None


class Part:
    """Whatever else follows a site: it takes all that it is told."""

    async def of(self, site):
        return {}

    def __getattr__(self, name):
        return lambda *_: {}


def site_with(folder, queues):
    installed(folder)
    write(folder / "site", "queues.yaml", queues)
    return load_site(folder / "site")


def following(rules):
    playing = SimpleNamespace(of=lambda site: {}, know=lambda found: None)
    return Following(
        settings=None,
        world=World(),
        database=None,
        desk=None,
        rules=rules,
        lookups=Part(),
        outwards=Part(),
        playing=playing,
        phones=None,
        door=None,
        clock=lambda: 0.0,
        note=lambda fact: None,
    )


async def test_a_call_that_goes_on_after_a_restart_finds_the_queue_it_began_with(
    tmp_path,
):
    old = site_with(
        tmp_path / "old", "gone: {title: Gone, ring: 9s}\ndesk: {title: Old}\n"
    )
    now = site_with(tmp_path / "now", "desk: {title: Desk, ring: 7s}\n")
    rules = queue_rules(now)
    desk = Desk(
        MemoryBoard([agent("1001", queues=frozenset({"gone"}))]),
        rules,
        clock=lambda: 100.0,
        note=lambda fact: None,
        new_id=lambda: "id",
    )

    await following(rules).world_of(old)

    assert rules["gone"].ring == 9.0
    assert rules["desk"].ring == 7.0
    async with (
        beside(desk.run()),
        desk.line(Waiting(call="c1", queue="gone", joined=1.0)) as place,
    ):
        assert place.position == 1
