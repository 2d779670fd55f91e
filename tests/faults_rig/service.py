"""`ivrflow serve` as a process of its own, and who starts it anew when it dies."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

TESTS = Path(__file__).parents[1]
RESTART = 0.2
"""Seconds until the next one starts, as the unit for systemd has it (RestartSec)."""
ENDS_WITHIN = 20.0
"""Seconds in which a service has ended that was told to."""
SOON, CRASHES = 5.0, 5
"""A service that dies so often by itself, each time so soon (seconds), can't run."""


def now():
    """The wall clock, as the facts have it."""
    return datetime.now(UTC).timestamp()


class CannotRun(Exception):
    """The service does not come up; the text has the end of its log."""


@dataclass
class Launch:
    """One life of the service, in seconds of the wall clock."""

    pid: int
    began: float
    ended: float | None = None
    code: int | None = None
    hurt: str = ""
    """What we did to it, such as SIGKILL; "" for one that ended by itself."""
    process: asyncio.subprocess.Process | None = None


@dataclass
class Service:
    settings: Path
    api: str
    token: str
    log: Path
    launches: list = field(default_factory=list)
    environment: dict = field(default_factory=dict)
    """Of the launches to come."""
    next_point: object = None
    """A function that returns where the next launch dies by itself (see `launcher`), or
    None for one that lives; left out: it is started as everybody does."""
    restart: float | None = RESTART
    """Seconds between an end and the next start; None: it stays down."""
    owner: Path | None = None
    """The file that says which process has the database."""
    standby: bool = False
    """Run a second one beside it, which waits (`serve --wait`) and takes over."""
    kept: bool = False
    """Run it as the child of a process that starts it anew (`serve --keep`): that one
    is our `life`; what is killed, frozen and counted is the child."""

    def __post_init__(self):
        self._wanted = asyncio.Event()
        self._http = None

    # What we do to it

    @property
    def life(self):
        """The launch that serves: the oldest that lives, or the last one.

        Of two, the one that owns the database.
        """
        living = [one for one in self.launches if one.ended is None]
        if len(living) > 1:
            owner = self._owner()
            living.sort(key=lambda one: owner is None or one.pid != owner)
        return (living or self.launches)[0 if living else -1]

    @property
    def process(self):
        return self.life.process

    @property
    def pid(self):
        """Of the process that serves."""
        return (self._owner() or self.life.pid) if self.kept else self.life.pid

    def _owner(self):
        """Who has signed the file of the database's owner; None: nobody yet."""
        found = None
        with contextlib.suppress(FileNotFoundError):
            found = re.search(r"process (\d+)", self.owner.read_text())
        return int(found[1]) if found else None

    @property
    def running(self):
        return any(one.ended is None for one in self.launches)

    def kill(self):
        """SIGKILL; returns when, on the wall clock."""
        return self.signal(signal.SIGKILL)

    def terminate(self):
        """SIGTERM, as systemd and an upgrade do it."""
        return self.signal(signal.SIGTERM)

    def freeze(self):
        """SIGSTOP: it is there, and does nothing."""
        return self.signal(signal.SIGSTOP)

    def thaw(self):
        return self.signal(signal.SIGCONT)

    def signal(self, number):
        if self.running:
            if number in (signal.SIGKILL, signal.SIGTERM) and not self.kept:
                self.life.hurt = signal.Signals(number).name
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)
        return now()

    async def down(self):
        """Kill it and leave it down, until `start`."""
        await self._out(signal.SIGKILL)
        return now()

    async def stop(self):
        """Tell it to stop, wait until it has, and leave it down."""
        await self._out(signal.SIGTERM)

    async def _out(self, number):
        self.restart = None
        self._wanted.clear()
        if not self.running:
            return
        serves = self.life
        # Who stands by goes first, or it would take over.
        for one in [*(one for one in self.launches if one is not serves), serves]:
            if one.ended is not None:
                continue
            how = number if one is serves else signal.SIGKILL
            one.hurt = how.name
            with contextlib.suppress(ProcessLookupError):
                one.process.send_signal(how)
            await asyncio.wait_for(one.process.wait(), ENDS_WITHIN)

    def start(self, restart=RESTART):
        """Let it run again, and be started anew from now on."""
        self.restart = restart
        self._wanted.set()

    # What it says

    @property
    def followed(self):
        """How those have died whom `serve --keep` followed by another one."""
        said = self.log.read_text(errors="replace") if self.kept else ""
        return re.findall(r"the service died \(([^)]*)\)", said)

    @property
    def crashes(self):
        """The lives that ended by themselves, and not with 0."""
        kept = [how for how in self.followed if how != "SIGKILL"]
        return [one for one in self.launches if one.code and not one.hurt] + kept

    def words(self, characters=4000):
        """The end of its log."""
        return self.log.read_text(errors="replace")[-characters:]

    async def ask(self, method, path, body=None):
        """What its API answers; None if it refuses or is not there."""
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with (
                asyncio.timeout(5),
                self._http.request(
                    method, self.api + path, headers=headers, json=body
                ) as answer,
            ):
                return await answer.json() if answer.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def ready(self, within=30):
        """Wait until its API answers; returns the seconds that took."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        while loop.time() - began < within:
            if await self.ask("GET", "/api/agents") is not None:
                return loop.time() - began
            if self._failing():
                break
            await asyncio.sleep(0.05)
        raise CannotRun(f"no API after {loop.time() - began:.0f} s:\n{self.words()}")

    def _failing(self):
        last = self.launches[-CRASHES:]
        return len(last) == CRASHES and all(
            one.code and not one.hurt and one.ended - one.began < SOON for one in last
        )

    # Who starts it

    async def supervise(self):
        """Start it whenever it is wanted and not there, for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_up())
            if self.standby:
                group.create_task(self._keep_up())

    async def _keep_up(self):
        while True:
            await self._wanted.wait()
            if self._failing():
                return
            await self._live()
            if self.restart is None:
                self._wanted.clear()
            else:
                await asyncio.sleep(self.restart)

    async def _live(self):
        point = self.next_point() if self.next_point else None
        module = "faults_rig.launcher" if point else "ivrflow"
        command = [sys.executable, "-m", module, "serve", "-c", str(self.settings)]
        if self.standby:
            command.append("--wait")
        if self.kept:
            command.append("--keep")
        if shutil.which("setpriv"):
            # Should the test be killed, the kernel ends the service for it.
            command = ["setpriv", "--pdeathsig", "KILL", "--", *command]
        environment = {**os.environ, "PYTHONPATH": str(TESTS), **self.environment}
        environment |= point or {}
        with self.log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,
            )
        life = Launch(
            process.pid, now(), hurt="its own point" if point else "", process=process
        )
        self.launches.append(life)
        try:
            life.code = await process.wait()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
                await process.wait()
            life.ended = now()


@asynccontextmanager
async def supervised(service, *, start=True):
    """Run *service* as long as the block runs."""
    service._http = aiohttp.ClientSession()
    try:
        async with asyncio.TaskGroup() as group:
            keeper = group.create_task(service.supervise())
            if start:
                service.start(service.restart)
            try:
                yield service
            finally:
                keeper.cancel()
    finally:
        await service._http.close()
