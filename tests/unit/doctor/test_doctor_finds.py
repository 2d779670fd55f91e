"""Each thing that people get wrong is found, and told with the cure that mends it."""

import contextlib
import socket
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio

from ivrflow.doctor.finding import State
from ivrflow.doctor.host import Space
from ivrflow.shipped import shipped
from tests.doctor_rig import GIGABYTE, PASSWORD, TODAY, bad, patient_in, remove


@pytest_asyncio.fixture
async def world(tmp_path):
    async with patient_in(tmp_path) as world:
        yield world


async def test_a_chain_that_is_well_has_nothing_to_mend(world):
    examined = await world.look()

    assert bad(examined) == []
    assert [one.check.name for one in examined if one.told_by] == []


async def test_each_check_says_what_it_has_looked_at(world):
    examined = await world.look()

    assert [one.check.name for one in examined if not one.findings] == []


@dataclass
class Seed:
    """Something that is wrong, and what is to be said of it."""

    what: object
    """Makes the patient ill."""
    check: str
    said: str
    cure: str
    state: State = State.ERROR


def setting(*way, value):
    """A setting that is changed."""

    def change(world):
        inside = world.settings
        for key in way[:-1]:
            inside = inside.setdefault(key, {})
        inside[way[-1]] = value

    return change


def conf(file, old, new):
    """A file of Asterisk's that says something else."""

    def change(world):
        assert old in world.conf[file]
        world.conf[file] = world.conf[file].replace(old, new)

    return change


def unit(old, new):
    def change(world):
        assert old in world.unit
        world.unit = world.unit.replace(old, new)

    return change


def afterwards(act):
    """Something that is done to the files once they are written."""
    return lambda world: world.before.append(act)


def ari(**changes):
    return lambda world: vars(world.ari).update(changes)


def ami(**changes):
    return lambda world: vars(world.ami).update(changes)


def without(module):
    return lambda world: world.ari.modules.pop(module)


def full(world):
    world.changed(space=lambda path: Space(GIGABYTE // 20, 100 * GIGABYTE, 10**6))


def no_more_files(world):
    world.changed(space=lambda path: Space(50 * GIGABYTE, 100 * GIGABYTE, 3))


def beyond(setting):
    """Somebody listens for all the world at the port of *setting*."""

    def change(world):
        world.settings["api"]["port"] = 8090
        port = {
            "ari": int(world.ari.url.rsplit(":", 1)[1].split("/")[0]),
            "ami": world.ami.port,
            "api": 8090,
        }[setting]
        world.listens[port] = ["0.0.0.0"]

    return change


def damaged(world):
    """A page in the middle of the database is overwritten."""
    path = world.folder / "ivrflow.db"
    with path.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(b"\xff" * 4096)


def of_an_older_version(world):
    with closing(sqlite3.connect(world.folder / "ivrflow.db")) as db:
        db.execute("UPDATE alembic_version SET version_num = '0013'")
        db.commit()


def nobody_registers(world):
    world.ari.endpoints = {}


def too_few_files(world):
    world.before.append(
        lambda world: [
            (world.folder / "host/proc/77").mkdir(),
            (world.folder / "host/proc/77/comm").write_text("asterisk\n"),
            (world.folder / "host/proc/77/limits").write_text(
                "Max open files            1024                 4096      files\n"
            ),
        ]
    )


def old_dialplan(world):
    world.ami.dialplan = world.ami.dialplan.replace("Wait(0.25)", "Wait(1)")


def no_dialplan(world):
    world.ami.dialplan = "[from-trunk]\nexten => s,1,Hangup()\n"


def nobody_includes_it(world):
    world.ami.dialplan = world.ami.dialplan.replace("include => ivrflow\n", "")


SEEDS = {
    "settings with a mistake": Seed(
        setting("ari", "pasword_file", value="x"), "settings", "pasword_file", "mend"
    ),
    "a variable misspelt": Seed(
        lambda world: world.environ.update(IVRFLOW_SOUND="x"),
        "settings",
        "IVRFLOW_SOUND is no setting",
        "environment",
        State.WARNING,
    ),
    "secret for all to read": Seed(
        afterwards(lambda world: (world.folder / "ari").chmod(0o644)),
        "secret-files",
        "ari.password_file",
        "chmod 600",
        State.WARNING,
    ),
    "secret that is not there": Seed(
        afterwards(lambda world: remove(world.folder / "token")),
        "secret-files",
        "api.token_file",
        "make it",
    ),
    "secret that only the service has": Seed(
        setting("ari", "password_file", value="credential:ari"),
        "secret-files",
        "ari.password_file: credential:ari",
        "CREDENTIALS_DIRECTORY=",
        State.UNKNOWN,
    ),
    "pepper that is none": Seed(
        afterwards(lambda world: world.secret("pepper", "salt")),
        "secret-files",
        "no pepper",
        "ivrflow secret pepper",
    ),
    "site with a mistake": Seed(
        lambda world: world.site.update({"numbers.yaml": '"1": {flow: nowhere}\n'}),
        "site",
        "nowhere",
        "ivrflow check",
    ),
    "no mailbox for the dialplan's messages": Seed(
        lambda world: world.site.update(
            {"mailboxes.yaml": "box: {heard_by: [admin]}\nother: {heard_by: [admin]}\n"}
        ),
        "fallback",
        "belong to no mailbox",
        "fallback: yes",
        State.WARNING,
    ),
    "clock of Asterisk behind": Seed(
        ari(off=timedelta(minutes=-5)), "clock", "299 s behind ours", "timedatectl"
    ),
    "clock of Asterisk ahead": Seed(
        ari(off=timedelta(seconds=10)),
        "clock",
        "10 s ahead of ours",
        "timedatectl",
        State.WARNING,
    ),
    "clock that nobody keeps": Seed(
        lambda world: world.changed(keeps_time=lambda: False),
        "clock",
        "nobody keeps",
        "timedatectl set-ntp true",
        State.WARNING,
    ),
    "disk full": Seed(full, "disk", "50.0 MB left", "make room"),
    "no more files on the disk": Seed(no_more_files, "disk", "3 more files", "remove"),
    "too few open files": Seed(
        too_few_files, "limits", "may open 1024 files", "maxfiles", State.WARNING
    ),
    "ARI open to others": Seed(
        beyond("ari"), "ports", "ARI listens on 0.0.0.0", "bindaddr = 127.0.0.1"
    ),
    "AMI open to others": Seed(
        beyond("ami"), "ports", "AMI listens on 0.0.0.0", "manager.conf"
    ),
    "our API open to others": Seed(
        beyond("api"), "ports", "our API listens", "api: {host: 127.0.0.1}"
    ),
    "relay killed by systemd": Seed(
        unit("KillMode=process\n", ""),
        "systemd",
        "KillMode=control-group",
        "KillMode=process",
        State.WARNING,
    ),
    "service given up by systemd": Seed(
        unit("StartLimitIntervalSec=0\n", ""),
        "systemd",
        "gives the service up",
        "StartLimitIntervalSec=0",
        State.WARNING,
    ),
    "stop that is too short": Seed(
        setting("drain", value="30s"),
        "systemd",
        "TimeoutStopSec=15",
        "TimeoutStopSec=40",
        State.WARNING,
    ),
    "wrong password of ARI": Seed(
        ari(password="another"), "ari-login", "refuses the user", "ari.conf"
    ),
    "nobody at ARI's port": Seed(
        setting("ari", "url", value="http://127.0.0.1:9/ari"),
        "ari-login",
        "nobody listens",
        "http.conf",
    ),
    "address that is not ARI's": Seed(
        lambda world: world.settings["ari"].update(url=world.ari.url + "/v2"),
        "ari-login",
        "there is no ARI",
        "res_ari.so",
    ),
    "short password of ARI": Seed(
        lambda world: [world.secret("ari", "1234"), ari(password="1234")(world)],
        "ari-login",
        "is short",
        "openssl rand",
        State.WARNING,
    ),
    "ARI user who may only read": Seed(
        ari(read_only=True), "ari-rights", "may only read", "read_only = no"
    ),
    "Asterisk lives dangerously": Seed(
        lambda world: world.ari.variables.update({"STAT(e,/)": "1"}),
        "ari-rights",
        "run programs",
        "live_dangerously = no",
    ),
    "Asterisk is to live dangerously": Seed(
        conf("asterisk.conf", "live_dangerously = no", "live_dangerously = yes"),
        "ari-rights",
        "run programs",
        "live_dangerously = no",
    ),
    "passwords of ari.conf for all to read": Seed(
        afterwards(lambda world: (world.folder / "asterisk/ari.conf").chmod(0o644)),
        "ari-rights",
        "can be read by every user",
        "chmod 640",
    ),
    "web pages may talk to ARI": Seed(
        conf("ari.conf", "enabled = yes", "enabled = yes\nallowed_origins = *"),
        "ari-rights",
        "web pages",
        "take it out",
        State.WARNING,
    ),
    "old Asterisk": Seed(ari(version="18.26.4"), "version", "too old", "install"),
    "Asterisk without security fixes": Seed(
        ari(version="22.8.0"), "version", "lacks the security", "22.10.1", State.WARNING
    ),
    "module that is missing": Seed(
        without("res_stasis_snoop.so"),
        "modules",
        "res_stasis_snoop.so is not loaded",
        "module load res_stasis_snoop.so",
    ),
    "few HTTP sessions": Seed(
        conf("http.conf", "sessionlimit = 2000", "sessionlimit = 100"),
        "http-sessions",
        "sessionlimit is 100",
        "sessionlimit = 2000",
        State.WARNING,
    ),
    "HTTP sessions not written": Seed(
        conf("http.conf", "sessionlimit = 2000", ""),
        "http-sessions",
        "as nothing is written",
        "sessionlimit = 2000",
        State.WARNING,
    ),
    "calls ignored when overloaded": Seed(
        ari(trigger="global"), "overload", "is global", "pjsip_only", State.WARNING
    ),
    "few ports for sound": Seed(
        conf("rtp.conf", "rtpend = 20000", "rtpend = 10099"),
        "rtp-range",
        "will do for 25 calls",
        "rtpend = 14000",
        State.WARNING,
    ),
    "places of calls not told": Seed(
        conf("ari.conf", "IVRFLOW_STATE,", ""),
        "channelvars",
        "lacks IVRFLOW_STATE",
        "channelvars = IVRFLOW_LINE,IVRFLOW_LANGUAGE,IVRFLOW_STATE",
        State.WARNING,
    ),
    "no dialplan of ours": Seed(
        no_dialplan, "dialplan", "no context ivrflow-enter", "#include ivrflow.conf"
    ),
    "old dialplan": Seed(
        old_dialplan, "dialplan", "is other from line", "dialplan reload", State.WARNING
    ),
    "dialplan that nobody includes": Seed(
        nobody_includes_it,
        "dialplan",
        "no context that includes [ivrflow]",
        "include => ivrflow",
        State.WARNING,
    ),
    "dialplan for another application": Seed(
        setting("ari", "app", value="other"),
        "dialplan",
        "the application ivrflow, and ours is other",
        "Stasis(other",
    ),
    "sentences that Asterisk does not find": Seed(
        afterwards(lambda world: remove(world.folder / "host/data/sounds/ivrflow")),
        "dialplan-sounds",
        "ivrflow/en/apology",
        "ln -sfn",
        State.WARNING,
    ),
    "phone that Asterisk does not know": Seed(
        nobody_registers, "phones", "no phone PJSIP/1001", "pjsip.conf"
    ),
    "trunk that Asterisk does not know": Seed(
        setting(
            "outbound", value={"endpoint": "PJSIP/{number}@trunk", "prefixes": ["010"]}
        ),
        "trunks",
        "no trunk PJSIP/trunk (outbound: endpoint)",
        "pjsip.conf",
    ),
    "trunk that is offline": Seed(
        lambda world: [
            setting("alarms", value={"trunks": ["PJSIP/trunk"]})(world),
            world.ari.endpoints.update({"PJSIP/trunk": "offline"}),
        ],
        "trunks",
        "PJSIP/trunk (alarms: trunks) is offline",
        "registrations",
        State.WARNING,
    ),
    "class of music that there is not": Seed(
        conf("musiconhold.conf", "[default]", "[other]"),
        "music",
        "no class default",
        "[default]",
        State.WARNING,
    ),
    "wrong password of AMI": Seed(
        ami(password="another"), "ami-login", "refuses the user", "manager.conf"
    ),
    "nobody at AMI's port": Seed(
        setting("ami", "port", value=9), "ami-login", "there is no AMI", "enabled = yes"
    ),
    "AMI user who may do too much": Seed(
        lambda world: world.ami.may.update({"Originate", "Command"}),
        "ami-rights",
        "may start calls (Originate), give any command",
        "write = call,reporting",
        State.WARNING,
    ),
    "AMI user who may do too little": Seed(
        lambda world: world.ami.may.remove("Setvar"),
        "ami-rights",
        "may not do Setvar",
        "write = call,reporting",
    ),
    "listener of AMI who may give orders": Seed(
        lambda world: [
            setting("ami", "quality", value={"password_file": "ami"})(world),
            world.ami.listener_may.add("Setvar"),
        ],
        "ami-quality",
        "ivrflow-quality may do more than listen: Setvar",
        "write = (nothing)",
        State.WARNING,
    ),
    "listener of AMI who is not let in": Seed(
        lambda world: [
            world.secret("other", "x"),
            setting("ami", "quality", value={"password_file": "other"})(world),
        ],
        "ami-quality",
        "does not let ivrflow-quality in",
        "read = reporting",
    ),
    "database of an older version": Seed(
        lambda world: [of_an_older_version(world), world.settings.update(upgrade="no")],
        "database",
        "is at 0013",
        "ivrflow db upgrade",
    ),
    "database that is damaged": Seed(
        afterwards(damaged), "database", "ivrflow.db", "copy"
    ),
    "database that can't be made": Seed(
        setting("database", value="sqlite:////nowhere/ivrflow.db"),
        "database",
        "can't make it",
        "make its folder",
    ),
    "relay that has ended": Seed(
        lambda world: [world.before.append(running), world.before.append(left_over)],
        "relay",
        "has ended",
        "log",
        State.WARNING,
    ),
    "file in the place of the relay": Seed(
        afterwards(lambda world: (world.folder / "ivrflow.db.events").write_text("")),
        "relay",
        "is no socket",
        "move it away",
    ),
    "recordings that are missing": Seed(
        lambda world: world.site.update({"prompts/en.yaml": "apology: Go away.\n"}),
        "sounds",
        "the first is en/apology",
        "ivrflow sounds build",
        State.WARNING,
    ),
    "recordings that Asterisk may not read": Seed(
        lambda world: [
            world.changed(asterisk="nobody"),
            (world.folder / "site/sounds").mkdir(parents=True, mode=0o700),
        ],
        "sounds",
        "the user nobody can't read",
        "chmod o+rX",
    ),
    "folder of recordings that is none": Seed(
        setting("sounds", value="site"), "sounds", "manifest.json", "set sounds:"
    ),
    "messages that others can look at": Seed(
        lambda world: (world.folder / "voicemail").mkdir(mode=0o755),
        "voicemail",
        "others may look into",
        "chmod 700",
    ),
    "key that is none": Seed(
        lambda world: [
            world.secret("key", "1234"),
            world.settings.update(voicemail={"keys": ["key"]}),
        ],
        "voicemail",
        "holds no key",
        "openssl rand -hex 32",
    ),
    "holidays that are not known": Seed(
        lambda world: world.changed(now=lambda: TODAY.replace(year=2030)),
        "calendar",
        "are known up to",
        "pip install -U holidays",
    ),
    "voice that is not here": Seed(
        lambda world: [
            world.settings.update(
                speech={"cache": "cache", "voices": {"en": {"with": "espeak-ng"}}}
            ),
            world.changed(program=lambda name: None),
        ],
        "speech",
        "the voice for en",
        "apt install espeak-ng",
        State.WARNING,
    ),
    "mail server that is away": Seed(
        setting(
            "smtp", value={"host": "127.0.0.1", "port": 9, "from": "a@example.com"}
        ),
        "mail",
        "failed",
        "mend smtp:",
    ),
    "mail wanted and no server": Seed(
        setting("alarms", value={"mail": ["a@example.com"]}),
        "mail",
        "no smtp:",
        "set up smtp:",
        State.WARNING,
    ),
    "service that does not answer": Seed(
        lambda world: [
            world.settings["api"].update(port=9),
            world.before.append(running),
        ],
        "service",
        "does not answer",
        "kill -9",
    ),
    "service that Asterisk does not know": Seed(
        lambda world: world.before.append(running),
        "events",
        "knows no application ivrflow",
        "log",
    ),
}


def left_over(world):
    """The socket of a relay that is no more."""
    with socket.socket(socket.AF_UNIX) as relay, contextlib.chdir(world.folder):
        relay.bind("ivrflow.db.events")


def running(world):
    """A process has the lock of the database."""
    (world.folder / "ivrflow.db.owner").write_text("process 4242 on here\n")
    (world.folder / "host/proc/locks").write_text(
        "1: FLOCK  ADVISORY  WRITE 4242 00:2a:1234 0 EOF\n"
    )


@pytest.mark.parametrize("seed", SEEDS.values(), ids=SEEDS)
async def test_what_is_wrong_is_named_with_its_cure(world, seed):
    seed.what(world)

    found = [one for one in bad(await world.look(seed.check)) if one[0] == seed.check]

    assert found, "nothing was found"
    assert any(
        state is seed.state and seed.said in said and seed.cure in cure
        for _, state, said, cure in found
    ), found


async def test_no_finding_holds_a_secret(world):
    world.ari.password = "another"
    world.settings["smtp"] = {
        "host": "127.0.0.1",
        "port": 9,
        "from": "a@example.com",
        "user": "me",
        "password_file": "ari",
    }

    examined = await world.look()

    told = [(f.said, f.cure) for one in examined for f in one.findings]
    pepper = (world.folder / "pepper").read_text().strip()
    assert not [one for one in told if PASSWORD in str(one) or pepper in str(one)]


async def test_what_follows_from_one_mistake_is_told_once(world):
    world.ari.password = "another"

    examined = await world.look()

    wrong = bad(examined)
    assert [name for name, *_ in wrong] == ["ari-login"]
    told_by = {one.told_by for one in examined if one.told_by}
    assert told_by == {"ari-login"}


async def test_a_password_that_can_not_be_read_is_told_once(world):
    world.settings["ari"]["password_file"] = "nowhere"

    examined = await world.look()

    assert [name for name, *_ in bad(examined)] == ["secret-files"]


async def test_with_unreadable_settings_nothing_else_is_looked_at(world):
    world.settings = {"site": "site"}

    examined = await world.look()

    assert {name for name, *_ in bad(examined)} == {"settings"}


async def test_without_ami_the_dialplan_is_read_from_its_files(world):
    del world.settings["ami"]
    world.conf["ivrflow.conf"] = world.conf["ivrflow.conf"].replace("0.25", "1")

    [(name, state, said, _)] = bad(await world.look("dialplan"))

    assert (name, state) == ("dialplan", State.WARNING)
    assert "extensions.conf has another ivrflow.conf" in said


async def test_what_nobody_can_tell_is_told_as_that(world):
    world.conf = {}

    [(_, state, said, cure)] = bad(await world.look("asterisk-files"))

    assert state is State.UNKNOWN
    assert "there are no files of Asterisk" in said
    assert "--asterisk-conf" in cure


async def test_the_unit_that_is_shipped_is_well(world):
    unit = shipped("packaging") / "systemd/ivrflow.service"
    world.unit = unit.read_text("utf-8")

    [one] = await world.look("systemd")

    assert [finding.state for finding in one.findings] == [State.OK]
