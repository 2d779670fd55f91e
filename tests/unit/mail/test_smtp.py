"""Mail, handed over to a server of a few lines."""

import asyncio
import email
import email.policy
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from ivrflow.flow.letters import About, NotYet, Parcel, Undeliverable
from ivrflow.flow.notices import Told
from ivrflow.flow.world import Letter, Trouble
from ivrflow.mail import smtp
from ivrflow.mail.smtp import MailCourier, MailServer
from ivrflow.secret import Secret

WAV = b"RIFF" + b"\0" * 100


class Server:
    """Speaks as much SMTP as a test needs; `refuses` maps a command to an answer."""

    def __init__(self, **refuses):
        self.refuses = refuses
        self.mails = []
        self.said = []

    async def talk(self, reader, writer):
        try:
            await self._talk(reader, writer)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def _talk(self, reader, writer):
        async def say(text):
            writer.write(f"{text}\r\n".encode())
            await writer.drain()

        await say("220 ready")
        while line := (await reader.readline()).decode().strip():
            self.said.append(line)
            verb = line.split()[0].upper()
            if verb in self.refuses:
                answer = self.refuses[verb]
                if answer is None:
                    await asyncio.sleep(30)
                await say(answer)
            elif verb == "EHLO":
                await say("250-here\r\n250 AUTH PLAIN")
            elif verb == "AUTH":
                await say("235 in")
            elif verb == "DATA":
                await say("354 go on")
                data = await reader.readuntil(b"\r\n.\r\n")
                self.mails.append(
                    email.message_from_bytes(data[:-5], policy=email.policy.default)
                )
                await say("250 taken")
            elif verb == "QUIT":
                await say("221 bye")
                return
            else:
                await say("250 fine")


@asynccontextmanager
async def serving(server):
    listening = await asyncio.start_server(server.talk, "127.0.0.1", 0, limit=2**24)
    async with listening:
        yield listening.sockets[0].getsockname()[1]


TOLD = Told(
    subject="Urgent: Message in Service from 138",
    text="138 has left a message of 12 s in Service.",
    short="",
    language="zh-CN",
    urgent=True,
    sound="51",
)
NOTICE = Parcel(
    key="k",
    channel="email",
    to="li@example.com",
    at=0,
    tries=0,
    attach="wav",
    about=About(
        message="m1", mailbox="box", caller="138", at=0.0, seconds=12.4, urgent=True
    ),
)


def courier(port, *, sounds=None, told=TOLD, encode=None, handed_over=None, **more):
    """A courier to the server at *port*; *sounds* are WAVs by their ids."""
    heard = {"51": WAV} if sounds is None else sounds

    async def sound(name):
        return heard.get(name, b"")

    async def words(parcel):
        return told

    given = {"host": "127.0.0.1", "port": port, "sender": "ivr@example.com"}
    others = {"encode": encode, "handed_over": handed_over}
    return MailCourier(
        server=MailServer(**{**given, "tls": "no", **more}),
        sound=sound,
        told=words,
        **{name: one for name, one in others.items() if one is not None},
    )


def attached(mail):
    return [
        (one.get_filename(), one.get_content_type(), one.get_content())
        for one in mail.iter_attachments()
    ]


MAIL = Letter(
    key="17.1.4",
    channel="email",
    to="li@example.com",
    subject="Your order\r\nBcc: all@example.com",
    text="It is 发出.",
)


async def test_a_mail_arrives_with_its_key_as_its_id():
    server = Server()
    async with serving(server) as port:
        await courier(port).deliver(MAIL)

    (mail,) = server.mails
    assert (mail["To"], mail["From"]) == ("li@example.com", "ivr@example.com")
    assert mail["Message-ID"] == "<17.1.4@example.com>"
    assert mail.get_content().strip() == "It is 发出."


async def test_a_line_break_in_a_subject_makes_no_header():
    server = Server()
    async with serving(server) as port:
        await courier(port).deliver(MAIL)

    assert server.mails[0]["Subject"] == "Your order Bcc: all@example.com"
    assert server.mails[0]["Bcc"] is None
    assert sum(line.upper().startswith("RCPT") for line in server.said) == 1


@pytest.mark.parametrize("to", ["", "li", "a@b.cn, c@d.cn", "<a@b.cn>", "a@b.cn\r\nX"])
async def test_what_is_no_address_is_refused_before_anything_is_sent(to):
    server = Server()
    async with serving(server) as port:
        with pytest.raises(Undeliverable):
            await courier(port).deliver(Letter(key="k", channel="email", to=to))
    assert server.said == []


async def test_a_notice_has_the_message_as_wav():
    server = Server()
    async with serving(server) as port:
        await courier(port).carry(NOTICE)
        await courier(port, sounds={}).carry(NOTICE)

    mail, without = server.mails
    assert mail["Subject"] == "Urgent: Message in Service from 138"
    assert attached(mail) == [("message.wav", "audio/wav", WAV)]
    assert "12 s" in mail.get_body().get_content()
    assert attached(without) == []


async def test_an_urgent_notice_says_so_to_every_kind_of_reader():
    server = Server()
    calm = replace(TOLD, urgent=False)
    async with serving(server) as port:
        await courier(port).carry(NOTICE)
        await courier(port, told=calm).carry(NOTICE)

    urgent, other = server.mails
    assert (urgent["Importance"], urgent["X-Priority"]) == ("high", "1")
    assert (other["Importance"], other["X-Priority"]) == (None, None)


async def test_a_notice_may_have_its_message_as_opus_and_else_as_wav():
    server, asks = Server(), replace(NOTICE, attach="opus")
    async with serving(server) as port:
        await courier(port, encode=lambda wav: b"OggS" + wav[:4]).carry(asks)
        await courier(port, encode=lambda wav: None).carry(asks)

    opus, wav = server.mails
    assert attached(opus) == [("message.opus", "audio/ogg", b"OggSRIFF")]
    assert attached(wav) == [("message.wav", "audio/wav", WAV)]


async def test_what_was_sent_on_has_its_comment_before_it():
    server, comment = Server(), b"RIFFcomment"
    both = {"51": WAV, "52": comment}
    async with serving(server) as port:
        await courier(port, sounds=both, told=replace(TOLD, intro="52")).carry(NOTICE)

    assert attached(server.mails[0]) == [
        ("comment.wav", "audio/wav", comment),
        ("message.wav", "audio/wav", WAV),
    ]


@pytest.mark.parametrize(
    ("sounds", "whole"),
    [
        ({"51": WAV}, True),
        ({}, False),
        ({"51": b"R" * (smtp.LARGEST_SOUND + 1)}, False),
    ],
    ids=["whole", "gone", "too long"],
)
async def test_who_deletes_after_mail_hears_whether_the_sound_went_along(sounds, whole):
    server, heard = Server(), []

    async def handed_over(parcel, all_of_it):
        heard.append((parcel.key, all_of_it, len(server.mails)))

    async with serving(server) as port:
        its = courier(port, sounds=sounds, handed_over=handed_over)
        await its.carry(NOTICE)

    assert heard == [("k", whole, 1)]  # after it was handed over


async def test_a_notice_that_waits_for_its_words_says_nothing_to_the_server():
    server = Server()

    async def not_yet(parcel):
        raise NotYet("it waits for its transcript", 5.0)

    async with serving(server) as port:
        with pytest.raises(NotYet):
            await replace(courier(port), told=not_yet).carry(NOTICE)

    assert server.said == []


async def test_who_has_a_password_logs_in():
    server = Server()
    async with serving(server) as port:
        await courier(port, user="ivr", password=Secret("s3cret")).deliver(MAIL)

    assert any(line.startswith("AUTH PLAIN") for line in server.said)
    assert len(server.mails) == 1


@pytest.mark.parametrize(
    ("refuses", "for_good"),
    [
        ({"RCPT": "550 nobody here"}, True),
        ({"RCPT": "450 busy"}, False),
        ({"MAIL": "451 later"}, False),
        ({"DATA": "554 spam"}, True),
        ({"EHLO": "421 away", "HELO": "421 away"}, False),
    ],
)
async def test_a_refusal_is_for_good_or_for_now(refuses, for_good):
    async with serving(Server(**refuses)) as port:
        with pytest.raises(Trouble) as refused:
            await courier(port).deliver(MAIL)

    assert isinstance(refused.value, Undeliverable) is for_good
    assert "li@example.com" not in str(refused.value)


async def test_a_wrong_password_can_be_mended_so_the_mail_waits():
    async with serving(Server(AUTH="535 no")) as port:
        with pytest.raises(Trouble, match="user or password") as refused:
            await courier(port, user="ivr", password=Secret("x")).deliver(MAIL)
    assert not isinstance(refused.value, Undeliverable)


async def test_mail_is_not_sent_in_the_clear_where_tls_is_wanted():
    server = Server()
    async with serving(server) as port:
        with pytest.raises(Trouble, match="TLS"):
            await courier(port, tls="starttls").deliver(MAIL)
    assert server.mails == []


async def test_a_server_that_hangs_is_trouble_and_blocks_nobody(monkeypatch):
    monkeypatch.setattr(smtp, "TIMEOUT", 0.3)
    ticks = 0
    async with serving(Server(EHLO=None)) as port, asyncio.TaskGroup() as group:

        async def tick():
            nonlocal ticks
            while ticks < 10:
                await asyncio.sleep(0.02)
                ticks += 1

        group.create_task(tick())
        with pytest.raises(Trouble):
            await courier(port).deliver(MAIL)
    assert ticks == 10


async def test_a_server_that_is_away_is_trouble():
    with pytest.raises(Trouble, match="mail server 127"):
        await courier(1).deliver(MAIL)
