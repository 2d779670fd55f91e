import pytest

from ivrflow.sim.phone import message
from ivrflow.telephony.channel import Cause

NEAR = ("127.0.0.1", 5062)

INVITE = message.request(
    "INVITE",
    "sip:12313@127.0.0.1:5060",
    NEAR,
    [
        ("From", message.tagged(message.address("13800138001", "127.0.0.1"))),
        ("To", "<sip:12313@127.0.0.1:5060>"),
        ("Call-ID", "a1@127.0.0.1"),
        ("CSeq", "1 INVITE"),
    ],
    message.sdp(("127.0.0.1", 40000)),
)


def sent(made):
    received = message.parse(made.encode())
    assert received is not None
    return received


def test_a_request_survives_the_wire():
    received = sent(INVITE)

    assert not message.is_response(received)
    assert message.asked_for(received) == "12313"
    assert message.caller(received) == ("13800138001", "")
    assert message.media(received) == message.Media(
        address=("127.0.0.1", 40000), event_type=101
    )


def test_an_answer_belongs_to_its_request_and_opens_a_dialog():
    received = sent(message.response(INVITE, 180))

    assert message.is_response(received)
    assert message.key(received) == message.key(INVITE)
    assert ";tag=" in received.headers["To"]
    assert ";tag=" not in message.response(INVITE, 100).headers["To"]


def test_the_ack_of_a_refusal_is_part_of_its_transaction():
    refusal = message.response(INVITE, 486)

    made = sent(message.ack(INVITE, refusal))

    assert made.headers["Via"] == INVITE.headers["Via"]
    assert made.headers["To"] == refusal.headers["To"]
    assert made.cseq == (1, "ACK")


def test_cancel_takes_back_the_very_request():
    made = sent(message.cancel(INVITE))

    assert made.headers["Via"] == INVITE.headers["Via"]
    assert made.cseq == (1, "CANCEL")


@pytest.mark.parametrize("display", ['Li "Na"', "陈立", "a, b; <c>", "back\\slash"])
def test_any_name_can_be_shown(display):
    assert message.address("1", "h", display=display).endswith(" <sip:1@h>")


def test_keys_in_a_number_are_no_syntax():
    assert message.uri("*45", NEAR) == "sip:*45@127.0.0.1:5062"
    assert message.uri("#1", NEAR) == "sip:%231@127.0.0.1:5062"
    assert message.uri("", NEAR) == "sip:127.0.0.1:5062"


@pytest.mark.parametrize("text", ["1\r\nX-Evil: 1", "1\n", "\0", "\x7f"])
def test_a_caller_cannot_add_headers(text):
    with pytest.raises(ValueError, match="control character"):
        message.address(text, "h")
    with pytest.raises(ValueError, match="control character"):
        message.address("1", "h", display=text)


@pytest.mark.parametrize(
    "datagram",
    [
        b"",
        b"\0\0\0\0",
        b"\r\n\r\n",
        b"INVITE\r\n\r\n",
        b"INVITE sip:1@h SIP/2.0\r\n\r\n",
        b"SIP/2.0 abc\r\nVia: x;branch=z\r\nCSeq: 1 INVITE\r\n\r\n",
        b"INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z\r\nCSeq: x\r\n\r\n",
        b"INVITE sip:1@h SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z\r\n"
        b"CSeq: 1 INVITE\r\n\r\n",
    ],
)
def test_what_is_no_whole_message_is_none(datagram):
    assert message.parse(datagram) is None


def test_a_hang_up_tells_its_cause():
    bye = message.request(
        "BYE", "sip:h", NEAR, [("Reason", 'Q.850;cause=17;text="busy"')]
    )

    assert message.cause(bye) is Cause.USER_BUSY
    assert message.cause(INVITE) is Cause.NORMAL_CLEARING


def test_a_challenge_is_answered_without_showing_the_password():
    challenge = message.response(INVITE, 401)
    challenge.headers.add(
        "WWW-Authenticate", 'Digest realm="asterisk", nonce="n1", qop="auth"'
    )
    login = message.Login(user="1001", password="s3cret")

    name, value = message.authorization(login, INVITE, challenge)

    assert name == "Authorization"
    assert 'username="1001"' in value
    assert "s3cret" not in value
    assert "s3cret" not in repr(login)


def test_an_offer_without_sound_is_refused():
    silent = message.request("INVITE", "sip:h", NEAR, [], b"v=0\r\ns=-\r\n")

    with pytest.raises(message.CallRefused, match="488"):
        message.media(silent)
