"""Whether calls can be taken: each thing that can lack, named."""

import asyncio

import pytest

from ivrflow.flow.live import LiveCalls
from ivrflow.service.door import Door
from ivrflow.service.ready import Readiness
from tests.unit.service.test_service import installed


class Service:
    """All is well, until a test says otherwise."""

    def __init__(self):
        self.asterisk = self.taking = True
        self.stalls = False
        self.replaced, self.adopted = asyncio.Event(), asyncio.Event()
        self.adopted.set()

    def lacks(self):
        return Readiness(
            asterisk=lambda: self.asterisk,
            replaced=self.replaced,
            stalls=lambda: self.stalls,
            adopted=self.adopted,
            taking=lambda: self.taking,
        ).lacks()


def test_a_service_that_is_well_lacks_nothing():
    assert Service().lacks() == []


@pytest.mark.parametrize(
    ("hurt", "told"),
    [
        (lambda s: setattr(s, "asterisk", False), "Asterisk is away"),
        (lambda s: setattr(s, "stalls", True), "the database takes nothing"),
        (lambda s: setattr(s, "taking", False), "starts, or stops"),
        (lambda s: s.replaced.set(), "another program"),
        (lambda s: s.adopted.clear(), "the calls of before"),
    ],
)
def test_what_lacks_is_named(hurt, told):
    service = Service()
    hurt(service)

    (lack,) = service.lacks()

    assert told in lack


def test_of_what_follows_from_each_other_the_first_is_named():
    service = Service()
    service.asterisk = False
    service.adopted.clear()  # nobody can be taken over without it
    service.stalls = True

    asterisk, database = service.lacks()

    assert "Asterisk" in asterisk
    assert "database" in database


async def test_a_door_takes_calls_from_its_opening_until_it_is_held(tmp_path):
    settings, site = installed(tmp_path)
    door = Door(settings, site, LiveCalls())
    assert not door.taking
    async with asyncio.TaskGroup() as calls:
        door.open(calls, world=None)
        assert door.taking
        door.hold()  # the next service shall have them
        assert not door.taking
    door.close()
    assert not door.taking
