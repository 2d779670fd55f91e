"""Hands mail over to a mail server.

One mail at a time needs no library for thousands: the standard one, in a thread, with a
time limit on each step of the dialogue. A mail has a Message-ID made from its letter's
key: a mail that is handed over twice is the same mail, and most mailboxes show it once.

A mail about a message has its sound, as WAV or as Opus. Where that can't be had (it is
gone, or too long for any mailbox), the mail goes without: it says where the message is.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Literal

from ivrflow.flow.letters import EMAIL, LONGEST_SUBJECT, Parcel, Undeliverable
from ivrflow.flow.notices import Told, one_line
from ivrflow.flow.world import Letter, Trouble
from ivrflow.secret import Secret

TIMEOUT = 20.0
"""Seconds for each step of the dialogue with the server."""

LARGEST_SOUND = 20 * 1024 * 1024
"""Bytes; a longer recording is not attached, since no mailbox would take it."""

OPUS = "opus"
"""What a notice says that wants it; the others with a sound want WAV."""

Sound = Callable[[str], Awaitable[bytes]]
"""Returns a WAV by the sound's id; b"" if it is gone. Raises `Trouble`."""

Encode = Callable[[bytes], bytes | None]
"""Makes Ogg Opus of a WAV; None: it can't be made. Blocks."""

Telling = Callable[[Parcel], Awaitable[Told]]
"""Makes the words of a notice: `Notices.of`."""

HandedOver = Callable[[Parcel, bool], Awaitable[None]]
"""Hears of a mail about a message that was handed over, and whether it has all the
sound that it should have. Raises `Trouble`: then the mail goes once more."""


def _no_opus(wav: bytes) -> None:
    """Nobody makes Opus here."""


async def _nothing(parcel: Parcel, whole: bool) -> None:
    """Nobody wants to hear of it."""


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail goes. *tls*: starttls (must succeed), yes (from the start), or no."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: Secret | None = None
    tls: Literal["starttls", "yes", "no"] = "starttls"


@dataclass(frozen=True)
class Attachment:
    """A sound in a mail."""

    name: str
    subtype: str
    """Of `audio/`."""
    content: bytes


@dataclass(frozen=True, kw_only=True)
class MailCourier:
    """Delivers mail: of the outbox with `carry`, at once as a flow's `Courier`."""

    server: MailServer
    sound: Sound
    told: Telling
    encode: Encode = _no_opus
    handed_over: HandedOver = _nothing

    async def deliver(self, letter: Letter) -> None:
        """Hand *letter* over now. Raises `Trouble`, `Undeliverable`."""
        text = letter.text
        mail = self._mail(
            letter.key,
            letter.to,
            letter.subject,
            text.reveal() if isinstance(text, Secret) else text,
        )
        await self._send(mail)

    async def carry(self, parcel: Parcel) -> None:
        """Hand *parcel* over. Raises `Trouble`, `NotYet`, `Undeliverable`."""
        if parcel.about is None:
            mail = self._mail(parcel.key, parcel.to, parcel.subject, parcel.text)
            _date(mail, parcel.at)
            await self._send(mail)
            return
        if not EMAIL.fullmatch(parcel.to):  # before its sound is read for nothing
            raise Undeliverable("this is no mail address")
        told = await self.told(parcel)
        mail = self._mail(parcel.key, parcel.to, told.subject, told.text)
        _date(mail, parcel.at)
        mail["Content-Language"] = told.language
        if told.urgent:
            # One for each kind of reader: RFC 2156, and what most go by.
            mail["Importance"] = "high"
            mail["X-Priority"] = "1"
        whole = True
        if parcel.attach:
            sounds, whole = await self._sounds(told, parcel.attach)
            for one in sounds:
                mail.add_attachment(
                    one.content,
                    maintype="audio",
                    subtype=one.subtype,
                    filename=one.name,
                )
        await self._send(mail)
        await self.handed_over(parcel, whole)

    async def _sounds(
        self, told: Told, attach: str
    ) -> tuple[Sequence[Attachment], bool]:
        """The comment and the message, as far as they can be had; whether that is all.

        *attach* is what the notice asks for: opus or wav.
        """
        found, room = list[Attachment](), LARGEST_SOUND
        wanted = [("comment", told.intro)] if told.intro else []
        for name, sound in [*wanted, ("message", told.sound)]:
            one = await self._attachment(name, sound, attach)
            if one is None or len(one.content) > room:
                return found, False
            room -= len(one.content)
            found.append(one)
        return found, True

    async def _attachment(
        self, name: str, sound: str, attach: str
    ) -> Attachment | None:
        wav = await self.sound(sound)
        if not wav:
            return None
        if attach == OPUS:
            encoded = await asyncio.to_thread(self.encode, wav)
            if encoded is not None:
                return Attachment(f"{name}.opus", "ogg", encoded)
        return Attachment(f"{name}.wav", "wav", wav)

    def _mail(self, key: str, to: str, subject: str, text: str) -> EmailMessage:
        """A mail without its date. Raises `Undeliverable`."""
        if not EMAIL.fullmatch(to):
            raise Undeliverable("this is no mail address")
        sender = parseaddr(self.server.sender)[1]
        mail = EmailMessage()
        mail["From"] = self.server.sender
        mail["To"] = to
        # One line: what a caller's data holds must not become another header.
        mail["Subject"] = one_line(subject)[:LONGEST_SUBJECT]
        mail["Message-ID"] = f"<{key}@{sender.rpartition('@')[2] or 'ivrflow'}>"
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(text or " ")
        return mail

    async def _send(self, mail: EmailMessage) -> None:
        await asyncio.to_thread(hand_over, self.server, mail)


def _date(mail: EmailMessage, at: float) -> None:
    mail["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))


def hand_over(server: MailServer, mail: EmailMessage) -> None:
    """Hand *mail* over to *server*; blocks. Raises `Trouble`, `Undeliverable`."""
    with signed_in(server) as smtp:
        smtp.send_message(mail)


@contextmanager
def signed_in(server: MailServer) -> Iterator[smtplib.SMTP]:
    """A dialogue with *server* that has begun; blocks.

    What goes wrong in the block raises `Trouble` or `Undeliverable`. What the server
    says is not told on: it may quote addresses.
    """
    where = f"mail server {server.host}:{server.port}"
    try:
        with _connected(server) as smtp:
            if server.user and server.password is not None:
                smtp.login(server.user, server.password.reveal())
            yield smtp
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        told = f"{where} refuses the address ({', '.join(map(str, codes))})"
        if codes and all(500 <= code < 600 for code in codes):
            raise Undeliverable(told) from None
        raise Trouble(told) from None
    except smtplib.SMTPAuthenticationError:
        # A mistake in our settings, which somebody will mend: the mail can wait.
        raise Trouble(
            f"{where} refuses our user or password; check smtp: in the settings"
        ) from None
    except smtplib.SMTPResponseException as error:
        told = f"{where} answered {error.smtp_code}"
        if isinstance(error, smtplib.SMTPDataError) and 500 <= error.smtp_code < 600:
            raise Undeliverable(told) from None
        raise Trouble(told) from None
    except smtplib.SMTPNotSupportedError:
        raise Trouble(
            f"{where} does not offer TLS; set smtp: tls to yes or no, as it has it"
        ) from None
    except TimeoutError:
        raise Trouble(f"{where} did not answer within {TIMEOUT:g} s") from None
    except (smtplib.SMTPException, OSError, ValueError) as error:
        raise Trouble(f"{where} failed ({type(error).__name__})") from None


def _connected(server: MailServer) -> smtplib.SMTP:
    if server.tls == "yes":
        return smtplib.SMTP_SSL(
            server.host,
            server.port,
            timeout=TIMEOUT,
            context=ssl.create_default_context(),
        )
    smtp = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
    try:
        if server.tls == "starttls":
            smtp.starttls(context=ssl.create_default_context())
    except BaseException:
        smtp.close()
        raise
    return smtp
