"""Facts of a day in a few words, for tests of figures."""

from ivrflow.facts import (
    AgentChanged,
    AgentOffered,
    CallEnded,
    CallerQueued,
    CallStarted,
    Connected,
    LeftQueue,
    OfferEnded,
    TalkEnded,
)

NINE = 1_792_400_400.0
"""2026-10-19 09:00:00 UTC."""


class Day:
    """Facts, one after the other; times are seconds after nine."""

    def __init__(self, begin=NINE):
        self.facts = []
        self.begin = begin

    def add(self, kind, at, call="", **more):
        self.facts.append(kind(at=self.begin + at, call=call, **more))
        return self

    def starts(self, at, call, caller="13800138000"):
        more = {"dialled": "100", "flow": "main", "version": "v1"}
        return self.add(CallStarted, at, call, caller=caller, **more)

    def queued(self, at, call, queue="sales", **more):
        given = {"needs": {}, "priority": 0.0, "position": 1, **more}
        return self.add(CallerQueued, at, call, queue=queue, **given)

    def rings(self, at, call, agent, offer, queue="sales", **more):
        about = {"agent": agent, "offer": offer, "why": "", **more}
        return self.add(AgentOffered, at, call, queue=queue, **about)

    def in_vain(self, at, call, agent, offer, how="no answer", queue="sales"):
        about = {"agent": agent, "offer": offer, "how": how}
        return self.add(OfferEnded, at, call, queue=queue, **about)

    def talks(self, at, call, agent, offer, queue="sales", waited=0.0):
        about = {"agent": agent, "offer": offer, "waited": waited}
        return self.add(Connected, at, call, queue=queue, **about)

    def done(
        self, at, call, agent, offer, seconds, by="caller", held=0.0, queue="sales"
    ):
        about = {"agent": agent, "offer": offer, "held": held}
        return self.add(
            TalkEnded, at, call, queue=queue, seconds=seconds, by=by, **about
        )

    def leaves(self, at, call, how="abandoned", queue="sales", waited=0.0, **more):
        return self.add(
            LeftQueue, at, call, queue=queue, how=how, waited=waited, **more
        )

    def ends(self, at, call, by="caller"):
        more = {"cause": 16, "flow": "main", "step": "end", "seconds": 0.0}
        return self.add(CallEnded, at, call, by=by, **more)

    def agent(self, at, agent, presence="ready", work="idle", **more):
        why = more.pop("why", presence)
        about = {"presence": presence, "work": work, "why": why}
        return self.add(AgentChanged, at, agent=agent, **about, **more)

    def served(self, at, call, agent, offer, *, wait=5.0, talk=60.0, wrap_up=10.0):
        """A whole call: it waits, of that 2 s for the phone, talks, is wrapped up."""
        self.starts(at, call).queued(at, call)
        self.rings(at + wait - 2, call, agent, offer)
        self.talks(at + wait, call, agent, offer, waited=wait)
        self.agent(at + wait, agent, work="talking")
        end = at + wait + talk
        self.done(end, call, agent, offer, talk).agent(end, agent, work="wrap-up")
        self.ends(end, call)
        return self.agent(end + wrap_up, agent)
