"""Who writes down what callers have said."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from ivrflow.config.kinds import Argument
from ivrflow.flow.kind import Part
from ivrflow.flow.kinds import Duration, Whole

LONGEST = 600
"""Seconds of a message, at most: what is longer is nothing that anybody reads."""

MOST = 8
"""Programs that listen at once."""


class TranscriptsAt(Part):
    """What makes text of messages. Left out: nobody does."""

    provider: Literal["whisper", "command"] = Field(
        alias="with",
        description=(
            "What listens: `whisper` on this machine (the extra `stt`, and `ivrflow "
            "sounds fetch whisper-base` as the service's user), or a program."
        ),
        examples=["whisper"],
    )
    command: tuple[Argument, ...] = Field(
        (),
        description=(
            "Of `command`: the program and its arguments, run without a shell. A WAV "
            "comes by standard input, what it understands goes to standard output. "
            "`{language}` in an argument is the language, such as `zh-CN`."
        ),
        examples=[["/usr/local/bin/listen", "{language}"]],
    )
    processes: Whole = Field(
        Whole(1),
        description=(
            "Messages that are listened to at once; whisper takes 400 MB for each, and "
            "900 for one of ten minutes."
        ),
    )
    within: Duration = Field(
        Duration(300),
        description="A mail that wants the words waits so long for them, then goes.",
    )
    longest: Duration = Field(
        Duration(LONGEST), description="Longer messages are not written down."
    )

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.provider == "command") is not bool(self.command):
            how = "takes no" if self.command else "needs"
            raise ValueError(f"with: {self.provider} {how} command:")
        if self.command and (not self.command[0] or "{" in self.command[0]):
            raise ValueError("command: begins with the program's name")
        if not 1 <= int(self.processes) <= MOST:
            raise ValueError(f"processes: is 1 to {MOST}")
        if not 1 <= float(self.longest) <= LONGEST:
            raise ValueError(f"longest: is 1s to {LONGEST // 60}m")
        return self
