"""F7: two processes for one application of Asterisk, and two for one database."""

import asyncio
import time

import pytest
from faults_rig.callers import DIALLED
from faults_rig.few import TONE, few
from faults_rig.house import house
from faults_rig.service import Service, supervised

from ivrflow.asterisk.home.ports import free_port

pytestmark = pytest.mark.alone


def rival_of(h, name, **instead):
    """A second service for the same Asterisk; *instead*: other settings, by line."""
    port = free_port()
    instead["api"] = f"{{port: {port}, token_file: secrets/token}}"
    lines = h.settings.read_text("utf-8").splitlines()
    lines = [one for one in lines if one.partition(":")[0] not in instead]
    lines += [f"{key}: {value}" for key, value in instead.items()]
    settings = h.folder / f"{name}.yaml"
    settings.write_text("\n".join(lines) + "\n", "utf-8")
    log = h.folder / f"{name}.log"
    return Service(settings, f"http://127.0.0.1:{port}", h.token, log, restart=None)


async def test_of_two_with_one_database_the_second_does_not_begin(tmp_path, figures):
    async with house(tmp_path) as h, h.service() as service:
        await service.ready()
        rival = rival_of(h, "rival")
        async with supervised(rival), asyncio.timeout(20):
            while not rival.launches or rival.launches[0].code is None:
                await asyncio.sleep(0.05)

    figures("F7", "exit status of the second one with the same database", 2, "2")
    assert rival.launches[0].code == 2
    assert f"process {service.launches[0].pid} on " in rival.words()
    assert len(service.launches) == 1


async def test_of_two_with_one_application_the_loser_stops_and_calls_go_on(
    tmp_path, figures
):
    async with house(tmp_path) as h, h.service() as service, few(h, service) as now:
        caller, _ = await now.pair("13800000001")
        in_menu = await now.in_menu("13800000002")
        service.restart = None  # as systemd is told: exit status 3 is not started anew
        rival = rival_of(h, "rival", database="sqlite:///rival.db")
        async with supervised(rival):
            await rival.ready()
            began = time.monotonic()
            async with asyncio.timeout(15):
                while service.running:
                    await asyncio.sleep(0.02)
            stopped = time.monotonic() - began
            await asyncio.sleep(3)
            assert caller.up
            assert in_menu.up
            assert await caller.hears_tone(TONE + 300, within=3)
            new = await now.phones.call(DIALLED, caller="13800000003", within=10)
            calls = (await rival.ask("GET", "/api/calls"))["calls"]
            health = await rival.ask("GET", "/api/health")
            lives = len(rival.launches)
            for call in (new, in_menu, caller):
                await call.hang_up()
            left = await h.left(within=10)
        code = service.launches[0].code

    figures("F7", "the loser has stopped after, s", stopped, "<= 5")
    figures("F7", "channels and bridges left", len(left), "0")
    assert stopped <= 5
    assert code == 3
    assert lives == 1
    assert health["asterisk"]["connection"] == 1, "nobody fought for it"
    assert len({c["id"] for c in calls}) == len(calls) >= 2
    assert "13800000003" in {c["caller"] for c in calls}
    assert left == []
