"""A call that leaves a message, for tests: the site, the call, what is in the store."""

from datetime import timedelta

from ivrflow.flow.world import Trouble
from ivrflow.flow.world.boxes import Greeting, Speech
from ivrflow.sim.memory import MemoryMessages
from ivrflow.sim.memory.sounds import MemoryAudio
from ivrflow.voicemail.judging import Judged, Verdict
from tests.unit.flow.one_call import EPOCH, World_, call, site

WAYS = """
on_error: sorry
steps:
  leave: {{voicemail: box, then: kept, failed: nothing, {more}}}
  kept: {{hangup: yes}}
  nothing: {{hangup: yes}}
  sorry: {{hangup: bye}}
"""
"""A flow that ends in a step for each way out; those of `MORE` if a way leads there."""

MORE = ("elsewhere", "nowhere")

PROMPTS = """
tone: After the tone.
closed: We are closed.
talks: She is on another call.
"""


def leaves(
    folder,
    *,
    box="",
    others="",
    more="full: nowhere",
    flow="",
    audio=None,
    messages=None,
    boxes=None,
    **how,
):
    """Play a call that leaves a message in `box`.

    *box* and *others* are added to mailboxes.yaml, *more* to the step. The caller
    speaks for ten minutes from the first second on, if *how* says nothing else.
    """
    written = ["box:", "  title: Box", "  greeting: tone", "  length: 2s..60s"]
    mailboxes = "\n".join([*written, "  silence: 4s", *box.splitlines(), others])
    ends = [f"  {step}: {{hangup: yes}}\n" for step in MORE if step in more]
    there = site(
        folder,
        flow or WAYS.format(more=more) + "".join(ends),
        mailboxes=mailboxes,
        prompts__en=PROMPTS,
        hours="office: {mon-fri: 08:00-18:00}\n",
    )
    how.setdefault("speaks", {1: 600})
    world = World_(
        messages=messages or MemoryMessages(),
        audio=audio or MemoryAudio(),
        boxes=boxes,
    )
    return call(there, world=world, **how)


def states(left):
    """Mailbox and state of each message, in the order in which they were begun."""
    return [(m.new.mailbox, m.state) for m in left.world.messages.all.values()]


class Judging(MemoryAudio):
    """Judges the recordings of a call, one after the other, as it is told."""

    def __init__(self, *verdicts):
        super().__init__()
        self._verdicts = list(verdicts)

    async def judged(self, recorded, limits):
        found = self._verdicts.pop(0) if self._verdicts else "message"
        if isinstance(found, Exception):
            raise found
        if isinstance(found, float):
            return Judged(
                verdict=Verdict.MESSAGE, seconds=recorded.seconds, begins=0, ends=found
            )
        return found and Judged(verdict=Verdict(found), seconds=recorded.seconds)


class Spoken:
    """Mailboxes whose owners have recorded greetings.

    *greetings*: (kind, language) -> the number of the sound, or that and how many
    seconds from the beginning of the call on it holds.
    """

    def __init__(self, greetings, away=False):
        self.away = away
        self.all = {}
        for key, what in greetings.items():
            number, lasts = what if isinstance(what, tuple) else (what, None)
            until = None if lasts is None else EPOCH + timedelta(seconds=lasts)
            self.all[key] = Greeting(
                speech=Speech(sound=sound(number), seconds=2.0, place="store"),
                at=EPOCH,
                by="mailbox 800",
                until=until,
            )

    async def greetings(self, box):
        if self.away:
            raise Trouble("the database is away")
        return self.all


def sound(number):
    """The id of a sound."""
    return f"{number:024x}"


def with_sounds(*numbers):
    """An `Audio` that has these sounds, each of two seconds."""
    audio = MemoryAudio()
    for number in numbers:
        audio.all[sound(number)] = bytes(44 + 32_000)
    return audio
