import json

import pytest

from ivrflow.asterisk.ari.codec import decoded, encoded
from ivrflow.asterisk.ari.errors import AlreadyThere, AriAway, AriError, Gone
from ivrflow.asterisk.ari.http import Response
from ivrflow.asterisk.ari.wire.base import quoted
from ivrflow.asterisk.ari.wire.models import AsteriskPing

NOTHING = type(None)


def read(status, body=b"{}", answer=NOTHING):
    return decoded("http://pbx/ari", "GET /x", Response(status, body), answer)


def error(status, text):
    return Response(status, json.dumps({"message": text}).encode())


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, "Channel not found"),
        (409, "Channel not in Stasis application"),
        (412, "Channel in invalid state"),
        (400, "Channel not found"),
    ],
)
def test_what_a_hang_up_looks_like_is_one_outcome(status, text):
    with pytest.raises(Gone, match=text):
        read(*error(status, text))


def test_what_was_made_already_is_not_gone():
    with pytest.raises(AlreadyThere):
        read(*error(409, "Channel with given unique ID already exists"))


@pytest.mark.parametrize(
    ("status", "cure"),
    [
        (401, "check the user and password"),
        (403, "read_only=no"),
        (413, "40 kB"),
        (400, "Invalid parameter"),
        (500, "Invalid parameter"),
    ],
)
def test_a_refusal_says_what_to_do(status, cure):
    with pytest.raises(AriError, match=cure) as caught:
        read(*error(status, "Invalid parameter"))

    assert caught.value.status == status
    assert "http://pbx/ari refused GET /x" in str(caught.value)


def test_an_asterisk_that_starts_is_away():
    with pytest.raises(AriAway):
        read(503)


@pytest.mark.parametrize(
    "body", [b"", b"<html>no</html>", b"\xff", b"[", b'{"ping":1}']
)
def test_an_answer_that_cannot_be_read_is_said(body):
    with pytest.raises(AriError, match="cannot read the answer"):
        read(200, body, AsteriskPing)


@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b"\xff", b"[1]", b"5"])
def test_an_error_may_be_no_json(body):
    with pytest.raises(AriError):
        read(500, body)


def test_an_answer_may_be_nothing_or_bytes():
    assert read(204, b"") is None
    assert read(200, b"RIFF", bytes) == b"RIFF"


def test_what_posts_say_goes_into_the_body():
    query, body = encoded(
        "POST",
        {"media": ["sound:a", "sound:b"], "lang": None},
        {"variables": {"A": "1"}},
    )

    assert query == ""
    assert json.loads(body) == {
        "media": ["sound:a", "sound:b"],
        "variables": {"A": "1"},
    }
    assert encoded("POST", {"lang": None}, None) == ("", b"")


def test_what_others_say_goes_into_the_query():
    query, body = encoded(
        "GET", {"a": ["x", "y z"], "b": True, "c": 5, "d": "ü&="}, None
    )

    assert query == "a=x,y%20z&b=true&c=5&d=%C3%BC%26%3D"
    assert body == b""


@pytest.mark.parametrize(
    ("part", "safe"),
    [
        ("1731.5", "1731.5"),
        ("a/b", "a%2Fb"),
        ("..", "%2E%2E"),
        ("../x", "..%2Fx"),
        ("a?b#c d\r\n", "a%3Fb%23c%20d%0D%0A"),
        ("", "%00"),
    ],
)
def test_an_id_stays_one_part_of_the_path(part, safe):
    assert quoted(part) == safe
