"""A group of commands that are imported when they are asked for."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click


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
