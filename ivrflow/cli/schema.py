"""`ivrflow schema`: what an editor needs to complete and check the files of a site."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import click

FOLDER = "schema"
"""Where the schemas are, in a site's folder."""

LOOKS = 0.5
"""Seconds between two looks at the files, with --watch."""


@click.command()
@click.argument(
    "folder",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path("."),
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where to write them.  [default: schema/ in FOLDER]",
)
@click.option(
    "--here",
    is_flag=True,
    help="With the names of this site, its steps, prompts, queues and so on: an editor "
    "then completes them, and marks all others.",
)
@click.option(
    "--watch",
    is_flag=True,
    help="With --here: stay, and write them anew when a file is saved; Ctrl-C ends it.",
)
def schema(folder: Path, output: Path | None, here: bool, watch: bool) -> None:
    """Write JSON Schemas for the files of the site in FOLDER.

    With them an editor completes keys, shows what each is for, and marks a misspelt
    one; docs/editor.md tells how yours is told of them. They say what may stand in one
    place; whether it fits to the rest, `ivrflow check` knows.

    Exit status: 0, or 2 if they can't be written.
    """
    if watch and not here:
        raise click.UsageError("--watch is for --here: nothing else changes")
    if here and not (folder / "site.yaml").is_file():
        raise click.UsageError(
            f"{folder} is no site: it has no site.yaml, so it has no names; "
            "leave out --here, or name the site's folder"
        )
    into = output or folder / FOLDER
    try:
        before = _state(folder)  # first: what is saved meanwhile is seen as new
        click.echo(_told(into, write(folder, into, here=here)))
        while watch:
            while (now := _state(folder)) == before:
                time.sleep(LOOKS)
            before = now
            if changed := write(folder, into, here=True):
                click.echo(_told(into, changed))
    except OSError as error:
        name = error.filename or into
        click.echo(f"{name} can't be written: {error.strerror}", err=True)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        raise SystemExit(0) from None


def write(folder: Path, into: Path, *, here: bool) -> list[Path]:
    """Write the schemas of a site; return the files that say something new.

    A schema of a flow that is gone is removed. Raises OSError.
    """
    from ivrflow.flow.schema import TalkFile, names_of, schemas
    from ivrflow.sim.rehearsal.model import LATER, Heard, Talk

    talks = TalkFile(Talk, Heard, LATER)
    made = schemas(talks, names_of(folder) if here else None)
    into.mkdir(parents=True, exist_ok=True)
    files = {into / f"{name}.json": _text(one) for name, one in made.items()}
    changed = [
        path
        for path, text in files.items()
        if not path.is_file() or path.read_bytes() != text.encode()
    ]
    for path in changed:
        path.write_text(files[path], "utf-8")
    for path in set(into.glob("flow-*.json")) - files.keys():
        if _is_of_a_flow(path):
            path.unlink()
    return changed


def _is_of_a_flow(path: Path) -> bool:
    """True for a schema as `write` makes it: in *into* may stand what others keep."""
    from ivrflow.flow.schema import A_FLOW

    try:
        there = json.loads(path.read_bytes())
    except ValueError:
        return False
    return isinstance(there, dict) and there.get("title") == A_FLOW


def _text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=1) + "\n"


def _told(into: Path, changed: list[Path]) -> str:
    files = ", ".join(path.name for path in changed) or "nothing new"
    return f"{into}: {files}"


def _state(folder: Path) -> frozenset[tuple[str, int]]:
    """What the files of a site look like from outside: changes when one is saved."""
    from ivrflow.flow.folder import files_in

    state = set()
    for path in files_in(folder):
        with suppress(FileNotFoundError):  # an editor may just be replacing it
            state.add((str(path), path.stat().st_mtime_ns))
    return frozenset(state)
