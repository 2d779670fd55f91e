"""A caller whose Call-ID is no UTF-8: Asterisk can't put his channel into JSON."""

import secrets
import socket

import pytest

from ivrflow.asterisk.ari.errors import AriError
from tests.asterisk_rig import until

pytestmark = pytest.mark.asterisk

SOUND = (
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 40000 RTP/AVP 0\r\n"
)


def invite(to, near, call_id):
    """A call as any phone on the network may send it."""
    host, port = to
    tag = secrets.token_hex(4)
    head = (
        f"INVITE sip:12345@{host}:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{near};branch=z9hG4bK{tag};rport\r\n"
        f"Max-Forwards: 70\r\nFrom: <sip:666@127.0.0.1>;tag={tag}\r\n"
        f"To: <sip:12345@{host}>\r\nCall-ID: CALL_ID\r\nCSeq: 1 INVITE\r\n"
        f"Contact: <sip:666@127.0.0.1:{near}>\r\nContent-Type: application/sdp\r\n"
        f"Content-Length: {len(SOUND)}\r\n\r\n{SOUND}"
    )
    return head.encode().replace(b"CALL_ID", call_id)


async def test_a_caller_whom_asterisk_cant_describe_hides_no_other_one(processes):
    one = await processes()
    channel, phone = await one.call()
    await channel.remember("where he was")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sip:
        sip.bind(("127.0.0.1", 0))
        near = sip.getsockname()[1]
        sip.sendto(invite(one.asterisk.sip, near, b"\xff\xfe@phone"), one.asterisk.sip)
        await until(lambda: listed(one.client), wanted=500)
        await one.switch.look()
        assert not channel.gone.done()
        await one.dies()

        two = await processes()

        assert (await two.adopted()).remembered == "where he was"
        assert phone.up
        await two.asterisk.rx("channel request hangup all")
        await until(lambda: listed(two.client), wanted=200)


async def listed(client):
    """The status of the answer to who is there."""
    try:
        await client.channels.list()
    except AriError as error:
        return error.status
    return 200
