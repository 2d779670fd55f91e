"""The one line that `systemctl status` shows."""

from types import SimpleNamespace

from ivrflow.service.at_a_glance import at_a_glance


def place(item="call", *, connected=False):
    return SimpleNamespace(waiting=SimpleNamespace(item=item), connected=connected)


def test_who_waits_who_talks_and_who_is_up_is_told():
    places = [place(), place(), place(connected=True), place("message")]

    line = at_a_glance([], calls=7, places=places, version="4f1c09a2b7de")

    assert line == "takes calls; 7 up, 2 in queues, 1 with agents; site 4f1c09a2b7de"


def test_what_new_calls_lack_comes_first():
    line = at_a_glance(
        ["Asterisk is away", "the database takes nothing"],
        calls=0,
        places=[],
        version="4f",
    )

    assert line == (
        "takes no calls: Asterisk is away; the database takes nothing; "
        "0 up, 0 in queues, 0 with agents; site 4f"
    )
