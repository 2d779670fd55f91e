"""What was adopted is told to the desk and the phones, whatever is away just then."""

from types import SimpleNamespace

import pytest

from ivrflow.acd.desk.board import BoardAway
from ivrflow.acd.model import Waiting
from ivrflow.flow.world import Trouble
from ivrflow.service.adoption.parts import ServiceParts

GONE = Waiting(call="gone", queue="desk", joined=100.0, who="13800138000")
UP = Waiting(call="up", queue="desk", joined=90.0, who="13900139000")
OVER = 500.0


class Desk:
    """A desk that has read its board, or can't (*away*)."""

    def __init__(self, away=False):
        self.away = away
        self.line = [] if away else [GONE, UP]
        self.told = []

    async def until_loaded(self):
        self.told.append("asked for")
        if self.away:
            raise BoardAway("the disk is gone")

    def not_back(self):
        return self.line

    def adopted(self, at):
        self.told.append(("adopted", at))
        self.line = []


class Places:
    def __init__(self, away=False):
        self.away = away
        self.kept = []

    async def keep_all(self, places):
        if self.away:
            raise Trouble("the disk is gone")
        self.kept += places


class Phones:
    """Who takes over phones that are up: not before the desk knows its agents."""

    def __init__(self, desk):
        self.desk = desk
        self.claims = []

    async def claim(self):
        self.claims.append(list(self.desk.told))


def service_parts(desk, places):
    site = SimpleNamespace(queues={"desk": SimpleNamespace(keep_place=300.0)})
    phones = Phones(desk)
    return ServiceParts(
        door=SimpleNamespace(latest=lambda: (site, None)),
        live=SimpleNamespace(of=lambda call: {"up": object()}.get(call)),
        old_versions=None,
        untold=None,
        staff=SimpleNamespace(desk=desk),
        switch=None,
        nailed=phones,
        made=[phones],
        places=places,
        clock=lambda: 1000.0,
    )


async def test_who_is_not_back_and_whose_call_is_over_keeps_his_place():
    desk, places = Desk(), Places()

    await service_parts(desk, places).adopted(OVER)

    assert [place.who for place in places.kept] == [GONE.who]
    assert desk.told[-1] == ("adopted", OVER)


async def test_the_desk_is_told_though_its_board_is_away():
    desk, places = Desk(away=True), Places()

    await service_parts(desk, places).adopted(OVER)

    assert desk.told[-1] == ("adopted", OVER)


async def test_the_desk_is_told_though_no_place_can_be_kept():
    desk = Desk()

    with pytest.raises(Trouble):
        await service_parts(desk, Places(away=True)).adopted(OVER)

    assert desk.told[-1] == ("adopted", OVER)


@pytest.mark.parametrize("away", [False, True])
async def test_phones_that_stay_up_are_claimed_when_the_desk_knows_its_agents(away):
    desk = Desk(away=away)
    it = service_parts(desk, Places())

    await it.claim()

    assert it.nailed.claims == [["asked for"]] * 2
