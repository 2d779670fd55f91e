"""The worker that delivers: what is sent, tried again, given up, and left alone."""

import asyncio
import contextlib
import logging
import sqlite3
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from ivrflow.aio import beside
from ivrflow.db.engine import Database
from ivrflow.db.messages import SqlMessages
from ivrflow.db.outbox import SqlOutbox
from ivrflow.db.tables import metadata, outbox
from ivrflow.flow.letters import MOST_TRIES, NotYet, Undeliverable, pause_after
from ivrflow.flow.world import Letter, NewMessage, Notice, Trouble
from ivrflow.mail.delivery import MAIL, Delivery, Pace

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


class Carrier:
    """Takes letters, or raises what a test wants."""

    def __init__(self, *failures):
        self.failures = list(failures)
        self.carried = []

    async def carry(self, parcel):
        if self.failures and (failure := self.failures.pop(0)) is not None:
            raise failure
        self.carried.append(parcel)


class House:
    """An outbox on a clock that a test moves."""

    def __init__(self, database):
        self.database = database
        self.now = NOON.timestamp()
        self.outbox = SqlOutbox(database, lambda: NOON)

    def delivery(self, **carriers):
        return Delivery(self.outbox, carriers, lambda: self.now)

    async def rows(self):
        async def work(db):
            found = await db.execute(select(outbox).order_by(outbox.c.id))
            return [dict(row) for row in found.mappings()]

        return await self.database.read(work)

    async def put(self, *keys, channel="email"):
        await self.outbox.put(
            [
                Letter(key=key, channel=channel, to="li@example.com", text="Hi")
                for key in keys
            ]
        )


@pytest.fixture
async def house(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield House(database)
    await database.close()


async def test_what_is_due_is_delivered_once_and_its_words_are_forgotten(house):
    await house.put("a", "b")
    carrier = Carrier()
    delivery = house.delivery(email=carrier)
    assert await delivery.once() == 2
    assert await delivery.once() == 0

    assert [parcel.key for parcel in carrier.carried] == ["a", "b"]
    rows = await house.rows()
    assert [(row["state"], row["text"]) for row in rows] == [("sent", "")] * 2


async def test_what_takes_long_is_ours_as_long_as_we_live_and_not_much_longer(house):
    await house.put("a")
    pace = Pace(longest=3600.0, renewed=0.02)
    renewed, over = asyncio.Event(), asyncio.Event()

    class Watched(SqlOutbox):
        async def renew(self, key, until):
            await super().renew(key, until)
            renewed.set()

    class Slow:
        async def carry(self, parcel):
            await over.wait()

    outbox = Watched(house.database, lambda: NOON)
    delivery = Delivery(outbox, {"email": Slow()}, lambda: house.now, pace=pace)
    async with asyncio.timeout(30), asyncio.TaskGroup() as group:
        group.create_task(delivery.once())
        await asyncio.sleep(0.05)
        house.now += 1000
        for _ in range(2):  # the first may have looked at the clock before
            renewed.clear()
            await renewed.wait()
        assert await house.outbox.take(["email"], house.now, most=1, lease=60) == []
        over.set()

    [row] = await house.rows()
    assert row["state"] == "sent"
    assert pace.lease < 1


async def test_where_nothing_is_due_nobody_who_writes_is_held_up(house):
    await house.put("a", channel="sms")
    writer = sqlite3.connect(house.database.url.database, isolation_level=None)
    with contextlib.closing(writer):
        writer.execute("BEGIN IMMEDIATE")
        async with asyncio.timeout(10):
            assert await house.delivery(email=Carrier()).once() == 0


async def test_a_letter_that_fails_is_tried_again_after_growing_pauses(house, caplog):
    await house.put("a")
    carrier = Carrier(*[Trouble("the server is away")] * 3)
    delivery = house.delivery(email=carrier)
    for pause in (30, 60, 120):
        assert await delivery.once() == 1
        house.now += pause - 1
        assert await delivery.once() == 0
        house.now += 1
    assert await delivery.once() == 1

    assert len(carrier.carried) == 1
    assert carrier.carried[0].tries == 3
    assert "li@example.com" not in caplog.text


async def test_a_letter_that_is_refused_for_good_is_given_up_and_kept(house, caplog):
    await house.put("a")
    with caplog.at_level(logging.CRITICAL):
        await house.delivery(email=Carrier(Undeliverable("no such address"))).once()

    (row,) = await house.rows()
    assert (row["state"], row["error"], row["text"]) == (
        "failed",
        "no such address",
        "Hi",
    )


async def test_after_two_days_nobody_tries_any_more(house, caplog):
    await house.put("a")
    delivery = house.delivery(email=Carrier(*[Trouble("away")] * 100))
    began, tries = house.now, 0
    with caplog.at_level(logging.CRITICAL):
        while await delivery.once():
            tries += 1
            house.now += pause_after(tries)

    assert tries == MOST_TRIES
    assert 1.5 < (house.now - began) / 86400 < 2.5
    assert (await house.rows())[0]["state"] == "failed"


async def test_one_that_fails_does_not_hold_up_the_others(house):
    await house.put("a", "b", "c")
    carrier = Carrier(None, Trouble("away"), None)
    await house.delivery(email=carrier).once()

    assert [parcel.key for parcel in carrier.carried] == ["a", "c"]


async def test_a_bug_in_a_courier_is_a_failure_of_that_letter_alone(house, caplog):
    await house.put("a", "b")
    carrier = Carrier(ZeroDivisionError())
    with caplog.at_level(logging.CRITICAL):
        await house.delivery(email=carrier).once()

    assert [parcel.key for parcel in carrier.carried] == ["b"]
    assert (await house.rows())[0]["state"] == "waiting"


async def test_what_someone_died_with_is_due_again_under_the_same_key(house):
    await house.put("a")
    (taken,) = await house.outbox.take(["email"], house.now, most=10, lease=MAIL.lease)
    carrier = Carrier()
    assert await house.delivery(email=carrier).once() == 0
    house.now += MAIL.lease
    await house.delivery(email=carrier).once()

    assert carrier.carried[0].key == taken.key


async def test_what_the_last_service_died_with_goes_out_when_the_next_one_begins(house):
    await house.put("failed", "a", "b")
    await house.outbox.take(["email"], house.now, most=1, lease=0)
    await house.outbox.later("failed", house.now + 30, "try later")
    await house.outbox.take(["email"], house.now, most=1, lease=MAIL.lease)

    assert await house.outbox.release() == 1
    assert await house.outbox.release() == 0
    carrier = Carrier()
    await house.delivery(email=carrier).once()

    assert [parcel.key for parcel in carrier.carried] == ["a", "b"]


async def test_who_dies_between_handing_over_and_noting_it_sends_it_once_more(house):
    class DiesThen(SqlOutbox):
        async def sent(self, key, now):
            raise asyncio.CancelledError

    await house.put("a", "b")
    carrier = Carrier()
    dying = DiesThen(house.database, lambda: NOON)
    with pytest.raises(asyncio.CancelledError):
        await Delivery(dying, {"email": carrier}, lambda: house.now).once()
    assert [parcel.key for parcel in carrier.carried] == ["a"]

    after = house.delivery(email=carrier)
    assert await after.once() == 0  # they still belong to the one who has died
    house.now += MAIL.lease
    assert await after.once() == 2
    house.now += MAIL.lease
    assert await after.once() == 0
    assert sorted(parcel.key for parcel in carrier.carried) == ["a", "a", "b"]


async def test_of_two_that_deliver_at_once_each_letter_goes_to_one(house):
    await house.put(*"abcdefgh")
    one, two = Carrier(), Carrier()
    await asyncio.gather(
        house.delivery(email=one).once(), house.delivery(email=two).once()
    )
    assert sorted(p.key for p in one.carried + two.carried) == list("abcdefgh")


async def test_what_nobody_carries_stays_and_the_log_says_so_once(house, caplog):
    await house.put("a")
    carrier = Carrier()
    pace = Pace(every=0.01)
    delivery = Delivery(house.outbox, {"sms": carrier}, lambda: house.now, pace=pace)
    async with beside(delivery.run()):
        await asyncio.sleep(0.1)

    told = [
        r.getMessage() for r in caplog.records if "wait in the outbox" in r.msg % r.args
    ]
    assert told == [
        "1 letters wait in the outbox for email, which nobody carries: give the "
        "settings smtp:"
    ]
    assert (await house.rows())[0]["state"] == "waiting"


async def test_a_notice_comes_with_what_is_known_of_its_message(house):
    messages = SqlMessages(house.database, lambda: NOON)
    await messages.begin(
        [
            NewMessage(
                message="m1", sound="m1", mailbox="box", call="c", caller="138", at=NOON
            )
        ],
        most={},
    )
    notice = Notice(
        channel="email", to="li@example.com", mailbox="box", message="m1", attach="wav"
    )
    await messages.keep("m1", seconds=12.5, urgent=True, notices={"m1": [notice]})
    carrier = Carrier()
    await house.delivery(email=carrier).once()

    (parcel,) = carrier.carried
    assert parcel.attach == "wav"
    assert (parcel.about.caller, parcel.about.seconds, parcel.about.urgent) == (
        "138",
        12.5,
        True,
    )


async def test_what_has_to_wait_is_put_off_and_that_is_no_try(house, caplog):
    await house.put("a")
    carrier = Carrier(*[NotYet("it waits for its transcript", 5.0)] * 60)
    delivery = house.delivery(email=carrier)
    for _ in range(60):  # more than it may ever fail
        assert await delivery.once() == 1
        house.now += 4.9
        assert await delivery.once() == 0
        house.now += 0.1
    assert await delivery.once() == 1

    (row,) = await house.rows()
    assert (row["state"], row["tries"]) == ("sent", 1)
    assert caplog.text == ""  # nobody has to look


async def test_what_was_put_off_is_nothing_that_a_dead_service_had_taken(house):
    await house.put("a")
    await house.delivery(email=Carrier(NotYet("busy", 15.0))).once()

    assert await house.outbox.release() == 0


async def test_a_worker_may_give_up_sooner_and_pause_longer(house, caplog):
    await house.put("a", channel="call")
    pace = Pace(at_once=1, pause=lambda tries: 100.0 * tries, tries=2)
    carrier = Carrier(*[Trouble("no answer")] * 9)
    delivery = Delivery(house.outbox, {"call": carrier}, lambda: house.now, pace=pace)
    with caplog.at_level(logging.CRITICAL):
        assert await delivery.once() == 1
        house.now += 99
        assert await delivery.once() == 0
        house.now += 1
        assert await delivery.once() == 1

    (row,) = await house.rows()
    assert (row["state"], row["error"]) == ("failed", "no answer")


async def test_the_log_says_nothing_of_channels_that_another_worker_carries(
    house, caplog
):
    await house.put("a", channel="call")
    delivery = Delivery(
        house.outbox,
        {"email": Carrier()},
        lambda: house.now,
        pace=Pace(every=0.01),
        others=["call"],
    )
    async with beside(delivery.run()):
        await asyncio.sleep(0.05)

    assert "nobody carries" not in caplog.text


async def test_an_hour_without_a_mail_server_costs_no_mail_and_makes_no_second(house):
    """On the real outbox, and by the pauses as they are."""
    await house.put("a", "b")
    server_is_back = house.now + 3600
    handed_over = []

    class Server:
        async def carry(self, parcel):
            if house.now < server_is_back:
                raise Trouble(
                    "mail server 127.0.0.1:25 failed (ConnectionRefusedError)"
                )
            handed_over.append((parcel.key, house.now))

    delivery = house.delivery(email=Server())
    tries = 0
    while house.now < server_is_back + 2 * 3600:
        tries += await delivery.once()
        house.now += 30

    assert sorted(key for key, _ in handed_over) == ["a", "b"]
    assert all(at - server_is_back < 3600 for _, at in handed_over)
    assert tries < 2 * 12  # it was not hammered at
    assert {row["state"] for row in await house.rows()} == {"sent"}
