"""A private Asterisk that runs as long as a block of ours does.

It has ports and folders of its own, so that any number of them run side by side and
beside the machine's own one. Below its folder lie `etc`, `lib`, `data`, `spool`, `run`
and `log`; when the block ends, its process is gone and its files stay: logs and
recordings are what one wants to look at then.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import re
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from ivrflow.aio import finish
from ivrflow.asterisk.home import conf
from ivrflow.asterisk.home.conf import Folders
from ivrflow.asterisk.home.credentials import Credentials, Ports
from ivrflow.asterisk.home.failed import AsteriskFailed
from ivrflow.asterisk.home.find import Asterisk
from ivrflow.asterisk.home.ports import begins_to_listen, chosen
from ivrflow.shipped import shipped

START_WITHIN = 30.0
"""Seconds until Asterisk must answer; it takes half of one on a machine at rest."""

_STOP_WITHIN = 10.0
_ANSWER_WITHIN = 2.0
"""Seconds for one question; what has taken the port may say nothing at all."""
_LONGEST_SOCKET = 107
"""Bytes of a Unix socket's path that Linux takes."""


@dataclass(frozen=True, kw_only=True)
class PrivateAsterisk:
    """A running Asterisk: where it listens, who may speak to it, where it writes."""

    asterisk: Asterisk
    ports: Ports
    credentials: Credentials
    folders: Folders
    sip_host: str
    process: asyncio.subprocess.Process

    @property
    def ari_url(self) -> str:
        """The base of ARI's addresses, such as http://127.0.0.1:20088/ari."""
        return f"http://127.0.0.1:{self.ports.ari}/ari"

    @property
    def ari_user(self) -> str:
        return self.credentials.ari_user

    @property
    def ari_password(self) -> str:
        return self.credentials.ari_password

    @property
    def events_port(self) -> int:
        """Where Asterisk looks for us: ws://127.0.0.1:PORT/ari, subprotocol "ari".

        0: nowhere; then we connect to it.
        """
        return self.ports.events

    @property
    def events_user(self) -> str:
        return self.credentials.events_user

    @property
    def events_password(self) -> str:
        return self.credentials.events_password

    @property
    def sip(self) -> tuple[str, int]:
        """Where SIP listens on UDP: host and port."""
        return self.sip_host, self.ports.sip

    @property
    def sounds_dir(self) -> Path:
        """What `sound:name` is looked for in; a folder below it may be linked here."""
        return self.folders.data / "sounds"

    @property
    def spool_dir(self) -> Path:
        return self.folders.spool

    @property
    def recordings_dir(self) -> Path:
        """Where ARI's recordings are stored, below `spool_dir`."""
        return self.folders.spool / "recording"

    @property
    def log_dir(self) -> Path:
        """`messages.log` has notices, warnings and errors, `full.log` calls as well."""
        return self.folders.log

    @property
    def pid(self) -> int:
        return self.process.pid

    async def died(self) -> AsteriskFailed:
        """Wait until it ends by itself, and return why, as far as it is known."""
        code = await self.process.wait()
        words = await asyncio.to_thread(_last_words, self.log_dir)
        return AsteriskFailed(f"Asterisk ended with code {code}{words}")

    async def rx(self, command: str) -> str:
        """Run one command of Asterisk's console, such as "core show channels".

        Raises `AsteriskFailed` if Asterisk can't be asked.
        """
        process = await asyncio.create_subprocess_exec(
            *self.asterisk.command,
            "-C",
            str(self.folders.etc / "asterisk.conf"),
            "-rx",
            command,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            said, _ = await process.communicate()
        finally:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
        text = said.decode(errors="replace")
        if process.returncode != 0:
            raise AsteriskFailed(f"asterisk -rx {command!r}: {text.strip()}")
        return text


@asynccontextmanager
async def private_asterisk(
    asterisk: Asterisk,
    folder: Path,
    *,
    ports: Ports | None = None,
    credentials: Credentials | None = None,
    sip_host: str = "127.0.0.1",
) -> AsyncIterator[PrivateAsterisk]:
    """Run *asterisk* with its files below *folder* as long as the block runs.

    Ports that are free are chosen unless given, passwords are random. It brings its
    events to us if *ports* has a port for them (`free_ports(outbound=True)`). Enters
    once ARI answers and each port is its own; raises `AsteriskFailed` if that does not
    happen. Leaving the block, by whatever way, ends the process and keeps the files.
    """
    credentials = credentials or Credentials()
    async with AsyncExitStack() as stack:
        ports = stack.enter_context(chosen(ports, sip_host))
        folders = await asyncio.to_thread(_make_folders, asterisk, folder, stack)
        main = await asyncio.to_thread(
            conf.write, folders, ports, credentials, sip_host=sip_host
        )
        log = _Log(folders.log / "messages.log")
        with begins_to_listen(ports, sip_host):
            process = await _start(asterisk, main, folders.log / "console.log")
            stack.push_async_callback(_finish_stop, process)
            await _until_up(process, ports, credentials, log)
        yield PrivateAsterisk(
            asterisk=asterisk,
            ports=ports,
            credentials=credentials,
            folders=folders,
            sip_host=sip_host,
            process=process,
        )


def _make_folders(asterisk: Asterisk, folder: Path, stack: AsyncExitStack) -> Folders:
    """Make the folders of one Asterisk below *folder*; link Asterisk's own data."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    run = folder / "run"
    if len(os.fsencode(run / "asterisk.ctl")) > _LONGEST_SOCKET:
        run = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="ivrflow-")))
    folders = Folders(
        etc=folder / "etc",
        lib=folder / "lib",
        data=folder / "data",
        spool=folder / "spool",
        run=run,
        log=folder / "log",
        modules=asterisk.modules,
    )
    for path in (
        folders.etc,
        folders.lib,
        folders.data / "sounds",
        folders.spool / "recording",
        folders.run,
        folders.log,
    ):
        path.mkdir(parents=True, exist_ok=True)
    folders.etc.chmod(0o700)
    _link_all(asterisk.data, folders.data, but="sounds")
    _link_all(asterisk.data / "sounds", folders.data / "sounds")
    # The dialplan's own words, while no service is there.
    _link(shipped("sounds"), folders.data / "sounds" / "ivrflow")
    english = folders.data / "sounds" / "en"
    if not english.exists():
        # A package's post-install script would have made this link.
        for name in ("en_US_f_Allison", "en_US"):
            if (asterisk.data / "sounds" / name).is_dir():
                _link(asterisk.data / "sounds" / name, english)
                break
    return folders


def _link_all(source: Path, target: Path, *, but: str = "") -> None:
    for path in source.iterdir():
        if path.name != but and path.exists():
            _link(path, target / path.name)


def _link(source: Path, link: Path) -> None:
    """Link; an old link is replaced, a file or folder of the user's stays."""
    if link.is_symlink():
        link.unlink()
    if not link.exists():
        link.symlink_to(source)


async def _start(
    asterisk: Asterisk, main: Path, console: Path
) -> asyncio.subprocess.Process:
    command = [*asterisk.command, "-C", str(main), "-f"]
    if shutil.which("setpriv"):
        # Should we be killed, the kernel ends Asterisk for us.
        command = ["setpriv", "--pdeathsig", "TERM", "--", *command]
    with console.open("wb") as output:
        return await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
            # Ctrl-C is for us: we end calls first, then Asterisk.
            start_new_session=True,
        )


async def _finish_stop(process: asyncio.subprocess.Process) -> None:
    """End *process* and wait for its end, even if we are cancelled meanwhile."""
    await finish(_stop(process))


async def _stop(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_STOP_WITHIN):
                await process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
    await process.wait()


async def _until_up(
    process: asyncio.subprocess.Process,
    ports: Ports,
    credentials: Credentials,
    log: _Log,
) -> None:
    """Wait until ARI answers 200, which it does once all of Asterisk has started.

    Raises `AsteriskFailed` if it can't have one of its ports: it starts even so, and
    who speaks to that port would speak to another program, or to another Asterisk.
    """
    url = f"http://127.0.0.1:{ports.ari}/ari/asterisk/info"
    pair = f"{credentials.ari_user}:{credentials.ari_password}"
    headers = {"Authorization": "Basic " + base64.b64encode(pair.encode()).decode()}
    last = "nothing"
    try:
        async with (
            asyncio.timeout(START_WITHIN),
            aiohttp.ClientSession(
                headers=headers, timeout=aiohttp.ClientTimeout(_ANSWER_WITHIN)
            ) as session,
        ):
            while process.returncode is None:
                status = 0
                with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                    async with session.get(url) as response:
                        status = response.status
                        last = f"{status} {response.reason}"
                # Afterwards: what it had to say of its ports it has said by then.
                if taken := await asyncio.to_thread(log.port_taken):
                    # While it starts it takes no SIGTERM; it has nothing to lose yet.
                    with contextlib.suppress(ProcessLookupError):
                        process.kill()
                    raise AsteriskFailed(
                        f"Asterisk can't have one of its ports: {taken}; somebody took "
                        "it while Asterisk started: start it again, or end what uses it"
                    )
                if status == 200:
                    return
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AsteriskFailed(
            f"Asterisk did not answer {url} within {START_WITHIN:.0f} s (it said: "
            f"{last})" + await asyncio.to_thread(_last_words, log.path.parent)
        ) from None
    raise AsteriskFailed(
        f"Asterisk ended with code {process.returncode} while it started"
        + await asyncio.to_thread(_last_words, log.path.parent)
    )


class _Log:
    """What Asterisk writes into *path* from now on; earlier runs may stand there."""

    _TAKEN = re.compile(
        r"ERROR\[\d+\] \S+ ((?:Transport \S+ could not be started|Unable to bind ).*)"
    )

    def __init__(self, path: Path) -> None:
        self.path = path
        self._begin = path.stat().st_size if path.exists() else 0

    def port_taken(self) -> str:
        """What it says of a port that it can't have; "" if it has all. Blocks."""
        with contextlib.suppress(OSError), self.path.open(errors="replace") as file:
            file.seek(self._begin)
            if found := self._TAKEN.search(file.read()):
                return found[1]
        return ""


def _last_words(log_dir: Path, lines: int = 15) -> str:
    """Return the end of Asterisk's logs, ready to follow an error's first line."""
    words = []
    for name in ("console.log", "messages.log"):
        with contextlib.suppress(OSError):
            text = (log_dir / name).read_text(errors="replace")
            words += [f"  {name}: {line}" for line in text.splitlines()[-lines:]]
    return ";\n" + "\n".join(words) if words else f"; {log_dir} has no log of it"
