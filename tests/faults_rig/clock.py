"""A wall clock that can be set for one process, while the machine keeps its own.

By a few lines of C that stand before the C library's: so Python, SQLite and all others
in the process see the same time. What measures durations (CLOCK_MONOTONIC) is not
touched, as it isn't where an administrator or NTP sets a clock.
"""

import shutil
import struct
import subprocess
from pathlib import Path

import pytest

SOURCE = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static volatile long *ahead;
static int (*its_clock)(clockid_t, struct timespec *);

__attribute__((constructor)) static void begin(void) {
    int file = open(getenv("IVRFLOW_CLOCK"), O_RDONLY);
    void *seen = mmap(0, sizeof(long), PROT_READ, MAP_SHARED, file, 0);
    its_clock = dlsym(RTLD_NEXT, "clock_gettime");
    ahead = seen == MAP_FAILED ? 0 : seen;
}
int clock_gettime(clockid_t which, struct timespec *at) {
    int failed = its_clock(which, at);
    if (!failed && which == CLOCK_REALTIME && ahead) at->tv_sec += *ahead;
    return failed;
}
int gettimeofday(struct timeval *at, void *zone) {
    struct timespec now;
    int failed = clock_gettime(CLOCK_REALTIME, &now);
    at->tv_sec = now.tv_sec;
    at->tv_usec = now.tv_nsec / 1000;
    return failed;
}
time_t time(time_t *at) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (at) *at = now.tv_sec;
    return now.tv_sec;
}
"""


class WallClock:
    """The clock of whoever is started with *environment*."""

    def __init__(self, folder: Path):
        compiler = shutil.which("cc") or shutil.which("gcc")
        if compiler is None:
            pytest.skip("no C compiler, with which the service's clock can be set")
        source, library = folder / "clock.c", folder / "clock.so"
        source.write_text(SOURCE)
        command = [compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"]
        subprocess.run(command, check=True)
        self._ahead = folder / "ahead"
        self.set(0)
        self.environment = {
            "LD_PRELOAD": str(library),
            "IVRFLOW_CLOCK": str(self._ahead),
        }

    def set(self, ahead):
        """Let it be so many seconds ahead of the machine's, whole ones, from now on."""
        number = struct.pack("@l", ahead)
        if self._ahead.exists():
            with self._ahead.open("r+b") as file:
                file.write(number)
        else:
            self._ahead.write_bytes(number)
