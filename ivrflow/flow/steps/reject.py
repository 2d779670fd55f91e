"""`reject`: refuse a call instead of answering it."""

from __future__ import annotations

from typing import ClassVar, Literal

from pydantic import Field

from ivrflow.flow.call import Call
from ivrflow.flow.step import Goto, Step
from ivrflow.telephony.channel import Cause

CAUSES = {
    "busy": Cause.USER_BUSY,
    "declined": Cause.CALL_REJECTED,
    "not_found": Cause.UNALLOCATED,
}
"""What a caller is told -> the cause that makes it: over SIP 486, 403 and 404."""


class Reject(Step):
    """Refuse the call, which costs the caller nothing: before it is answered only.

    The flow needs `answer: no` in its head. The caller's phone shows that the line is
    `busy`, that the call was `declined`, or that there is no such number (`not_found`).
    """

    verb: ClassVar[str] = "reject"
    passes: ClassVar[bool] = True
    ends: ClassVar[bool] = True
    falls_through: ClassVar[bool] = False

    reason: Literal["busy", "declined", "not_found"] = Field(
        alias="reject", description="What the caller is told."
    )

    async def run(self, call: Call) -> Goto:
        call.ends_with = CAUSES[self.reason]
        return Goto("reject", f"the call is refused: {self.reason}", "hangup")
