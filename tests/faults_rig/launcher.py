"""Starts `ivrflow` so that it dies at a chosen point: `python -m faults_rig.launcher`.

The points are the commands to Asterisk and the commits to the database, each before and
after: before, nothing has left this process; after, it is done, and nobody here knows
of it yet. From the environment:

    IVRFLOW_DIE        what:before|after:n    die at the n-th of these points
    IVRFLOW_DIE_AFTER  seconds                which counts from so long after the start
    IVRFLOW_POINTS     a file                 to which what is met first is appended

What is "commit", or a command without its ids: "POST channels play".
"""

import os
import re
import signal
import sys
import time
from collections import Counter

from sqlalchemy.engine.default import DefaultDialect

from ivrflow.asterisk.ari.http import Connection
from ivrflow.cli import main

COMMIT = "commit"

_LINE = re.compile(rb"([A-Z]+) /ari/([^ ?]+)")

OWN = {"POST events", "POST applications", "PUT applications"}
"""Commands that are about no call."""


class Points:
    def __init__(self, environ):
        self._what, self._when, number = environ.get("IVRFLOW_DIE", "::0").split(":")
        self._number = int(number)
        self._from = time.monotonic() + float(environ.get("IVRFLOW_DIE_AFTER", 0))
        self._file = environ.get("IVRFLOW_POINTS")
        self._met = Counter()
        self._seen = set()

    def pass_by(self, what, when):
        """Die here, if this is the point."""
        if self._file and what not in self._seen:
            self._seen.add(what)
            with open(self._file, "a") as file:
                file.write(f"{what}\n")
        if (what, when) == (self._what, self._when) and time.monotonic() >= self._from:
            self._met[what] += 1
            if self._met[what] == self._number:
                os.kill(os.getpid(), signal.SIGKILL)


def command(request):
    """A request to ARI without its ids; "" if it is about no call."""
    found = _LINE.match(request)
    if found is None:
        return ""
    method, way = (part.decode() for part in found.groups())
    noun, *more = way.split("/")
    # channels/ID/play, but recordings/live/NAME and events/user/NAME
    verbs = more[:1] if noun in ("recordings", "events") else more[1:2]
    what = " ".join((method, noun, *verbs))
    return "" if " ".join(what.split()[:2]) in OWN or method == "GET" else what


def watch(points):
    """Let all commands and commits pass by *points*."""
    ask, commit = Connection.ask, DefaultDialect.do_commit

    def watched_ask(self, request, within):
        what = command(request)
        if not what:
            return ask(self, request, within)
        points.pass_by(what, "before")
        answer = ask(self, request, within)
        # Before whoever asked hears of it: he adds himself later than this.
        answer.add_done_callback(lambda _: points.pass_by(what, "after"))
        return answer

    def watched_commit(self, dbapi_connection):
        points.pass_by(COMMIT, "before")
        commit(self, dbapi_connection)
        points.pass_by(COMMIT, "after")

    Connection.ask = watched_ask
    DefaultDialect.do_commit = watched_commit


if __name__ == "__main__":
    watch(Points(os.environ))
    sys.argv[0] = "ivrflow"
    main()
