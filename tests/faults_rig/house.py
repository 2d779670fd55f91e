"""Asterisk and an installation of the service, side by side."""

import asyncio
import json
import secrets
import sqlite3
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path

from faults_rig.mixed import AGENTS, customers, mixed_site
from faults_rig.proxies import Liar, Proxy
from faults_rig.service import Service, supervised
from faults_rig.truth import Pbx, Truth
from ivrflow.aio import beside
from ivrflow.asterisk.home.credentials import Credentials, password
from ivrflow.asterisk.home.fetch import find_or_fetch
from ivrflow.asterisk.home.ports import free_port, free_ports
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.config import Settings
from ivrflow.db.demo import fill_demo
from ivrflow.flow.load import load_site
from ivrflow.hashing import Hasher, make_pepper, read_pepper
from ivrflow.secret import Secret
from ivrflow.service.sources import secrets_of

ROOT = Path(__file__).parents[2]


@dataclass
class House:
    folder: Path
    running: object
    """The private Asterisk; its `credentials.agents` has each phone's password."""
    settings: Path
    truth: Truth
    pbx: Pbx
    data: Path
    """The site's own SQLite file."""
    api_port: int
    token: str
    hasher: Hasher
    line: Proxy | None = None
    """Between the service and ARI; None unless the house is `proxied`."""

    @property
    def sip(self):
        return self.running.sip

    @property
    def store(self):
        """The folder in which the service keeps sounds."""
        return self.folder / "db" / "voicemail"

    async def up(self):
        """Names of what is up in Asterisk: channels and bridges."""
        return await self.pbx.up()

    async def left(self, within=10.0):
        """What is still up after *within* seconds at most; [] as soon as nothing is."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while (up := await self.up()) and loop.time() < deadline:
            await asyncio.sleep(0.1)
        return up

    @asynccontextmanager
    async def service(
        self,
        *,
        start=True,
        next_point=None,
        standby=False,
        kept=False,
        name="service",
    ):
        """`ivrflow serve` as long as the block runs, started anew when it dies.

        *next_point*: where each launch dies by itself; see `Service.next_point`.
        *standby*: a second one waits beside it. *kept*: by `serve --keep`.
        """
        service = Service(
            self.settings,
            f"http://127.0.0.1:{self.api_port}",
            self.token,
            self.folder / f"{name}.log",
            next_point=next_point,
            standby=standby,
            kept=kept,
            owner=Path(f"{self.truth.database}.owner"),
        )
        async with supervised(service, start=start):
            yield service

    def survey(self):
        """The rows of the sample's survey: the call of each."""
        with closing(sqlite3.connect(self.data, timeout=10)) as db:
            return [row[0] for row in db.execute("select call from survey")]


@asynccontextmanager
async def house(
    folder,
    *,
    site=None,
    more="",
    callers=0,
    agents=AGENTS,
    proxied=False,
    alter=None,
    may_die=False,
    outbound=False,
):
    """Run an Asterisk in *folder* and install the service there; it does not run yet.

    *site* is a folder; left out: the mixed sample, with *callers* cards (see `mixed`).
    *more* are further settings. *proxied* puts a `Proxy` between the service and ARI,
    events among it; *alter* puts a `Liar` with it into the line of events. An Asterisk
    that dies by itself ends the block with `AsteriskFailed`, unless it *may_die*.
    *outbound*: Asterisk connects to the service for its events.
    """
    assert not (outbound and (proxied or alter)), "no proxy is in that line"
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    credentials = Credentials(agents={number: password() for number in agents})
    asterisk = await asyncio.to_thread(find_or_fetch)
    async with AsyncExitStack() as stack:
        running = await stack.enter_async_context(
            private_asterisk(
                asterisk,
                folder / "asterisk",
                ports=free_ports(outbound=outbound),
                credentials=credentials,
            )
        )
        if not may_die:
            await stack.enter_async_context(beside(_watched(running)))
        line, ari = None, running.ports.ari
        if proxied or alter:
            if alter:
                liar = Liar(free_port(), ari, alter)
                await stack.enter_async_context(liar.running())
            line = Proxy(free_port(), to=ari, events=liar.port if alter else None)
            await stack.enter_async_context(line.running())
            ari = line.port
        site = site or mixed_site(folder / "site")
        made = await asyncio.to_thread(
            _install, folder, site, running, ari, more, callers
        )
        yield House(
            folder=folder,
            running=running,
            pbx=Pbx(running),
            line=line,
            **made,
        )


async def _watched(running):
    raise await running.died()


def _install(folder, folder_of_site, running, ari, more, callers):
    """Settings, secrets and databases in *folder*; blocks."""
    site = load_site(folder_of_site)
    token, port = secrets.token_urlsafe(24), free_port()
    (folder / "db").mkdir()
    kept = folder / "secrets"
    kept.mkdir(mode=0o700)
    for name, secret in {
        "ari": running.ari_password,
        "events": running.events_password,
        "ami": running.credentials.ami_password,
        "token": token,
        **dict.fromkeys(sorted(secrets_of(site)), "none"),
    }.items():
        (kept / name).touch(mode=0o600)
        (kept / name).write_text(secret + "\n", "utf-8")
    make_pepper(kept / "pepper")
    databases = {str(s.database) for s in site.data.values() if s.database}
    lines = {
        "site": json.dumps(str(site.folder.absolute())),
        "sounds": json.dumps(str(ROOT / "sounds")),
        "database": "sqlite:///db/ivrflow.db",
        "databases": json.dumps(dict.fromkeys(databases, "sqlite:///data.db")),
        "secrets": json.dumps({name: f"secrets/{name}" for name in secrets_of(site)}),
        "pepper_file": "secrets/pepper",
        "ari": f'{{url: "http://127.0.0.1:{ari}/ari", user: {running.ari_user}, '
        "password_file: secrets/ari}",
        "api": f"{{port: {port}, token_file: secrets/token}}",
    }
    if "ami" in Settings.model_fields and running.ports.ami:
        lines["ami"] = f"{{port: {running.ports.ami}, password_file: secrets/ami}}"
    if running.events_port:
        lines["events"] = (
            f"{{port: {running.events_port}, user: {running.events_user}, "
            "password_file: secrets/events}"
        )
    settings = folder / "ivrflow.yaml"
    text = "".join(f"{key}: {value}\n" for key, value in lines.items())
    settings.write_text(text + more, "utf-8")
    hasher = Hasher(read_pepper(kept / "pepper"))
    data = folder / "data.db"
    if (site.folder / "demo.sql").exists():
        fill_demo(f"sqlite:///{data}", site.folder / "demo.sql", hasher)
    _enrol(data, hasher, callers)
    return {
        "settings": settings,
        "truth": Truth(folder / "db" / "ivrflow.db"),
        "data": data,
        "api_port": port,
        "token": token,
        "hasher": hasher,
    }


def _enrol(data, hasher, callers):
    """Give each of so many callers a card, a PIN and an account."""
    people = list(customers(callers))
    # Hashing is slow on purpose: few PINs are enough.
    hashes = {pin: hasher.hash(Secret(pin)) for pin in {p.pin for p in people}}
    with closing(sqlite3.connect(data)) as db:
        for number, one in enumerate(people, 10_000):
            db.execute(
                "insert into retailer values (?, ?, ?, 'north', 1, ?)",
                (number, one.card, f"Caller {number}", hashes[one.pin]),
            )
            db.execute("insert into account values (?, 100, '2099-01-01')", (number,))
        db.commit()
