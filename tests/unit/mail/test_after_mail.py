"""A mailbox by mail alone: what is deleted once it was mailed, and what is not."""

import logging
from datetime import UTC, datetime

import pytest

from ivrflow.db.boxes import SqlBoxes
from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.tables import metadata
from ivrflow.facts import MessageDeleted
from ivrflow.flow.letters import Undeliverable
from ivrflow.flow.working.item import NewWork
from ivrflow.flow.world import NewMessage, Notice
from ivrflow.mail.after import DeletedAfterMail
from ivrflow.mail.delivery import Delivery
from tests.unit.flow.one_call import site

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ID = "5" * 32
ALONE = """
service:
  delete_after_mail: yes
  tell: [{email: li@example.com, attach: wav}, {email: wu@example.com}]
"""


class House:
    """A mailbox in a database, and a courier whose mails all arrive."""

    def __init__(self, database, site):
        self.site, self.facts, self.whole = site, [], True
        self.now = NOON.timestamp()
        self.outbox = SqlOutbox(database, lambda: NOON)
        self.messages = SqlMessages(database, lambda: NOON)
        self.boxes = SqlBoxes(database, lambda: NOON)
        self.handed_over = DeletedAfterMail(
            site=lambda: self.site,
            outbox=self.outbox,
            boxes=self.boxes,
            note=self.facts.append,
            seconds=lambda: self.now,
        )

    async def carry(self, parcel):
        await self.handed_over(parcel, self.whole)

    async def left(self, *to, work=None):
        await self.messages.begin(
            [
                NewMessage(
                    message=ID,
                    sound=ID,
                    mailbox="service",
                    call="17.1",
                    caller="138",
                    at=NOON,
                )
            ],
            most={},
        )
        notices = [
            Notice(
                channel="email" if "@" in one else "call",
                to=one,
                mailbox="service",
                message=ID,
            )
            for one in to
        ]
        await self.messages.keep(
            ID,
            seconds=9.0,
            notices={ID: notices},
            work={} if work is None else {ID: work},
        )

    async def deliver(self):
        delivery = Delivery(self.outbox, {"email": self}, lambda: self.now)
        return await delivery.once()

    @property
    async def state(self):
        return (await self.boxes.message(ID)).state


@pytest.fixture
async def make(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))

    def house(boxes=ALONE, **more):
        flow = "steps:\n  over: {hangup: yes}\n"
        return House(database, site(tmp_path / "site", flow, mailboxes=boxes, **more))

    yield house
    await database.close()


async def test_a_message_is_deleted_when_the_last_of_its_mails_is_handed_over(make):
    house = make()
    states = []

    class Watching:
        async def carry(self, parcel):
            await house.carry(parcel)
            states.append(await house.state)

    await house.left("li@example.com", "wu@example.com")
    delivery = Delivery(house.outbox, {"email": Watching()}, lambda: house.now)
    await delivery.once()

    assert states == ["new", "deleted"]
    (fact,) = house.facts
    assert isinstance(fact, MessageDeleted)
    assert (fact.message, fact.by) == (ID, "mail")


async def test_a_message_of_which_somebody_got_no_mail_stays(make, caplog):
    house = make()

    class Refusing:
        async def carry(self, parcel):
            if parcel.to == "li@example.com":
                raise Undeliverable("no such address")
            await house.carry(parcel)

    await house.left("li@example.com", "wu@example.com")
    delivery = Delivery(house.outbox, {"email": Refusing()}, lambda: house.now)
    with caplog.at_level(logging.CRITICAL):
        await delivery.once()

    assert await house.state == "new"


async def test_a_message_that_somebody_is_still_to_be_called_for_stays(make, caplog):
    house = make()
    await house.left("li@example.com", "PJSIP/2001")
    await house.deliver()

    assert await house.state == "new"


async def test_a_call_that_is_over_keeps_no_message(make):
    house = make()
    await house.left("li@example.com", "PJSIP/2001")
    (call,) = await house.outbox.take(["call"], house.now, most=1, lease=60)
    await house.outbox.give_up(call.key, house.now, "nobody answered")
    await house.deliver()

    assert await house.state == "deleted"


async def test_it_can_be_brought_back_and_stays_then(make):
    house = make()
    await house.left("li@example.com")
    await house.deliver()
    assert await house.boxes.restore(ID, by="api ann")

    assert await house.deliver() == 0
    assert await house.state == "new"


async def test_a_mail_without_its_sound_deletes_nothing(make, caplog):
    house = make()
    house.whole = False
    await house.left("li@example.com")
    await house.deliver()

    assert await house.state == "new"
    assert "lacks its sound" in caplog.text


async def test_a_mailbox_that_does_not_say_so_keeps_its_messages(make):
    house = make("service:\n  tell: [{email: li@example.com}]\n")
    await house.left("li@example.com")
    await house.deliver()

    assert await house.state == "new"


async def test_what_an_agent_owes_its_caller_stays_in_sight(make):
    house = make(
        ALONE + "  work: {queue: desk, within: 4h}\n", queues="desk: {title: Desk}\n"
    )
    await house.left(
        "li@example.com", work=NewWork(queue="desk", promised=house.now + 14400)
    )
    await house.deliver()

    assert await house.state == "new"
