"""Text messages by SIP, through the real Asterisk."""

import asyncio
import socket

import pytest
from asterisk_rig import until

from ivrflow.asterisk.ari.text_messages import LONGEST, SipGateway
from ivrflow.flow.letters import Undeliverable
from ivrflow.flow.text_messages import SmsCourier
from ivrflow.flow.world import Letter, Trouble
from ivrflow.secret import Secret

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(60)]


def letter(text, to="1001"):
    return Letter(key="k", channel="sms", to=to, text=text)


async def test_a_text_message_arrives_word_for_word(ari):
    phone = await ari.agent("1001")
    courier = SmsCourier(SipGateway(ari.client, "pjsip:{number}", "sip:95533@ivr.cn"))

    await courier.deliver(letter("Your code is 739146; 您的验证码"))
    await until(lambda: phone.texts, wanted=["Your code is 739146; 您的验证码"])


async def test_a_number_that_no_endpoint_takes_is_trouble_that_quotes_no_words(ari):
    courier = SmsCourier(SipGateway(ari.client, "pjsip:{number}@nowhere"))

    with pytest.raises(Trouble, match="sms: endpoint") as refused:
        await courier.deliver(letter(Secret("739146"), "13800138000"))
    assert "739146" not in str(refused.value)


async def test_a_message_that_no_sip_message_can_hold_is_refused_for_good(ari):
    with pytest.raises(Undeliverable):
        await SipGateway(ari.client, "pjsip:{number}").send(
            "k", "1001", "x" * LONGEST + "y"
        )


STRANGE = (
    "MESSAGE sip:{number}@{host}:{port} SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bKstrange;rport\r\n"
    "From: <sip:stranger@127.0.0.1>;tag=1\r\nTo: <sip:{number}@{host}>\r\n"
    "Call-ID: strange\r\nCSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\n"
    "Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"
)


async def test_a_text_message_from_outside_starts_no_call(ari):
    host, port = ari.asterisk.sip
    loop = asyncio.get_running_loop()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as outside:
        outside.setblocking(False)
        outside.bind(("127.0.0.1", 0))
        own = outside.getsockname()[1]
        told = STRANGE.format(number="12345", host=host, port=port, own=own)
        await loop.sock_sendto(outside, told.encode(), (host, port))
        async with asyncio.timeout(5):
            answer = await loop.sock_recv(outside, 4096)

    assert answer.startswith(b"SIP/2.0 404 ")
    await asyncio.sleep(0.5)  # a call would be with us in a few milliseconds
    assert ari.taken.empty()
    assert await ari.client.channels.list() == []
