"""A patient who is well, from settings to Asterisk, for tests that make him ill.

Asterisk is a twin here: a small HTTP server and a small AMI, which answer as the real
one was heard to. The machine is a folder. All else is the real thing: settings, site,
database, sounds, secrets.
"""

import asyncio
import base64
import shutil
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from aiohttp import web

from ivrflow.db.upgrade import upgrade
from ivrflow.doctor.checks import Area, checks
from ivrflow.doctor.checks.modules import CALLS, DIALPLAN
from ivrflow.doctor.dialplan import parsed
from ivrflow.doctor.examining import examine
from ivrflow.doctor.finding import State
from ivrflow.doctor.host import Host, Space
from ivrflow.doctor.patient import Patient, Told
from ivrflow.hashing import make_pepper
from ivrflow.shipped import shipped

SITE = {
    "site.yaml": "title: Test\nlanguages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"12345": {flow: main}\n',
    "prompts/en.yaml": "",
    "mailboxes.yaml": "box: {heard_by: [supervisor], fallback: yes}\n",
    "hours.yaml": "office: {mon-fri: 09:00-17:00, holidays: CN}\n",
    "agents.yaml": 'agents: {"1001": {name: Ann, endpoint: PJSIP/1001}}\n',
    "flows/main.yaml": """\
flow: main
steps:
  leave: {voicemail: box, then: over, failed: over}
  over: {hangup: yes}
""",
}

CONF = {
    "asterisk.conf": """\
[directories]
astspooldir => /spool
astlogdir => /log
astdatadir => /data
[options]
live_dangerously = no
""",
    "http.conf": "[general]\nenabled = yes\nsessionlimit = 2000\n",
    "ari.conf": """\
[general]
enabled = yes
channelvars = IVRFLOW_STATE,IVRFLOW_LINE,IVRFLOW_LANGUAGE
[ivrflow]
type = user
read_only = no
password_format = crypt
password = $5$rounds=1000$salt$hash
""",
    "rtp.conf": "[general]\nrtpstart = 10000\nrtpend = 20000\n",
    "pjsip.conf": """\
[global]
type = global
taskprocessor_overload_trigger = pjsip_only
""",
    "musiconhold.conf": "[default]\nmode = files\n",
    "extensions.conf": "[from-trunk]\ninclude => ivrflow\n#include ivrflow.conf\n",
}

UNIT = """\
[Unit]
StartLimitIntervalSec=0
[Service]
Type=notify
NotifyAccess=all
ExecStart=/opt/ivrflow/bin/ivrflow serve --keep
Restart=always
RestartPreventExitStatus=2 3
KillMode=process
OOMPolicy=continue
TimeoutStopSec=15
WatchdogSec=30
LimitCORE=0
NoNewPrivileges=yes
"""

PASSWORD = "0123456789abcdef0123456789abcdef"
TODAY = datetime(2026, 3, 2, 10, tzinfo=UTC)
GIGABYTE = 10**9

AMI_MAY = ("Setvar", "DBGet", "Ping", "Logoff", "ShowDialPlan", "ListCommands")


class TwinOfAri:
    """Answers as Asterisk's REST interface does."""

    def __init__(self):
        names = [name for group in CALLS.values() for name in group]
        names += [*DIALPLAN, "chan_bridge_media", "res_ari_device_states", "func_env"]
        self.password = PASSWORD
        self.read_only = False
        self.off = timedelta()
        """How far its clock is ahead."""
        self.modules = dict.fromkeys((f"{name}.so" for name in names), "Running")
        self.variables = {}
        self.endpoints = {"PJSIP/1001": "online"}
        self.version = "22.10.1"
        self.applications = {}
        self.trigger = "pjsip_only"
        self.url = ""

    async def answer(self, request):
        status, found = self._answered(request)
        date = format_datetime(TODAY + self.off, usegmt=True)
        return web.json_response(found, status=status, headers={"Date": date})

    def _answered(self, request):
        login = base64.b64encode(f"ivrflow:{self.password}".encode()).decode()
        if request.headers.get("Authorization") != f"Basic {login}":
            return 401, {"error": "Authentication required"}
        if request.method == "DELETE":
            if self.read_only:
                return 403, {"message": "Write access denied"}
            return 404, {"message": "Channel not found"}
        path = request.path.removeprefix("/ari")
        known = {
            "/asterisk/info": {"system": {"version": self.version}},
            "/asterisk/ping": {"ping": "pong"},
            "/asterisk/modules": [
                {"name": name, "status": how} for name, how in self.modules.items()
            ],
            "/asterisk/variable": {
                "value": self.variables.get(request.query.get("variable"), "")
            },
            "/asterisk/config/dynamic/res_pjsip/global/global": [
                {"attribute": "taskprocessor_overload_trigger", "value": self.trigger}
            ],
            "/endpoints": [
                {
                    "technology": name.partition("/")[0],
                    "resource": name.partition("/")[2],
                    "state": how,
                    "channel_ids": [],
                }
                for name, how in self.endpoints.items()
            ],
            **{f"/applications/{name}": it for name, it in self.applications.items()},
        }
        if path in known:
            return 200, known[path]
        return 404, {"message": "Not found"}


class TwinOfAmi:
    """Answers as Asterisk's manager interface does."""

    def __init__(self):
        self.password = PASSWORD
        self.may = set(AMI_MAY)
        self.listener_may = {"Ping", "Logoff", "ListCommands"}
        """What the user may do who hears how calls sound."""
        self.dialplan = (shipped("dialplan") / "ivrflow.conf").read_text("utf-8")
        self.dialplan += "\n[from-trunk]\ninclude => ivrflow\n"
        self.port = 0

    async def serve(self, reader, writer):
        user = ""
        writer.write(b"Asterisk Call Manager/11.0.0\r\n")
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                asked = dict(
                    line.split(": ", 1) for line in block.split("\r\n") if ": " in line
                )
                user = asked.get("Username", user)
                may = self.may if user == "ivrflow" else self.listener_may
                for answer in self._answers(asked, may):
                    lines = {"ActionID": asked.get("ActionID", ""), **answer}
                    text = "".join(f"{k}: {v}\r\n" for k, v in lines.items())
                    writer.write(f"{text}\r\n".encode())
                if asked["Action"] == "Logoff":
                    break
        writer.close()

    def _answers(self, asked, may):
        action = asked["Action"]
        if action == "Login":
            if asked["Secret"] != self.password:
                yield {"Response": "Error", "Message": "Authentication failed"}
            else:
                yield {"Response": "Success", "Message": "Authentication accepted"}
        elif action == "ListCommands":
            yield {"Response": "Success", **dict.fromkeys(may, "what it does")}
        elif action == "ShowDialPlan" and action in may:
            yield {"Response": "Success", "EventList": "start"}
            listed = {"Event": "ListDialplan"}
            for name, context in parsed(self.dialplan).items():
                for extension, lines in context.lines.items():
                    for number, (application, data) in enumerate(lines, start=1):
                        yield {
                            **listed,
                            "Context": name,
                            "Extension": extension,
                            "Priority": number,
                            "Application": application,
                            "AppData": data,
                        }
                for other in context.includes:
                    yield {**listed, "Context": name, "IncludeContext": other}
            yield {"Event": "ShowDialPlanComplete", "EventList": "Complete"}
        else:
            yield {"Response": "Error", "Message": "Permission denied"}


class World:
    """The patient, before he is looked at."""

    def __init__(self, folder, ari, ami):
        self.folder = folder
        self.ari, self.ami = ari, ami
        self.site = dict(SITE)
        self.conf = dict(CONF)
        self.conf["ivrflow.conf"] = (shipped("dialplan") / "ivrflow.conf").read_text()
        self.unit = UNIT
        self.environ = {}
        self.settings = {
            "site": "site",
            "database": "sqlite:///ivrflow.db",
            "pepper_file": "pepper",
            "ari": {"url": ari.url, "password_file": "ari"},
            "ami": {"port": ami.port, "password_file": "ami"},
            "api": {"port": 0, "token_file": "token"},
        }
        self.host = Host(
            root=folder / "host",
            space=lambda path: Space(50 * GIGABYTE, 100 * GIGABYTE, 10**6),
            keeps_time=lambda: True,
            now=lambda: TODAY,
            asterisk="",
            program=lambda name: f"/usr/bin/{name}",
        )
        self.listens = {}
        """Port -> addresses at which somebody listens."""
        self.before = []
        """What is done to the files before he is looked at."""
        for name in ("ari", "ami", "token"):
            self.secret(name, PASSWORD)
        make_pepper(folder / "pepper")
        (folder / "ivrflow.db").write_bytes(_empty_database())
        (folder / "ivrflow.db").chmod(0o600)

    def secret(self, name, text):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o600)

    def changed(self, **host):
        self.host = replace(self.host, **host)

    def write(self):
        """Write all files that there are to be."""
        (self.folder / "ivrflow.yaml").write_text(yaml.safe_dump(self.settings))
        _written(self.folder / "site", self.site)
        _written(self.folder / "asterisk", self.conf)
        root = self.folder / "host"
        _written(
            root,
            {
                "proc/net/tcp": _listening(self.listens),
                "proc/net/tcp6": "  sl  local_address\n",
                "proc/net/unix": "Num RefCount Protocol Flags Type St Inode Path\n",
                "proc/sys/net/core/somaxconn": "4096\n",
                "proc/sys/net/core/rmem_default": f"{1 << 20}\n",
                "proc/sys/net/ipv4/ip_local_port_range": "32768\t60999\n",
                "etc/timezone": "UTC\n",
                "etc/systemd/system/ivrflow.service": self.unit,
                "run/systemd/system/.made": "",
                "spool/recording/.made": "",
                "log/.made": "",
                "data/sounds/en/.made": "",
            },
        )
        link = root / "data/sounds/ivrflow"
        if not link.is_symlink():
            link.symlink_to(shipped("sounds"))
        for name in self.conf:
            (self.folder / "asterisk" / name).chmod(0o640)
        for act in self.before:
            act(self)

    async def look(self, *names):
        """Make the checks *names*, or all but the call: check's name -> findings."""
        await asyncio.to_thread(self.write)
        told = Told(
            config=self.folder / "ivrflow.yaml",
            conf=self.folder / "asterisk",
            environ=self.environ,
        )
        wanted = [
            check
            for check in checks()
            if (check.name in names if names else check.area is not Area.CALL)
        ]
        async with Patient(told, self.host) as patient:
            return [one async for one in examine(patient, wanted)]


def bad(examined):
    """What is not well, as (check, state, said, cure)."""
    return [
        (one.check.name, finding.state, finding.said, finding.cure)
        for one in examined
        for finding in one.findings
        if finding.state not in (State.OK, State.NOTE)
    ]


@asynccontextmanager
async def patient_in(folder):
    """A `World` below *folder*, with its twins listening."""
    ari, ami = TwinOfAri(), TwinOfAmi()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", ari.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    ari.url = f"http://127.0.0.1:{runner.addresses[0][1]}/ari"
    server = await asyncio.start_server(ami.serve, "127.0.0.1", 0)
    ami.port = server.sockets[0].getsockname()[1]
    try:
        yield await asyncio.to_thread(World, folder, ari, ami)
    finally:
        server.close()
        await server.wait_closed()
        await runner.cleanup()


@cache
def _empty_database():
    """The bytes of a database that is up to date; to make one takes half a second."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ivrflow.db"
        upgrade(f"sqlite:///{path}")
        return path.read_bytes()


def _written(folder, files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def _listening(listens):
    lines = ["  sl  local_address rem_address   st"]
    for port, addresses in listens.items():
        for address in addresses:
            raw = bytes(map(int, address.split(".")))[::-1].hex().upper()
            lines.append(f"   0: {raw}:{port:04X} 00000000:0000 0A")
    return "\n".join(lines) + "\n"


def remove(path):
    """Remove a file or folder of the patient."""
    path = Path(path)
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()
