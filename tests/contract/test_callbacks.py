"""What every `Callbacks` does, and every `KeptPlaces`: database and memory."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from ivrflow.acd.model import Widening, need
from ivrflow.db.callbacks import SqlCallbacks, SqlPlaces
from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata
from ivrflow.flow.wish import Rules, Wish, WishState
from ivrflow.sim.memory import MemoryCallbacks, MemoryPlaces

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOW = NOON.timestamp()
DUE = NOON + timedelta(days=1)


@pytest.fixture
async def database(tmp_path):
    database = Database(f"sqlite:///{tmp_path}/ivrflow.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    yield database
    await database.close()


@pytest.fixture(params=["memory", "database"])
def callbacks(request, database):
    return MemoryCallbacks() if request.param == "memory" else SqlCallbacks(database)


@pytest.fixture(params=["memory", "database"])
def places(request, database):
    return MemoryPlaces() if request.param == "memory" else SqlPlaces(database)


def wish(call="1", queue="service", number="", **more):
    """Each call asks for a number of its own, call 1 for 13800138000."""
    number = number or f"1380013800{int(call, 36) - 1}"
    more.setdefault("since", NOW - 60)
    return Wish(
        call=call, queue=queue, number=number, asked=NOW, promised=NOW + 600, **more
    )


async def book(callbacks, call, queue="service", due=DUE):
    asked = wish(call, queue, due=due.timestamp())
    return bool(await callbacks.keep(asked, most=2, own=True))


async def booked(callbacks, queue="service"):
    found = await callbacks.booked(queue, NOON, DUE)
    return {datetime.fromtimestamp(at, UTC): number for at, number in found.items()}


# At a time --------------------------------------------------------------------------


async def test_a_time_has_room_for_so_many(callbacks):
    assert [await book(callbacks, call) for call in "123"] == [True, True, False]
    assert await booked(callbacks) == {DUE: 2}


async def test_each_queue_has_room_of_its_own(callbacks):
    assert [await book(callbacks, call) for call in "12"] == [True, True]
    assert await book(callbacks, "3", "sales")
    assert await booked(callbacks, "sales") == {DUE: 1}


async def test_a_call_that_books_again_takes_no_second_place(callbacks):
    assert [await book(callbacks, call) for call in "121"] == [True, True, True]
    assert await booked(callbacks) == {DUE: 2}


async def test_a_call_that_chooses_another_time_frees_the_first(callbacks):
    await book(callbacks, "1")
    await book(callbacks, "1", due=NOON + timedelta(hours=1))

    assert await booked(callbacks) == {NOON + timedelta(hours=1): 1}


async def test_who_then_wants_no_time_frees_it(callbacks):
    await book(callbacks, "1")
    await callbacks.keep(wish(), most=9, own=True)

    assert await booked(callbacks) == {}


# In line ----------------------------------------------------------------------------


async def test_as_many_wait_as_may(callbacks):
    kept = [await callbacks.keep(wish(c), most=2, own=True) for c in "1231"]

    assert [one.how for one in kept] == ["kept", "kept", "full", "kept"]


async def test_all_that_was_asked_is_kept(callbacks):
    asked = wish(
        need=need({"billing": 3, "district=north": 1}),
        priority=2.5,
        widening=(Widening(after=60, drop=("billing",), priority=1),),
        language="en",
        shown={"customer": "Li"},
    )
    await callbacks.keep(asked, most=9, own=True)

    assert await callbacks.open() == [asked]
    assert await callbacks.open("service") == [asked]
    assert await callbacks.open("sales") == []


async def test_who_waited_longest_is_first(callbacks):
    for call, since in (("a", NOW - 5), ("b", NOW - 90), ("c", NOW - 30)):
        await callbacks.keep(wish(call, since=since), most=9, own=True)

    assert [one.call for one in await callbacks.open()] == ["b", "c", "a"]


async def test_who_asks_again_keeps_the_place_and_the_promise(callbacks):
    await callbacks.keep(wish(), most=9, own=True)
    again = replace(wish(number="057188888888"), since=NOW + 50, promised=NOW + 9000)
    await callbacks.keep(again, most=9, own=True)

    [kept] = await callbacks.open()
    assert kept == wish(number="057188888888")


async def test_who_calls_himself_takes_his_callback_back_once(callbacks):
    await callbacks.keep(wish(), most=9, own=True)

    assert await callbacks.take_back("service", "13900139000", NOW) is None
    assert await callbacks.take_back("sales", "13800138000", NOW) is None
    taken = await callbacks.take_back("service", "138 0013 8000", NOW)
    assert taken is not None
    assert taken.since == NOW - 60
    assert await callbacks.take_back("service", "13800138000", NOW) is None
    assert await callbacks.open() == []


async def test_a_time_that_is_to_come_is_not_taken_back_by_a_call(callbacks):
    await book(callbacks, "1")
    due = DUE.timestamp()

    assert await callbacks.take_back("service", "13800138000", due - 1) is None
    assert await callbacks.take_back("service", "13800138000", due) is not None


async def test_a_withheld_number_is_nobody(callbacks):
    await callbacks.keep(wish(), most=9, own=True)

    assert await callbacks.take_back("service", "", NOW) is None


async def test_each_try_counts_and_the_first_one_is_remembered(callbacks):
    await callbacks.keep(wish(), most=9, own=True)
    first = await callbacks.dialled(wish(), NOW + 5)
    second = await callbacks.dialled(wish(), NOW + 9)

    assert (first.tries, first.tried) == (1, NOW + 5)
    assert (second.tries, second.tried) == (2, NOW + 5)


async def test_a_pause_is_kept(callbacks):
    await callbacks.keep(wish(), most=9, own=True)
    await callbacks.pause(wish(), NOW + 300)

    assert [one.ready_at for one in await callbacks.open()] == [NOW + 300]


async def test_a_wish_ends_once_whoever_ends_it(callbacks):
    await callbacks.keep(wish(), most=9, own=True)

    assert await callbacks.end(wish(), WishState.KEPT, NOW)
    assert not await callbacks.end(wish(), WishState.TAKEN_BACK, NOW, by="2001")
    assert await callbacks.dialled(wish(), NOW) is None
    assert await callbacks.take_back("service", "13800138000", NOW) is None


async def test_promises_that_are_over_untried_are_told_by_queue(callbacks):
    for call in "123":
        await callbacks.keep(wish(call), most=9, own=True)
    await callbacks.keep(wish("4", "sales"), most=9, own=True)
    await callbacks.dialled(wish("1"), NOW)
    await callbacks.end(wish("4", "sales"), WishState.KEPT, NOW)

    assert await callbacks.overdue(NOW + 599) == {}
    assert await callbacks.overdue(NOW + 660) == {"service": (2, 60.0)}


async def test_news_is_told_of_what_begins_and_what_ends(callbacks):
    for act in (
        lambda: callbacks.keep(wish(), most=9, own=True),
        lambda: callbacks.take_back("service", "13800138000", NOW),
        lambda: callbacks.keep(wish(), most=9, own=True),
        lambda: callbacks.end(wish(), WishState.KEPT, NOW),
    ):
        callbacks.news.clear()
        await act()
        assert callbacks.news.is_set()


# One wish for a number ---------------------------------------------------------------


NUMBER = "13800138000"


@pytest.mark.parametrize("first", [None, DUE.timestamp()])
@pytest.mark.parametrize("second", [None, DUE.timestamp()])
async def test_who_calls_from_a_number_replaces_its_wish_in_one_act(
    callbacks, first, second
):
    old = wish("1", due=first)
    new = wish("2", number=NUMBER, due=second, since=NOW)
    await callbacks.keep(old, most=9, own=True)
    tried = await callbacks.dialled(old, NOW + 5)

    kept = await callbacks.keep(new, most=1, own=True)

    assert (kept.how, kept.instead_of) == ("kept", (tried,))
    [waits] = await callbacks.open()
    assert waits == kept.wish
    assert (waits.call, waits.due, waits.tries, waits.tried) == (
        "2",
        second,
        1,
        NOW + 5,
    )
    assert waits.since == (NOW - 60 if first is None else NOW)
    assert not await callbacks.end(old, WishState.KEPT, NOW)


@pytest.mark.parametrize("due", [None, DUE.timestamp()])
async def test_a_wish_that_finds_no_room_leaves_the_old_one(callbacks, due):
    await callbacks.keep(wish("1"), most=9, own=True)
    other = DUE.timestamp() + 3600 if due is None else due
    old = wish("2", due=other)
    await callbacks.keep(old, most=9, own=True)
    if due is not None:
        await callbacks.keep(wish("3", due=due + 3600), most=9, own=True)
        due += 3600

    new = wish("9", number=old.number, due=due)
    kept = await callbacks.keep(new, most=1, own=True)

    assert (kept.how, kept.instead_of) == ("full", ())
    assert old in await callbacks.open()
    assert new not in await callbacks.open()


@pytest.mark.parametrize("due", [None, DUE.timestamp()])
async def test_who_enters_the_number_of_a_wish_changes_nothing_about_it(callbacks, due):
    old = wish("1", shown={"customer": "Li"}, language="en")
    await callbacks.keep(old, most=9, own=True)
    strange = wish("2", number=NUMBER, due=due, shown={"customer": "Wu"})

    assert (await callbacks.keep(strange, most=9, own=False)).how == "already"
    assert await callbacks.open() == [old]
    in_another = await callbacks.keep(
        wish("2", "sales", number=NUMBER), most=9, own=False
    )
    assert in_another.how == "kept"


async def test_a_call_that_changes_the_number_can_change_it_to_nobody_elses(callbacks):
    await callbacks.keep(wish("1"), most=9, own=True)
    await callbacks.keep(wish("2"), most=9, own=True)

    again = wish("2", number=NUMBER)
    assert (await callbacks.keep(again, most=9, own=False)).how == "already"
    assert await callbacks.open() == [wish("1"), wish("2")]


# Kept places ------------------------------------------------------------------------


async def test_a_place_is_given_once_and_in_time(places):
    await places.keep("service", "138", joined=NOW - 60, until=NOW + 300)

    assert await places.take("service", "139", NOW) is None
    assert await places.take("sales", "138", NOW) is None
    assert await places.take("service", "138", NOW + 300) == NOW - 60
    assert await places.take("service", "138", NOW + 300) is None


async def test_a_place_is_lost_when_its_time_is_over(places):
    await places.keep("service", "138", joined=NOW - 60, until=NOW + 300)

    assert await places.take("service", "138", NOW + 301) is None


async def test_one_caller_has_one_place(places):
    await places.keep("service", "138", joined=NOW - 60, until=NOW + 300)
    await places.keep("service", "138", joined=NOW - 10, until=NOW + 310)

    assert await places.take("service", "138", NOW) == NOW - 10
    assert await places.take("service", "138", NOW) is None


# What the rules make of a wish --------------------------------------------------------


def test_a_wish_stands_in_line_as_its_caller_did_and_counts_for_more_when_late():
    asked = wish(need=need({"billing": 2}), priority=1.0, since=NOW - 60)
    item = asked.waiting(Rules(late_priority=7))

    assert (item.item, item.origin, item.joined) == ("callback", "1", NOW - 60)
    assert (item.need, item.priority) == (need({"billing": 2}), 1.0)
    [late] = item.widening
    assert (late.after, late.priority) == (660, 7)


def test_who_chose_a_time_stands_in_line_from_then_on():
    at = wish(due=NOW + 3600).waiting(Rules())

    assert at.joined == NOW + 3600


def test_no_two_tries_bear_one_id():
    first = wish()
    ids = {
        one.waiting(Rules()).call
        for one in (first, first.dialled(NOW), wish(queue="sales"), wish("2"))
    }
    assert len(ids) == 4
