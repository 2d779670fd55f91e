"""Calls that the service makes to itself: which are good, and when a bell rings."""

import asyncio

import pytest

from ivrflow.acd.watch import Alarm
from ivrflow.config import BadConfig
from ivrflow.facts import (
    AlarmRaised,
    CallStarted,
    DigitsCollected,
    Said,
    SyntheticCalled,
)
from ivrflow.service.outside import Limits
from ivrflow.service.outside import limits_of as outside_of
from ivrflow.service.synthetic import (
    AGAIN,
    FIRST,
    Around,
    SyntheticCalls,
    Wanted,
    same_number,
    wanted_of,
)
from ivrflow.sim import clock
from ivrflow.sim.scripted import ScriptedChannel
from ivrflow.telephony.channel import NotReached, Unreached
from ivrflow.telling import told
from tests.unit.service.test_service import SETTINGS, installed

DIAL, CALLER = "PJSIP/057188880100@trunk", "057188880199"
WANTED = Wanted(dial=DIAL, caller=CALLER, every=900.0, within=20.0)
WITH_KEYS = Wanted(dial=DIAL, caller=CALLER, every=900.0, within=20.0, keys="12")


class Network:
    """A trunk that brings back what is dialled; *lacks* is what it does not do."""

    def __init__(self, wanted, *lacks):
        self.lacks = set(lacks)
        self.facts, self.standing, self.dialled = [], {}, []
        self.legs = []
        self.is_ready = True
        self.calls = SyntheticCalls(
            wanted,
            Around(
                phone=self,
                ready=lambda: self.is_ready,
                standing=lambda: self.standing,
                clock=lambda: asyncio.get_running_loop().time(),
                new_id=lambda: f"leg-{len(self.dialled)}",
                note=self.note,
            ),
        )

    def note(self, fact):
        self.facts.append(fact)
        if isinstance(fact, AlarmRaised):
            self.standing[Alarm.of(fact)] = fact.at
        elif not isinstance(fact, SyntheticCalled):
            del self.standing[Alarm.of(fact)]

    def told(self):
        return [told(fact) for fact in self.facts]

    def happens(self, kind, **details):
        at = asyncio.get_running_loop().time()
        self.calls.hear(kind(at=at, call="in-1", **details))

    async def dial(self, order):
        self.dialled.append(order)
        await asyncio.sleep(2.0)
        if "answer" in self.lacks:
            raise NotReached(order.address, Unreached.BUSY)
        if "comes in" not in self.lacks:
            asyncio.get_running_loop().call_later(0.5, self.comes_in)
        leg = ScriptedChannel()
        self.legs.append(leg)
        return leg

    def comes_in(self):
        # Whoever else calls just now is none of it.
        other = {"dialled": "100", "flow": "main", "version": "v"}
        self.calls.hear(CallStarted(at=0.0, call="other", caller="139", **other))
        self.happens(CallStarted, caller=f"+86{CALLER[1:]}", **other)
        if "words" not in self.lacks:
            self.happens(Said, prompt="hello", words="Hello.", language="en")

    async def press(self, leg, keys):
        if "sound" not in self.lacks:
            self.happens(
                DigitsCollected, step="menu", digits=keys, result="accepted", why="key"
            )


def playing(wanted, *lacks, work):
    """What *work* leaves of a network, on virtual time."""

    async def main():
        network = Network(wanted, *lacks)
        await work(network)
        return network

    return clock.run(main())


async def once(network):
    await network.calls.once()


@pytest.mark.parametrize("wanted", [WANTED, WITH_KEYS])
def test_call_that_comes_back_is_good_and_is_hung_up(wanted):
    network = playing(wanted, work=once)

    assert network.told() == [
        f"the synthetic call to {DIAL} was good, answered after 2.0 s"
    ]
    assert network.facts[0].call == "in-1"
    assert network.legs[0].gone.done()
    assert (network.dialled[0].address, network.dialled[0].caller_id) == (DIAL, CALLER)


@pytest.mark.parametrize(
    ("lacks", "why"),
    [
        ("answer", "not answered: busy"),
        (
            "comes in",
            f"answered, but no call from {CALLER} came in here within 20 s",
        ),
        ("words", "the flow said nothing within 20 s"),
        ("sound", "keys 12 did not come in within 20 s"),
    ],
)
def test_what_is_lacking_is_said_and_no_leg_is_left(lacks, why, caplog):
    network = playing(WITH_KEYS, lacks, work=once)

    assert network.told() == [f"the synthetic call to {DIAL} failed: {why}"]
    assert all(leg.gone.done() for leg in network.legs)
    assert why in caplog.text
    caplog.clear()


def test_without_keys_it_is_enough_that_it_comes_in():
    assert playing(WANTED, "words", "sound", work=once).facts[0].good


def test_the_bell_rings_after_two_in_a_row_and_once(caplog):
    async def work(network):
        await network.calls.round()
        await network.calls.round()
        network.lacks.clear()
        await network.calls.round()

    network = playing(WANTED, "answer", work=work)

    assert [fact.kind for fact in network.facts] == [
        *["SyntheticCalled", "SyntheticCalled", "AlarmRaised"],
        *["SyntheticCalled", "SyntheticCalled"],
        *["SyntheticCalled", "AlarmCleared"],
    ]
    assert network.told()[2].startswith(f"the synthetic call to {DIAL} failed 2 times")
    assert network.told()[-1] == f"the synthetic call to {DIAL} is good again"
    caplog.clear()


def test_one_that_is_good_the_second_time_rings_no_bell(caplog):
    async def work(network):
        loop = asyncio.get_running_loop()
        loop.call_later(AGAIN / 2, network.lacks.clear)
        await network.calls.round()

    network = playing(WANTED, "answer", work=work)

    assert [fact.good for fact in network.facts] == [False, True]
    caplog.clear()


def test_without_an_asterisk_nobody_calls_and_nobody_is_told():
    async def work(network):
        network.is_ready = False
        await network.calls.round()

    network = playing(WANTED, work=work)

    assert network.dialled == network.facts == []


def test_it_calls_at_the_pace_of_the_settings():
    async def work(network):
        task = asyncio.get_running_loop().create_task(network.calls.run())
        await asyncio.sleep(FIRST + 3 * 900 + 100)
        task.cancel()
        await asyncio.wait([task])

    assert len(playing(WANTED, work=work).dialled) == 4


def test_who_is_cancelled_leaves_no_leg():
    async def work(network):
        network.lacks.add("comes in")
        task = asyncio.get_running_loop().create_task(network.calls.once())
        await asyncio.sleep(5.0)
        assert not network.legs[0].gone.done()
        task.cancel()
        await asyncio.wait([task])

    network = playing(WANTED, work=work)

    assert network.legs[0].gone.done()


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("057188880199", "+8657188880199", True),
        ("057188880199", "0057188880198", False),
        ("", "", False),
        ("199", "0199", False),
    ],
)
def test_networks_write_numbers_in_their_ways(one, other, same):
    assert same_number(one, other) is same


def test_the_settings_say_whom_to_call(tmp_path):
    text = f"synthetic: {{dial: {DIAL}, from: '{CALLER}', keys: '12'}}\n"
    settings, site = installed(tmp_path, SETTINGS + text)

    assert wanted_of(settings) == WITH_KEYS
    assert outside_of(settings, site) == Limits(synthetic=WITH_KEYS)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (f"{{dial: trunk, from: '{CALLER}'}}", "is nothing to dial"),
        (f"{{dial: {DIAL}, from: Ann}}", "is no number"),
        (f"{{dial: {DIAL}, from: '{CALLER}', every: 5s}}", "1m at least"),
        (f"{{dial: {DIAL}, from: '{CALLER}', keys: abc}}", "are no keys"),
        (f"{{dial: {DIAL}}}", "'synthetic.from' is missing"),
    ],
)
def test_settings_that_make_no_sense_are_refused(tmp_path, text, why):
    with pytest.raises(BadConfig, match=why):
        installed(tmp_path, f"{SETTINGS}synthetic: {text}\n")
