"""What is left to a person when the files are written: lines to add, what to see to."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from ivrflow.asterisk.beside.snippets import LOOPBACK, MAIN, Order, others_included

RELOADS = ("module reload http", "module reload manager", "module reload res_ari.so")
"""What makes Asterisk read the files again, and ends no call; then the dialplan."""

_LOOPBACKS = {LOOPBACK, "::1", "localhost"}


_WITH_GENERAL = ("ari.conf", "http.conf", "manager.conf")
"""Those of our files that add to `[general]`: it must stand before them."""


@dataclass(frozen=True)
class Line:
    """The line by which one of Asterisk's own files includes one of ours."""

    path: Path
    include: str
    there: bool = False
    """It stands there already."""
    no_file: bool = False
    no_general: bool = False
    """A line `[general]` is needed before it."""

    def __str__(self) -> str:
        if self.there:
            return f"{self.path}: has it already"
        if self.no_file and self.no_general:
            return (
                f"{self.path}: is not there; make it of two lines: [general] and "
                f"{self.include}"
            )
        if self.no_general:
            return (
                f"{self.path}: has no [general]; write it, and as the last line "
                f"{self.include}"
            )
        return f"{self.path}: {self.include}"

    @property
    def added(self) -> str:
        """What is to come to the end of the file."""
        return f"{'[general]' + chr(10) if self.no_general else ''}{self.include}\n"


def include_lines(order: Order, written: Container[str]) -> list[Line]:
    """The line for each of Asterisk's files, for those of ours that were *written*."""
    found = []
    for name, main in MAIN[order.kind].items():
        if name not in written:
            continue
        says, ours = order.main(main), f"{order.included_as}/{name}"
        found.append(
            Line(
                order.etc / main,
                f"#tryinclude {ours}",
                there=ours in says.includes,
                no_file=not says.there,
                # FreePBX's own file has [general] before it includes the custom one.
                no_general=main in _WITH_GENERAL and "general" not in says.sections,
            )
        )
    return found


def remarks(order: Order) -> Iterator[str]:
    """What to look at in Asterisk's own files, each with its cure."""
    http, manager = order.main("http.conf").general, order.main("manager.conf").general
    address = http.get("bindaddr", LOOPBACK)
    if address not in _LOOPBACKS:
        yield (
            f"http.conf listens at {address}: ARI's passwords and calls go over the "
            "network in clear text; bindaddr = 127.0.0.1, and tlsbindaddr for phones "
            "in browsers"
        )
    address = manager.get("bindaddr", LOOPBACK)
    if order.ami_password and address not in _LOOPBACKS:
        yield (
            f"manager.conf listens at {address}: bindaddr = 127.0.0.1, unless other "
            "machines need AMI and a firewall stands before it"
        )
    if others := others_included(order, "ari.conf"):
        yield (
            f"ari.conf includes {', '.join(others)}: if channelvars is set there, name "
            "those in ours too, as the last list counts"
        )
    for name, says in (("http.conf", http), ("manager.conf", manager)):
        if name not in MAIN[order.kind]:
            continue
        if others := others_included(order, name):
            yield (
                f"{name} includes {', '.join(others)}: see there that it listens at "
                f"{LOOPBACK}, and at which port; ours says neither"
            )
        if says.get("enabled", "yes").lower() in ("no", "false", "off", "0"):
            yield f"{name} says enabled = no; our file, included after it, says yes"
    if order.kind == "freepbx":
        yield (
            "Advanced Settings: Enable the mini-HTTP Server: Yes; HTTP Bind Address "
            f"{LOOPBACK}, unless browsers need it; HTTP Session Limit 2000"
        )
        yield (
            "a number comes in by a Custom Destination: ivrflow,4001,1 for 4001 of "
            "numbers.yaml; an Inbound Route leads there"
        )
        yield (
            "feature codes of agents: in extensions_custom.conf, "
            "[from-internal-custom] with include => ivrflow-features"
        )
    else:
        yield (
            "extensions.conf: in the context of your trunk, include => ivrflow; in "
            "that of your agents' phones, include => ivrflow-features, too"
        )
        yield (
            "pjsip.conf, section type = global: taskprocessor_overload_trigger = "
            "pjsip_only; else a slow reader of events makes Asterisk ignore new calls"
        )
    yield "asterisk.conf, [options]: live_dangerously = no, as it is if left out"
    yield (
        "recordings of the fallback: link ivrflow's folder of sounds into Asterisk's "
        "as `ivrflow`"
    )
