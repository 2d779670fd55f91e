"""`ivrflow config`: what the settings say, where it comes from, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import click

from ivrflow.cli.installed import config_option
from ivrflow.config.default import default_file
from ivrflow.config.files import findings
from ivrflow.config.layers import Layers
from ivrflow.config.reading import read_layers
from ivrflow.config.settings import BadConfig, Settings
from ivrflow.config.showing import as_text
from ivrflow.config.showing import shown as shown_of


@click.group()
def config() -> None:
    """The settings: show, check, or begin a file of them."""


@config.command()
@config_option
@click.option("--origin", is_flag=True, help="With the place that each comes from.")
@click.option("--json", "as_json", is_flag=True, help="As JSON, with the places.")
def show(config: Path, origin: bool, as_json: bool) -> None:
    """Print the settings that count, defaults included.

    They come from the file, from conf.d/*.yaml beside it, and from variables such as
    IVRFLOW_ARI__URL; what comes later counts. Secrets are never printed: the settings
    name their files, and what may hold one, such as the password in a url, is masked.

    Exit status: 0, or 1 if the settings can't be used: then it says why.
    """
    found = shown_of(*_read(config))
    if as_json:
        listed = [
            {"key": one.key, "value": one.value, "origin": one.origin} for one in found
        ]
        click.echo(json.dumps(listed, indent=1, ensure_ascii=False))
    else:
        click.echo(as_text(found, origin=origin), nl=False)


@config.command()
@config_option
@click.option("--strict", is_flag=True, help="Count warnings as errors.")
def check(config: Path, strict: bool) -> None:
    """Check the settings, and the files that they name.

    Says what was read, and all mistakes with file, line and cure. Run it as the
    service's user: it tells what that user can't read. Nothing is connected to.

    Exit status: 0, or 1 if there is an error (with --strict, a warning).
    """
    settings, layers = _read(config)
    found = findings(settings)
    for name in (*layers.files, *layers.variables):
        click.echo(f"read: {name}")
    for line in layers.strangers:
        click.echo(f"warning: {line}")
    for one in found:
        click.echo(str(one))
    told = [one.severity for one in found] + ["warning" for _ in layers.strangers]
    errors, warnings = told.count("error"), told.count("warning")
    click.echo(f"{_counted(errors, 'error')}, {_counted(warnings, 'warning')}")
    if errors or (strict and warnings):
        raise SystemExit(1)


@config.command()
def default() -> None:
    """Print a file of settings to begin with.

    Each is told, with its default. What must be given stands there with an example, all
    else is commented out.
    """
    click.echo(default_file(), nl=False)


def _read(path: Path) -> tuple[Settings, Layers]:
    try:
        return read_layers(path)
    except BadConfig as bad:
        raise click.ClickException(str(bad)) from None


def _counted(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
