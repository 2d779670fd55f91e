"""What must hold of the engine after every input, whatever agents and callers do.

Its decisions are those of a naive one that looks at everybody (`naive`), the same
inputs give the same decisions again, and the invariants are looked at from outside.
"""

import math

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from msgspec.structs import replace

from ivrflow.acd.engine import Engine
from ivrflow.acd.engine.outcome import Freed, Match, Widened, Withdrawn
from ivrflow.acd.model import (
    STRATEGIES,
    Agent,
    Preferred,
    Presence,
    QueueRules,
    Waiting,
    Widening,
    Work,
    need,
)
from tests.unit.acd.naive import Naive

NUMBERS = [str(n) for n in range(6)]
NAMES = ["sales", "help", "night"]
SKILLS = st.dictionaries(st.sampled_from("abc"), st.integers(1, 3), max_size=3)
NEEDS = st.builds(
    lambda least, options, none: need(least, any=options, none=none),
    SKILLS,
    st.just(()) | st.lists(SKILLS, min_size=1, max_size=2),
    st.just({}) | st.dictionaries(st.just("c"), st.integers(1, 3), max_size=1),
)
QUEUES = st.frozensets(st.sampled_from(NAMES), min_size=1)


def rules_of(name):
    return st.builds(
        QueueRules,
        name=st.just(name),
        choose=st.sampled_from(STRATEGIES),
        weight=st.sampled_from([0, 0, 1]),
        ageing=st.sampled_from([None, 5.0]),
        by_target=st.booleans(),
        answer_within=st.sampled_from([10.0, 20.0]),
        ring_next=st.just(7.0),
        demand_wait=st.sampled_from([None, 15.0]),
        demand_waiting=st.sampled_from([None, 2]),
        seed=st.sampled_from("ab"),
    )


STEPS = st.builds(
    Widening,
    after=st.integers(1, 40),
    drop=st.sampled_from([(), ("a",)]),
    lower=st.sampled_from([{}, {"b": 1}]),
    priority=st.sampled_from([0, 1]),
    queues=st.sampled_from([(), ("help",)]),
    teams=st.sampled_from([(), ("t",)]),
    agents=st.sampled_from([(), ("1", "2")]),
)


def plain(outcome):
    """An outcome as the naive engine tells it."""
    match outcome:
        case Match(call, agent, _, number):
            return ("match", call, agent, number)
        case Withdrawn(call, agent):
            return ("withdrawn", call, agent)
        case Widened(call, asked, priority):
            return ("widened", call, asked, priority)
        case Freed(agent):
            return ("freed", agent)


class Floor(RuleBasedStateMachine):
    """Callers and agents do what they like."""

    @initialize(rules=st.tuples(*map(rules_of, NAMES)))
    def open(self, rules):
        self.rules = dict(zip(NAMES, rules, strict=True))
        self.engine, self.naive = Engine(self.rules), Naive(self.rules)
        self.inputs, self.outcomes = [], []
        self.now = 0.0
        self.count = 0
        self.offers = {}
        """Agent -> [call, whether connected, whether withdrawn]."""

    def tell(self, name, *args, **more):
        self.inputs.append((name, args, more))
        out = getattr(self.engine, name)(*args, **more) or []
        self.outcomes.append(out)
        expected = getattr(self.naive, name)(*args, **more) or []
        assert [plain(one) for one in out] == expected
        for one in out:
            if isinstance(one, Match):
                self.check_match(one)
                self.offers[one.agent] = [one.call, False, False]
            elif isinstance(one, Withdrawn):
                self.offers[one.agent][2] = True

    def check_match(self, match):
        assert match.agent not in self.offers
        same = [o for o in self.offers.values() if o[0] == match.call and not o[2]]
        assert not same or match.round
        assert not any(connected for _, connected, _ in same)
        man = self.engine.agents[match.agent]
        assert man.presence is Presence.READY
        assert man.free_at <= self.now
        assert not man.elsewhere
        chosen = self.engine.line.callers[match.call]
        assert man.takes(chosen.waiting.item)
        # Nobody who asks the same is overtaken.
        for other in self.engine.line.callers.values():
            if other.ask is chosen.ask and other.key < chosen.key:
                assert not self.engine.is_waiting(other.waiting.call)

    @rule(
        number=st.sampled_from(NUMBERS),
        skills=SKILLS,
        queues=QUEUES,
        reserve=QUEUES,
        on_demand=QUEUES,
        items=st.sampled_from([(), ("call",), ("callback",)]),
        team=st.sampled_from(["", "t"]),
    )
    def enrol(self, number, skills, queues, reserve, on_demand, items, team):
        old = self.engine.agents.get(number, Agent(number=number))
        new = replace(
            old,
            skills=skills,
            queues=queues,
            reserve=queues & reserve if len(reserve) == 1 else frozenset(),
            on_demand=queues & on_demand if len(on_demand) == 1 else frozenset(),
            items=frozenset(items),
            team=team,
            order=-int(number),
            weight=1 + int(number),
        )
        self.tell("see", [new], self.now)

    @precondition(lambda self: self.engine.agents)
    @rule(
        data=st.data(),
        presence=st.sampled_from([Presence.READY, Presence.READY, *Presence]),
    )
    def choose(self, data, presence):
        number = data.draw(st.sampled_from(sorted(self.engine.agents)))
        self.tell("set_presence", number, presence, self.now, since=self.now)

    @precondition(lambda self: self.engine.agents)
    @rule(data=st.data(), elsewhere=st.booleans())
    def telephone(self, data, elsewhere):
        number = data.draw(st.sampled_from(sorted(self.engine.agents)))
        self.tell("set_elsewhere", number, elsewhere, self.now)

    @precondition(lambda self: self.engine.agents)
    @rule(data=st.data(), after=st.integers(0, 20))
    def rest(self, data, after):
        number = data.draw(st.sampled_from(sorted(self.engine.agents)))
        self.tell("set_free_at", number, self.now + after, self.now)

    def waiting(self, call, data, needs, queue, priority, back):
        held = data.draw(st.none() | st.sampled_from(NUMBERS))
        until = data.draw(st.sampled_from([self.now + 10, math.inf]))
        anyway = data.draw(st.booleans())
        return Waiting(
            call=call,
            queue=queue,
            joined=self.now - back,
            need=needs,
            priority=priority,
            widening=data.draw(
                st.just(()) | st.tuples(STEPS) | st.tuples(STEPS, STEPS)
            ),
            preferred=Preferred(held, until, anyway) if held else None,
            item=data.draw(st.sampled_from(["call", "call", "callback"])),
        )

    @rule(
        data=st.data(),
        needs=NEEDS | st.just(need({})),
        queue=st.sampled_from(NAMES),
        priority=st.integers(0, 1),
        back=st.integers(0, 30),
    )
    def join(self, data, needs, queue, priority, back):
        self.count += 1
        call = f"c{self.count}"
        waiting = self.waiting(call, data, needs, queue, priority, back)
        self.tell("join", waiting, self.now)
        self.tell("listen", call, self.now)

    @precondition(lambda self: self.engine.line.callers)
    @rule(
        data=st.data(),
        needs=NEEDS | st.just(need({})),
        queue=st.sampled_from(NAMES),
        priority=st.integers(0, 1),
        back=st.integers(0, 30),
    )
    def change(self, data, needs, queue, priority, back):
        call = data.draw(st.sampled_from(sorted(self.engine.line.callers)))
        waiting = self.waiting(call, data, needs, queue, priority, back)
        self.tell("change", call, waiting, self.now)

    @precondition(lambda self: self.engine.line.callers)
    @rule(data=st.data(), what=st.sampled_from(["leave", "aside", "listen"]))
    def move(self, data, what):
        call = data.draw(st.sampled_from(sorted(self.engine.line.callers)))
        self.tell(what, call, *([self.now] if what == "listen" else []))

    @precondition(lambda self: self.offers)
    @rule(data=st.data(), wrap_up=st.none() | st.integers(0, 20))
    def end(self, data, wrap_up):
        number = data.draw(st.sampled_from(sorted(self.offers)))
        call = self.offers.pop(number)[0]
        free_at = None if wrap_up is None else self.now + wrap_up
        self.tell("ended", number, self.now, free_at)
        if call in self.engine.line.callers and not self.engine.is_offered(call):
            self.tell("listen", call, self.now)

    @precondition(lambda self: any(not o[1] for o in self.offers.values()))
    @rule(data=st.data())
    def answer(self, data):
        rung = sorted(n for n, offer in self.offers.items() if not offer[1])
        number = data.draw(st.sampled_from(rung))
        late = self.offers[number][2]
        self.offers[number][1] = not late
        self.tell("connected", number, self.now)
        call = self.offers[number][0]
        assert sum(o[1] for o in self.offers.values() if o[0] == call) <= 1

    @rule(seconds=st.integers(1, 25))
    def pass_time(self, seconds):
        self.now += seconds
        self.tell("tick", self.now)

    @invariant()
    def no_pair_is_left_idle(self):
        for number, man in self.engine.agents.items():
            if number in self.offers or not man.free(self.now):
                continue
            for call in self.engine.line.callers:
                if self.engine.is_waiting(call):
                    assert not self.naive.may(self.naive.callers[call], number)

    @invariant()
    def the_work_of_agents_is_what_their_offers_say(self):
        for number, man in self.engine.agents.items():
            assert man == self.naive.agents[number]
            offer = self.offers.get(number)
            if offer:
                assert man.work is (Work.TALKING if offer[1] else Work.OFFERED)
            else:
                assert man.work in (Work.IDLE, Work.WRAP_UP)

    @invariant()
    def the_counts_are_those_of_a_look_at_everybody(self):
        for queue in NAMES:
            there = [a for a in self.engine.agents.values() if queue in a.queues]
            doing = self.engine.doing(queue)
            assert sum(doing.values()) == len(there)
            assert doing.get("free", 0) == sum(a.free(self.now) for a in there)

    def teardown(self):
        """The same inputs, the same decisions, bit for bit."""
        if not hasattr(self, "rules"):
            return
        again = Engine(self.rules)
        for (name, args, more), before in zip(self.inputs, self.outcomes, strict=True):
            assert (getattr(again, name)(*args, **more) or []) == before


TestFloor = Floor.TestCase
TestFloor.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
