"""What operators have for the night, on the real Asterisk: a call that is ended, trunks
that are looked at, and the service's call to itself, by SIP and RTP and back again.
"""

import pytest

from ivrflow.asterisk.ari.endpoints import Endpoints
from ivrflow.facts import AlarmRaised, CallEnded, DigitsCollected, SyntheticCalled
from ivrflow.service import outside, synthetic
from tests.asterisk_rig import until
from tests.site_rig import written_site

OURS = "057188880199"
"""The number of the service's own calls."""

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\n",
    "numbers.yaml": '"12341": {flow: top}\n"12342": {flow: rests}\n',
    "prompts/en.yaml": "hello: Hello.\nchoose: Press one.\n",
    "flows/top.yaml": (
        "flow: top\nsteps:\n"
        "  ask: {menu: choose, keys: {1: rest}, failed: end}\n"
        "  rest: {wait: 1m}\n"
        "  end: {hangup: hello}\n"
    ),
    "flows/rests.yaml": "flow: rests\nsteps:\n  rest: {wait: 1m}\n",
    "demo.sql": "",
}
MORE = (
    "alarms: {trunks: [PJSIP/loop, PJSIP/dead], trunk_gone: 8s}\n"
    f"synthetic: {{dial: PJSIP/12341@loop, from: '{OURS}', keys: '1'}}\n"
)

TRUNK = """
[{name}]
type = endpoint
context = ivrflow
disallow = all
allow = ulaw
direct_media = no
aors = {name}
[{name}]
type = aor
contact = sip:127.0.0.1:{port}
qualify_frequency = {often}
qualify_timeout = 1
"""


async def add_trunks(rig, folder):
    """One that leads back to this Asterisk, one to nobody, one that is never asked."""
    conf = folder / "asterisk/etc/pjsip.conf"
    loop = TRUNK.format(name="loop", port=rig.pbx.sip[1], often=1)
    dead = TRUNK.format(name="dead", port=9, often=1)
    unasked = TRUNK.format(name="unasked", port=9, often=0)
    conf.write_text(f"{conf.read_text('utf-8')}{loop}{dead}{unasked}", "utf-8")
    await rig.pbx.rx("module reload res_pjsip.so")


@pytest.mark.asterisk
async def test_a_night(tmp_path, monkeypatch):
    monkeypatch.setattr(synthetic, "FIRST", 4.0)
    monkeypatch.setattr(outside, "LOOK_EVERY", 0.5)
    async with written_site(tmp_path, FILES, more=MORE) as (rig, phones):
        heard, running = rig.heard, rig.running
        await add_trunks(rig, tmp_path)

        def of(kind):
            return [fact for fact in heard.facts if isinstance(fact, kind)]

        # Endpoints, as Asterisk sees them: who is never asked is there.
        there = Endpoints(running.client).there
        await until(lambda: there("PJSIP/loop"), wanted=True, within=10)
        await until(lambda: there("PJSIP/dead"), wanted=False, within=10)
        assert await there("PJSIP/unasked") is True
        assert await there("PJSIP/no-such-trunk") is False
        assert await there("NONE/trunk") is False

        # The service calls itself, presses a key, and hears of it.
        await until(lambda: len(of(SyntheticCalled)), wanted=1, within=30)
        [tried] = of(SyntheticCalled)
        assert tried.good, tried.why
        assert tried.call == heard.call_of(OURS)
        assert "1" in [fact.digits + fact.key for fact in of(DigitsCollected)]
        await until(lambda: len(running.live), wanted=0, within=10)

        # An operator ends a call: the phone is hung up, and nothing is left of it.
        call = await phones.call("12342", caller="13800138001")
        await until(lambda: len(running.live), wanted=1, within=10)
        assert await running.live.end(heard.call_of("13800138001"))
        await call.ended(within=5)
        await until(lambda: of(CallEnded)[-1].by, wanted="operator", within=5)
        assert await rig.left_over() == []

        # One trunk is gone, and of that one alone somebody is told.
        await until(
            lambda: [fact.what for fact in of(AlarmRaised)],
            wanted=["PJSIP/dead"],
            within=15,
        )
