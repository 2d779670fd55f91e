"""Runs a page of the documents as its reader would, and compares what comes out.

    ```console
    $ ivrflow check
    1 note; 1 flow, version ...
    ```

`$` begins a command, `> ` a line that is typed into it; the other lines are what must
come out. `...` stands for anything: in a line, or as a line for any number of lines.
Commands of a page run one after the other in one folder, and `cd` lasts.

What a reader is told to write into a file stands in a block of its own, and a comment
before it, which nobody sees, says where:

    <!-- file: flows/main.yaml, instead of: "0: person" -->
    <!-- file: tests/main.test.yaml, at its end -->

A console block after `<!-- a terminal of its own -->` goes on running until the page is
at its end.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

SHELL = ["bash", "--noprofile", "--norc", "-c"]

_BLOCK = re.compile(
    r"^(?:<!-- (?P<note>[^\n]*?) -->\n)?```(?P<kind>\w+)\n(?P<text>.*?)^```$",
    re.M | re.S,
)
_FILE = re.compile(r'file: (?P<file>\S+), (?:instead of: "(?P<old>.*)"|at its end)')
OWN_TERMINAL = "a terminal of its own"

UP_WITHIN = 40.0
"""Seconds until a program in a terminal of its own must have said what it says."""


@dataclass(frozen=True)
class Block:
    """One fenced block."""

    line: int
    kind: str
    text: str
    note: str = ""
    """The comment right above it."""


@dataclass(frozen=True)
class Command:
    """One command with what is typed into it, and what it must print."""

    line: int
    command: str
    typed: tuple[str, ...]
    expected: tuple[str, ...]


def chapters(page: str) -> dict[str, list[Block]]:
    """Heading -> its blocks, in the page's order."""
    found: dict[str, list[Block]] = {}
    # A `## ` in a block is a comment of YAML, and no heading.
    blocks = list(_BLOCK.finditer(page))
    inside = [range(one.start(), one.end()) for one in blocks]
    heads = [
        one
        for one in re.finditer(r"^## (.*)$", page, re.M)
        if not any(one.start() in block for block in inside)
    ]
    for head, following in zip(heads, [*heads[1:], None], strict=True):
        end = following.start() if following else len(page)
        found[head[1]] = [
            Block(
                page.count("\n", 0, b.start()) + 1,
                b["kind"],
                b["text"],
                b["note"] or "",
            )
            for b in blocks
            if head.start() < b.start() < end
        ]
    return found


def commands(block: Block) -> Iterator[Command]:
    """The commands of a console block."""
    parts = re.split(r"^\$ ", block.text, flags=re.M)
    line = block.line + 1
    for part in parts[1:]:
        command, _, output = part.partition("\n")
        while command.endswith("\\"):
            more, _, output = output.partition("\n")
            command += f"\n{more}"
        lines = output.splitlines()
        typed = tuple(one[2:] for one in lines if one.startswith("> "))
        yield Command(line, command, typed, tuple(lines))
        line += part.count("\n")


def matches(expected: tuple[str, ...], printed: str) -> bool:
    """Whether *printed* is what is *expected*, where `...` is anything."""
    pattern = ""
    for line in expected:
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            parts = map(re.escape, line.rstrip().split("..."))
            pattern += ".*?".join(parts) + r"[ \t]*\n"
    text = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    return re.fullmatch(pattern, text) is not None


class Reader:
    """Somebody who follows a page in *folder*. Leaving the block ends what runs."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        beside = str(Path(sys.executable).parent)  # where `ivrflow` is installed
        self._environment = {
            **os.environ,
            "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
            "TZ": "Asia/Shanghai",
            "COLUMNS": "80",
            "PYTHONWARNINGS": "",
            **environment,
        }
        self._running: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        for one in reversed(self._running):
            one.send_signal(signal.SIGINT)
            one.wait(20)

    def follow(self, blocks: list[Block]) -> None:
        """Do what the blocks of a chapter say."""
        for block in blocks:
            if found := _FILE.fullmatch(block.note):
                self._write(block, found["file"], found["old"])
            elif block.kind == "console":
                for command in commands(block):
                    if block.note == OWN_TERMINAL:
                        self._start(command)
                    else:
                        self._run(command)

    def _write(self, block: Block, name: str, old: str | None) -> None:
        path = self.folder / name
        text = path.read_text("utf-8") if path.exists() else ""
        if old is None:
            path.write_text(f"{text.rstrip()}\n\n{block.text}".lstrip(), "utf-8")
            return
        lines = text.split("\n")
        there = [n for n, line in enumerate(lines) if old in line]
        assert len(there) == 1, f"line {block.line}: {old!r} stands {len(there)} times"
        lines[there[0]] = block.text.rstrip("\n")
        path.write_text("\n".join(lines), "utf-8")

    def _run(self, command: Command) -> None:
        if command.command.startswith("cd "):
            self.folder = (self.folder / command.command[3:]).resolve()
            assert self.folder.is_dir(), command
            return
        done = subprocess.run(
            [*SHELL, command.command],
            cwd=self.folder,
            env=self._environment,
            input="".join(f"{line}\n" for line in command.typed),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=100,
        )
        assert matches(command.expected, done.stdout), (
            f"line {command.line}: $ {command.command}\n{done.stdout}\n"
            f"--- but the page says ---\n" + "\n".join(command.expected)
        )

    def _start(self, command: Command) -> None:
        """Run it beside the others, and wait until it has said what the page says."""
        told = self.folder / f".terminal{len(self._running)}"
        with told.open("wb") as output:
            self._running.append(
                subprocess.Popen(
                    [*SHELL, f"exec {command.command}"],
                    cwd=self.folder,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                )
            )
        deadline = time.monotonic() + UP_WITHIN
        while not matches((*command.expected, "..."), told.read_text("utf-8")):
            said = f"line {command.line}: $ {command.command}\n" + told.read_text(
                "utf-8"
            )
            assert self._running[-1].poll() is None, said
            assert time.monotonic() < deadline, said
            time.sleep(0.2)
