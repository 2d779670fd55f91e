"""`ivrflow asterisk call`: a robot's phone, for who has no softphone at hand."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ivrflow.cli.asterisk_folder import kept_in, running_option

if TYPE_CHECKING:
    from ivrflow.sim.phone import Call

QUIET = 1.5
"""Seconds of silence after which what was said is over; between two sentences of a
prompt there is less."""

LONGEST = 120.0
"""Seconds that a prompt is listened to at most."""


@click.command("call")
@click.argument("number")
@running_option
@click.option("--caller", default="13800138000", show_default=True, help="Who calls.")
@click.option(
    "--keys",
    default="",
    help="Keys to press, each group when it has become quiet: '1 330106#'.",
)
@click.option(
    "--save",
    type=click.Path(dir_okay=False, path_type=Path, writable=True),
    help="Write what is heard into this WAV file.",
)
def call_command(
    number: str, folder: Path, caller: str, keys: str, save: Path | None
) -> None:
    """Call NUMBER on a private Asterisk, as a caller's phone does.

    It listens until it is quiet, presses the next keys, and hangs up after the last
    prompt. It needs what `pip install 'ivrflow[demo]'` brings.

    Exit status: 0 if the call was answered and something was heard, 1 if not, 2 if it
    can't be made.
    """
    if strange := set(keys) - set("0123456789*# "):
        raise click.BadParameter(
            f"{''.join(sorted(strange))!r} is on no telephone; there are 0-9 * #",
            param_hint="--keys",
        )
    kept = kept_in(folder)
    if save is not None and not save.parent.is_dir():
        raise click.BadParameter(
            f"there is no folder {save.parent}: make it first", param_hint="--save"
        )
    sip = (kept.sip_host, kept.ports.sip)
    try:
        heard = asyncio.run(_call(sip, number, caller, keys.split(), save))
    except ModuleNotFoundError as missing:
        message = f"{missing.name} is missing: pip install 'ivrflow[demo]'"
        raise click.UsageError(message) from None
    except KeyboardInterrupt:
        raise SystemExit(1) from None
    raise SystemExit(0 if heard else 1)


async def _call(
    sip: tuple[str, int], number: str, caller: str, keys: list[str], save: Path | None
) -> bool:
    from ivrflow.sim.phone import CallRefused, Phones

    async with Phones(sip) as phones:
        try:
            call = await phones.call(number, caller=caller)
        except CallRefused as refused:
            click.echo(f"{number} does not answer: {refused}", err=True)
            return False
        except TimeoutError:
            click.echo(
                f"nobody answers at {sip[0]}:{sip[1]}; is `ivrflow asterisk run` "
                "running, and `ivrflow serve`?",
                err=True,
            )
            return False
        click.echo(f"{number} answers")
        await _talk(call, keys)
        await call.hang_up()
        seconds = _sound(call.heard)
        if save is not None:
            try:
                await asyncio.to_thread(call.save, save)
            except OSError as error:
                click.echo(f"{save} can't be written: {error.strerror}", err=True)
                return False
        kept = f", kept in {save}" if save else ""
        click.echo(f"the call is over: {seconds:.0f} s of sound heard{kept}")
        return seconds > 0


async def _talk(call: Call, keys: list[str]) -> None:
    """Listen and press, until the other side hangs up or nothing is left to press."""
    from ivrflow.telephony.channel import HungUp

    before = 0.0
    try:
        for group in (*keys, ""):
            await call.until_sound(LONGEST)
            await call.until_quiet(QUIET, LONGEST)
            seconds = _sound(call.heard)
            click.echo(f"  heard {seconds - before:.0f} s of sound")
            before = seconds
            if group:
                click.echo(f"  press {group}")
                await call.press(group)
    except HungUp:
        click.echo("  the other side hangs up")
    except TimeoutError:
        click.echo("  it does not become quiet, or says nothing")


def _sound(pcm: bytes) -> float:
    """How many seconds of *pcm* are no silence."""
    from ivrflow.sim.phone import rtp

    frames = range(0, len(pcm), rtp.FRAME * 2)
    return sum(rtp.is_sound(rtp.encode(pcm[f : f + rtp.FRAME * 2])) for f in frames) * (
        rtp.TICK
    )
