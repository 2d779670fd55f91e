"""What Asterisk says by AGI, and what only looks as if it did."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ivrflow.asterisk.agi.wire import (
    HUNG_UP,
    LONGEST_LINE,
    MOST_LINES,
    MOST_USAGE,
    BadLine,
    Incoming,
    Reply,
    Request,
)

ASKED = """\
agi_network: yes
agi_network_script: flow/hotline?card=12
agi_request: agi://127.0.0.1:4573/flow/hotline?card=12
agi_channel: PJSIP/1001-00000001
agi_language: en
agi_type: PJSIP
agi_uniqueid: 1767312000.7
agi_version: 22.10.1~dfsg
agi_callerid: 13800138000
agi_calleridname: {name}
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 500
agi_rdnis: unknown
agi_context: from-trunk
agi_extension: 500
agi_priority: 2
agi_enhanced: 0.0
agi_accountcode: 
agi_threadid: 140242
agi_arg_1: first
agi_arg_2: second

"""


def asked(name="Li", **changes):
    text = ASKED.replace("{name}", name)
    for key, value in changes.items():
        text = text.replace(f"agi_{key}: ", f"agi_{key}: {value}", 1)
    return text.encode()


def said(*parts):
    """All that comes of these bytes."""
    incoming = Incoming()
    return [one for part in parts for one in incoming.feed(part)]


def answers(text):
    """What comes of *text* behind a request."""
    return said(asked(), text.encode())[1:]


def test_a_request_tells_who_calls_and_what_is_to_be_run():
    (request,) = said(asked())

    assert isinstance(request, Request)
    assert request["network_script"] == "flow/hotline?card=12"
    assert request["uniqueid"] == "1767312000.7"
    assert request["accountcode"] == ""
    assert request["rdnis"] == "", "Asterisk writes unknown for nothing"
    assert request.arguments == ("first", "second")


def test_a_request_may_come_in_any_pieces():
    whole = asked()

    assert said(*(whole[n : n + 1] for n in range(len(whole)))) == said(whole)


@pytest.mark.parametrize(
    "name",
    [
        "\n",
        "x\n\n",
        "x\nagi_extension: 999",
        "x\nagi_arg_1: evil",
        "x\nagi_network_script: flow/other",
        "x\n200 result=1",
        "x\nHANGUP",
        "x\nagi_callingpres: 0\nagi_enhanced: 0.0\nagi_accountcode: \n",
    ],
)
def test_a_line_end_in_a_callers_name_ends_the_connection_and_nothing_else(name):
    with pytest.raises(BadLine):
        said(asked(name))


def test_a_name_that_copies_a_whole_request_makes_what_follows_no_answer():
    name = (
        "x\nagi_callingpres: 0\nagi_dnid: 1\nagi_context: c\nagi_extension: 999\n"
        "agi_priority: 1\nagi_enhanced: 0.0\nagi_accountcode: \n\n"
    )
    coming = Incoming().feed(asked(name))
    first = next(coming)
    with pytest.raises(BadLine):
        next(coming)

    assert isinstance(first, Request)
    assert first["network_script"] == "flow/hotline?card=12", "as Asterisk said it"


@pytest.mark.parametrize(
    ("line", "reply"),
    [
        ("200 result=0", Reply(code=200)),
        ("200 result=-1", Reply(code=200, result=-1)),
        ("200 result=49", Reply(code=200, result=49)),
        ("200 result=0 endpos=4711", Reply(code=200, at=4711)),
        (
            "200 result=35 (dtmf) endpos=8",
            Reply(code=200, result=35, note="dtmf", at=8),
        ),
        ("200 result=1 (a (b) c)", Reply(code=200, result=1, note="a (b) c")),
        ("200 result=1 ()", Reply(code=200, result=1, note="")),
        ("200 result= (timeout)", Reply(code=200, note="timeout")),
        (
            "510 Invalid or unknown command",
            Reply(code=510, note="Invalid or unknown command"),
        ),
        ("511 Command Not Permitted", Reply(code=511, note="Command Not Permitted")),
        (
            "520-Invalid command syntax.\nUsage: ANSWER\n200 result=0\n"
            "520 End of proper usage.",
            Reply(code=520, note="it is used otherwise"),
        ),
    ],
)
def test_answers_are_read(line, reply):
    assert answers(f"{line}\n") == [reply]


def test_a_hang_up_stands_between_answers():
    heard = answers("100 result=0 Trying...\nHANGUP\n200 result=-1\n")

    assert heard == [HUNG_UP, Reply(code=200, result=-1)]


@pytest.mark.parametrize(
    "line",
    [
        "200 result=1 (a value that does not end",
        "",
        "GET / HTTP/1.1",
        "200 result=0; rm",
        "300 result=0",
        "hangup",
        "agi_request: x",
    ],
)
def test_what_is_no_answer_ends_the_connection(line):
    with pytest.raises(BadLine):
        answers(f"{line}\n")


def test_nothing_may_go_on_for_ever():
    endless = {
        "a line": [b"x" * LONGEST_LINE, b"xx"],
        "a whole line": [asked(), b"2" * LONGEST_LINE + b"0\n"],
        "a request": [b"agi_network: yes\n", b"agi_arg_1: x\n" * MOST_LINES],
        "a usage": [asked(), b"520-Usage:\n" + b"x\n" * MOST_USAGE],
    }
    for parts in endless.values():
        with pytest.raises(BadLine):
            said(*parts)


@given(st.lists(st.binary(max_size=200), max_size=10))
def test_garbage_is_refused_or_waited_out(parts):
    incoming, size = Incoming(), 0
    try:
        for part in parts:
            size += len(part)
            assert list(incoming.feed(part)) == []
    except BadLine:
        return
    assert b"\n" not in b"".join(parts)


@given(st.binary(max_size=300), st.integers(0, 600), st.integers(0, 40))
def test_a_request_with_bytes_changed_in_it_is_read_or_refused(other, at, length):
    whole = asked()
    at = min(at, len(whole))
    try:
        for one in said(whole[:at] + other + whole[at + length :]):
            assert isinstance(one, Request | Reply) or one is HUNG_UP
    except BadLine:
        pass
