"""`ivrflow agi`: the program that Asterisk starts for a call, as AGI was at first."""

from __future__ import annotations

import click

from ivrflow.asterisk.agi.pipe import PORT, run


@click.command(context_settings={"ignore_unknown_options": True})
@click.option(
    "--connect",
    default=f"127.0.0.1:{PORT}",
    show_default=True,
    metavar="HOST:PORT",
    help="Where the service listens: agi: in its settings.",
)
@click.argument("flow")
@click.argument("given", nargs=-1, metavar="[KEY=VALUE]...", type=click.UNPROCESSED)
def agi(connect: str, flow: str, given: tuple[str, ...]) -> None:
    """Run FLOW on the call of the dialplan that starts this.

    For dialplans that have AGI(program,arguments), where FastAGI can't be used:

        AGI(/usr/bin/ivrflow,agi,hours,branch=12)

    It hands the call to the running service, which needs agi: in its settings, and runs
    the flow as AGI(agi://127.0.0.1/flow/hours?branch=12) does. The flow's head must
    say `agi: yes`. KEY=VALUE is what the flow takes.

    The dialplan goes on when the flow ends, or when this can't reach the service. It
    must ask IVRFLOW_ENDED which of them it was: AGISTATUS says SUCCESS in any case.
    """
    for pair in given:
        if "=" not in pair:
            raise click.UsageError(f"{pair!r} hands nothing in; write KEY=VALUE")
    raise SystemExit(run(connect, flow, given))
