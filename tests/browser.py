"""A headless Chromium, for tests of pages: opened, asked in JavaScript, closed.

Spoken to in its own protocol (DevTools), so it needs no driver and no package.
"""

import asyncio
import contextlib
import json
import os
import re
import shutil
from contextlib import asynccontextmanager

import aiohttp

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = [
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
]


class Page:
    """One page. Its `errors` are what the console told, a refused script among them."""

    def __init__(self, socket):
        self._socket = socket
        self._number = 0
        self.errors = []

    async def send(self, method, **params):
        self._number += 1
        wanted = self._number
        await self._socket.send_json({"id": wanted, "method": method, "params": params})
        while True:
            answer = json.loads((await self._socket.receive()).data)
            if answer.get("method") == "Log.entryAdded":
                self.errors.append(answer["params"]["entry"]["text"])
            if answer.get("method") == "Runtime.exceptionThrown":
                self.errors.append(str(answer["params"]["exceptionDetails"]))
            if answer.get("id") == wanted:
                assert "error" not in answer, answer
                return answer["result"]

    async def run(self, script):
        """The value of *script* in the page, as JSON knows it."""
        answer = await self.send(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    async def open(self, url):
        await self.send("Page.navigate", url=url)
        for _ in range(200):
            if await self.run("document.readyState") == "complete":
                return
            await asyncio.sleep(0.05)
        raise TimeoutError(url)


@asynccontextmanager
async def browser(folder, width=1400, height=900):
    """A page of a browser of its own, which keeps its files in *folder*."""
    alone = ["--no-sandbox"] if os.geteuid() == 0 else []
    process = await asyncio.create_subprocess_exec(
        CHROMIUM,
        *QUIET,
        *alone,
        f"--user-data-dir={folder}",
        f"--window-size={width},{height}",
        "about:blank",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(40):
            while True:
                line = (await process.stderr.readline()).decode("utf-8", "replace")
                if found := re.search(r"ws://(127\.0\.0\.1:\d+)/", line):
                    break
                assert line, "the browser ended"
        drain = process.stderr.read()
        async with asyncio.TaskGroup() as group:
            reader = group.create_task(drain)
            async with aiohttp.ClientSession() as session:
                async with session.get(f"http://{found[1]}/json/list") as answer:
                    pages = [p for p in await answer.json() if p["type"] == "page"]
                address = pages[0]["webSocketDebuggerUrl"]
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    page = Page(socket)
                    for part in ("Page", "Runtime", "Log"):
                        await page.send(f"{part}.enable")
                    yield page
            reader.cancel()
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 9)
        await process.wait()
