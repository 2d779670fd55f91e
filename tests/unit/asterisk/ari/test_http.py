import pytest

from ivrflow.asterisk.ari.http import BadResponse, Response, ResponseReader

PLAIN = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX: y\r\n\r\nhello"
EMPTY = b"HTTP/1.1 204 No Content\r\n\r\n"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;name=x\r\nhel\r\n2\r\nlo\r\n0\r\nTrailer: z\r\n\r\n"
)


def read(*pieces, longest=1000):
    reader = ResponseReader(longest)
    found = [reader.feed(piece) for piece in pieces]
    return reader, [response for response in found if response]


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        (PLAIN, Response(200, b"hello")),
        (EMPTY, Response(204, b"")),
        (CHUNKED, Response(200, b"hello")),
    ],
)
def test_a_response_may_come_in_any_pieces(raw, wanted):
    for cut in range(len(raw)):
        assert read(raw[:cut], raw[cut:])[1] == [wanted]
    assert read(*(raw[i : i + 1] for i in range(len(raw))))[1] == [wanted]


def test_one_response_follows_another_on_the_same_connection():
    reader, found = read(PLAIN, EMPTY, CHUNKED)

    assert [r.status for r in found] == [200, 204, 200]
    assert reader.stays_open


@pytest.mark.parametrize("how", [b"HTTP/1.1", b"HTTP/1.0"])
def test_a_response_without_a_length_ends_with_the_connection(how):
    reader, found = read(how + b" 500 Oh\r\nConnection: close\r\n\r\nhel", b"lo")

    assert found == []
    assert reader.closed() == Response(500, b"hello")


def test_a_connection_that_ends_in_a_response_ends_it_without_one():
    for raw in (PLAIN[:-1], CHUNKED[:-1], b"HTTP/1.1 2", b""):
        assert read(raw)[0].closed() is None


def test_a_server_that_closes_says_so():
    reader, _ = read(
        b"HTTP/1.1 200 OK\r\nConnection: Close\r\nContent-Length: 0\r\n\r\n"
    )

    assert not reader.stays_open


def test_more_than_was_asked_for_ends_the_connection():
    reader, found = read(PLAIN + b"HTTP/1.1 200 smuggled")

    assert [r.body for r in found] == [b"hello"]
    assert not reader.stays_open


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n\r\n",
        b"HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 100 Continue\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffff\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 1001,
        b"x" * 40_000,
    ],
)
def test_what_is_no_response_is_refused(raw):
    with pytest.raises(BadResponse):
        read(raw)
