"""What the page of metrics reads off a running service."""

import asyncio
from functools import cache
from itertools import count

from ivrflow.acd.desk.state import AgentState, CallerState, QueueState, State
from ivrflow.acd.doors import Door, Doors
from ivrflow.acd.watch import Alarm
from ivrflow.flow.load import load_site
from ivrflow.metrics import catalogue as known
from ivrflow.metrics.catalogue import ALL
from ivrflow.metrics.counting import Counting
from ivrflow.metrics.site_names import SiteNames
from ivrflow.service.metrics import FRESH, Gauged, Metrics
from ivrflow.service.ready import Readiness
from ivrflow.sim.clock import run
from ivrflow.sim.memory.switches import MemorySwitches
from tests.unit.pages import TOP

NOON = 1_772_424_000.0
"""A Monday, 12:00 in the site's zone, in its hours."""

HEALTH = {
    "asterisk": {
        "ready": True,
        "events": 500,
        "unreadable": 1,
        "failed": 0,
        "found_dead": 2,
    },
    "calls": {"up": 3, "most": 1000, "refused": 4},
    "agi": {"connections": 1, "refused": 0},
    "adoption": {"adopted": 5, "resumed": 4, "begun": 1, "ended": 0, "reaped": 0},
    "lag": {"p99": 0.01, "longest": 0.2, "late": 0, "heavy": False},
    "sounds": {"room_used": 0.25, "in_asterisk": 2, "trouble": "disk full"},
    "transcripts": {"trouble": ""},
    "lines": [
        {"name": "facts", "length": 7, "most": 100, "dropped": 0},
        {"name": "acts of the desk", "length": 1, "most": None, "dropped": 0},
    ],
}


@cache
def site():
    return load_site(TOP / "flows/hotline")


def agent(number, presence="ready", work="idle", **more):
    return AgentState(
        number=number,
        name=number,
        presence=presence,
        reason="",
        presence_since=0,
        work=work,
        work_since=0,
        free_at=None,
        address=f"PJSIP/{number}",
        queues=("service",),
        call="",
        **more,
    )


def caller(call, waited, item="call"):
    return CallerState(
        call=call,
        position=1,
        joined=0,
        waited=waited,
        needs={},
        priority=0,
        ringing=False,
        item=item,
    )


def noon():
    return NOON


class Kept:
    """Doors that somebody has left so."""

    def __init__(self, doors):
        self._doors = doors

    async def all(self):
        return self._doors


def doors_of(**doors):
    made = Doors(Kept(doors), clock=noon, note=print, away=OSError)
    asyncio.run(made.began())
    return made


class Levels:
    def service_level(self, queue, seconds, now):
        return (8, 10) if queue == "service" else (0, 0)


def made(state=None, alarms=(), lacks=(), doors=None):
    well = asyncio.Event()
    well.set()
    return Metrics(
        Counting(SiteNames(site)),
        Gauged(
            site=site,
            health=lambda: HEALTH,
            readiness=Readiness(
                asterisk=lambda: "asterisk" not in lacks,
                replaced=asyncio.Event(),
                stalls=lambda: "database" in lacks,
                adopted=well,
                taking=lambda: True,
            ),
            state=lambda: state or State(at=NOON, agents=(), queues=()),
            doors=doors or doors_of(),
            switches=MemorySwitches(),
            levels=Levels(),
            alarms=lambda: dict.fromkeys(alarms, NOON),
            clock=noon,
        ),
    )


def values(**given):
    metrics = made(**given)

    async def read():
        return metrics.values()

    return asyncio.run(read()).numbers


def test_the_floor_is_counted_by_what_people_do():
    state = State(
        at=NOON,
        agents=(
            agent("1001"),
            agent("1002", work="talking"),
            agent("1003", presence="not ready"),
            agent("1004", presence="logged out", unreached=1.0),
            agent("1005", unreached=1.0, elsewhere=True),
        ),
        queues=(
            QueueState(
                name="service",
                ready=1,
                unreached=1,
                signed_in=4,
                waiting=(
                    caller("a", 30.0),
                    caller("b", 5.0),
                    caller("m", 9000.0, "voicemail"),
                    caller("k", 3.0, "consult"),
                ),
            ),
        ),
    )

    found = values(state=state)

    assert found[known.WAITING] == {
        ("service", "call"): 2,
        ("service", "voicemail"): 1,
    }
    assert found[known.LONGEST_WAIT] == {("service",): 30}
    queue = found[known.QUEUE_AGENTS]
    assert queue["service", "ready"] == 1
    assert queue["service", "talking"] == 1
    assert queue["service", "signed_in"] == 4
    agents = found[known.AGENTS]
    assert (agents["ready",], agents["talking",]) == (2, 1)
    assert (agents["not_ready",], agents["logged_out",]) == (1, 1)
    assert sum(agents.values()) == 5
    assert found[known.AGENTS_ELSEWHERE] == {(): 1}
    assert found[known.AGENTS_UNREACHED] == {(): 1}


def test_a_queue_in_which_nobody_waits_says_0():
    empty = QueueState(name="service", ready=0, unreached=0, signed_in=0, waiting=())
    found = values(state=State(at=NOON, agents=(), queues=(empty,)))

    assert found[known.WAITING] == {("service", "call"): 0}
    assert found[known.LONGEST_WAIT] == {("service",): 0}


def test_a_queue_that_somebody_closed_is_not_open():
    assert values()[known.QUEUE_OPEN]["service",] == 1

    doors = doors_of(service=Door(state="closed"))
    assert values(doors=doors)[known.QUEUE_OPEN]["service",] == 0


def test_a_service_level_of_nobody_is_no_figure():
    found = values()[known.SERVICE_LEVEL]

    assert found == {("service",): 0.8}


def test_what_lacks_makes_it_not_ready():
    assert values()[known.READY] == {(): 1}
    hurt = values(lacks=("database",))
    assert (hurt[known.READY], hurt[known.DATABASE_STALLS]) == ({(): 0}, {(): 1})
    assert values(lacks=("asterisk",))[known.READY] == {(): 0}


def test_alarms_are_counted_without_the_agents_that_they_are_about():
    alarms = (
        Alarm("long_pause", agent="1001"),
        Alarm("long_pause", agent="1002"),
        Alarm("longest_wait", queue="service"),
    )

    assert values(alarms=alarms)[known.ALARMS] == {
        ("long_pause", "", ""): 2,
        ("longest_wait", "service", ""): 1,
    }


def test_lines_tell_their_end_where_they_have_one():
    found = values()

    assert found[known.LINE] == {("facts",): 7, ("acts of the desk",): 1}
    assert found[known.LINE_MOST] == {("facts",): 100}
    assert found[known.SOUNDS_TROUBLE] == {(): 1}


def test_every_metric_of_the_list_is_told_by_somebody():
    state = State(
        at=NOON,
        agents=(agent("1001"),),
        queues=(
            QueueState(name="service", ready=1, unreached=0, signed_in=1, waiting=()),
        ),
    )
    gauges = values(state=state, alarms=(Alarm("longest_wait", queue="service"),))
    told = {metric.name for metric in gauges}

    # Counters and histograms with labels begin with what happens: test_counting.
    for metric in ALL.values():
        if metric.kind == "gauge" and metric.ours:
            assert metric.name in told, metric.name


def test_many_who_ask_get_one_page():
    metrics = made()

    async def ask():
        asked = count()
        values = metrics.values

        def counted():
            next(asked)
            return values()

        metrics.values = counted
        pages = await asyncio.gather(*(metrics.page() for _ in range(50)))
        assert len(set(pages)) == 1
        assert b"ivrflow_calls_up 3.0" in pages[0]
        await asyncio.sleep(FRESH)
        await metrics.page()
        return next(asked)

    assert run(ask()) == 2
