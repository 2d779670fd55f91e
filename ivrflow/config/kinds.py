"""How ports and times are written in the settings."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from ivrflow.flow.kind import bad
from ivrflow.flow.kinds import Plain, Whole
from ivrflow.flow.source import Scalar


class Port(Whole):
    """A TCP port."""

    what = "a port"

    @classmethod
    def read(cls, value: Scalar) -> Self:
        port = super().read(value)
        if port > 65_535:
            raise bad("C001", f"{port} is no port: 0 to 65535")
        return port


class Moment(Plain):
    """A date and a time, in the zone of the site."""

    what = "a time"
    time: datetime

    @classmethod
    def read(cls, value: Scalar) -> Self:
        self = cls(value, value.at)
        try:
            self.time = datetime.fromisoformat(value)
        except ValueError:
            message = f"{str(value)!r} is not a time; write 2026-03-02 10:00"
            raise bad("C001", message) from None
        if self.time.tzinfo is not None:
            raise bad("C001", "a time in the site's own time zone: leave out the zone")
        return self
