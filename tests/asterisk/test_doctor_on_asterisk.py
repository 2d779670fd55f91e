"""The doctor looks at a real Asterisk, whose files people have changed by hand."""

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest
import pytest_asyncio
import yaml

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import find
from ivrflow.asterisk.home.run import private_asterisk
from ivrflow.config import read_settings
from ivrflow.db.upgrade import upgrade
from ivrflow.doctor import calling
from ivrflow.doctor.calling import own_call
from ivrflow.doctor.checks import Area, checks
from ivrflow.doctor.examining import examine
from ivrflow.doctor.finding import State
from ivrflow.doctor.patient import Patient, Told
from ivrflow.flow.load import load_site
from ivrflow.hashing import make_pepper
from ivrflow.service.run import serving
from tests.asterisk_rig import until
from tests.doctor_rig import SITE, bad

pytestmark = [
    pytest.mark.asterisk,
    pytest.mark.asyncio(loop_scope="module"),
]


class Chain:
    """A private Asterisk, and settings and a site for it."""

    def __init__(self, folder, pbx):
        self.folder, self.pbx = folder, pbx
        self.etc = pbx.folders.etc
        hours = {"hours.yaml": "office: {mon-fri: 09:00-17:00}\n"}
        for name, text in {**SITE, **hours}.items():
            path = folder / "site" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.secret("ari", pbx.ari_password)
        self.secret("ami", pbx.credentials.ami_password)
        self.secret("token", "t" * 24)
        make_pepper(folder / "pepper")
        upgrade(f"sqlite:///{folder}/ivrflow.db")
        (folder / "ivrflow.db").chmod(0o600)
        self.config = folder / "ivrflow.yaml"
        self.settings = {
            "site": "site",
            "database": "sqlite:///ivrflow.db",
            "pepper_file": "pepper",
            "ari": {"url": pbx.ari_url, "user": pbx.ari_user, "password_file": "ari"},
            "ami": {"port": pbx.ports.ami, "password_file": "ami"},
            "api": {"port": 0, "token_file": "token"},
            "limits": {"calls": 10},
        }
        self.config.write_text(yaml.safe_dump(self.settings))

    def secret(self, name, text):
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o600)

    @asynccontextmanager
    async def patient(self):
        told = Told(config=self.config, conf=self.etc)
        async with Patient(told) as patient:
            yield patient

    async def look(self, *names):
        wanted = [
            check
            for check in checks()
            if (check.name in names if names else check.area is not Area.CALL)
        ]
        async with self.patient() as patient:
            return [one async for one in examine(patient, wanted)]

    @asynccontextmanager
    async def changed(self, file, old, new, *reload):
        """A file of Asterisk's says something else, and Asterisk has taken it."""
        path = self.etc / file
        before = path.read_text()
        assert old in before
        path.write_text(before.replace(old, new))
        try:
            await self.rx(*reload)
            yield
        finally:
            path.write_text(before)
            await self.rx(*reload)

    async def rx(self, *commands):
        for command in commands:
            await self.pbx.rx(command)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doctor")
    async with private_asterisk(find(fetched_folder()), folder / "pbx") as pbx:
        yield await asyncio.to_thread(Chain, folder, pbx)


async def test_an_asterisk_as_it_is_shipped_is_well(chain):
    examined = await chain.look()

    asterisk = (Area.ASTERISK, Area.AMI, Area.SETTINGS, Area.DATA)
    assert bad(one for one in examined if one.check.area in asterisk) == []
    assert [one.check.name for one in examined if one.told_by] == []


@dataclass
class ByHand:
    """What somebody has changed in Asterisk, and what the doctor is to say."""

    file: str
    old: str
    new: str
    reload: tuple[str, ...]
    check: str
    said: str
    cure: str
    state: State = State.ERROR


ARI, HTTP, DIALPLAN, MANAGER = (
    ("module reload res_ari.so",),
    ("module reload http",),
    ("dialplan reload",),
    ("manager reload",),
)

CHANGED = {
    "user who may only read": ByHand(
        "ari.conf",
        "read_only = no",
        "read_only = yes",
        ARI,
        "ari-rights",
        "ivrflow may only read",
        "read_only = no in [ivrflow]",
    ),
    "another password": ByHand(
        "ari.conf",
        "\npassword = ",
        "\npassword = x",
        ARI,
        "ari-login",
        "refuses the user ivrflow",
        "password_file",
    ),
    "ARI off": ByHand(
        "ari.conf",
        "enabled = yes",
        "enabled = no",
        ARI,
        "ari-login",
        "there is no ARI",
        "enabled = yes",
    ),
    "channelvars": ByHand(
        "ari.conf",
        "IVRFLOW_STATE,",
        "",
        ARI,
        "channelvars",
        "lacks IVRFLOW_STATE",
        "channelvars = ",
        State.WARNING,
    ),
    "few sessions": ByHand(
        "http.conf",
        "sessionlimit = 2000",
        "sessionlimit = 100",
        HTTP,
        "http-sessions",
        "sessionlimit is 100",
        "sessionlimit = 2000",
        State.WARNING,
    ),
    "HTTP for all the world": ByHand(
        "http.conf",
        "bindaddr = 127.0.0.1",
        "bindaddr = 0.0.0.0",
        HTTP,
        "ports",
        "ARI listens on 0.0.0.0",
        "bindaddr = 127.0.0.1 in http.conf",
    ),
    "overload": ByHand(
        "pjsip.conf",
        "trigger = pjsip_only",
        "trigger = global",
        ("module reload res_pjsip.so",),
        "overload",
        "is global",
        "pjsip_only",
        State.WARNING,
    ),
    "dangerous life": ByHand(
        "asterisk.conf",
        "live_dangerously = no",
        "live_dangerously = yes",
        (),
        "ari-rights",
        "run programs",
        "live_dangerously = no",
    ),
    "few ports for sound": ByHand(
        "rtp.conf",
        "rtpend = ",
        "rtpend = 1 ; ",
        (),
        "rtp-range",
        "leave no port",
        "rtpstart = 10000",
    ),
    "old dialplan": ByHand(
        "ivrflow.conf",
        "Wait(0.25)",
        "Wait(1)",
        DIALPLAN,
        "dialplan",
        "ivrflow-enter, extension _[0-9*]!, is other",
        "dialplan reload",
        State.WARNING,
    ),
    "no dialplan": ByHand(
        "extensions.conf",
        "#include ivrflow.conf",
        "",
        DIALPLAN,
        "dialplan",
        "no context ivrflow-enter",
        "#include ivrflow.conf",
    ),
    "manager's password": ByHand(
        "manager.conf",
        "secret = ",
        "secret = x",
        MANAGER,
        "ami-login",
        "refuses the user ivrflow",
        "manager.conf",
    ),
    "manager who may all": ByHand(
        "manager.conf",
        "write = call,reporting",
        "write = all",
        MANAGER,
        "ami-rights",
        "start calls (Originate)",
        "write = call,reporting",
        State.WARNING,
    ),
    "manager who may little": ByHand(
        "manager.conf",
        "write = call,reporting",
        "write = reporting",
        MANAGER,
        "ami-rights",
        "may not do Setvar",
        "write = call,reporting",
    ),
    "no music": ByHand(
        "musiconhold.conf",
        "[default]",
        "[other]",
        (),
        "music",
        "no class default",
        "moh reload",
        State.WARNING,
    ),
}


@pytest.mark.parametrize("hand", CHANGED.values(), ids=CHANGED)
async def test_what_was_changed_by_hand_is_named_with_its_cure(chain, hand):
    async with chain.changed(hand.file, hand.old, hand.new, *hand.reload):
        found = bad(await chain.look(hand.check))

    assert any(
        state is hand.state and hand.said in said and hand.cure in cure
        for _, state, said, cure in found
    ), found
    assert bad(await chain.look(hand.check)) == []


async def test_a_module_that_was_unloaded_is_named(chain):
    await chain.rx("module unload app_read.so")
    try:
        [(_, state, said, cure)] = bad(await chain.look("modules"))
    finally:
        await chain.rx("module load app_read.so")

    assert (state, said) == (
        State.ERROR,
        "app_read.so is not loaded (the dialplan needs it)",
    )
    assert "asterisk -rx 'module load app_read.so'" in cure


async def test_sentences_that_are_not_linked_are_named(chain):
    link = chain.pbx.sounds_dir / "ivrflow"
    target = link.readlink()
    link.unlink()
    try:
        [(_, state, said, cure)] = bad(await chain.look("dialplan-sounds"))
    finally:
        link.symlink_to(target)

    assert state is State.WARNING
    assert "ivrflow/en/apology" in said
    assert cure.startswith("ln -sfn ")


async def test_a_phone_that_asterisk_does_not_know_is_named(chain):
    agents = chain.folder / "site/agents.yaml"
    before = agents.read_text()
    agents.write_text(before.replace("PJSIP/1001", "PJSIP/9001"))
    try:
        [(_, state, said, cure)] = bad(await chain.look("phones"))
    finally:
        agents.write_text(before)

    assert (state, "PJSIP/9001" in said) == (State.ERROR, True)
    assert "pjsip.conf" in cure


async def test_functions_that_run_programs_are_known_to_be_closed(chain):
    await chain.rx("module load func_env.so")
    try:
        found = await chain.look("ari-rights")
    finally:
        await chain.rx("module unload func_env.so")

    [one] = found
    assert "functions that run programs are closed" in str(one.findings)
    assert bad(found) == []


# A test call --------------------------------------------------------------------------


async def nothing_is_left(chain):
    async with chain.patient() as patient:
        ari = await patient.ari()

        async def left():
            found = []
            for path in ("/channels", "/recordings/stored", "/bridges"):
                found += (await ari.request("GET", path)).json
            return found

        await until(left, wanted=[])


async def test_a_call_is_played_heard_and_pressed_through_and_nothing_is_left(chain):
    [one] = await chain.look("call")

    assert [f.state for f in one.findings] == [State.OK] * 4, one.findings
    said = " ".join(f.said for f in one.findings)
    assert "heard at the other end" in said
    assert "the keys 159# came through" in said
    assert "AMI moves its time limit" in said
    await nothing_is_left(chain)


async def test_a_call_that_is_broken_off_leaves_nothing(chain):
    async with chain.patient() as patient:
        ari = await patient.ari()

        async def broken_off():
            async with asyncio.timeout(0.5), own_call(ari) as call:
                await call.set_up()
                await asyncio.sleep(60)

        with pytest.raises(TimeoutError):
            await broken_off()

    await nothing_is_left(chain)


async def test_a_call_whose_doctor_is_killed_ends_by_itself(chain, monkeypatch):
    monkeypatch.setattr(calling, "LONGEST", 2)
    async with chain.patient() as patient, own_call(await patient.ari()) as call:
        await call.set_up()
        monkeypatch.setattr(call, "clear", lambda: asyncio.sleep(0))

    await nothing_is_left(chain)


async def test_a_call_through_an_old_dialplan_says_what_is_missing(chain, monkeypatch):
    monkeypatch.setattr(calling, "STEP", 1.0)
    async with chain.changed(
        "ivrflow.conf", "[ivrflow-doctor]", "[other]", "dialplan reload"
    ):
        [(_, state, said, cure)] = bad(await chain.look("call"))

    assert state is State.ERROR
    assert "the dialplan's context ivrflow-doctor" in said
    assert "dialplan reload" in cure
    await nothing_is_left(chain)


async def test_a_service_that_runs_keeps_its_application_and_its_calls(chain):
    settings = read_settings(chain.config)
    site = load_site(settings.path(settings.site))
    async with serving(settings, site) as running:
        assert await running.client.link.until_ready(20)
        connection = running.client.link.connection

        found = await chain.look("ari-login", "events", "database", "call")

        assert bad(found) == []
        assert running.client.link.ready
        assert running.client.link.connection == connection
        assert not running.client.replaced.is_set()
        assert len(running.live) == 0


# How calls sound ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "state"), [("", State.OK), ("call", State.WARNING)], ids=["right", "more"]
)
async def test_who_hears_how_calls_sound_may_do_nothing(chain, write, state):
    chain.secret("quality", "q" * 24)
    ami = {**chain.settings["ami"], "quality": {"password_file": "quality"}}
    section = f"\n[ivrflow-quality]\nsecret = {'q' * 24}\nread = reporting\nwrite ="
    chain.config.write_text(yaml.safe_dump({**chain.settings, "ami": ami}))
    try:
        async with chain.changed(
            "manager.conf", "\n[ivrflow]", f"{section} {write}\n[ivrflow]", *MANAGER
        ):
            [one] = await chain.look("ami-quality")
    finally:
        chain.config.write_text(yaml.safe_dump(chain.settings))

    assert one.state is state, one.findings
