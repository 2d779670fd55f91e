"""What comes to the API's socket and is no HTTP: answered, and told in one line."""

import asyncio

import pytest
from aiohttp import web

from ivrflow.config import read_settings
from ivrflow.console.asking import body_of
from ivrflow.console.who import NOBODY
from ivrflow.flow.live import LiveCalls
from ivrflow.service.api import served
from tests.unit.service.test_service import TOKEN, installed

SECRET = b"ivr-0a1b2c3d-somebodys"

HEAD = b"GET /api/me HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize(
    ("request_", "kind"),
    [
        (HEAD + b"Authorization: Bearer " + SECRET + b"x" * 9000, "LineTooLong"),
        (HEAD + b"Author ization: Bearer " + SECRET, "BadHttpMessage"),
        (HEAD + b"Content-Length: " + SECRET, "BadHttpMessage"),
        (b"GET /api/me?token=" + SECRET + b"\x00 HTTP/1.1", "InvalidURLError"),
    ],
)
async def test_request_that_is_no_http_is_one_line_of_the_log_without_its_text(
    tmp_path, caplog, request_, kind
):
    installed(tmp_path)
    settings = read_settings(tmp_path / "ivrflow.yaml")
    async with served(settings, LiveCalls(), people=NOBODY) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(request_ + b"\r\n\r\n")
        answer = await reader.read()
        writer.close()

    assert b" 400 " in answer.splitlines()[0]
    [record] = [r for r in caplog.records if "HTTP" in r.getMessage()]
    assert record.levelname == "WARNING"
    assert record.getMessage() == (
        f"API: a request from 127.0.0.1 is no good HTTP ({kind}); it was refused"
    )
    assert SECRET.decode() not in caplog.text
    assert "Traceback" not in caplog.text


class Echo:
    """A part of the API that reads what it gets."""

    def routes(self):
        return [web.post("/api/echo", self._echo)]

    async def _echo(self, request):
        return web.json_response(dict(await body_of(request)))


@pytest.mark.parametrize(
    ("token", "status"), [(TOKEN.encode(), b" 400 "), (SECRET, b" 401 ")]
)
async def test_body_that_is_not_what_its_headers_say_is_no_fault_of_ours(
    tmp_path, caplog, token, status
):
    installed(tmp_path)
    settings = read_settings(tmp_path / "ivrflow.yaml")
    async with served(settings, LiveCalls(), Echo(), people=NOBODY) as (host, port):
        reader, writer = await asyncio.open_connection(host, port)
        writer.write(
            b"POST /api/echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
            b"Authorization: Bearer " + token + b"\r\n"
            b"Content-Length: 6\r\nConnection: close\r\n\r\nnozip!"
        )
        answer = await reader.read()
        writer.close()

    assert status in answer.splitlines()[0]
    assert "Traceback" not in caplog.text
