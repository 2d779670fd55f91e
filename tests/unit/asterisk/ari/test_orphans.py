"""What nobody runs, and who claims it."""

from types import SimpleNamespace

import pytest

from ivrflow.asterisk.ari.orphans import Orphans


class Bridges:
    def __init__(self):
        self.removed = []
        self.bridges = self

    async def remove_channel(self, bridge, channels):
        self.removed.append((bridge, *channels))


@pytest.fixture
async def orphans():
    return Orphans(Bridges())


async def test_a_leg_is_claimed_once(orphans):
    orphans.add_leg(leg := SimpleNamespace(id="leg"))

    assert orphans.claim_leg("leg") is leg
    assert orphans.claim_leg("leg") is None


async def test_of_two_bridges_that_with_more_of_them_is_claimed(orphans):
    orphans.see_bridge("one", "ivrflow talk", ["caller"])
    orphans.see_bridge("two", "ivrflow talk", ["caller", "ann"])
    orphans.see_bridge("three", "ivrflow ear", ["caller", "ann", "ear"])

    assert orphans.claim_bridge("ivrflow talk", ["ann", "caller"]).id == "two"
    assert orphans.claim_bridge("ivrflow talk", ["ann"]) is None


async def test_an_empty_bridge_is_nobodys_talk(orphans):
    orphans.see_bridge("one", "ivrflow talk", [])

    assert orphans.claim_bridge("ivrflow talk", ["caller"]) is None


async def test_a_room_is_claimed_by_its_name_even_when_it_is_empty(orphans):
    orphans.see_bridge("one", "ivrflow room board", [])

    assert orphans.claim_room("ivrflow room b") is None
    assert orphans.claim_room("ivrflow room board").id == "one"


async def test_only_what_was_there_long_enough_is_taken(orphans):
    orphans.add_leg(SimpleNamespace(id="leg"))
    orphans.see_bridge("one", "ivrflow talk", [])
    since = orphans.legs["leg"].since

    assert orphans.take(since - 1) == ([], [])
    orphans.see_bridge("one", "ivrflow talk", ["caller"])  # seen again: no younger
    [leg], [bridge] = orphans.take(since + 1)
    assert (leg.id, bridge.id, len(orphans)) == ("leg", "one", 0)


async def test_what_asterisk_has_no_more_is_forgotten(orphans):
    orphans.add_leg(SimpleNamespace(id="leg"))
    orphans.see_bridge("one", "ivrflow talk", [])

    orphans.keep_only({"another"}, {"one"})

    assert (list(orphans.legs), list(orphans.bridges)) == ([], ["one"])


async def test_who_steps_out_leaves_only_bridges_that_nobody_claimed(orphans):
    orphans.see_bridge("one", "ivrflow talk", ["caller", "ann"])
    await orphans.step_out("caller")
    await orphans.step_out("caller")
    await orphans.step_out("somebody")

    assert orphans._client.removed == [("one", "caller")]
    assert orphans.claim_bridge("ivrflow talk", ["caller"]) is None
