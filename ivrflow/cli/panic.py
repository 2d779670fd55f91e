"""`ivrflow panic`: send all callers away from the service, whether it lives or not.

The switch stands in Asterisk's own database, so it is set by Asterisk's console. The
service is not asked: this is for the day on which it is the trouble.
"""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import click

from ivrflow.asterisk.home.fetch import fetched_folder
from ivrflow.asterisk.home.find import NoAsterisk, find

STATES = {"on": "fallback", "overflow": "overflow", "off": "off"}
"""What is said -> what stands in Asterisk's database then."""

WORDS = {
    "fallback": "on: callers get the fallback of the dialplan",
    "overflow": "overflow: callers go straight to the overflow number",
    "off": "off: callers get their flows",
}

PRIVATE = (Path("asterisk"), Path("run/asterisk"))
"""Where a private Asterisk is looked for."""

WITHIN = 20.0
"""Seconds for Asterisk's console."""


@click.command()
@click.argument(
    "state", type=click.Choice([*STATES, "show"]), default="show", required=False
)
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of a private Asterisk, as `asterisk run` was told.  [default: "
    "asterisk or run/asterisk where there is one, else the machine's own Asterisk]",
)
def panic(state: str, folder: Path | None) -> None:
    """Send all callers to the fallback, or to the overflow number.

    It works while the service hangs or is dead, too: Asterisk's dialplan obeys it.
    Callers who are in a flow already stay there; whoever comes hears no flow. `on` is
    the fallback, `overflow` rings IVRFLOW_OVERFLOW of the dialplan at once, `off` is as
    always. Without a word, or with `show`, it tells how the switch stands.

    Run it as a user who may use Asterisk's console.

    Exit status: 0, or 1 if Asterisk could not be asked.
    """
    console = _console(folder)
    if state in STATES:
        _ask(console, f"database put ivrflow panic {STATES[state]}")
        # For callers whom the service loses: they can't look into the database.
        _ask(console, f"dialplan set global IVRFLOW_PANIC_SEEN {STATES[state]}")
    said = _ask(console, "database get ivrflow panic")
    value = said.partition("Value:")[2].strip() or "off"
    click.echo(f"panic switch {WORDS.get(value, f'{value}: ' + WORDS['fallback'])}")


def _console(folder: Path | None) -> list[str]:
    """What runs Asterisk's console, without the command that it runs."""
    for private in [folder] if folder else PRIVATE:
        conf = private / "etc/asterisk.conf"
        if conf.is_file():
            try:
                return [*find(fetched_folder()).command, "-C", str(conf.absolute())]
            except NoAsterisk as error:
                raise click.ClickException(str(error)) from None
    if folder is not None:
        raise click.UsageError(
            f"{folder} holds no private Asterisk: there is no etc/asterisk.conf in it"
        )
    return [shutil.which("asterisk") or "asterisk"]


def _ask(console: list[str], command: str) -> str:
    """Run *command* in Asterisk's console; without an answer, the command ends."""
    words = [*console, "-rx", command]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=WITHIN, check=False
        )
    except FileNotFoundError:
        why = "there is no `asterisk` on this machine"
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(error)
    else:
        if done.returncode == 0:
            return done.stdout
        why = (done.stdout + done.stderr).strip() or f"exit status {done.returncode}"
    by_hand = shlex.join(["asterisk", "-rx", command])
    raise click.ClickException(
        f"Asterisk can't be asked: {why}\nOn Asterisk's machine, as a user who may: "
        f"{by_hand}"
    )
