"""The figures of a run: printed, kept as JSON, and ready for docs/reliability.md."""

import json
import platform
import time
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    fault: str
    """Such as F6."""
    what: str
    value: object
    goal: str = ""


@dataclass
class Report:
    """What was measured, what failed, and what this machine did not allow."""

    form: str
    """Such as "short form"."""
    figures: list = field(default_factory=list)
    courses: list = field(default_factory=list)
    """(which run, rows of how it went); see `course`."""
    skipped: list = field(default_factory=list)
    """(test, why)."""
    failed: list = field(default_factory=list)

    def note(self, fault, what, value, goal=""):
        self.figures.append(Figure(fault, what, value, goal))

    def went(self):
        """How each run under load went, from beginning to end: tables of Markdown."""
        for run, rows in self.courses:
            if rows:
                yield from ("", f"{run}:", "")
                yield f"| {' | '.join(rows[0])} |"
                yield "|" + "---|" * len(rows[0])
                for row in rows:
                    yield f"| {' | '.join(map(str, row.values()))} |"

    def lines(self):
        """For a terminal."""
        yield f"faults, {self.form}, on {machine()}"
        for one in self._sorted():
            goal = f"   (goal: {one.goal})" if one.goal else ""
            yield f"{one.fault:>4}  {one.what}: {shown(one.value)}{goal}"
        for test, why in self.skipped:
            yield f"not done here: {test}: {why}"
        for test in self.failed:
            yield f"FAILED: {test}"

    def table(self):
        """For docs/reliability.md."""
        rows = defaultdict(list)
        for one in self._sorted():
            rows[one.fault].append(f"{one.what}: {shown(one.value)}")
        yield "| fault | measured |"
        yield "|---|---|"
        for fault, said in rows.items():
            yield f"| {fault} | {'; '.join(said)} |"

    def write(self, folder):
        """Write `faults.json` and `faults.md` into *folder*."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        told = {"machine": machine(), **asdict(self)}
        text = json.dumps(told, indent=1, default=str, ensure_ascii=False)
        (folder / "faults.json").write_text(text + "\n", "utf-8")
        text = "\n".join((*self.table(), *self.went()))
        (folder / "faults.md").write_text(text + "\n", "utf-8")

    def _sorted(self):
        return sorted(self.figures, key=lambda one: int(one.fault.lstrip("F") or 0))


def shown(value):
    return f"{value:,.3g}" if isinstance(value, float) else str(value)


def machine():
    """What a figure was measured on."""
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{len(names) or '?'} x {names[0] if names else platform.machine()}"


def crowding(seconds=0.5):
    """How often the time that work takes here is what it would take alone; 1 at least.

    Limits in seconds are for a machine that has nothing else to do: on one that is
    shared, they are multiplied by this. Ask before the run, or its own load counts.
    """
    began, worked = time.perf_counter(), time.thread_time()
    while time.thread_time() - worked < seconds:
        sum(range(1000))
    return max(1.0, (time.perf_counter() - began) / seconds)


def percentile(values, percent):
    """The nearest rank; 0 of nothing."""
    ranked = sorted(values)
    if not ranked:
        return 0.0
    return ranked[min(len(ranked) - 1, round(percent / 100 * len(ranked)))]
