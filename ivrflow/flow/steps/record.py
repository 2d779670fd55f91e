"""`record`: record the call, from here on."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Self

from pydantic import Field

from ivrflow.flow.call import Call, log
from ivrflow.flow.kind import BAD_VALUE, Written, bad
from ivrflow.flow.recording import falls_in
from ivrflow.flow.source import Scalar
from ivrflow.flow.step import Goto, Step
from ivrflow.flow.world import Trouble
from ivrflow.telephony.channel import RecordingFailed

ACTS = ("all", "off", "pause", "resume")

_SHARE = re.compile(r"share ([0-9]{1,3}(?:\.[0-9]{1,2})?)\s?%")


class Recorded(Written):
    """What is recorded: `all`, `off`, `pause`, `resume` or `share 10%`."""

    what = "`all`, `off`, `pause`, `resume` or `share 10%`"
    examples = (*ACTS, "share 10%")
    share: float = 0.0
    """Of all calls, in percent."""

    @classmethod
    def read(cls, value: Scalar) -> Self:
        self = cls(value, value.at)
        if value in ACTS:
            return self
        found = _SHARE.fullmatch(value)
        if found is None or not 0 <= float(found[1]) <= 100:
            raise bad(BAD_VALUE, f"{str(value)!r}: write {cls.what}")
        self.share = float(found[1])
        return self

    @classmethod
    def schema(cls) -> dict[str, Any]:
        share = {"type": "string", "pattern": f"^{_SHARE.pattern}$"}
        return {"anyOf": [{"enum": list(ACTS)}, share]}


class Record(Step):
    """Record both sides of the call from this step on, until `off` or its end.

    `share 10%` records one call in ten. While something secret is entered the recording
    stands still by itself. A call that can't be recorded goes on, unless this step has
    an `on_error`. Callers must be told before: that is for a `say` above this step.
    """

    verb: ClassVar[str] = "record"
    needs_switch: ClassVar[bool] = True

    what: Recorded = Field(alias="record", description=Recorded.what)

    async def run(self, call: Call) -> Goto:
        recording = call.recording
        if self.what == "off":
            await recording.end()
            return Goto("then", "nothing is recorded from here on")
        if self.what == "pause":
            await recording.pause()
            return Goto("then", "the recording stands still")
        if self.what == "resume":
            await recording.resume()
            return Goto("then", "the recording goes on")
        if self.what != "all" and not falls_in(call.id, self.what.share):
            return Goto("then", f"this call is none of the {self.what.share:g} %")
        try:
            await recording.begin()
        except (RecordingFailed, Trouble) as failed:
            if self.on_error is not None:
                return Goto("error", str(failed))
            log.error("call %s: %s: not recorded: %s", call.id, self.what.at, failed)
            return Goto("then", f"it can't be recorded: {failed}")
        return Goto("then", "the call is recorded")
