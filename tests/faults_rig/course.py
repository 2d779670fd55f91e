"""How a run under load goes: who is up, who was lost, and what it costs which process.

A machine that is asked for too much tips over some minutes into a run, and all that is
seen at its end is that many calls were late. So it is looked at all the while: each row
says how things stood, and what a core was used for since the row before.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from faults_rig.callers import LOST

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
RELAY = b"ivrflow.asterisk.ari.relay.process"


@dataclass(frozen=True)
class Row:
    """One look. What is used is in cores: 0.5 is half of one, since the last look."""

    at: int
    """Seconds since the run began."""
    called: int
    up: int
    """Calls that are answered and not over."""
    rings: int
    """Calls that nobody has answered yet."""
    refused: int
    lost: int
    """Refused ones are among them."""
    again: int
    """How often callers had to do something again."""
    starts: int
    """Of the service."""
    service: float
    relay: float
    asterisk: float
    robots: float
    idle: float
    memory: int
    """Megabytes of the service that serves."""

    def __str__(self):
        lost = f"{self.refused} refused, {self.lost} LOST, " if self.lost else ""
        return (
            f"{self.called} have called, {self.up} up, {self.rings} ring, {lost}"
            f"{self.again} again; {self.starts} starts; service {self.memory} MB; "
            f"cores: service {self.service:.2f}, relay {self.relay:.2f}, Asterisk "
            f"{self.asterisk:.2f}, robots {self.robots:.2f}, idle {self.idle:.2f}"
        )


class Course:
    """The rows of one run. *asterisk* is its process."""

    def __init__(self, crowd, service, asterisk):
        self.rows = []
        self._crowd, self._service, self._asterisk = crowd, service, asterisk
        self._began = time.monotonic()
        self._at, self._used = self._began, self._all_used()

    def look(self):
        """Add a row, and return it."""
        at, used = time.monotonic(), self._all_used()
        took = max(at - self._at, 0.001)
        # A relay that was replaced begins at 0 again.
        cores = {
            name: max(0.0, (used[name] - self._used[name]) / took) for name in used
        }
        self._at, self._used = at, used
        callers = self._crowd.callers
        answered = sum(one.answered is not None for one in callers)
        over = sum(one.answered is not None and bool(one.outcome) for one in callers)
        unanswered = sum(one.answered is None and bool(one.outcome) for one in callers)
        row = Row(
            at=round(at - self._began),
            called=len(callers),
            up=answered - over,
            rings=len(callers) - answered - unanswered,
            refused=sum(one.outcome == "refused" for one in callers),
            lost=sum(one.outcome in LOST for one in callers),
            again=sum(one.again for one in callers),
            starts=len(self._service.launches) + len(self._service.followed),
            memory=round(memory_of(self._service.pid)),
            **{name: round(value, 2) for name, value in cores.items()},
        )
        self.rows.append(row)
        return row

    def _all_used(self):
        """Seconds of a core that each has used so far."""
        mine = os.times()
        living = {one.pid for one in self._service.launches if one.ended is None}
        serving = {self._service.pid} - living  # the child of one that keeps it
        return {
            # Those that have died are children that we, or who keeps them, waited for.
            "service": mine.children_user
            + mine.children_system
            + sum(used_by(pid, children=True) for pid in living)
            + sum(used_by(pid) for pid in serving),
            "relay": sum(used_by(pid) for pid in relays(self._service)),
            "asterisk": used_by(self._asterisk),
            "robots": mine.user + mine.system,
            "idle": idled(),
        }


def used_by(pid, *, children=False):
    """Seconds of a core that *pid* has used, and its dead *children*; 0: it is gone."""
    fields = _fields(pid)[11 : 15 if children else 13]
    return sum(map(int, fields)) / TICKS


def memory_of(pid):
    """Megabytes that *pid* takes; 0 if it is gone."""
    fields = _fields(pid)
    return int(fields[21]) * PAGE / 1e6 if fields else 0.0


def _fields(pid):
    """What stands in /proc/PID/stat behind the name, which may have spaces."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def relays(service):
    """The relay of *service*: nobody's child, it bears the name of its socket, which
    lies beside the database."""
    if service.owner is None:
        return
    beside = os.fsencode(service.owner.parent.resolve()) + b"/"
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes().split(b"\0")
        except OSError:
            continue  # it has just ended
        if RELAY in words and any(word.startswith(beside) for word in words):
            yield int(path.parent.name)


def idled():
    """Seconds that all cores have idled so far."""
    words = Path("/proc/stat").read_text().split(maxsplit=6)
    return (int(words[4]) + int(words[5])) / TICKS
