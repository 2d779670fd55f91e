"""How ports, times and urls are written in the settings, and what of them is shown."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Self

from ivrflow.flow.kind import bad
from ivrflow.flow.kinds import Plain, Whole
from ivrflow.flow.source import Scalar
from ivrflow.secret import MASK


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


class SecretFile(Plain):
    """A file that holds a secret and nothing else, or `credential:NAME` of systemd."""

    what = "a file that holds a secret"


class Folder(Plain):
    """A folder."""

    what = "a folder"


class Guarded(Plain):
    """A text that may hold a secret: `shown` is what others may see of it."""

    @property
    def shown(self) -> str:
        """The text without what may be secret in it."""
        return MASK


class Url(Guarded):
    """A url. Its password, and the values of its query, are not shown."""

    what = "a url"

    @property
    def shown(self) -> str:
        # A password may hold anything, so rather too much is taken for one.
        scheme, slashes, rest = self.partition("://")
        rest = re.sub(r"(?s)^([^:@]*):.*@", rf"\1:{MASK}@", rest)
        if scheme.startswith("http"):  # whose user alone may be the key
            rest = re.sub(r"(?s)^[^/?#]*@", f"{MASK}@", rest)
        rest = re.sub(r"=[^&]*", f"={MASK}", rest)
        rest = re.sub(r"(?s)\?[^=]+\Z", f"?{MASK}", rest)
        return f"{scheme}{slashes}{rest}"


class SecretUrl(Url):
    """A url of which all but the host is a secret, as the webhook of a messenger."""

    @property
    def shown(self) -> str:
        scheme, slashes, rest = self.partition("://")
        host = re.split("[/?#]", rest.rpartition("@")[2])[0]
        return f"{scheme}{slashes}{host}/{MASK}"


class Argument(Guarded):
    """One word of a program's command line: options and files are shown."""

    what = "a word of a command line"

    @property
    def shown(self) -> str:
        plain = re.fullmatch(r"-|-[A-Za-z]|--[a-z-]+|\{[a-z_]+\}|/[\w./-]+", self)
        return str(self) if plain else MASK
