"""`ivrflow agent abilities`: what an agent serves, changed while the service runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ivrflow.cli.changing import asked
from ivrflow.cli.installed import config_option, settings_in


@click.command()
@click.argument("number")
@click.option(
    "--queue",
    "queues",
    multiple=True,
    metavar="QUEUE",
    help="A queue to serve; again for each. All others are taken away.",
)
@click.option(
    "--skill",
    "skills",
    multiple=True,
    metavar="NAME[=VALUE]:LEVEL",
    help="A skill, as billing:3 or district=north:5; again for each. All others are "
    "taken away.",
)
@config_option
def abilities(
    number: str, queues: tuple[str, ...], skills: tuple[str, ...], config: Path
) -> None:
    """Give the agent NUMBER other queues, or other skills.

    It stays so over a restart, until `ivrflow agent apply` brings agents.yaml back;
    `ivrflow agent diff` shows it. What is not given is left as it is.
    """
    if not queues and not skills:
        raise click.UsageError("give --queue or --skill, or both")
    answer = asked(
        settings_in(config),
        "PUT",
        ("agents", number, "abilities"),
        queues=list(queues) or None,
        skills=_levels(skills) or None,
    )
    has = ", ".join(f"{name} {level}" for name, level in answer["skills"].items())
    serves = ", ".join(answer["queues"]) or "no queue"
    click.echo(f"agent {number}: {serves}; {has or 'no skill'}")


def _levels(skills: tuple[str, ...]) -> dict[str, Any]:
    """The skills as agents.yaml writes them."""
    found: dict[str, Any] = {}
    for written in skills:
        text, _, level = written.rpartition(":")
        name, _, value = text.partition("=")
        if not name or not level.isdecimal():
            raise click.BadParameter(
                f"{written!r}: write billing:3 or district=north:5",
                param_hint="--skill",
            )
        if not value:
            found[name] = int(level)
        elif isinstance(found.setdefault(name, {}), dict):
            found[name][value] = int(level)
    return found
