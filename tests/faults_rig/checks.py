"""What must be true after a run, whatever was killed in it."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field

from faults_rig.callers import LOST

CALLER_LEFT = ("caller", "outage")
"""How the service says that a caller has hung up: outage, if it was away just then."""


@dataclass
class Verdict:
    """Lists of what is wrong, in words; all empty in a good run."""

    lost: list = field(default_factory=list)
    doubled: list = field(default_factory=list)
    unfinished: list = field(default_factory=list)
    """Rows that a call has left half done."""

    def __str__(self):
        return "\n".join(
            f"{name}: {line}"
            for name in ("lost", "doubled", "unfinished")
            for line in getattr(self, name)
        )


def judge(callers, house):
    """Compare what callers met with what the service has on record."""
    verdict = Verdict()
    _calls(callers, house.truth, verdict)
    _steps(house.truth, verdict)
    _effects(house, verdict)
    return verdict


def _calls(callers, truth, verdict):
    """Each caller has one call, which ended where and as it should."""
    calls = defaultdict(list)
    for call, caller, ended, by, step in truth.rows(
        "select id, caller, ended, by, last_step from calls"
    ):
        calls[caller].append((call, ended, by, step))
    for one in callers:
        told = f"{one.number} ({one.wants}) {one.outcome} at {one.at!r}"
        mine = calls[one.number]
        if one.outcome in LOST:
            verdict.lost.append(told)
        elif len(mine) > 1:
            verdict.doubled.append(f"{told}: calls {mine}")
        elif not mine:
            # Who hangs up in the very moment of the answer may not be on record.
            if one.outcome == "was hung up":
                verdict.lost.append(f"{told}: not on record")
        else:
            [(call, ended, by, step)] = mine
            if ended is None:
                verdict.unfinished.append(f"{told}: call {call} has no end")
            elif (by, step) != ("flow", "goodbye") and (
                one.outcome == "was hung up" or by not in CALLER_LEFT
            ):
                verdict.lost.append(f"{told}: ended by {by} at {step}")


def _steps(truth, verdict):
    """Each step of each call was entered once and decided once."""
    open_steps, entered = {}, set()
    for fact in truth.facts("StepEntered", "Decided", "StepFailed", "CallEnded"):
        match fact.kind:
            case "StepEntered":
                number = fact.data["number"]
                if (fact.call, number) in entered:
                    verdict.doubled.append(f"step {number} of {fact.call} was entered")
                elif number > 1 and (fact.call, number - 1) not in entered:
                    verdict.lost.append(f"step {number - 1} of {fact.call}: no record")
                entered.add((fact.call, number))
                open_steps[fact.call] = number, Counter()
            case "Decided" if fact.data.get("target") == "repeat":
                pass  # a key to hear it again: the step goes on
            case "Decided" | "StepFailed":
                # A `call` step is decided when the flow that it calls has ended; a
                # number of its own tells it from the steps in there.
                number, decided = open_steps.get(fact.call, (0, Counter()))
                key = fact.data.get("flow", ""), fact.data["step"]
                decided[key] += 1
                if decided[key] > 1:
                    verdict.doubled.append(
                        f"step {number} {key} of {fact.call} was decided"
                    )
    ends = Counter(fact.call for fact in truth.facts("CallEnded"))
    verdict.doubled += [f"the end of {call}: {n}" for call, n in ends.items() if n > 1]


def _effects(house, verdict):
    """What callers have brought about is there once."""
    truth = house.truth
    ratings = Counter(house.survey())
    verdict.doubled += [
        f"rating of {call}: {n}" for call, n in ratings.items() if n > 1
    ]
    stored = {f.call for f in truth.facts("Stored") if f.data["way"] == "stored"}
    verdict.lost += [f"rating of {call}" for call in stored - set(ratings)]
    messages = Counter(
        row[0] for row in truth.rows("select call from messages where state = 'new'")
    )
    verdict.doubled += [f"message of {c}: {n}" for c, n in messages.items() if n > 1]
    verdict.unfinished += [
        f"message {message} is still {state}"
        for message, state in truth.rows(
            "select id, state from messages where state = 'recording'"
        )
    ]
    said = Counter(fact.call for fact in truth.facts("MessageLeft"))
    verdict.doubled += [f"MessageLeft of {c}: {n}" for c, n in said.items() if n > 1]
    verdict.lost += [f"message of {c}" for c in set(said) - set(messages)]
    letters = Counter(
        (message, to)
        for message, to in truth.rows(
            'select message, "to" from outbox where message is not null'
        )
    )
    verdict.doubled += [f"letter {key}: {n}" for key, n in letters.items() if n > 1]
    # By the offer: who answers and hangs up while the service is away has talked with
    # nobody, and the caller gets another agent.
    talks = Counter(fact.data["offer"] for fact in truth.facts("Connected"))
    verdict.doubled += [f"talk of offer {o}: {n}" for o, n in talks.items() if n > 1]
    ends = Counter(fact.data["offer"] for fact in truth.facts("TalkEnded"))
    verdict.doubled += [f"end of talk {o}: {n}" for o, n in ends.items() if n > 1]
    verdict.unfinished += [f"talk of offer {o}" for o in set(talks) - set(ends)]
    verdict.unfinished += [
        f"offer {row}"
        for row in truth.rows("select id, agent from offers where ended is null")
    ]
