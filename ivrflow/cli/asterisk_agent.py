"""`ivrflow asterisk agent`: a robot at an agent's phone, for who has no softphone."""

from __future__ import annotations

import asyncio
import math
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click
from pydantic_core import PydanticCustomError

from ivrflow.cli.asterisk_folder import kept_in, running_option
from ivrflow.flow.kinds import Duration, did_you_mean
from ivrflow.flow.source import Scalar
from ivrflow.telephony.channel import HungUp

if TYPE_CHECKING:
    from ivrflow.sim.phone import Agent, Call

ANSWERS = 2.0
"""Seconds after which it answers where nothing is said."""

RENEW = 1800.0
"""Seconds between two registrations; each holds for an hour."""


@dataclass(frozen=True, kw_only=True)
class _Manner:
    """How the robot treats its calls. Seconds; None of *answers*: it does not."""

    answers: float | None
    rejects: bool
    talks: float | None
    """None: until the other side hangs up."""

    def told(self) -> str:
        if self.rejects:
            return "rejects each call"
        if self.answers is None:
            return "lets it ring"
        talks = "" if self.talks is None else f" and hangs up after {self.talks:g} s"
        return f"answers after {self.answers:g} s{talks}"

    def take_up(self, phone: Agent) -> None:
        if self.rejects:
            phone.rejects()
        elif self.answers is None:
            phone.ignores()
        else:
            phone.answers(self.answers)


@click.command("agent")
@click.argument("number")
@running_option
@click.option("--answers", metavar="DURATION", help="After so long.  [default: 2s]")
@click.option("--rejects", is_flag=True, help="Refuses each call: busy.")
@click.option("--ignores", is_flag=True, help="Lets it ring.")
@click.option(
    "--talks",
    metavar="DURATION",
    help="Hangs up after so long.  [default: when the caller does]",
)
def agent_command(
    number: str,
    folder: Path,
    answers: str | None,
    rejects: bool,
    ignores: bool,
    talks: str | None,
) -> None:
    """Be the phone of agent NUMBER on a private Asterisk, until Ctrl-C.

    NUMBER is an account that `asterisk run` has shown. The phone is registered and
    takes calls as told; calls come for it when the agent is signed in and ready:
    `ivrflow agent ready NUMBER`. It needs what `pip install 'ivrflow[demo]'` brings.

    Exit status: 0 after Ctrl-C, 2 if the phone can't be registered.
    """
    if (answers is not None) + rejects + ignores > 1:
        raise click.UsageError("give one of --answers, --rejects and --ignores")
    if talks is not None and (rejects or ignores):
        raise click.UsageError("--talks is for calls that are answered")
    after = None if rejects or ignores else _seconds(answers, "--answers", ANSWERS)
    lasts = None if talks is None else _seconds(talks, "--talks", 0.0)
    kept = kept_in(folder)
    known = kept.credentials.agents
    if number not in known:
        raise click.BadParameter(
            f"this Asterisk has no account {number!r}{did_you_mean(number, known)}; "
            f"there are {', '.join(known)}",
            param_hint="NUMBER",
        )
    sip = (kept.sip_host, kept.ports.sip)
    manner = _Manner(answers=after, rejects=rejects, talks=lasts)
    try:
        asyncio.run(_run(sip, number, known[number], manner))
    except ModuleNotFoundError as missing:
        message = f"{missing.name} is missing: pip install 'ivrflow[demo]'"
        raise click.UsageError(message) from None
    except (asyncio.CancelledError, KeyboardInterrupt):
        pass  # Ctrl-C is how it ends
    click.echo(f"{number} is registered no more")


def _seconds(given: str | None, option: str, usual: float) -> float:
    if given is None:
        return usual
    try:
        return float(Duration.read(Scalar(given)))
    except PydanticCustomError as wrong:
        raise click.BadParameter(wrong.message(), param_hint=option) from None


async def _run(
    sip: tuple[str, int], number: str, password: str, manner: _Manner
) -> None:
    """Take calls until a signal cancels us."""
    from ivrflow.sim.phone import CallRefused, Phones

    task = asyncio.current_task()
    assert task is not None
    for one in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(one, task.cancel)
    async with Phones(sip) as phones:
        try:
            phone = await phones.agent(number, password=password)
        except (CallRefused, TimeoutError) as error:
            raise click.UsageError(
                f"{number} can't be registered at {sip[0]}:{sip[1]}: "
                f"{error or 'nobody answers'}; is `ivrflow asterisk run` running?"
            ) from None
        manner.take_up(phone)
        click.echo(f"{number} is registered, {manner.told()}; Ctrl-C ends it")
        async with asyncio.TaskGroup() as group:
            group.create_task(_renew(phone))
            while True:
                call = await phone.rung(math.inf)
                group.create_task(_attend(call, manner))


async def _renew(phone: Agent) -> None:
    from ivrflow.sim.phone import CallRefused

    while True:
        await asyncio.sleep(RENEW)
        try:
            await phone.register()
        except (CallRefused, TimeoutError) as error:
            click.echo(f"it can't be registered again: {error}", err=True)


async def _attend(call: Call, manner: _Manner) -> None:
    """Tell how one call goes, and end it when it has lasted long enough."""
    who = call.caller or "a caller without a number"
    click.echo(f"{who} rings")
    try:
        await call.answered(math.inf)
    except HungUp:
        click.echo(f"  {who}: not answered")
        return
    click.echo(f"  {who}: answered")
    try:
        await call.ended(math.inf if manner.talks is None else manner.talks)
        by = who
    except TimeoutError:
        await call.hang_up()
        by = "the robot"
    click.echo(f"  {who}: {by} hung up")
