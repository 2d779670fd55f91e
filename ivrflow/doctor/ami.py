"""Asking Asterisk's manager interface: who may do what there, and what is loaded.

A few lines of its own beside the service's client, which knows two actions and no
lists. What is sent here is fixed; only the user's name and password come from outside,
and those with a line's end in them are refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from ivrflow.asterisk.ami.client import AmiSettings
from ivrflow.doctor.finding import CannotLook

WITHIN = 5.0
"""Seconds for one answer."""

LONGEST = 64 * 1024
"""Bytes of a line."""

MOST = 50_000
"""Lines of an answer: a dialplan of thousands of lines has ten for each."""

Block = Mapping[str, str]
"""A response or an event, its keys in small letters."""


class NoAmi(Exception):
    """It can't be spoken to. *refused*: it is there, and does not let us in."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.why = why
        self.refused = refused


class AskedAmi:
    """One connection, signed in."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, greeting: str
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._asked = 0
        self.greeting = greeting

    @classmethod
    async def signed_in(cls, settings: AmiSettings) -> AskedAmi:
        """Connect and sign in. Raises `NoAmi`."""
        user, password = settings.user, settings.password.reveal()
        if not (user.isprintable() and password.isprintable()):
            raise NoAmi("user and password must each be one line")
        try:
            async with asyncio.timeout(WITHIN):
                reader, writer = await asyncio.open_connection(
                    settings.host, settings.port, limit=LONGEST
                )
        except TimeoutError:
            raise NoAmi(f"no connection within {WITHIN:g} s") from None
        except OSError as error:
            raise NoAmi(error.strerror or str(error)) from None
        try:
            return await cls._greeted(reader, writer, user, password)
        except BaseException:
            writer.close()
            raise

    @classmethod
    async def _greeted(
        cls,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        user: str,
        password: str,
    ) -> AskedAmi:
        try:
            async with asyncio.timeout(WITHIN):
                greeting = (await reader.readline()).decode("utf-8", "replace").strip()
        except (TimeoutError, ValueError, OSError):
            greeting = ""
        if not greeting.startswith("Asterisk Call Manager"):
            raise NoAmi("what listens there does not greet as AMI does")
        self = cls(reader, writer, greeting)
        try:
            answer, *_ = await self.ask(
                "Login", Username=user, Secret=password, Events="off"
            )
        except CannotLook as cannot:
            raise NoAmi(cannot.said) from None
        if answer.get("response") != "Success":
            raise NoAmi(answer.get("message", "refused"), refused=True)
        return self

    async def ask(self, action: str, **fields: str) -> list[Block]:
        """Return the response to *action*, and the events that belong to it.

        Raises `CannotLook` where there is none.
        """
        self._asked += 1
        number = f"ivrflow-doctor-{self._asked}"
        lines = [f"Action: {action}", f"ActionID: {number}"]
        lines += [f"{key}: {value}" for key, value in fields.items()]
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        try:
            async with asyncio.timeout(WITHIN):
                return await self._answers(number)
        except TimeoutError:
            why = f"no answer within {WITHIN:g} s"
        except (OSError, ValueError, EOFError) as error:
            why = str(error) or "the connection was closed"
        raise CannotLook(
            f"AMI did not answer to {action}: {why}", "look at Asterisk's log"
        )

    async def _answers(self, number: str) -> list[Block]:
        found: list[Block] = []
        lines = 0
        while True:
            block, read = await self._block()
            lines += read
            if lines > MOST:
                raise ValueError("it answers without end")
            if block.get("actionid") != number:
                continue
            found.append(block)
            listed = found[0].get("eventlist", "").lower() == "start"
            if not listed or block.get("eventlist", "").lower() == "complete":
                return found

    async def _block(self) -> tuple[Block, int]:
        """One message, and of how many lines it was."""
        block: dict[str, str] = {}
        read = 0
        while True:
            line = await self._reader.readline()
            if not line:
                raise EOFError("the connection was closed")
            read += 1
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text:
                if block:
                    return block, read
                continue
            if read > MOST:
                raise ValueError("it answers without end")
            key, _, value = text.partition(":")
            block.setdefault(key.strip().lower(), value.strip())

    async def close(self) -> None:
        """Sign off."""
        self._writer.write(b"Action: Logoff\r\n\r\n")
        self._writer.close()
