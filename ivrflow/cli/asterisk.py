"""`ivrflow asterisk`: a private Asterisk, fetched and kept running."""

from __future__ import annotations

import asyncio
import signal
import sys
from dataclasses import replace
from ipaddress import IPv4Address
from pathlib import Path

import click

from ivrflow.asterisk.home.credentials import (
    BadCredentials,
    Credentials,
    Kept,
    Ports,
    load,
    save,
)
from ivrflow.asterisk.home.failed import AsteriskFailed
from ivrflow.asterisk.home.fetch import (
    Order,
    fetch,
    fetched_folder,
    find_or_fetch,
)
from ivrflow.asterisk.home.find import Asterisk, NoAsterisk
from ivrflow.asterisk.home.ports import free_ports
from ivrflow.asterisk.home.run import PrivateAsterisk, private_asterisk
from ivrflow.cli.asterisk_agent import agent_command
from ivrflow.cli.asterisk_call import call_command
from ivrflow.cli.asterisk_config import config_command
from ivrflow.cli.asterisk_folder import KEPT, folder_option
from ivrflow.packages.debian import SUITE
from ivrflow.packages.progress import Progress


@click.group()
def asterisk() -> None:
    """A private Asterisk: fetch, run, call it. What yours needs."""


asterisk.add_command(call_command)
asterisk.add_command(agent_command)
asterisk.add_command(config_command)


@asterisk.command("fetch")
@click.option("--again", is_flag=True, help="Fetch even if one is here: a newer one.")
@click.option(
    "--suite",
    default=SUITE,
    show_default=True,
    help="Debian's suite that it comes from.",
)
@click.option(
    "--mirror",
    default="",
    metavar="URI",
    help="Debian's archive.  [default: the one in apt's sources of this machine]",
)
def fetch_command(again: bool, suite: str, mirror: str) -> None:
    """Fetch a private Asterisk into the user's cache, without root.

    It comes from Debian's packages, checked by apt, and is only unpacked: nothing is
    installed. It takes about 15 seconds and 420 MB (310 MB stay), in the folder
    IVRFLOW_CACHE, or ivrflow below XDG_CACHE_HOME or ~/.cache.
    """
    order = Order(suite=suite, mirror=mirror, again=again)
    try:
        got = fetch(fetched_folder(), order, Progress(sys.stderr))
    except NoAsterisk as error:
        raise click.ClickException(str(error)) from None
    click.echo(f"{got.version}: {got.command[-1]}")


@asterisk.command("run")
@folder_option("Where its configuration, logs, recordings and credentials are.")
@click.option("--sip-host", help="Address for SIP and sound.  [default: 127.0.0.1]")
@click.option("--sip-port", type=click.IntRange(1, 65535), help="UDP port of SIP.")
@click.option("--ari-port", type=click.IntRange(1, 65535), help="TCP port of ARI.")
@click.option(
    "--events-port",
    type=click.IntRange(0, 65535),
    help="TCP port to which Asterisk is to bring its events; 0 or never given: none, "
    "ivrflow connects to it.",
)
@click.option("--ami-port", type=click.IntRange(1, 65535), help="TCP port of AMI.")
def run_command(
    folder: Path,
    sip_host: str | None,
    sip_port: int | None,
    ari_port: int | None,
    events_port: int | None,
    ami_port: int | None,
) -> None:
    """Run an Asterisk of ivrflow's own until Ctrl-C.

    It is the one that IVRFLOW_ASTERISK names, else the machine's own (20.15, 21.10,
    22.5 or later), else the fetched one; without any, it is fetched. Ports that are
    not given are those of the last run with the same --dir, or free ones.

    With another --sip-host than 127.0.0.1, phones of other machines can register;
    callers without an account are let in on 127.0.0.1 only.
    """
    ports = {
        "sip": sip_port,
        "ari": ari_port,
        "events": events_port,
        "ami": ami_port,
    }
    given = {name: port for name, port in ports.items() if port is not None}
    try:
        kept = _kept(folder / KEPT, sip_host, given)
        chosen = find_or_fetch(Progress(sys.stderr))
        asyncio.run(_run(chosen, folder, kept))
    except (NoAsterisk, AsteriskFailed, BadCredentials) as error:
        raise click.ClickException(str(error)) from None
    except OSError as error:
        raise click.ClickException(f"{folder}: {error}") from None
    except asyncio.CancelledError:
        pass  # Ctrl-C is how it ends
    click.echo("Asterisk has stopped")


def _kept(path: Path, sip_host: str | None, given: dict[str, int]) -> Kept:
    """Return what the last run left in *path*, or new ports; with what is given."""
    kept = load(path)
    host = sip_host or (kept.sip_host if kept else "127.0.0.1")
    try:
        usable = not IPv4Address(host).is_unspecified
    except ValueError:
        usable = False
    if not usable:
        # Phones are told to send their sound there, so 0.0.0.0 would not do.
        raise click.BadParameter(
            f"{host!r} is not one IPv4 address of this machine", param_hint="--sip-host"
        )
    if kept is None:
        kept = Kept(credentials=Credentials(), ports=free_ports(host))
    return replace(kept, sip_host=host, ports=_with(kept.ports, given))


def _with(ports: Ports, given: dict[str, int]) -> Ports:
    return Ports(
        sip=given.get("sip", ports.sip),
        ari=given.get("ari", ports.ari),
        events=given.get("events", ports.events),
        rtp=ports.rtp,
        # A folder of an older version has none.
        ami=given.get("ami", ports.ami) or free_ports().ami,
    )


async def _run(chosen: Asterisk, folder: Path, kept: Kept) -> None:
    """Run *chosen* until a signal cancels us, or until it ends by itself."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    async with private_asterisk(
        chosen,
        folder,
        ports=kept.ports,
        credentials=kept.credentials,
        sip_host=kept.sip_host,
    ) as pbx:
        await asyncio.to_thread(save, folder / KEPT, kept)
        click.echo(welcome(pbx, folder / KEPT))
        raise await pbx.died()


def welcome(pbx: PrivateAsterisk, kept: Path) -> str:
    """Return what a person needs to know to use *pbx*."""
    host, port = pbx.sip
    number, secret = next(iter(pbx.credentials.agents.items()))
    others = ", ".join(n for n in pbx.credentials.agents if n != number)
    where = f"ws://127.0.0.1:{pbx.events_port}/ari"
    events = f"  events  it connects to {where}, as user {pbx.events_user}"
    lines = [
        f"{pbx.asterisk.version} runs (process {pbx.pid}); Ctrl-C ends it.",
        "",
        f"  ARI     {pbx.ari_url}, user {pbx.ari_user}",
        *([events] if pbx.events_port else []),
        f"  AMI     127.0.0.1:{pbx.ports.ami}, user ivrflow",
        f"  SIP     {host}:{port}, UDP",
        f"  logs    {pbx.log_dir}",
        f"  files   {pbx.recordings_dir} (recordings)",
        f"  secrets {kept}",
        "",
        "A softphone as an agent's phone:",
        f"  server {host}, port {port}, UDP; user {number}, password {secret}",
        f"  (also {others}: passwords in {kept}); then dial *11 to sign in.",
    ]
    if IPv4Address(host).is_loopback:
        lines += [
            "A softphone as a caller, without an account:",
            f"  call sip:NUMBER@{host}:{port}",
        ]
    return "\n".join(lines)
