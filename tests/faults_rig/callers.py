"""Callers of the mixed sample: who presses what, and when he has had enough."""

import asyncio
import random
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass

from faults_rig.follow import Follow
from faults_rig.form import telling
from faults_rig.mixed import customers
from faults_rig.quiet import QuietStream
from faults_rig.service import now
from ivrflow.sim.phone import CallRefused, Phones
from ivrflow.telephony.channel import HungUp

DIALLED = "12313"
HANG_UP = "hang up"
"""What a caller does at a place, instead of pressing a key."""
RECORD = "record"
"""Speak for a while, and press # then."""

THINKS = 0.3, 1.0
"""Seconds from hearing to doing."""
HEARS_AGAIN = 0.5, 1.2
"""The same, when the service was away and begins its question anew."""
LANDS = 0.3
"""Seconds from pressing a first key until it has surely reached the service. What is
said until then the key has ended, and is part of its answer."""
AGAIN = 9.0
"""A caller who is still at the same place after so many seconds does it again."""
RINGS = 60.0
"""Seconds after which a call that nobody takes is lost."""
PATIENCE = 240.0
"""A call that lasts longer in seconds than this is stuck: it counts as lost."""
LOST = ("refused", "unanswered", "stuck")
"""Outcomes of a caller that are a lost call."""
LINES = 4
"""SIP sockets among which callers are shared out."""


def plan(what, customer):
    """What a caller does where: by step, or by what is said in it."""
    ends = {"wait_for_agent": None, "ask_score": "5", "main_menu": HANG_UP}
    match what:
        case "balance":
            return ends | {
                "language": "2",
                "enter_card": customer.card,
                "enter_pin": customer.pin,
                "main_menu": "1",
                "say_balance": HANG_UP,
            }
        case "agent":
            return ends | {"language": "3"}
        case "message":
            return ends | {
                "language": "4",
                "please_leave_message": RECORD,
                "message_nothing": RECORD,
                "message_too_short": RECORD,
                "review_message": "1",
            }
        case "menu":
            return ends | {"language": "5"}
    raise AssertionError(what)


MIX = {"balance": 30, "agent": 20, "message": 15, "menu": 35}
HURRIED = 0.2
"""The share of callers who hang up at any moment, whatever they wanted."""


@dataclass
class Doing:
    """What a caller does at a place."""

    spot: tuple
    began: float | None = None
    """When he pressed the first key."""

    def holds(self, spot, place):
        """Whether it need not be done again: *spot* is the same, and he was not asked
        anew, or so early that his keys came after that. A person types on then, too."""
        if spot == self.spot:
            return True
        typed = self.began is not None and place.again_at <= self.began + LANDS
        return typed and spot[:2] == self.spot[:2]


@dataclass
class Caller:
    """One caller, and how his call went."""

    number: str
    wants: str
    does: dict
    patience: float
    """Seconds from the answer after which he hangs up, wherever he is."""
    chance: random.Random
    dialled_at: float = 0.0
    answered: float | None = None
    """Seconds until it was answered."""
    outcome: str = ""
    """hung up (he did, as he had planned), was hung up, gave up (while it rang);
    refused, unanswered and stuck are lost calls."""
    at: str = ""
    """Where in the flow it ended."""
    again: int = 0
    """How often he had to do something again."""

    async def call(self, phones, place):
        """Call and do what was planned, until it ends."""
        loop = asyncio.get_running_loop()
        self.dialled_at = now()
        began = loop.time()
        try:
            call = await phones.call(DIALLED, caller=self.number, within=RINGS, keep=0)
        except CallRefused as refused:
            self.outcome, self.at = "refused", str(refused)
            return
        except TimeoutError:
            self.outcome = "unanswered"
            return
        self.answered = loop.time() - began
        async with asyncio.TaskGroup() as group:
            does = group.create_task(self._through(call, place))
            patience = min(self.patience, PATIENCE)
            await asyncio.wait(
                [call.over, does], timeout=patience, return_when="FIRST_COMPLETED"
            )
            if call.over.done():
                self.outcome = "was hung up"
            elif does.done() or patience < PATIENCE:
                self.outcome = "hung up"
            else:
                self.outcome = "stuck"
            does.cancel()
        self.at = place.step
        await call.hang_up()

    async def _through(self, call, place):
        """Do at each place what is planned for it; returns when he wants to hang up."""
        done = None

        def spot():
            name = self._planned(place)
            # Who speaks goes on speaking: the recording does, too. Who types goes on
            # typing, unless he is asked again.
            again = 0 if self.does.get(name) == RECORD else place.again
            return place.step, name, again

        while True:
            here = spot()
            what = self.does.get(here[1])
            if what is None:
                await place.changes(spot, here)
            elif done is not None and done.holds(here, place):
                if not await place.changes(spot, here, within=AGAIN):
                    done, self.again = None, self.again + 1
            else:
                if done is not None and done.spot[:2] == here[:2]:
                    # The service was away meanwhile, and speaks again.
                    self.again += 1
                    thinks = HEARS_AGAIN
                else:
                    thinks = THINKS
                if await place.changes(spot, here, self.chance.uniform(*thinks)):
                    continue
                if what == HANG_UP:
                    return
                doing = Doing(here)
                if await self._do(
                    what, call, doing, lambda d=doing: d.holds(spot(), place)
                ):
                    done = doing

    def _planned(self, place):
        """Under which name something is planned for here; "" if nothing is."""
        return next((n for n in (place.said, place.step) if n in self.does), "")

    async def _do(self, what, call, doing, still):
        """Press or speak; False if something has changed meanwhile."""
        call.stream.speak()
        try:
            if what == RECORD:
                # Through the greeting, as a robot does not hear its end.
                call.send_tone(440)
                await asyncio.sleep(self.chance.uniform(7.0, 9.0))
                await call.press("#")
                return True
            for key in what:
                if not still():
                    return False  # it begins anew, and so does he
                if doing.began is None:
                    doing.began = now()
                await call.press(key, length=0.08, gap=0.06)
            return True
        except HungUp:
            return False
        finally:
            call.stream.hush()


class Crowd:
    """All callers of a run, and what became of them."""

    def __init__(self, house, *, prefix="139"):
        """*prefix*: how their numbers begin; two crowds at one house need two."""
        self.follow = Follow(house.truth)
        self.callers = []
        self.tells = None
        """What is printed now and then; None: how far they are."""
        self._house, self._prefix = house, prefix

    async def calls(self, count, rate, *, seed=1, stay=None):
        """Let *count* callers call at *rate* a second, and wait until all are through.

        *stay*: seconds after the last one has called when those who are still there are
        hung up; None: never. When and what is drawn from *seed*. The house must have as
        many cards.
        """
        loop = asyncio.get_running_loop()
        chance = random.Random(seed)
        async with AsyncExitStack() as stack:
            lines = [
                await stack.enter_async_context(
                    Phones(sip=self._house.sip, stream=QuietStream)
                )
                for _ in range(LINES)
            ]
            await stack.enter_async_context(
                telling("callers", self.tells or (lambda: self.told(count)))
            )
            async with asyncio.TaskGroup() as group:
                reader = group.create_task(self.follow.run())
                due = loop.time()
                there = []
                async with asyncio.TaskGroup() as calls:
                    for n, customer in enumerate(customers(count)):
                        number = f"{self._prefix}{n:08d}"
                        caller = _caller(number, customer, f"{seed} {n}")
                        self.callers.append(caller)
                        place = self.follow.of(caller.number)
                        work = caller.call(lines[n % LINES], place)
                        there.append(calls.create_task(work))
                        # Counted from the begin: a machine that is late catches up.
                        due += chance.expovariate(rate)
                        await asyncio.sleep(max(0.0, due - loop.time()))
                    if stay is not None:
                        await asyncio.sleep(stay)
                        for task in there:
                            task.cancel()
                reader.cancel()

    def told(self, count):
        """How far they are, in words, when there will be *count*."""
        through = sum(bool(one.outcome) for one in self.callers)
        lost = sum(one.outcome in LOST for one in self.callers)
        return f"{len(self.callers)} of {count} have called, {through} are through" + (
            f", {lost} LOST" if lost else ""
        )

    @property
    def astray(self):
        """Callers who had patience, and did not get to what they wanted.

        Such as one whose card got locked: a try at a PIN is counted before it is
        judged, and stays counted if the service dies in between.
        """
        ends = {"balance": ("say_balance", "main_menu")}
        return sum(
            one.at not in ends.get(one.wants, ("goodbye",))
            for one in self.callers
            if one.patience > PATIENCE
        )

    @property
    def outcomes(self):
        return dict(Counter(one.outcome for one in self.callers))

    @property
    def answered(self):
        """Seconds until each was answered who was."""
        return [one.answered for one in self.callers if one.answered is not None]


def _caller(number, customer, seed):
    chance = random.Random(seed)
    wants = chance.choices(list(MIX), weights=MIX.values())[0]
    hurried = chance.random() < HURRIED
    return Caller(
        number=number,
        wants=wants,
        does=plan(wants, customer),
        patience=chance.expovariate(1 / 8) if hurried else 2 * PATIENCE,
        chance=chance,
    )
