"""The screen of `ivrflow top`, read as a person reads it."""

import pytest

from ivrflow.cli.top.frame import Look, Seen, View, clipped, frame, most_to_skip
from ivrflow.cli.top.screen import painted
from ivrflow.figures.sheet import width

NOW = 1_764_000_000.0

HEALTH = {
    "asterisk": {"ready": True},
    "calls": {"up": 3, "most": 1000, "refused": 0},
    "lag": {"p99": 0.003, "heavy": False},
}


def queue(name, *, waits=(), ready=2, **more):
    return {
        "name": name,
        "waiting": [{"item": item} for item in waits],
        "longest_wait": 0.0,
        "ready": ready,
        "talking": 1,
        "wrap_up": 0,
        "not_ready": 0,
        "door": {"state": "open"},
        "service_level": {"30m": {"share": 0.8}},
    } | more


def agent(number, presence="ready", work="idle", **more):
    return {
        "number": number,
        "name": f"Agent {number}",
        "presence": presence,
        "reason": "",
        "presence_since": NOW - 60,
        "work": work,
        "work_since": NOW - 30,
        "unreached": None,
        "elsewhere": False,
        "call": "",
        "queues": ["sales"],
    } | more


def call(number, seconds=10.0):
    return {
        "id": f"1764000000.{number}",
        "caller": "13800138000",
        "dialled": "400",
        "seconds": seconds,
        "flow": "main",
        "step": "welcome",
        "queue": "",
        "agent": "",
    }


def seen(**more):
    given = {
        "at": "00:10:05",
        "now": NOW,
        "health": HEALTH,
        "queues": [queue("sales", waits=["call", "call"], longest_wait=95.0)],
        "agents": [agent("1001"), agent("1002", "logged out")],
        "calls": [call(1), call(2, 100.0)],
        "alarms": [],
    }
    return Seen(**(given | more))


def shown(what, **more):
    return [line.text for line in frame(what, **({"width": 80, "height": 24} | more))]


def test_the_first_line_says_how_the_service_is():
    assert shown(seen())[0] == (
        "ivrflow  00:10:05   calls 3 of 1000   waiting 2   Asterisk up   loop 3 ms"
    )


def test_that_asterisk_is_away_and_calls_are_refused_is_said_there():
    health = HEALTH | {
        "asterisk": {"ready": False},
        "calls": {"up": 0, "most": 10, "refused": 7},
    }
    first = shown(seen(health=health), width=120)[0]

    assert "Asterisk AWAY" in first
    assert first.endswith("refused 7")


def test_queues_agents_and_calls_stand_below_each_other():
    lines = shown(seen())

    heads = [line.split()[0] for line in lines if line and line[0].isupper()]
    assert heads == ["QUEUE", "AGENT", "CALL"]
    assert "no alarm rings" in lines
    assert lines[-1].startswith("q quit   [1 all]  2 queues")


def test_who_is_signed_out_is_not_shown():
    assert not any("1002" in line for line in shown(seen()))


def test_alarms_stand_first_with_what_they_are_about():
    alarms = [
        {
            "alarm": "longest_wait",
            "queue": "sales",
            "agent": "",
            "what": "",
            "seconds": 65,
        },
        {
            "alarm": "trunk_gone",
            "queue": "",
            "agent": "",
            "what": "PJSIP/t",
            "seconds": 5,
        },
    ]
    line = frame(seen(alarms=alarms), width=80, height=24)[1]

    assert line.look is Look.BAD
    assert line.text == (
        "ALARM sales longest wait 0:01:05 | PJSIP/t trunk gone 0:00:05"
    )


def test_the_longest_wait_the_lost_phone_and_the_longest_call_are_first():
    lines = shown(
        seen(
            queues=[queue("calm"), queue("sales", waits=["call"], longest_wait=95.0)],
            agents=[
                agent("1001"),
                agent("1002", work="talking"),
                agent("1003", "not ready", reason="lunch"),
                agent("1004", unreached=NOW - 500),
            ],
        )
    )
    rows = [line.split()[0] for line in lines if line and line[0] not in "QACqn "]

    assert rows[1:] == [
        *("sales", "calm", "1004", "1002", "1001", "1003"),
        *("1764000000.2", "1764000000.1"),
    ]
    assert any("pause: lunch" in line for line in lines)


@pytest.mark.parametrize("size", [(80, 24), (40, 10), (20, 5), (1, 1), (200, 60)])
@pytest.mark.parametrize("view", View)
def test_the_screen_is_never_left_however_small_it_is(size, view):
    columns, rows = size
    many = seen(
        queues=[queue(f"queue-{n}-销售") for n in range(30)],
        agents=[agent(str(1000 + n)) for n in range(50)],
        calls=[call(n) for n in range(70)],
        trouble="x" * 300,
    )
    lines = frame(many, width=columns, height=rows, view=view, skip=3)

    assert len(lines) == rows
    assert all(width(line.text) <= columns for line in lines)


def test_a_list_that_does_not_fit_says_how_many_more_there_are_and_by_which_key():
    lines = shown(seen(calls=[call(n) for n in range(70)]))

    told = [line for line in lines if line.startswith("... ")]
    assert len(told) == 1
    calls_shown = sum(line.startswith("1764000000.") for line in lines)
    assert told[0] == f"... {70 - calls_shown} more: key 4"


def test_a_small_list_leaves_its_room_to_the_others():
    lines = shown(seen(queues=[], agents=[], calls=[call(n) for n in range(12)]))

    assert sum(line.startswith("1764000000.") for line in lines) == 12
    assert "no queues" in lines
    assert "nobody is signed in" in lines


def test_a_list_alone_is_gone_through_to_its_last_row():
    many = seen(calls=[call(n, seconds=1000.0 - n) for n in range(70)])
    last = most_to_skip(many, View.CALLS)
    lines = shown(many, view=View.CALLS, skip=last)

    assert any(line.startswith("1764000000.69") for line in lines)
    assert not any(line.startswith("1764000000.0 ") for line in lines)
    assert not any(line.startswith("AGENT") for line in lines)


def test_what_was_known_stays_while_the_service_does_not_answer():
    lines = frame(seen(trouble="it hangs"), width=80, height=24)

    assert lines[1] == ("no answer: it hangs", Look.BAD)
    assert any(line.text.startswith("sales") for line in lines)


def test_before_the_first_answer_there_is_a_screen_too():
    lines = shown(Seen(trouble="it is asked for the first time"))

    assert lines[1] == "no answer: it is asked for the first time"


def test_wide_characters_are_cut_by_the_places_that_they_take():
    assert clipped("销售部门", 5) == "销售…"
    assert clipped("销售", 4) == "销售"
    assert clipped("销售", 3) == "销…"
    assert clipped("sales", 0) == ""


def test_only_lines_that_are_others_than_before_are_written():
    before = frame(seen(), width=80, height=24)
    after = frame(seen(at="00:10:07"), width=80, height=24)

    text = painted(after, before, anew=False)

    assert text.count("\x1b[K") == 1
    assert "00:10:07" in text
    assert painted(after, after, anew=False) == ""
    assert painted(after, after, anew=True).count("\x1b[K") == 24


def test_lines_that_are_no_more_are_cleared():
    lines = frame(seen(), width=80, height=24)

    assert painted(lines[:10], lines, anew=False) == "\x1b[11;1H\x1b[J"
