"""One contract, every board: what the desk relies on."""

import asyncio
import math
from contextlib import asynccontextmanager
from dataclasses import replace as replace_offer

import pytest
from msgspec.structs import replace

from ivrflow.acd.desk.acts import Choose, Claim, Connect, Count, End, Join, Leave
from ivrflow.acd.desk.memory import MemoryBoard
from ivrflow.acd.model import (
    Agent,
    Offer,
    Preferred,
    Presence,
    Tally,
    Waiting,
    Widening,
    Work,
    need,
)
from ivrflow.db.board import SqlBoard
from ivrflow.db.engine import Database
from ivrflow.db.tables import metadata

ANN = Agent(
    number="1001",
    name="王芳",
    endpoint="PJSIP/1001",
    queues=frozenset({"sales", "help"}),
    skills={"district=north": 5, "billing": 3},
)
BOB = Agent(number="1002", queues=frozenset({"sales"}))


@asynccontextmanager
async def memory(_):
    yield MemoryBoard()


@asynccontextmanager
async def sqlite(folder):
    database = Database(f"sqlite:///{folder}/board.db")
    await database.write(lambda db: db.run_sync(metadata.create_all))
    try:
        yield SqlBoard(database)
    finally:
        await database.close()


@pytest.fixture(params=[memory, sqlite], ids=lambda make: make.__name__)
async def board(request, tmp_path):
    async with request.param(tmp_path) as made:
        await made.enrol([ANN, BOB])
        yield made


def caller(call, joined=10.0, **more):
    return Waiting(call=call, queue="sales", joined=joined, **more)


def offer(id, call="c1", agent="1001", at=20.0, who="", **more):
    return Offer(id=id, call=call, queue="sales", agent=agent, at=at, who=who, **more)


def of_a_round(id, agent="1001", **more):
    return offer(id, agent=agent, alone=False, **more)


async def ready(board, *calls):
    """Both agents ready since 5, these calls in line."""
    for number in ("1001", "1002"):
        await board.set_presence(number, Presence.READY, at=5)
    for call in calls:
        await board.join(caller(call))


async def agent(board, number="1001"):
    return next(a for a in await board.agents() if a.number == number)


# The agents ---------------------------------------------------------------------------


async def test_agents_come_back_as_they_were_enrolled_in_order_of_number(board):
    assert await board.agents() == [ANN, BOB]


async def test_enrolling_again_changes_who_they_are_and_not_what_they_do(board):
    await ready(board)
    new = replace(ANN, name="Ann", skills={"billing": 4}, queues=frozenset({"help"}))
    await board.enrol([new])

    assert await board.agents() == [
        replace(new, presence=Presence.READY, presence_since=5)
    ]


async def test_whatever_the_files_say_of_an_agent_is_kept(board):
    careful = replace(
        ANN,
        team="one",
        reserve=frozenset({"help"}),
        items=frozenset({"call"}),
        order=7,
        wrap_up=12.5,
        confirm=True,
        nailed=True,
    )
    await board.enrol([careful, BOB])
    assert await board.agents() == [careful, BOB]
    await board.enrol([ANN, BOB])
    assert await board.agents() == [ANN, BOB]


async def test_what_is_changed_live_stays_until_the_agents_are_enrolled_anew(board):
    await board.set_abilities("1001", skills={"billing": 1})
    await board.set_abilities("1001", queues={"help"})
    await board.set_abilities("99", queues={"help"})
    await board.enrol([replace(ANN, name="Ann"), BOB])
    changed = replace(
        ANN, name="Ann", queues=frozenset({"help"}), skills={"billing": 1}, live=True
    )
    assert await board.agents() == [changed, BOB]

    await board.enrol([ANN, BOB], anew=True)
    assert await board.agents() == [ANN, BOB]


async def test_a_wrap_up_without_an_end_is_kept_too(board):
    await board.set_free_at("1001", math.inf, at=20)
    assert (await agent(board)).free_at == math.inf


async def test_an_agent_in_a_live_offer_is_not_removed_and_serves_nobody_else(board):
    await ready(board, "c1")
    await board.claim([offer("o1")])
    await board.set_abilities("1001", queues=["sales", "desk"])
    await board.enrol([])

    [ann] = await board.agents()
    assert (ann.number, ann.queues, ann.work) == ("1001", frozenset(), Work.OFFERED)

    await board.enrol([ANN])
    assert (await agent(board)).queues == ANN.queues


async def test_the_same_choice_again_keeps_its_time(board):
    assert await board.set_presence("1001", Presence.READY, at=5)
    assert await board.set_presence("1001", Presence.READY, at=9)
    assert (await agent(board)).presence_since == 5

    assert await board.set_presence("1001", Presence.NOT_READY, at=11, reason="lunch")
    assert await board.set_presence("1001", Presence.NOT_READY, at=12, reason="break")
    man = await agent(board)
    assert (man.reason, man.presence_since) == ("break", 12)


async def test_signing_out_leaves_the_phone_where_the_agent_sat(board):
    await board.set_presence("1001", Presence.NOT_READY, at=5, sits_at="PJSIP/9")
    await board.set_presence("1001", Presence.READY, at=6)
    assert (await agent(board)).address == "PJSIP/9"

    await board.set_presence("1001", Presence.LOGGED_OUT, at=7)
    assert (await agent(board)).address == "PJSIP/1001"


async def test_a_choice_instead_of_another_is_made_only_in_that_case(board):
    assert not await board.set_presence(
        "1001", Presence.NOT_READY, at=5, instead_of=Presence.READY
    )
    assert (await agent(board)).presence is Presence.LOGGED_OUT
    await board.set_presence("1001", Presence.READY, at=6)
    assert await board.set_presence(
        "1001",
        Presence.NOT_READY,
        at=7,
        reason="no answer",
        instead_of=Presence.READY,
    )
    assert (await agent(board)).reason == "no answer"


async def test_an_agent_nobody_knows_is_no_error(board):
    assert not await board.set_presence("99", Presence.READY, at=5)
    await board.set_free_at("99", 7, at=6)


async def test_a_wrap_up_can_be_made_longer_and_ended_but_not_during_a_talk(board):
    await board.set_free_at("1001", 30, at=20)
    man = await agent(board)
    assert (man.work, man.work_since, man.free_at) == (Work.WRAP_UP, 20, 30)
    await board.set_free_at("1001", 25, at=25)
    assert (await agent(board)).work is Work.IDLE

    await ready(board, "c1")
    await board.claim([offer("o1", at=26)])
    await board.set_free_at("1001", 90, at=30)
    assert (await agent(board)).work is Work.OFFERED
    assert (await agent(board)).free_at == 25


# The line -----------------------------------------------------------------------------


async def test_callers_come_back_as_they_joined_in_order_of_joining(board):
    first = caller("c2", 3.25, need=need({"district=north": 1}), priority=2.0)
    second = caller(
        "c1",
        4.0,
        need=need({"billing": 3, "language=zh-CN": 1}),
        widening=(
            Widening(after=60, drop=("district",)),
            Widening(after=90, lower={"billing": 1}, priority=1.0),
        ),
        preferred=Preferred("1002", 19.0),
        who="13800138000",
    )
    third = caller("c3", 5.0, preferred=Preferred("1002", math.inf))
    await board.join(third)
    await board.join(second)
    await board.join(first)

    assert await board.waiting() == [first, second, third]


async def test_joining_again_renews_and_leaving_again_is_no_error(board):
    await board.join(caller("c1", 3.0))
    await board.join(caller("c1", 3.0, priority=1.0))
    assert await board.waiting() == [caller("c1", 3.0, priority=1.0)]

    await board.leave("c1")
    await board.leave("c1")
    assert await board.waiting() == []


# Offers -------------------------------------------------------------------------------


async def test_a_claim_takes_a_ready_agent_and_a_waiting_caller(board):
    await ready(board, "c1")

    assert await board.claim([offer("o1")]) == {"o1"}
    man = await agent(board)
    assert (man.work, man.work_since) == (Work.OFFERED, 20)
    assert await board.offers() == [offer("o1")]
    assert await board.waiting() == [caller("c1")]  # the place is kept while it rings


async def test_a_claim_that_is_repeated_counts_as_won_until_it_has_ended(board):
    await ready(board, "c1")
    await board.claim([offer("o1")])
    assert await board.claim([offer("o1")]) == {"o1"}

    await board.end_offer("o1", how="caller gone", at=21, free_at=None)
    assert await board.claim([offer("o1")]) == frozenset()
    assert (await agent(board)).work is Work.IDLE


async def test_each_agent_and_each_call_is_in_one_live_offer_at_most(board):
    await ready(board, "c1", "c2")
    won = await board.claim(
        [
            offer("o1", "c1", "1001"),
            offer("o2", "c2", "1001"),
            offer("o3", "c1", "1002"),
            offer("o4", "c2", "1002"),
        ]
    )

    assert won == {"o1", "o4"}


async def test_in_a_round_several_phones_ring_for_one_call(board):
    await ready(board, "c1")
    both = [of_a_round("o1", "1001"), of_a_round("o2", "1002")]

    assert await board.claim(both) == {"o1", "o2"}
    assert await board.offers() == both


async def test_no_phone_rings_beside_one_that_rings_alone(board):
    await ready(board, "c1", "c2")
    assert await board.claim([offer("o1"), of_a_round("o2", "1002")]) == {"o1"}
    await board.end_offer("o1", how="busy", at=21, free_at=None)
    assert await board.claim([of_a_round("o3")]) == {"o3"}
    assert not await board.claim([offer("o4", agent="1002")])


async def test_of_two_agents_who_answer_one_ringing_call_one_wins(board):
    await ready(board, "c1")
    await board.claim([of_a_round("o1", "1001"), of_a_round("o2", "1002")])

    assert await board.connected("o2", at=25)
    assert not await board.connected("o1", at=25)
    assert await board.connected("o2", at=26)  # asked again: it has won still
    works = [(a.work, a.work_since) for a in await board.agents()]
    assert works == [(Work.OFFERED, 20), (Work.TALKING, 25)]
    await board.end_offer("o1", how="lost race", at=27, free_at=None)
    assert not await board.connected("o1", at=28)
    assert [o.id for o in await board.offers()] == ["o2"]


async def test_two_writers_who_connect_one_call_at_once_make_one_talk(board):
    await ready(board, "c1")
    await board.claim([of_a_round("o1", "1001"), of_a_round("o2", "1002")])
    answers = await asyncio.gather(
        *(board.connected(id, at=25) for id in ("o1", "o2", "o1", "o2"))
    )

    assert sorted(answers) == [False, False, True, True]
    talking = [a for a in await board.agents() if a.work is Work.TALKING]
    assert len(talking) == 1


async def test_nobody_is_claimed_for_a_caller_who_is_served(board):
    await ready(board, "c1")
    await board.claim([of_a_round("o1")])
    await board.connected("o1", at=25)
    await board.join(caller("c1"))
    assert not await board.claim([of_a_round("o2", "1002", at=26)])


async def test_of_many_who_claim_at_once_one_wins(board):
    await ready(board, *(f"c{n}" for n in range(8)))
    won = await asyncio.gather(
        *(board.claim([offer(f"o{n}", f"c{n}")]) for n in range(8))
    )

    assert sum(len(ids) for ids in won) == 1
    assert len(await board.offers()) == 1


async def test_nobody_is_claimed_who_is_not_ready_wraps_up_or_is_not_there(board):
    await board.join(caller("c1"))
    assert not await board.claim([offer("o1")])  # signed out
    await ready(board, "c1")
    assert not await board.claim([offer("o2", agent="99")])
    assert not await board.claim([offer("o3", call="elsewhere")])
    await board.set_free_at("1001", 30, at=20)
    assert not await board.claim([offer("o4", at=29.9)])
    assert await board.claim([offer("o5", at=30)]) == {"o5"}


async def test_an_answer_takes_the_caller_out_of_the_line(board):
    await ready(board, "c1")
    await board.claim([offer("o1")])
    await board.connected("o1", at=25)

    assert await board.waiting() == []
    man = await agent(board)
    assert (man.work, man.work_since) == (Work.TALKING, 25)
    assert await board.offers() == [offer("o1", connected=25.0)]


async def test_the_counts_of_an_agent_are_kept_and_counted_once(board):
    await ready(board, "c1")
    await board.claim([offer("o1")])
    await board.connected("o1", at=25)
    counted = {"how": "talked", "at": 40, "free_at": 55, "tally": Tally(1, 30.0, 40.0)}
    await board.end_offer("o1", **counted)
    await board.end_offer("o1", **counted | {"tally": Tally(2, 60.0, 80.0)})
    await board.enrol([ANN, BOB])

    assert (await agent(board)).tally == (1, 30, 40)
    await board.join(caller("c2"))
    await board.claim([offer("o2", "c2", at=60)])
    await board.end_offer("o2", how="busy", at=61, free_at=71)
    assert (await agent(board)).tally == (1, 30, 40)


async def test_counts_may_begin_anew(board):
    await board.write([Count("1001", Tally(3, 9.0, 40.0)), Count("99", Tally(1, 1, 1))])
    assert (await agent(board)).tally == (3, 9, 40)


async def test_several_acts_are_done_in_order_and_each_answers(board):
    both = await board.write(
        [
            Choose("1001", Presence.READY, at=5.0),
            Join(caller("c1")),
            Claim(offer("o1")),
            Claim(offer("o2")),
            Leave("c1"),
        ]
    )

    assert both == [True, True, True, False, True]
    assert await board.waiting() == []
    assert [o.id for o in await board.offers()] == ["o1"]


async def test_acts_that_are_all_done_again_change_nothing_more(board):
    await ready(board, "c1", "c2")
    await board.claim([offer("o1")])
    acts = [
        Connect("o1", at=25.0),
        End("o1", "talked", at=25.0, free_at=30.0, tally=Tally(1, 5.0, 25.0)),
        Claim(offer("o2", "c2", "1002", at=26.0)),
        Leave("c2"),
    ]
    first = await board.write(acts)
    seen = (await board.agents(), await board.offers(), await board.waiting())

    assert await board.write(acts) == first == [True] * 4
    assert (await board.agents(), await board.offers(), await board.waiting()) == seen


async def test_after_a_talk_comes_the_wrap_up(board):
    await ready(board, "c1")
    await board.claim([offer("o1")])
    await board.connected("o1", at=25)
    await board.end_offer("o1", how="talked", at=40, free_at=55)

    man = await agent(board)
    assert (man.work, man.work_since, man.free_at) == (Work.WRAP_UP, 40, 55)
    assert await board.offers() == []


async def test_an_offer_ends_once(board):
    await ready(board, "c1")
    await board.claim([offer("o1")])
    await board.end_offer("o1", how="busy", at=21, free_at=31)
    await board.end_offer("o1", how="lost", at=90, free_at=190)
    await board.connected("o1", at=91)
    await board.end_offer("never made", how="lost", at=90, free_at=190)

    man = await agent(board)
    assert (man.work, man.free_at) == (Work.WRAP_UP, 31)
    assert await board.waiting() == [caller("c1")]


async def test_an_offer_without_fault_leaves_the_idle_time_as_it_was(board):
    await ready(board, "c1")
    await board.set_free_at("1001", 12, at=12)
    await board.claim([offer("o1")])
    await board.end_offer("o1", how="caller gone", at=24, free_at=None)

    man = await agent(board)
    assert (man.work, man.work_since, man.idle_since) == (Work.IDLE, 24, 12)


async def test_what_the_agent_chooses_during_a_talk_survives_its_end(board):
    await ready(board, "c1")
    await board.claim([offer("o1")])
    await board.connected("o1", at=25)
    await board.set_presence("1001", Presence.NOT_READY, at=30, reason="lunch")
    await board.end_offer("o1", how="talked", at=40, free_at=40)

    man = await agent(board)
    assert (man.presence, man.reason, man.work) == (
        Presence.NOT_READY,
        "lunch",
        Work.IDLE,
    )


async def test_the_last_agent_is_who_talked_last_and_not_who_only_rang(board):
    await ready(board, "c1", "c2", "c3")
    await board.claim([offer("o1", "c1", "1001", at=20, who="li")])
    await board.connected("o1", at=25)
    await board.end_offer("o1", how="talked", at=30, free_at=30)
    await board.claim([offer("o2", "c2", "1002", at=40, who="li")])
    await board.end_offer("o2", how="no answer", at=60, free_at=None)
    assert await board.last_agent("li", since=25) == "1001"
    assert await board.last_agent("li", since=25.1) is None
    assert await board.last_agent("wang", since=0) is None
    assert await board.last_agent("", since=0) is None

    await board.claim([offer("o3", "c3", "1002", at=61, who="li")])
    await board.connected("o3", at=65)
    assert await board.last_agent("li", since=25) == "1002"


async def test_the_last_talk_of_an_agent_is_not_one_that_only_rang(board):
    await ready(board, "c1", "c2")
    assert await board.last_talk("1001") is None

    talked = offer("o1", "c1", "1001", at=20, who="li")
    await board.claim([talked])
    assert await board.last_talk("1001") is None
    await board.connected("o1", at=25)
    talked = replace_offer(talked, connected=25.0)
    assert await board.last_talk("1001") == talked
    await board.end_offer("o1", how="talked", at=30, free_at=30)
    await board.claim([offer("o2", "c2", "1001", at=40)])
    await board.end_offer("o2", how="no answer", at=60, free_at=None)
    assert await board.last_talk("1001") == talked
    assert await board.last_talk("1002") is None


async def test_a_wrap_up_without_an_end_is_kept_so(board):
    await ready(board, "c1")
    await board.claim([offer("o1", "c1", "1001", at=20)])
    await board.connected("o1", at=25)
    await board.end_offer("o1", how="talked", at=30, free_at=math.inf)

    [ann] = [a for a in await board.agents() if a.number == "1001"]
    assert (ann.work, ann.free_at) == (Work.WRAP_UP, math.inf)
    assert ann.owes
