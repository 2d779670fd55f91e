"""`ivrflow agent sign-in`: sign an agent in, not ready yet."""

from __future__ import annotations

import re
from pathlib import Path

import click

from ivrflow.cli.agent.acting import act, on_agent

PHONE = re.compile(r"PJSIP/[A-Za-z0-9_.-]{1,80}")
"""As the API takes one, which can't be asked what `--at` should have been."""


def _phone(_: click.Context, __: click.Parameter, given: str | None) -> str | None:
    if given is not None and not PHONE.fullmatch(given):
        raise click.BadParameter(f"{given!r} is no phone: write it like PJSIP/1007")
    return given


@click.command()
@on_agent
@click.option(
    "--at",
    "endpoint",
    metavar="PHONE",
    callback=_phone,
    help="The phone that rings, one of agents.yaml, as PJSIP/1007.  "
    "[default: the agent's own]",
)
def sign_in(number: str, endpoint: str | None, as_json: bool, config: Path) -> None:
    """Sign the agent NUMBER in, not ready yet."""
    act(config, number, "sign-in", as_json=as_json, endpoint=endpoint)
