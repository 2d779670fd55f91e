"""On what and how busy a machine a figure was measured: it means little without."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path


def machine() -> str:
    """The processor, the Python and the load, in one line."""
    info = Path("/proc/cpuinfo")
    text = info.read_text() if info.is_file() else ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    cpu = found[1].strip() if found else platform.processor() or platform.machine()
    load = os.getloadavg()[0]
    python = platform.python_version()
    return f"{os.cpu_count()} x {cpu}, Python {python}, load average {load:.1f}"


def beside_goal(what: str, figure: float, goal: float, unit: str, *, more: bool) -> str:
    """One line: the figure, the goal, and how many times the goal was reached.

    *more* is true where more is better: a rate, and no time.
    """
    ratio = figure / goal if more else goal / figure if figure else float("inf")
    verdict = "reached" if ratio >= 1 else "missed"
    shown, wanted = (f"{x:,.2f}" if x < 100 else f"{x:,.0f}" for x in (figure, goal))
    return f"{what}: {shown} {unit}; goal {wanted} {unit}: {ratio:.2f} x, {verdict}"
