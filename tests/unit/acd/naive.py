"""The engine as one would write it first: lists, and a look at everybody each time.

It knows no masks, heaps or trees, so where it and the engine agree on each decision,
those are right. Of the engine it takes what has tests of its own: the values of
`model`, and the order of callers (`key_of`).
"""

import math
from hashlib import blake2b

from msgspec.structs import replace

from ivrflow.acd.engine.line import key_of
from ivrflow.acd.engine.seat import settled
from ivrflow.acd.model import DAY_ENDS, Presence, Work


class Caller:
    def __init__(self, waiting, arrival):
        self.waiting, self.arrival = waiting, arrival
        self.stand = "aside"
        self.rung, self.been = [], set()
        self.won = self.overdue = self.open = self.closed = False
        self.round = self.rounds = 0
        self.next_at = None
        self.holds = ""


class Naive:
    def __init__(self, rules):
        self.rules = rules
        self.agents, self.callers, self.serves = {}, {}, {}
        self.slots, self.since = {}, {}
        self.turns, self.timers = {}, []
        self.wraps_up = set()
        self.count = 0
        self.out = []

    # Who could -------------------------------------------------------------------

    def free(self, number):
        agent = self.agents[number]
        idle = agent.work is Work.IDLE and number not in self.serves
        return idle and agent.presence is Presence.READY and not agent.elsewhere

    def idle(self):
        return sorted(filter(self.free, self.agents), key=self.slots.__getitem__)

    def calls(self, queue):
        rules = self.rules[queue]
        there = [c for c in self.callers.values() if c.waiting.queue == queue]
        if any(c.overdue for c in there):
            return True
        if rules.demand_waiting is None:
            return False
        return sum(c.stand == "waiting" for c in there) >= rules.demand_waiting

    def able(self, caller, number):
        """How this agent may serve the caller: "yes", "demand", or "" for not."""
        agent, waiting = self.agents[number], caller.waiting
        if not agent.takes(waiting.item):
            return ""
        if caller.holds:
            if caller.holds != number:
                return ""
            if waiting.preferred.anyway:
                return "yes"
        if not caller.need.met_by(agent.skills):
            return ""
        mine = {q for q in agent.queues if q not in agent.on_demand}
        for kind, name in caller.others:
            if kind == "queue" and name in mine:
                return "yes"
            if kind == "team" and name == agent.team:
                return "yes"
            if kind == "agent" and name == number:
                return "yes"
        if waiting.queue in mine:
            return "yes"
        if waiting.queue in agent.queues:
            return "yes" if caller.holds else "demand"
        return ""

    # Inputs ----------------------------------------------------------------------

    def answer(self):
        out, self.out = self.out, []
        return out

    def see(self, agents, now):
        for agent in sorted(agents, key=lambda a: (a.idle_since, a.number)):
            old = self.agents.get(agent.number)
            if old is not None:
                agent = replace(agent, elsewhere=old.elsewhere)
                if agent.number in self.serves:
                    agent = replace(
                        agent,
                        work=old.work,
                        work_since=old.work_since,
                        free_at=old.free_at,
                    )
                if (agent.last_call, agent.calls) < (old.last_call, old.calls):
                    agent = replace(
                        agent, calls=old.calls, busy=old.busy, last_call=old.last_call
                    )
            self.put(settled(agent, now), now)
        return self.answer()

    def set_presence(self, number, presence, now, *, since):
        old = self.agents[number]
        agent = old
        if (old.presence, old.reason) != (presence, ""):
            away = since - old.presence_since
            if old.presence is Presence.LOGGED_OUT and away >= DAY_ENDS:
                agent = replace(agent, calls=0, busy=0.0)
            agent = replace(agent, presence=presence, reason="", presence_since=since)
        self.put(settled(agent, now), now)
        return self.answer()

    def set_elsewhere(self, number, elsewhere, now):
        agent = replace(self.agents[number], elsewhere=elsewhere)
        self.put(settled(agent, now), now)
        return self.answer()

    def set_free_at(self, number, free_at, now):
        if number not in self.serves:
            agent = self.agents[number]
            if agent.work is not Work.WRAP_UP:
                self.wraps_up.discard(number)
            if number in self.wraps_up:
                more = max(now, free_at) - agent.free_at
                agent = replace(agent, busy=agent.busy + more)
            work = Work.WRAP_UP if free_at > now else Work.IDLE
            self.put(replace(agent, work=work, free_at=free_at, work_since=now), now)
        return self.answer()

    def put(self, agent, now):
        old = self.agents.get(agent.number)
        was_free = old is not None and self.free(agent.number)
        self.agents[agent.number] = agent
        if old and old.work is Work.WRAP_UP and agent.work is Work.IDLE:
            self.out.append(("freed", agent.number))
        if agent.work is Work.WRAP_UP:
            self.timer(agent.free_at, "free", agent.number)
        if self.free(agent.number) and not (was_free and agent == old):
            self.seek_caller(agent.number, now)
        if old and agent.presence is Presence.LOGGED_OUT is not old.presence:
            for caller in list(self.callers.values()):
                if caller.holds == agent.number:
                    self.widen(caller, now)

    def seek_caller(self, number, now):
        agent = self.agents[number]
        if self.since.get(number) != agent.idle_since:
            self.since[number] = agent.idle_since
            self.count += 1
            self.slots[number] = self.count
        waiting = [c for c in self.callers.values() if c.stand == "waiting"]
        for caller in sorted(waiting, key=lambda c: c.key):
            if self.may(caller, number):
                choose = self.rules[caller.waiting.queue].choose
                if choose.startswith("ring"):
                    self.begin(caller)
                self.match(caller, number, now)
                if choose.startswith("ring"):
                    self.go_on(caller, now)
                return
        for caller in sorted(self.callers.values(), key=lambda c: c.key):
            rules = self.rules[caller.waiting.queue]
            everyone = rules.choose == "ring_all"
            reserve = caller.waiting.queue in agent.reserve
            if not caller.open or number in caller.been or (reserve and everyone):
                continue
            if self.may(caller, number):
                self.match(caller, number, now)
                if not everyone:
                    caller.open = False
                    self.go_on(caller, now)
                return

    def may(self, caller, number):
        how = self.able(caller, number)
        return how == "yes" or (how == "demand" and self.calls(caller.waiting.queue))

    def join(self, waiting, now):
        self.count += 1
        caller = self.callers[waiting.call] = Caller(waiting, self.count)
        self.describe(caller, now)
        self.set_timers(caller, now)

    def set_timers(self, caller, now):
        waiting = caller.waiting
        dues = [(waiting.joined + step.after, "widen") for step in waiting.widening]
        if waiting.preferred:
            dues.append((waiting.preferred.until, "widen"))
        longest = self.rules[waiting.queue].demand_wait
        if longest is not None:
            dues.append((waiting.joined + longest, "late"))
        for due, kind in dues:
            if now < due < math.inf:
                self.timer(due, kind, caller)

    def describe(self, caller, now):
        waiting = caller.waiting
        need, priority, others = waiting.need, waiting.priority, []
        for step in sorted(waiting.widening, key=lambda w: w.after):
            if waiting.joined + step.after <= now:
                need, priority = step.apply(need), priority + step.priority
        for step in waiting.widening:
            if waiting.joined + step.after <= now:
                others += [("queue", q) for q in step.queues if q != waiting.queue]
                others += [("team", t) for t in step.teams]
                others += [("agent", a) for a in step.agents]
        caller.need, caller.priority = need, priority
        caller.others = list(dict.fromkeys(others))
        rules = self.rules[waiting.queue]
        caller.key = key_of(waiting, priority, rules, caller.arrival)
        held, caller.holds = waiting.preferred, ""
        if held is not None:
            agent = self.agents.get(held.agent)
            there = agent is not None and agent.presence is not Presence.LOGGED_OUT
            alone = held.until == math.inf and not held.anyway
            if alone or (now < held.until and there):
                caller.holds = held.agent

    def widen(self, caller, now):
        before = (caller.need, caller.priority, caller.others)
        holds = caller.holds
        self.describe(caller, now)
        after = (caller.need, caller.priority, caller.others)
        if after != before:
            self.out.append(("widened", caller.waiting.call, *after[:2]))
        if (after != before or holds != caller.holds) and caller.stand == "waiting":
            self.seek(caller, now)

    def listen(self, call, now):
        caller = self.callers[call]
        if caller.stand == "aside":
            self.seek(caller, now)
        elif caller.closed:
            caller.closed = False
            self.grow(caller, now)
        return self.answer()

    def aside(self, call):
        caller = self.callers[call]
        if caller.stand == "waiting":
            caller.stand = "aside"
        elif caller.stand == "offered" and caller.round:
            caller.open, caller.closed = False, True
        return []

    def leave(self, call):
        self.drop(self.callers[call])
        return []

    def drop(self, caller):
        del self.callers[caller.waiting.call]
        caller.open = False

    def change(self, call, waiting, now):
        caller = self.callers[call]
        caller.waiting, caller.overdue = waiting, False
        if not self.rules[waiting.queue].choose.startswith("ring"):
            caller.round, caller.open, caller.closed = 0, False, False
        self.describe(caller, now)
        self.set_timers(caller, now)
        if caller.stand == "waiting":
            caller.stand = "aside"
            self.seek(caller, now)
        return self.answer()

    def seek(self, caller, now):
        queue = caller.waiting.queue
        caller.stand = "aside"
        self.late(caller, now)
        if not self.seek_agent(caller, now):
            caller.stand = "waiting"
            self.call(queue, now)

    def late(self, caller, now):
        longest = self.rules[caller.waiting.queue].demand_wait
        if longest is not None and caller.waiting.joined + longest <= now:
            caller.overdue = True

    def call(self, queue, now):
        """On-demand agents who are free ring for whom they can serve, in order."""
        there = [
            c
            for c in self.callers.values()
            if c.waiting.queue == queue and c.stand == "waiting"
        ]
        if self.calls(queue):
            for caller in sorted(there, key=lambda c: c.key):
                self.seek_agent(caller, now)

    # Pairs -----------------------------------------------------------------------

    def choices(self, caller):
        """Those who may be rung, and whether they are of the reserve."""
        queue = caller.waiting.queue
        found = [n for n in self.idle() if self.able(caller, n) == "yes"]
        if not found and self.calls(queue):
            found = [n for n in self.idle() if self.may(caller, n)]
        regular = [n for n in found if queue not in self.agents[n].reserve]
        if regular or caller.holds:
            return (found if caller.holds else regular), False
        return found, bool(found)

    def seek_agent(self, caller, now):
        found, _ = self.choices(caller)
        if not found:
            return False
        queue = caller.waiting.queue
        rules = self.rules[queue]
        if rules.choose.startswith("ring"):
            self.begin(caller)
            for number in found if rules.choose == "ring_all" else found[:1]:
                self.match(caller, number, now)
            self.go_on(caller, now)
        else:
            self.match(caller, self.chosen(caller, found, rules), now)
        return True

    def chosen(self, caller, found, rules):
        agents = self.agents
        by_order = sorted(found, key=lambda n: (agents[n].order, n))
        match rules.choose:
            case "best_skill":
                return max(found, key=lambda n: caller.need.score(agents[n].skills))
            case "fewest_calls":
                return min(found, key=lambda n: agents[n].calls)
            case "least_busy":
                return min(found, key=lambda n: agents[n].busy)
            case "in_order":
                return by_order[0]
            case "round_robin":
                last = self.turns.get(caller.waiting.queue)
                if last is None:
                    return by_order[0]
                mark = (agents[last].order, last)
                later = [n for n in by_order if (agents[n].order, n) > mark]
                return (later or by_order)[0]
            case "random":
                return max(found, key=lambda n: self.lot(rules, caller, n))
            case "weighted_random":
                return max(
                    found,
                    key=lambda n: (
                        math.log(self.lot(rules, caller, n)) / agents[n].weight
                    ),
                )
        return found[0]

    def lot(self, rules, caller, number):
        text = f"{rules.seed}\0{caller.waiting.call}"
        key = blake2b(text.encode(), digest_size=32).digest()
        drawn = blake2b(number.encode(), digest_size=7, key=key).digest()
        return (int.from_bytes(drawn, "big") + 1) / 2**56

    def match(self, caller, number, now):
        caller.stand = "offered"
        caller.rung.append(number)
        caller.been.add(number)
        self.serves[number] = caller
        agent = self.agents[number]
        self.agents[number] = replace(agent, work=Work.OFFERED, work_since=now)
        self.turns[caller.waiting.queue] = number
        self.out.append(("match", caller.waiting.call, number, caller.round))

    def begin(self, caller):
        caller.rounds += 1
        caller.round, caller.been = caller.rounds, set()

    def go_on(self, caller, now):
        rules = self.rules[caller.waiting.queue]
        if rules.choose == "ring_all":
            caller.open = True
        else:
            caller.next_at = now + rules.ring_next
            self.timer(caller.next_at, "next", caller)

    def grow(self, caller, now):
        everyone = self.rules[caller.waiting.queue].choose == "ring_all"
        found, reserve = self.choices(caller)
        found = [n for n in found if n not in caller.been]
        if everyone and reserve:
            found = []
        for number in found if everyone else found[:1]:
            self.match(caller, number, now)
        if everyone or not found:
            caller.open = True
        else:
            self.go_on(caller, now)

    def connected(self, number, now):
        caller = self.serves[number]
        if caller.won:
            return [("withdrawn", caller.waiting.call, number)]
        caller.won = True
        if self.callers.get(caller.waiting.call) is caller:
            self.drop(caller)
        agent = self.agents[number]
        self.agents[number] = replace(
            agent, work=Work.TALKING, work_since=now, calls=agent.calls + 1
        )
        for other in caller.rung:
            if other != number:
                self.out.append(("withdrawn", caller.waiting.call, other))
        return self.answer()

    def ended(self, number, now, free_at):
        caller = self.serves.pop(number)
        caller.rung.remove(number)
        if caller.stand == "offered" and not caller.rung:
            caller.stand = "aside"
            caller.open = caller.closed = False
            caller.round = 0
        agent = self.agents[number]
        self.wraps_up.discard(number)
        if agent.work is Work.TALKING:
            self.wraps_up.add(number)
            after = 0.0 if free_at is None else max(0.0, free_at - now)
            busy = agent.busy + (now - agent.work_since + after)
            agent = replace(agent, busy=busy, last_call=now)
        if free_at is None:
            free_at = agent.free_at
        work = Work.WRAP_UP if free_at > now else Work.IDLE
        self.put(replace(agent, work=work, work_since=now, free_at=free_at), now)
        return self.answer()

    # Time ------------------------------------------------------------------------

    def timer(self, due, kind, whose):
        self.count += 1
        self.timers.append((due, self.count, kind, whose))

    def tick(self, now):
        while due := [t for t in self.timers if t[0] <= now]:
            first = min(due, key=lambda t: t[:2])
            self.timers.remove(first)
            at, _, kind, whose = first
            if kind == "free":
                agent = self.agents[whose]
                if agent.work is Work.WRAP_UP and agent.free_at <= now:
                    self.put(settled(agent, now), now)
            elif self.callers.get(whose.waiting.call) is not whose:
                pass
            elif kind == "widen":
                self.widen(whose, now)
            elif kind == "late":
                if whose.stand != "aside":
                    self.late(whose, now)
                    self.call(whose.waiting.queue, now)
            elif whose.round and whose.next_at == at and not whose.closed:
                self.grow(whose, now)
        return self.answer()
