"""`*81` and `*82`: hours are changed and announcements spoken by those who may."""

from datetime import UTC, datetime

import pytest

from ivrflow.facts import Said
from ivrflow.flow.changes import AlreadySo, CannotChange, Place, Unknown
from ivrflow.flow.source import Mark, Problem
from ivrflow.flow.versions import NotReloaded
from ivrflow.flow.world import Announcement, Trouble
from ivrflow.sim.memory import MemoryAgents, MemorySwitches
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.flow.one_call import EPOCH, World_, call, site

PINS = {"1003": "4711", "2001": "2222"}
FILES = {
    "agents": 'agents:\n  "1003": {name: Li}\n  "2001": {name: Wu, role: supervisor}\n',
    "hours": "shop: {mon: '09:00-12:00, 14:00-18:00', who: supervisor, "
    "closed_by: shut}\n",
    "switches": "shut: {}\n",
    "wording": "bye: {expires: 8h, record: yes}\n",
    "numbers": '"*81": {hours: shop}\n"*82": {announce: bye}\n',
}
TOMORROW = datetime(2026, 3, 3, tzinfo=UTC)


class Changes:
    """What changes the site; *error* is what it says to everything."""

    def __init__(self, error=None):
        self.error, self.did = error, []

    async def set_hours(self, name, dates, hours, *, by, until=None):
        self._do((name, dates, hours, by, until))

    async def undo(self, place, *, by):
        self._do((place, by))

    def _do(self, what):
        if self.error is not None:
            raise self.error
        self.did.append(what)


class Announcements:
    """What is spoken; in memory."""

    def __init__(self, **on):
        self.playing = on

    def on(self, clip, now):
        found = self.playing.get(clip)
        over = found and found.until is not None and found.until <= now
        return None if over else found

    async def put_on(self, clip, new, *, now):
        self.playing[clip] = new

    async def take_off(self, clip, *, by, now):
        self.playing.pop(clip, None)


def dial(folder, keys, *, dialled, steps="  hello: {hangup: hello}\n", **how):
    there = site(folder, f"steps:\n{steps}", **FILES)
    world = World_(
        agents=MemoryAgents(PINS),
        changes=how.pop("changes", Changes()),
        announcements=how.pop("announcements", Announcements()),
        switches=MemorySwitches(*how.pop("on", ())),
    )
    typed = keys if isinstance(keys, dict) else None
    if typed is None:
        typed = {n + 0.1: one for n, one in enumerate(keys)}
    return call(there, dialled=dialled, keys=typed, world=world, **how)


SIGNED_IN = ["2001#", "2222#"]


@pytest.mark.parametrize(
    ("keys", "hours"),
    [(["1"], "closed"), (["2", "1130"], "09:00-11:30"), (["2", "2000"], None)],
)
def test_supervisor_closes_today_or_keeps_open(tmp_path, keys, hours):
    left = dial(tmp_path, [*SIGNED_IN, *keys], dialled="*81")

    hours = hours or "09:00-12:00, 14:00-20:00"
    assert left.world.changes.did == [
        ("shop", "2026-03-02", hours, "agent 2001", TOMORROW)
    ]
    assert "hours_open" in left.said
    assert left.said[-2:] == ["change_checking", "change_made"]


def test_normal_hours_come_back(tmp_path):
    left = dial(tmp_path, [*SIGNED_IN, "3"], dialled="*81")

    assert left.world.changes.did == [(Place("shop", "2026-03-02"), "agent 2001")]


def test_who_hangs_up_while_it_is_checked_has_the_change_all_the_same(tmp_path):
    keys = {0.1: "2001#", 1.1: "2222#", 2.1: "1"}
    left = dial(tmp_path, keys, dialled="*81", hangs_up_at=2.5)

    assert left.said[-1] == "change_checking"
    assert left.by == "caller"
    assert [did[2] for did in left.world.changes.did] == ["closed"]


def test_time_that_is_over_is_asked_again(tmp_path):
    keys = {0.1: "2001#", 1.1: "2222#", 2.1: "2", 3.1: "0930", 10.1: "1700"}
    left = dial(tmp_path, keys, dialled="*81")

    assert "hours_until_when.wrong" in left.said
    assert left.world.changes.did[0][2] == "09:00-12:00, 14:00-17:00"


def test_closing_by_a_switch_is_told(tmp_path):
    left = dial(tmp_path, [*SIGNED_IN, "3"], dialled="*81", on=["shut"])

    assert left.said[2:4] == ["hours_switched", "hours_closed"]


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unknown("nothing was changed"), "change_none"),
        (AlreadySo("is so already"), "change_made"),
        (CannotChange("the file was changed"), "change_refused"),
        (NotReloaded([Problem(Mark("a", 1, 1), "R003", "talk")]), "change_refused"),
        (Trouble("the database is away"), "apology"),
    ],
)
def test_what_can_not_be_done_is_said(tmp_path, caplog, error, said):
    left = dial(tmp_path, [*SIGNED_IN, "1"], dialled="*81", changes=Changes(error))

    assert left.said[-1] == said
    assert "fault of ours" not in caplog.text
    caplog.clear()


@pytest.mark.parametrize("dialled", ["*81", "*82"])
def test_who_may_not_changes_nothing(tmp_path, dialled, caplog):
    left = dial(tmp_path, ["1003#", "4711#", "1"], dialled=dialled, speaks={9.0: 30.0})

    assert left.said[-1] == "switch_not_allowed"
    assert "agent 1003 may not set" in caplog.text
    assert left.world.changes.did == []
    assert left.world.announcements.playing == {}


def spoken(folder, keys, **how):
    """A call of the supervisor, who speaks at second 5, and again at 24."""
    keys = {0.1: "2001#", 1.1: "2222#", **keys}
    speaks = {5.0: 10.0, 24.0: 6.0}
    return dial(folder, keys, dialled="*82", speaks=speaks, **how)


def test_announcement_is_recorded_heard_and_put_on(tmp_path):
    left = spoken(tmp_path, {12.0: "#", 20.0: "2", 40.0: "1"})

    [(clip, on)] = left.world.announcements.playing.items()
    assert clip == "en/bye"
    assert on.recording.startswith("announcements/id")
    assert 3 < on.seconds < 30
    assert on.by == "agent 2001"
    assert 0 < on.until - EPOCH.timestamp() - 8 * 3600 < 120
    played = [u.clips for _, u in left.phone.heard]
    assert (f"recording:{on.recording}",) in played
    assert left.said[-1] == "announcement_on"


def test_announcement_is_spoken_again(tmp_path):
    left = spoken(tmp_path, {12.0: "#", 20.0: "3", 29.0: "#", 40.0: "1"})

    assert left.said.count("announcement_speak") == 2
    [on] = left.world.announcements.playing.values()
    heard = [u.clips for _, u in left.phone.heard]
    assert (f"recording:{on.recording}",) not in heard


def test_hanging_up_before_it_is_kept_puts_nothing_on(tmp_path):
    left = spoken(tmp_path, {12.0: "#"}, hangs_up_at=15.0)

    assert left.world.announcements.playing == {}


def test_too_short_announcement_is_asked_for_again(tmp_path):
    left = dial(
        tmp_path, {0.1: "2001#", 1.1: "2222#", 12.0: "#"}, dialled="*82",
        hangs_up_at=40.0, speaks={20.0: 1.0},
    )  # fmt: skip

    assert "message_too_short" in left.said


ON = Announcement(
    recording="announcements/x", seconds=12.0, by="agent 2001", at=0.0, until=None
)


def test_announcement_that_is_on_is_taken_off(tmp_path):
    left = dial(
        tmp_path,
        [*SIGNED_IN, "3"],
        dialled="*82",
        announcements=Announcements(**{"en/bye": ON}),
    )

    assert left.world.announcements.playing == {}
    assert left.said[2] == "announcement_is_on"
    assert left.said[-1] == "announcement_off"


def test_disk_that_is_full_is_said(tmp_path, caplog):
    class Full(ScriptedChannel):
        def __init__(self, **how):
            super().__init__(**how)
            self.disk_full = True

    left = spoken(tmp_path, {}, phone=Full)

    assert left.said[-1] == "apology"
    assert "disk is full" in caplog.text
    caplog.clear()


@pytest.mark.parametrize(
    ("until", "clips", "words"),
    [
        (
            None,
            ("recording:announcements/x",),
            "(an announcement spoken by agent 2001)",
        ),
        (1.0, (), "Bye."),
    ],
)
def test_callers_hear_the_announcement_until_it_ends(tmp_path, until, clips, words):
    on = Announcement(**{**vars(ON), "until": until})
    left = dial(
        tmp_path,
        [],
        dialled="100",
        steps="  hello: {say: hello}\n  bye: {hangup: bye}\n",
        announcements=Announcements(**{"en/bye": on}),
    )

    [_, said] = left.of(Said)
    assert (said.prompt, said.words) == ("bye", words)
    assert left.phone.heard[-1][1].clips == clips
