"""A group of commands that are imported when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


class LazyGroup(click.Group):
    """Its commands stand in modules below *package*: name -> `module:name`."""

    def __init__(
        self, *args: Any, package: str, members: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._package = package
        self._members = members

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands, in the order of the alphabet."""
        return sorted(self._members)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import the command *name*; None if there is none."""
        if name not in self._members:
            return None
        module, _, attribute = self._members[name].partition(":")
        command = getattr(
            importlib.import_module(f"{self._package}.{module}"), attribute
        )
        assert isinstance(command, click.Command)
        return command

    def shell_complete(
        self, ctx: click.Context, incomplete: str
    ) -> list[CompletionItem]:
        """Names of commands alone: to tell what each does, all would be imported at
        each press of Tab."""
        from click.shell_completion import CompletionItem

        names = [
            name for name in self.list_commands(ctx) if name.startswith(incomplete)
        ]
        options = click.Command.shell_complete(self, ctx, incomplete)
        return [*map(CompletionItem, names), *options]
