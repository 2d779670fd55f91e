"""The demo from its first line to its last: set up, play, sum up, clean up."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import click

from ivrflow.asterisk.home.credentials import Kept, save
from ivrflow.asterisk.home.find import Asterisk
from ivrflow.asterisk.home.run import PrivateAsterisk, private_asterisk
from ivrflow.db.agents import SqlAgents
from ivrflow.db.engine import Database
from ivrflow.demo import scenes
from ivrflow.demo.scenes import SCENES, Seen, Stage
from ivrflow.demo.setup import AGENT_PIN, CUSTOMERS, Set, build
from ivrflow.demo.story import Story
from ivrflow.flow.load import load_site
from ivrflow.service.run import Running, serving

UP_WITHIN = 20.0
"""Seconds until Asterisk must have connected to the service."""


async def play(asterisk: Asterisk, folder: Path, site: Path, sounds: Path) -> bool:
    """Play the four calls; return whether everything was observed."""
    from ivrflow.sim.phone import Phones

    story = Story()
    async with _standing(asterisk, folder, site, sounds, story) as (pbx, kept, running):
        async with Phones(sip=pbx.sip) as phones:
            agent = await phones.agent(
                scenes.AGENT, password=pbx.credentials.agents[scenes.AGENT]
            )
            await running.desk.sign_in(scenes.AGENT)
            await running.desk.ready(scenes.AGENT)
            agent.answers(after=2.0)
            stage = Stage(
                phones=phones,
                story=story,
                set=kept,
                sounds=sounds,
                audio=running.world.audio,
                agent=agent,
            )
            await scenes.play(stage)
        await _settled(running)
        left = await _left_over(running)
        stage.observe("afterwards", "no call is left", not left, left or "none is up")
        good = _sum_up(stage)
        _how_to_dial(pbx, "make run")
    return good


async def stay(asterisk: Asterisk, folder: Path, site: Path, sounds: Path) -> None:
    """Keep the set-up running for people, until Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    story = Story()
    async with _standing(asterisk, folder, site, sounds, story) as (pbx, kept, running):
        _how_to_dial(pbx, "")
        click.echo(
            "Without a softphone, a robot calls: ivrflow asterisk call 12313 "
            f"--dir {folder / 'asterisk'} --caller {CUSTOMERS[0].caller} "
            f"--keys '2 {CUSTOMERS[0].card} {CUSTOMERS[0].pin} 0'"
        )
        host, port = running.api
        click.echo(
            f"The API: curl -H 'Authorization: Bearer {kept.api_token}' "
            f"http://{host}:{port}/api/agents\nCtrl-C ends everything.\n"
        )
        await stop.wait()
        click.echo("stopping ...")


@asynccontextmanager
async def _standing(
    asterisk: Asterisk, folder: Path, site: Path, sounds: Path, story: Story
) -> AsyncIterator[tuple[PrivateAsterisk, Set, Running]]:
    """The private Asterisk and the service, ready to take calls."""
    click.echo(f"starting {asterisk.version}, and the service beside it ...")
    async with private_asterisk(asterisk, folder / "asterisk") as pbx:
        await asyncio.to_thread(_keep, folder / "asterisk/credentials.json", pbx)
        kept = await asyncio.to_thread(build, folder, site, sounds, pbx)
        loaded = await asyncio.to_thread(load_site, site)
        async with serving(kept.settings, loaded, listener=story.note) as running:
            await _give_pins(kept)
            if not await running.client.link.until_ready(UP_WITHIN):
                raise TimeoutError("Asterisk did not connect to the service")
            yield pbx, kept, running


def _keep(path: Path, pbx: PrivateAsterisk) -> None:
    """Let `ivrflow asterisk call` find this Asterisk."""
    save(
        path, Kept(credentials=pbx.credentials, ports=pbx.ports, sip_host=pbx.sip_host)
    )


async def _give_pins(kept: Set) -> None:
    """Let every agent sign in with the demo's PIN."""
    database = Database(f"sqlite:///{kept.database.absolute()}")
    try:
        agents = SqlAgents(database)
        for entry in await agents.all():
            await agents.set_pin(entry.number, kept.agent_pin_hash)
    finally:
        await database.close()


async def _settled(running: Running, within: float = 10.0) -> None:
    """Wait until the last call has ended, *within* seconds at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within):
            await running.live.nobody()


async def _left_over(running: Running) -> str:
    """What is still up in Asterisk: "" if nothing is."""
    channels = await running.client.channels.list()
    bridges = await running.client.bridges.list()
    return ", ".join([f"channel {c.name}" for c in channels] + [b.id for b in bridges])


def _sum_up(stage: Stage) -> bool:
    """Print what was observed; return whether all of it was as it must be."""
    click.echo()
    good = True
    for scene in (*SCENES, "afterwards"):
        seen = stage.seen.get(scene, [])
        fine = bool(seen) and all(one.ok for one in seen)
        good = good and fine
        mark = click.style("✓", fg="green") if fine else click.style("✗", fg="red")
        click.echo(f"{mark} {scene}")
        for one in seen:
            click.echo(_line(one))
    click.echo()
    verdict = "everything was observed" if good else "not everything was observed"
    click.echo(click.style(verdict, fg="green" if good else "red", bold=True))
    return good


def _line(seen: Seen) -> str:
    mark = "  ✓" if seen.ok else click.style("  ✗", fg="red")
    return f"{mark} {seen.what}: {seen.how}"


def _how_to_dial(pbx: PrivateAsterisk, keep_running: str) -> None:
    host, port = pbx.sip
    if keep_running:
        click.echo(f"\nTo dial in yourself: {keep_running}, and a softphone on this")
        click.echo("machine, without registering, to sip:12313@HOST:PORT as it prints.")
        return
    click.echo(f"\nCall the hotline with a softphone: sip:12313@{host}:{port} (UDP).")
    click.echo("Cards and PINs, each with the telephone keys:")
    for customer in CUSTOMERS:
        click.echo(f"  licence number {customer.card}  PIN {customer.pin}")
    click.echo(
        "People answer in office hours only (hours.yaml). A softphone that calls as "
        f"{CUSTOMERS[0].caller} is always answered as if it were {CUSTOMERS[0].at}."
    )
    click.echo("Be an agent: register one of these, dial *11, sign in, press 1.")
    for number, password in pbx.credentials.agents.items():
        click.echo(
            f"  user {number}  password {password}  server {host}:{port}"
            f"  agent PIN {AGENT_PIN}"
        )
