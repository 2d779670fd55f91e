"""`ivrflow completion`: what a shell needs to complete our commands at Tab."""

from __future__ import annotations

import click
from click.shell_completion import ShellComplete, get_completion_class

VARIABLE = "_IVRFLOW_COMPLETE"
"""By which the shell's function asks `ivrflow` itself what fits."""

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice(SHELLS))
def completion(shell: str) -> None:
    """Print what SHELL needs to complete our commands.

    It completes commands and options at Tab.

    \b
    bash   ivrflow completion bash > ~/.local/share/bash-completion/completions/ivrflow
    zsh    ivrflow completion zsh > FOLDER/_ivrflow    (a folder of your fpath)
    fish   ivrflow completion fish > ~/.config/fish/completions/ivrflow.fish

    For all users of a machine: /usr/share/bash-completion/completions/ivrflow,
    /usr/share/zsh/vendor-completions/_ivrflow,
    /usr/share/fish/vendor_completions.d/ivrflow.fish. It counts in shells that are
    opened from then on.
    """
    click.echo(script(shell))


def script(shell: str) -> str:
    """The script for *shell*, one of `SHELLS`."""
    made_by = get_completion_class(shell)
    assert made_by is not None
    root = click.get_current_context().find_root().command
    made = made_by(root, {}, "ivrflow", VARIABLE)
    # Not `made.source()`: click's for bash runs the bash of this machine, which need
    # not be the one that will read the script.
    return ShellComplete.source(made)
