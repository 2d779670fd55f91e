"""What systemd feels of the service: on a clock that jumps, in a loop that hangs."""

import asyncio
import time
from contextlib import suppress

import pytest

from ivrflow.service.notify import Notify
from ivrflow.service.pulse import EVERY, PATIENCE, PROLONGED, Pulse
from ivrflow.sim import clock
from tests.systemd_rig import Systemd


class Listening:
    """A systemd that writes down when it was told what; it may be deaf for a while."""

    listens = True

    def __init__(self, watchdog=0.0):
        self.watchdog, self.deaf = watchdog, False
        self.heard = []

    def tell(self, *words):
        if self.deaf:
            return False
        now = round(asyncio.get_running_loop().time(), 1)
        self.heard += [(now, *word.split("=", 1)) for word in words]
        return True

    def times(self, name, value="1"):
        return [at for at, *word in self.heard if word == [name, value]]

    def status(self):
        return [word[1] for _, *word in self.heard if word[0] == "STATUS"][-1]

    def named(self):
        return {name for _, name, _ in self.heard}


class Lacks:
    """What new calls need, and until when that is not there."""

    def __init__(self, until):
        self._until = until

    def __call__(self):
        now = asyncio.get_running_loop().time()
        return ["Asterisk is away"] if now < self._until else []


def lived(systemd, life, hangs=lambda _: None):
    """Let a pulse beat while *life* goes on, on virtual time."""

    async def run():
        pulse = Pulse(systemd, hangs=hangs)
        pulse.begin(asyncio.get_running_loop())
        await life(pulse)

    clock.run(run())
    return systemd


def serving_for(seconds, *, lacks_until=0.0, status=lambda: "takes calls"):
    async def life(pulse):
        pulse.serves(Lacks(lacks_until), status)
        await asyncio.sleep(seconds)

    return life


def test_it_is_ready_as_soon_as_new_calls_can_be_taken():
    systemd = lived(Listening(), serving_for(30, lacks_until=1.2))

    assert systemd.times("READY") == [1.2]
    assert systemd.status() == "takes calls"


def test_a_service_that_waits_for_asterisk_has_started():
    systemd = lived(Listening(), serving_for(60, lacks_until=1000))

    (ready,) = systemd.times("READY")
    assert PATIENCE <= ready <= PATIENCE + 0.2


def test_a_start_that_takes_long_is_given_time_until_it_is_ready_and_no_longer():
    async def life(pulse):
        await asyncio.sleep(602)  # the database is locked
        pulse.serves(Lacks(0), lambda: "takes calls")
        await asyncio.sleep(600)

    systemd = lived(Listening(), life)
    prolonged = systemd.times("EXTEND_TIMEOUT_USEC", str(round(PROLONGED * 1e6)))

    assert prolonged == [n * EVERY for n in range(round(600 / EVERY) + 1)]
    assert systemd.times("READY") == [602]


def test_one_that_stands_by_has_started_and_says_what_it_waits_for():
    async def life(pulse):
        pulse.stands_by()
        await asyncio.sleep(60)

    systemd = lived(Listening(), life)

    assert systemd.times("READY") == [0]
    assert "begins when the service that has the database ends" in systemd.status()


def test_the_watchdog_hears_four_beats_in_its_time_and_one_in_5_s_at_least():
    quick = lived(Listening(watchdog=2), serving_for(9.9)).times("WATCHDOG")
    slow = lived(Listening(watchdog=3600), serving_for(59)).times("WATCHDOG")

    assert quick == [n / 2 for n in range(20)]
    assert slow == [n * EVERY for n in range(12)]


def test_without_a_watchdog_none_is_fed():
    systemd = lived(Listening(), serving_for(60))

    assert "WATCHDOG" not in systemd.named()


def test_a_watchdog_is_fed_before_the_service_serves_and_while_asterisk_is_away():
    async def life(pulse):
        await asyncio.sleep(100)
        pulse.serves(Lacks(1000), lambda: "Asterisk is away")
        await asyncio.sleep(99)

    assert len(lived(Listening(watchdog=20), life).times("WATCHDOG")) == 40


def test_where_it_hangs_is_looked_for_before_the_watchdog_ends_it():
    limits = []
    lived(Listening(watchdog=20), serving_for(12), hangs=limits.append)

    assert limits == [15.0, 15.0, 15.0]


def test_a_status_is_told_when_it_has_changed():
    calls = [3, 3, 4, 4, 4, 0]

    systemd = lived(
        Listening(),
        serving_for(30, status=lambda: f"{calls.pop(0) if calls else 0} up"),
    )
    told = [word[1] for _, *word in systemd.heard if word[0] == "STATUS"]

    assert told == ["starting", "3 up", "4 up", "0 up"]


def test_a_status_that_fails_costs_no_beat(caplog):
    systemd = lived(Listening(watchdog=20), serving_for(12, status=lambda: 1 // 0))

    assert systemd.times("WATCHDOG") == [0, 5, 10]
    assert "ZeroDivisionError" in caplog.text
    caplog.clear()


def test_a_reload_is_told_from_its_beginning_to_its_end():
    async def life(pulse):
        await serving_for(1)(pulse)
        with pulse.reloading():
            await asyncio.sleep(100)  # its talks are run
        await asyncio.sleep(1)

    systemd = lived(Listening(), life)
    (asked,) = [int(w[1]) for _, *w in systemd.heard if w[0] == "MONOTONIC_USEC"]

    assert systemd.times("RELOADING") == [1]
    assert systemd.times("READY") == [0, 101]
    assert 0 <= time.monotonic_ns() // 1000 - asked < 60_000_000
    # As long as that takes, and no longer, systemd is asked to wait.
    assert systemd.times("EXTEND_TIMEOUT_USEC", "60000000")[-1] == 100
    assert systemd.status() == "takes calls"


def test_that_files_were_refused_stays_in_the_status_until_others_are_taken():
    async def life(pulse):
        await serving_for(1)(pulse)
        with suppress(ValueError), pulse.reloading():
            raise ValueError("flows/main.yaml:3:5: F011\nand more")
        after.append(systemd.status())
        with pulse.reloading():
            pass
        after.append(systemd.status())

    after, systemd = [], Listening()
    lived(systemd, life)

    assert after == [
        "takes calls; the new files are refused: flows/main.yaml:3:5: F011",
        "takes calls",
    ]
    assert len(systemd.times("READY")) == 3


def test_a_stop_is_told_with_how_long_it_takes():
    async def life(pulse):
        await serving_for(1)(pulse)
        pulse.stopping(7.5)
        await asyncio.sleep(7)

    systemd = lived(Listening(), life)

    assert systemd.times("STOPPING") == [1]
    assert systemd.times("EXTEND_TIMEOUT_USEC", "7500000") == [1]
    assert systemd.status() == "leaves its calls to the next service"


@pytest.mark.parametrize("during", ["start", "reload"])
def test_who_stops_is_ready_no_more(during):
    async def life(pulse):
        pulse.serves(Lacks(5 if during == "start" else 0), lambda: "takes calls")
        if during == "start":
            pulse.stopping(5)
        else:
            with pulse.reloading():
                pulse.stopping(5)
        await asyncio.sleep(20)

    systemd = lived(Listening(), life)

    assert systemd.times("READY") == ([] if during == "start" else [0])
    assert systemd.status() == "leaves its calls to the next service"


def test_what_systemd_did_not_take_is_told_with_the_next_beat():
    async def life(pulse):
        systemd.deaf = True
        pulse.serves(Lacks(0), lambda: "takes calls")
        await asyncio.sleep(7)
        systemd.deaf = False
        await asyncio.sleep(7)

    systemd = Listening()
    lived(systemd, life)

    assert systemd.times("READY") == [10]
    assert systemd.status() == "takes calls"


def test_where_nobody_listens_no_timer_is_set():
    async def life():
        pulse = Pulse(Notify())
        pulse.begin(asyncio.get_running_loop())
        pulse.serves(Lacks(1000), lambda: 1 // 0)
        with pulse.reloading():
            pass
        pulse.stopping(5)
        await asyncio.get_running_loop().create_future()

    with pytest.raises(clock.Stuck):
        clock.run(life())


async def test_a_loop_that_stands_still_is_not_heard():
    with Systemd() as systemd:
        pulse = Pulse(
            Notify.taken(systemd.environment(watchdog=0.4)), hangs=lambda _: None
        )
        pulse.begin(asyncio.get_running_loop())
        await asyncio.sleep(0.5)
        before = len(systemd_heard(systemd))
        time.sleep(1)  # noqa: ASYNC251  # that is what is tested
        during = len(systemd_heard(systemd))
        await asyncio.sleep(0.5)
        after = len(systemd_heard(systemd))

    assert before >= 2
    assert during == 0
    assert after >= 1


def systemd_heard(systemd):
    """What has come since the last time."""
    found = []
    with suppress(TimeoutError):
        while True:
            found.append(systemd.next(0.001))
    return found
