"""Somebody is called and told of a message: who, how often, and when no more."""

import asyncio
import logging
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from ivrflow.acd.model import Work
from ivrflow.aio import beside
from ivrflow.facts import CallEnded, CallStarted, DialRefused, Said, ToldByCall
from ivrflow.flow import told_by_phone
from ivrflow.flow.bookmark import Seal, read_bookmark
from ivrflow.flow.letters import About, NotYet, Parcel, Undeliverable
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.told_by_phone import (
    IN_USE,
    MOST_CALLS,
    TOLD,
    ToldByPhone,
    pause_of_calls,
)
from ivrflow.flow.world import NewMessage, Trouble
from ivrflow.flow.world.boxes import Pin
from ivrflow.secret import Secret
from ivrflow.service.senders import telling_by_phone
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.sim.scripted import Person, ScriptedChannel
from ivrflow.telephony.channel import DialOrder, Unreached
from tests.unit.flow.callback_rig import EPOCH, Office, at, play

PIN = "4711"
PHONE, NUMBER = "PJSIP/2001", "13811112222"
ID = "5" * 32
BOXES = """
service: {number: 800, title: Desk}
plain: {title: Without a number}
"""
SEAL = Seal.of(Secret("42" * 32))


class House(Office):
    """An office with a mailbox, and a phone that is told of its messages."""

    def __init__(self, folder, **more):
        super().__init__(folder, mailboxes=BOXES, **more)
        self.messages = self.world.messages
        self.boxes = MemoryBoxes(self.messages, lambda: EPOCH)
        self.boxes.pins["service"] = Pin(hashed=PIN)
        self.world = replace(self.world, boxes=self.boxes, seal=SEAL)
        self.told = ToldByPhone(lambda: (self.site, self.world), self.live)
        self.keys = {}
        dial = self.switch.dial

        async def dialled(order):
            leg = await dial(order)
            now = asyncio.get_running_loop().time()
            for after, pressed in self.keys.items():
                asyncio.get_running_loop().call_at(now + after, leg.press, pressed)
            return leg

        self.switch.dial = dialled

    @asynccontextmanager
    async def open(self, **world):
        async with super().open(**world):
            yield self

    async def left(self, mailbox="service", id=ID):
        new = NewMessage(
            message=id, sound=id, mailbox=mailbox, call="17.1", caller="138", at=EPOCH
        )
        await self.messages.begin([new], most={})
        await self.messages.keep(id, seconds=5.0)

    def parcel(self, to=PHONE, *, mailbox="service", id=ID, tries=0):
        now = self.world.seconds()
        about = About(
            message=id, mailbox=mailbox, caller="138", at=now, seconds=5.0, urgent=False
        )
        return Parcel(
            key=f"k{id}",
            channel="call",
            to=to,
            at=now,
            tries=tries,
            call="17.1",
            about=about,
        )

    @property
    def hows(self):
        return [fact.how for fact in self.of(ToldByCall)]


async def hears(call, box, message):
    """Stands in for the talk of hearing where only the call around it is tested."""
    entry = "".join([await call.channel.keys.next(20.0) for _ in PIN])
    if entry != PIN:
        return False
    await call.world.boxes.heard(message, by=f"mailbox {box}")
    await asyncio.sleep(5)
    return True


@pytest.fixture(autouse=True)
def talk(monkeypatch):
    monkeypatch.setattr(told_by_phone, "hear_told", hears)


def test_who_enters_the_pin_hears_the_message_and_has_been_told(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=4, talks_for=60)
        house.keys = {6: PIN}
        await house.left()
        async with house.open():
            await house.told.carry(house.parcel())
        return house

    house = play(scene)
    assert house.hows == ["heard"]
    assert [f.prompt for f in house.of(Said)] == ["told_message"]
    assert (house.of(CallStarted)[0].caller, house.of(CallEnded)[0].by) == (
        "2001",
        "flow",
    )
    assert house.of(ToldByCall)[0].call == "17.1"


def test_who_hangs_up_while_he_hears_it_has_been_told_too(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=4, talks_for=9)
        house.keys = {6: PIN}
        await house.left()
        async with house.open():
            await house.told.carry(house.parcel())
        return house

    assert play(scene).hows == ["heard"]


@pytest.mark.parametrize(
    ("person", "how"),
    [
        (Person(refuses=Unreached.BUSY), "busy"),
        (Person(answers_after=None), "no answer"),
        (Person(answers_after=2, talks_for=None), "not heard"),  # a machine
        (Person(answers_after=2, talks_for=3), "not heard"),
    ],
)
def test_who_has_not_heard_it_is_to_be_called_again(tmp_path, person, how):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = person
        await house.left()
        async with house.open():
            with pytest.raises(Trouble) as trouble:
                await house.told.carry(house.parcel())
        return house, trouble.value

    house, trouble = play(scene)
    assert house.hows == [how]
    assert not isinstance(trouble, NotYet | Undeliverable)
    assert PHONE not in str(trouble)  # it goes into the log


def test_each_try_is_a_call_of_its_own(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=2, talks_for=3)
        await house.left()
        async with house.open():
            for tries in range(3):
                with pytest.raises(Trouble):
                    await house.told.carry(house.parcel(tries=tries))
                await asyncio.sleep(pause_of_calls(tries + 1))
        return house

    assert len({fact.call for fact in play(scene).of(CallStarted)}) == 3


class Rows:
    """An outbox in memory, as whoever delivers sees it."""

    def __init__(self, *parcels):
        self.waiting_for = {parcel.key: (parcel.at, parcel) for parcel in parcels}
        self.given_up = []

    async def take(self, channels, now, *, most, lease):
        due = sorted((at, key) for key, (at, _) in self.waiting_for.items())
        taken = [self.waiting_for[key][1] for at, key in due[:most] if at <= now]
        for one in taken:
            tried = replace(one, tries=one.tries + 1)
            self.waiting_for[one.key] = (now + lease, tried)
        return taken

    async def renew(self, key, until):
        self.waiting_for[key] = (until, self.waiting_for[key][1])

    async def sent(self, key, now):
        del self.waiting_for[key]

    async def later(self, key, due, why):
        self.waiting_for[key] = (due, self.waiting_for[key][1])

    async def put_off(self, key, due, why):
        one = self.waiting_for[key][1]
        self.waiting_for[key] = (due, replace(one, tries=one.tries - 1))

    async def give_up(self, key, now, why):
        del self.waiting_for[key]
        self.given_up.append(key)

    async def last(self, parcel):
        return True

    async def waiting(self):
        return {"call": len(self.waiting_for)}


def test_twenty_messages_at_night_are_no_hundred_calls(tmp_path, caplog):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=None)
        ids = [f"{n:032x}" for n in range(20)]
        for id in ids:
            await house.left(id=id)
        rows = Rows(*(house.parcel(id=id) for id in ids))
        async with (
            house.open(),
            beside(*telling_by_phone(house.told, rows, house.world.seconds)),
        ):
            await asyncio.sleep(2 * 3600)
        return house, rows

    with caplog.at_level(logging.CRITICAL):
        house, rows = play(scene)
    assert len(house.rang(PHONE)) == MOST_CALLS
    assert len(rows.given_up) == 20  # and each had its tries


def test_a_phone_that_was_silent_is_called_again_for_the_next_message(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=2, talks_for=3)
        await house.left()
        await house.left(id="6" * 32)
        async with house.open():
            with pytest.raises(Trouble, match="was not heard"):
                await house.told.carry(house.parcel())
            with pytest.raises(Trouble, match="a moment ago"):
                await house.told.carry(house.parcel(id="6" * 32))
            # Another phone has nothing to do with it.
            with pytest.raises(Trouble, match="unreachable"):
                await house.told.carry(house.parcel("PJSIP/2002"))
            await asyncio.sleep(pause_of_calls(1))
            house.people[PHONE] = Person(answers_after=2, talks_for=60)
            house.keys = {4: PIN}
            await house.told.carry(house.parcel(tries=1))
            await house.told.carry(house.parcel(id="6" * 32, tries=1))
        return house

    assert len(play(scene).rang(PHONE)) == 3


def test_nobody_is_called_for_a_message_that_is_not_new_any_more(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=2, talks_for=60)
        await house.left()
        await house.left(id="6" * 32)
        await house.boxes.heard(ID, by="agent 1")
        await house.boxes.delete("6" * 32, by="agent 1")
        async with house.open():
            await house.told.carry(house.parcel())
            await house.told.carry(house.parcel(id="6" * 32))
            await house.told.carry(house.parcel(id="7" * 32))  # gone for good
        return house

    assert play(scene).rang(PHONE) == []


def test_nobody_is_called_for_a_mailbox_that_the_site_has_no_more(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=2, talks_for=60)
        house.boxes.pins["former"] = Pin(hashed=PIN)
        await house.left("former")
        async with house.open():
            with pytest.raises(Undeliverable, match="no such mailbox"):
                await house.told.carry(house.parcel(mailbox="former"))
        return house

    assert play(scene).rang(PHONE) == []


def test_a_mailbox_without_a_number_is_not_named(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=2, talks_for=60)
        house.keys = {4: PIN}
        await house.left("plain")
        async with house.open():
            await house.told.carry(house.parcel(mailbox="plain"))
        return house

    assert [f.prompt for f in play(scene).of(Said)] == ["told_of_message"]


def test_a_phone_is_rung_for_one_message_at_a_time(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=2, talks_for=60)
        house.keys = {4: PIN}
        await house.left()
        await house.left(id="6" * 32)
        async with house.open(), asyncio.TaskGroup() as group:
            group.create_task(house.told.carry(house.parcel()))
            await asyncio.sleep(1)
            with pytest.raises(NotYet) as not_yet:
                await house.told.carry(house.parcel(id="6" * 32))
        return house, not_yet.value.seconds

    house, seconds = play(scene)
    assert len(house.rang(PHONE)) == 1
    assert seconds == IN_USE


def test_the_phone_of_an_agent_who_serves_a_caller_is_left_alone(tmp_path):
    async def scene():
        house = House(tmp_path)
        await house.left()
        async with house.open():
            house.calls_in("139")
            await asyncio.sleep(10)
            assert house.desk.agents["1"].work is Work.TALKING
            with pytest.raises(NotYet):
                await house.told.carry(house.parcel("PJSIP/1"))
            await asyncio.sleep(100)
        return house

    assert len(play(scene).rang("PJSIP/1")) == 1  # for the caller


def test_a_number_goes_by_the_guard_and_counts_while_it_is_on_the_line(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[at(NUMBER)] = Person(answers_after=4, talks_for=60)
        house.keys = {6: PIN}
        await house.left()
        async with house.open(), asyncio.TaskGroup() as group:
            group.create_task(house.told.carry(house.parcel("138 1111-2222")))
            await asyncio.sleep(5)
            up = house.world.outbound.up
        return house, up

    house, up = play(scene)
    assert (up, house.world.outbound.up) == (1, 0)
    assert house.hows == ["heard"]


@pytest.mark.parametrize(
    "to", ["0900123456", "PJSIP/0900123456@trunk", "Local/1@out", "nobody", "2001&2002"]
)
def test_what_may_not_be_dialled_is_given_up(tmp_path, to):
    async def scene():
        house = House(tmp_path)
        await house.left()
        async with house.open():
            with pytest.raises(Undeliverable):
                await house.told.carry(house.parcel(to))
        return house

    house = play(scene)
    assert house.switch.log == []
    assert len(house.of(DialRefused)) == (to == "0900123456")


def test_a_number_that_may_not_be_dialled_now_waits(tmp_path):
    async def scene():
        house = House(tmp_path)
        await house.left()
        rules = OutboundRules(
            endpoint="PJSIP/{number}@trunk", prefixes=("1",), hours="day"
        )
        closed = DialGuard(rules, seconds=lambda: 0.0, is_open=lambda *_: False)
        async with house.open(outbound=closed):
            with pytest.raises(NotYet):
                await house.told.carry(house.parcel(NUMBER))
        return house

    assert play(scene).of(DialRefused) == []  # it is no news, each two minutes


def test_a_switch_that_is_away_costs_no_try(tmp_path):
    async def scene():
        house = House(tmp_path)
        await house.left()
        away = ToldByPhone(
            lambda: (house.site, house.world), house.live, ready=lambda: False
        )
        async with house.open():
            with pytest.raises(NotYet):
                await away.carry(house.parcel())
        return house

    assert play(scene).hows == []


def test_after_two_days_nobody_is_called_any_more(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person()
        await house.left()
        async with house.open():
            old = replace(house.parcel(), at=house.world.seconds() - 2 * 86400 - 1)
            with pytest.raises(Undeliverable):
                await house.told.carry(old)
        return house

    assert play(scene).rang(PHONE) == []


def test_a_phone_that_an_earlier_service_has_rung_rings_on(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=10, talks_for=60)
        house.keys = {4: PIN}
        await house.left()
        async with house.open():
            died = asyncio.get_running_loop().create_task(house.switch.dial(_order(0)))
            await asyncio.sleep(3)
            later = ToldByPhone(
                lambda: (house.site, house.world), house.live, adopts=True
            )
            await later.claim()
            await later.carry(house.parcel(tries=1))
            await died
        return house

    house = play(scene)
    assert len(house.rang(PHONE)) == 1
    assert house.hows == ["heard"]


def test_who_had_answered_an_earlier_service_goes_on_and_is_not_called_again(tmp_path):
    async def scene():
        house = House(tmp_path)
        house.people[PHONE] = Person(answers_after=2, talks_for=None)
        await house.left()
        async with house.open():
            first = asyncio.get_running_loop().create_task(
                house.told.carry(house.parcel())
            )
            await asyncio.sleep(8)
            leg = house.switch.leg_at(PHONE)
            bookmark = read_bookmark(leg.remembered, SEAL)
            again = ScriptedChannel(id=leg.id, dialled=PHONE)
            again.remembered = leg.remembered
            later = ToldByPhone(
                lambda: (house.site, house.world), house.live, adopts=True
            )
            first.cancel()
            await asyncio.wait([first])
            house.facts.clear()
            async with asyncio.TaskGroup() as group:
                group.create_task(later.resume(again, bookmark))
                await asyncio.sleep(1)
                await later.claim()
                group.create_task(later.carry(house.parcel(tries=1)))
                await asyncio.sleep(1)
                again.press(PIN)
        return house, bookmark

    house, bookmark = play(scene)
    assert bookmark.kind == TOLD
    assert house.hows == ["heard"]
    assert len(house.rang(PHONE)) == 1
    assert [f.prompt for f in house.of(Said)] == []  # he knows what it is about


def test_nobody_is_called_before_an_earlier_services_phones_are_claimed(tmp_path):
    async def scene():
        house = House(tmp_path)
        later = ToldByPhone(lambda: (house.site, house.world), house.live, adopts=True)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(60):
                await later.claimed()
        await later.claim()
        await later.claimed()

    play(scene)


def test_calls_come_after_pauses_that_grow():
    assert [pause_of_calls(n) for n in (1, 2, 3, 4)] == [120, 240, 480, 960]


def _order(tries):
    leg = SEAL.name(f"k{ID}", TOLD, str(tries))
    return DialOrder(address=PHONE, leg=leg, ring_for=30.0)
