"""Run the floor: `ivrflow serve` in a process of its own, robots in this one."""

from __future__ import annotations

import asyncio
import random
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bench.floor.people import Robot, Seen, caller
from bench.floor.site import AGENTS, Installed, install
from ivrflow.asterisk.home.credentials import Credentials, password
from ivrflow.asterisk.home.fetch import find_or_fetch
from ivrflow.asterisk.home.ports import free_ports
from ivrflow.asterisk.home.run import PrivateAsterisk, private_asterisk
from ivrflow.sim.phone import Phones

START_WITHIN = 30.0
SETTLED_WITHIN = 60.0
"""Seconds after the last caller until nothing may be up any more."""


@dataclass
class Outcome:
    """What a run has left."""

    installed: Installed
    seen: Seen
    seconds: float = 0.0
    channels: list[str] = field(default_factory=list)
    """What was still up in Asterisk at the end; bridges too."""
    agents: list[dict[str, Any]] = field(default_factory=list)
    waiting: int = 0
    late: float = 0.0
    """The longest that the robots' sound had to wait for their process, in seconds."""
    ended: int | None = None
    """The service's exit status."""


class Api:
    """The service's API, and Asterisk's."""

    def __init__(self, installed: Installed, pbx: PrivateAsterisk) -> None:
        self._base = f"http://127.0.0.1:{installed.api_port}"
        self._token = {"Authorization": f"Bearer {installed.api_token}"}
        self._pbx = pbx

    async def __aenter__(self) -> Api:
        self._http = aiohttp.ClientSession()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.close()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return what the service answers, None if it refuses or is not there."""
        try:
            async with self._http.request(
                method, self._base + path, headers=self._token, json=body
            ) as answer:
                return await answer.json() if answer.status == 200 else None
        except aiohttp.ClientError:
            return None

    async def up(self) -> list[str]:
        """The channels and bridges that Asterisk has."""
        pair = aiohttp.encode_basic_auth(self._pbx.ari_user, self._pbx.ari_password)
        found = []
        for what in ("channels", "bridges"):
            url = f"{self._pbx.ari_url}/{what}"
            headers = {"Authorization": pair}
            async with self._http.get(url, headers=headers) as answer:
                found += [one.get("name") or one["id"] for one in await answer.json()]
        return found


async def run(folder: Path, callers: int, rate: float, seed: int = 1) -> Outcome:
    """Let *callers* come at *rate* a second; return what is left when all is quiet."""
    credentials = Credentials(agents={number: password() for number in AGENTS})
    asterisk = await asyncio.to_thread(find_or_fetch)
    async with private_asterisk(
        asterisk, folder / "asterisk", credentials=credentials
    ) as pbx:
        installed = install(folder, pbx, free_ports().ari)
        outcome = Outcome(installed, Seen())
        async with (
            _service(installed, folder / "service.log", outcome),
            Api(installed, pbx) as api,
            Phones(sip=pbx.sip) as phones,
        ):
            await _until_up(api)
            robots = await _staffed(api, phones, credentials, outcome.seen, seed)
            async with asyncio.TaskGroup() as group:
                agents = [group.create_task(robot.work()) for robot in robots]
                agents.append(group.create_task(_supervise(api)))
                began = asyncio.get_running_loop().time()
                await _call(phones, outcome.seen, callers, rate, seed)
                await _settled(api)
                outcome.seconds = asyncio.get_running_loop().time() - began
                for agent in agents:
                    agent.cancel()
            outcome.channels = await api.up()
            outcome.agents = (await api.ask("GET", "/api/agents"))["agents"]
            queues = (await api.ask("GET", "/api/queues"))["queues"]
            outcome.waiting = sum(len(queue["waiting"]) for queue in queues)
            outcome.late = phones.late
        return outcome


@asynccontextmanager
async def _service(
    installed: Installed, log: Path, outcome: Outcome
) -> AsyncIterator[None]:
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "ivrflow", "serve", "-c", installed.settings),
            stdout=output,
            stderr=output,
        )
        try:
            yield
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
            outcome.ended = await process.wait()
            if outcome.ended != 0:
                words = await asyncio.to_thread(log.read_text)
                print(words[-2000:], file=sys.stderr)


async def _until_up(api: Api) -> None:
    async with asyncio.timeout(START_WITHIN):
        while await api.ask("GET", "/api/agents") is None:  # noqa: ASYNC110  another process
            await asyncio.sleep(0.1)


async def _staffed(
    api: Api, phones: Phones, credentials: Credentials, seen: Seen, seed: int
) -> list[Robot]:
    robots = []
    for number in AGENTS:
        phone = await phones.agent(number, password=credentials.agents[number], keep=0)
        robots.append(Robot(phone, seen, random.Random(f"{seed} {number}")))
        await api.ask("POST", f"/api/agents/{number}/ready")
    return robots


async def _supervise(api: Api) -> None:
    """Send back to work whoever let it ring."""
    while True:
        await asyncio.sleep(1)
        for agent in (await api.ask("GET", "/api/agents") or {"agents": []})["agents"]:
            if agent["presence"] == "not ready":
                await api.ask("POST", f"/api/agents/{agent['number']}/ready")


async def _call(
    phones: Phones, seen: Seen, callers: int, rate: float, seed: int
) -> None:
    chance = random.Random(seed)
    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            await asyncio.sleep(chance.expovariate(rate))
            own = random.Random(f"{seed} {number}")
            group.create_task(caller(phones, seen, number, own))


async def _settled(api: Api) -> None:
    """Wait until Asterisk has nothing any more, and no agent has anything to do."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLED_WITHIN
    while loop.time() < deadline:
        agents = (await api.ask("GET", "/api/agents"))["agents"]
        idle = all(agent["work"] == "idle" for agent in agents)
        if idle and not await api.up():
            return
        await asyncio.sleep(0.5)
