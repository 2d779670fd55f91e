"""Somebody who hears a mailbox by phone, on virtual time.

`dial` plays one call. What the caller does is a script: each line waits until something
is heard, and then presses keys or does something else.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta

from ivrflow.flow.hearing.sounding import WORDS
from ivrflow.flow.world import NewMessage, Pin
from ivrflow.sim.memory import MemoryAgents
from ivrflow.sim.memory.boxes import MemoryBoxes
from ivrflow.sim.memory.messages import KeptMessage, MemoryMessages
from ivrflow.sim.memory.sounds import BYTES_A_SECOND, HEADER, MemoryAudio
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.flow.one_call import EPOCH, World_, call, site

FIRST, SECOND, THIRD = ("1" * 24, "2" * 24, "3" * 24)
"""Messages' ids, and those of their sounds."""

PIN, ANNS_PIN, BOBS_PIN, WUS_PIN, EVES_PIN = "4711", "2580", "7362", "9034", "6173"

FILES = {
    "mailboxes": """\
box: {number: "800", greeting: hello, heard_by: ["1001", supervisor]}
sales: {number: "801", greeting: hello, heard_by: [supervisor]}
closed: {number: "802", greeting: hello, heard_by: ["1002"]}
""",
    "agents": """\
agents:
  "1001": {name: Ann, mailbox: box}
  "1002": {name: Bob}
  "1003": {name: Wu, role: supervisor}
  "1004": {name: Eve}
""",
    "numbers": '"*98": {voicemail: listen}\n"*97": {voicemail: own}\n',
}

FLOW = """
steps:
  hear: {listen: any, then: bye, failed: sorry}
  bye: {hangup: bye}
  sorry: {hangup: bye}
"""


@dataclass
class House:
    """What outlives a call: mailboxes, sounds, people."""

    messages: MemoryMessages = field(default_factory=MemoryMessages)
    audio: MemoryAudio = field(default_factory=MemoryAudio)
    boxes: MemoryBoxes = None
    world: World_ = None

    def __post_init__(self):
        def clock():
            return EPOCH + timedelta(seconds=asyncio.get_running_loop().time())

        self.boxes = MemoryBoxes(self.messages, clock)
        self.boxes.pins["box"] = Pin(hashed=PIN)
        self.world = World_(
            messages=self.messages,
            audio=self.audio,
            boxes=self.boxes,
            agents=MemoryAgents(
                {"1001": ANNS_PIN, "1002": BOBS_PIN, "1004": EVES_PIN, "1003": WUS_PIN}
            ),
        )

    def has(self, message, *, box="box", seconds=10.0, at=None, **more):
        """There is a message; *more* are fields of what is kept, or of what is new."""
        kept = {k: more.pop(k) for k in ("state", "urgent", "folder") if k in more}
        new = NewMessage(
            message=message,
            sound=message,
            mailbox=box,
            call="earlier",
            at=at or EPOCH - timedelta(minutes=30),
            **{"caller": "13800138000", **more},
        )
        self.sounds(message, seconds)
        self.messages.all[message] = KeptMessage(
            new=new, seconds=seconds, **{"state": "new", **kept}
        )
        return self

    def sounds(self, sound, seconds):
        """There is a sound, so many seconds long."""
        self.audio.all[sound] = bytes(HEADER + int(BYTES_A_SECOND * seconds))

    def state(self, message):
        return self.messages.all[message].state

    def audited(self):
        """Who did what to which message, in order."""
        return [(one.who, one.after) for one in self.boxes.audit]


def robot(*script, at=""):
    """A phone that does what *script* says: lines of (heard, [after], what to do).

    *heard* is a prompt's name, or "message". What to do are keys, or a function of the
    phone. Seconds after the beginning of what is heard may stand between: else 0.1.
    *at* is which phone of the house it is.
    """

    class Robot(ScriptedChannel):
        def __init__(self, **how):
            super().__init__(phone=at, **how)
            self.script = list(script)
            self.seen = 0
            self.on_change = self.react

        def react(self):
            while self.seen < len(self.heard):
                _, one = self.heard[self.seen]
                self.seen += 1
                name = "message" if one.words == WORDS else one.prompt.partition(".")[0]
                if self.script and self.script[0][0] == name:
                    _, *after, do = self.script.pop(0)
                    self.soon(after[0] if after else 0.1, do)

        def soon(self, after, do):
            act = (lambda: self.press(do)) if isinstance(do, str) else lambda: do(self)
            asyncio.get_running_loop().call_later(after, act)

    return Robot


def hangs_up(phone):
    phone.drop()


def speaks(seconds):
    return lambda phone: phone.speak(seconds)


ENTERS = [("box_number", "800#"), ("box_pin", f"{PIN}#")]
HEARS = [*ENTERS, ("box_menu", "1")]


READ = {}
"""Sites that were read already: what is in them -> the site."""


def here(folder, flow=FLOW, *, keep=True, **files):
    """The site; *files* are added to it, or stand for one of `FILES`."""
    what = flow, tuple(files.items())
    if not keep or what not in READ:
        there = site(folder, flow, **{**FILES, **files})
        if not keep:
            return there
        READ[what] = there
    return READ[what]


def dial(folder, house, *script, dialled="*98", there=None, at="", **how):
    """One call into the site in *folder*."""
    return call(
        there or here(folder),
        dialled=dialled,
        phone=robot(*script, at=at),
        world=house.world,
        **how,
    )


def said(left):
    """The prompts that were said, without their variants."""
    return [prompt.partition(".")[0] for prompt in left.said]


def begins(left):
    """From which second on the message was played, each time."""
    phone = left.phone
    return [
        round(phone.begins.get(at, 0.0), 1)
        for at, one in phone.heard
        if one.words == WORDS
    ]
