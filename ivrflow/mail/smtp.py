"""Hands mail over to a mail server.

One mail at a time needs no library for thousands: the standard one, in a thread, with a
time limit on each step of the dialogue. A mail has a Message-ID made from its letter's
key: a mail that is handed over twice is the same mail, and most mailboxes show it once.
"""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from typing import Literal

from ivrflow.flow.letters import EMAIL, LONGEST_SUBJECT, Parcel, Undeliverable
from ivrflow.flow.notices import subject_of, text_of
from ivrflow.flow.world import Letter, Trouble
from ivrflow.secret import Secret

TIMEOUT = 20.0
"""Seconds for each step of the dialogue with the server."""

LARGEST_SOUND = 20 * 1024 * 1024
"""Bytes; a longer recording is not attached, since no mailbox would take it."""

Sound = Callable[[str], Awaitable[bytes]]
"""Returns the WAV of a message of a mailbox, by its id; b"" if it is gone. Raises
`Trouble`."""


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
class MailCourier:
    """Delivers mail: of the outbox with `carry`, at once as a flow's `Courier`."""

    server: MailServer
    sound: Sound
    titles: Mapping[str, str]
    """Mailbox -> its title."""
    language: str = "en"

    async def deliver(self, letter: Letter) -> None:
        """Hand *letter* over now. Raises `Trouble`, `Undeliverable`."""
        text = letter.text
        await self._send(
            letter.key,
            letter.to,
            letter.subject,
            text.reveal() if isinstance(text, Secret) else text,
            None,
        )

    async def carry(self, parcel: Parcel) -> None:
        """Hand *parcel* over. Raises `Trouble`, `Undeliverable`."""
        subject, text, sound = parcel.subject, parcel.text, None
        if (about := parcel.about) is not None:
            title = self.titles.get(about.mailbox, about.mailbox)
            subject = subject_of(about, title, self.language)
            text = text_of(about, title, self.language)
            if parcel.attach:
                sound = await self.sound(about.message)
                if not 0 < len(sound) <= LARGEST_SOUND:
                    sound = None
        await self._send(parcel.key, parcel.to, subject, text, sound, at=parcel.at)

    async def _send(
        self,
        key: str,
        to: str,
        subject: str,
        text: str,
        sound: bytes | None,
        *,
        at: float | None = None,
    ) -> None:
        if not EMAIL.fullmatch(to):
            raise Undeliverable("this is no mail address")
        sender = parseaddr(self.server.sender)[1]
        mail = EmailMessage()
        mail["From"] = self.server.sender
        mail["To"] = to
        # One line: what a caller's data holds must not become another header.
        mail["Subject"] = " ".join(subject.split())[:LONGEST_SUBJECT]
        mail["Message-ID"] = f"<{key}@{sender.rpartition('@')[2] or 'ivrflow'}>"
        mail["Auto-Submitted"] = "auto-generated"
        if at is not None:
            mail["Date"] = format_datetime(datetime.fromtimestamp(at, UTC))
        mail.set_content(text or " ")
        if sound is not None:
            mail.add_attachment(
                sound, maintype="audio", subtype="wav", filename="message.wav"
            )
        await asyncio.to_thread(hand_over, self.server, mail)


def hand_over(server: MailServer, mail: EmailMessage) -> None:
    """Hand *mail* over to *server*; blocks. Raises `Trouble`, `Undeliverable`.

    What the server says is not told on: it may quote addresses.
    """
    where = f"mail server {server.host}:{server.port}"
    try:
        with _connected(server) as smtp:
            if server.user and server.password is not None:
                smtp.login(server.user, server.password.reveal())
            smtp.send_message(mail)
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
