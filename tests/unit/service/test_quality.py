"""How a call sounded is one fact for each leg, when the call is over."""

import pytest

from ivrflow.asterisk.ami.rtcp import Report
from ivrflow.config import BadConfig, read_settings
from ivrflow.facts import CallEnded, CallQuality, CallResumed, CallStarted
from ivrflow.service.quality import LEGS, Quality, quality_heard
from ivrflow.telling import told


def begins(call="c"):
    return CallStarted(at=1, call=call, caller="", dialled="1", flow="f", version="v")


def ends(call="c", at=60):
    return CallEnded(
        at=at, call=call, by="caller", cause=16, flow="f", step="s", seconds=59
    )


def report(channel="c", by_us=True, lost=0.0, jitter=1.0, call="c", **more):
    return Report(
        channel=channel, call=call, by_us=by_us, lost=lost, jitter=jitter, **more
    )


def quality():
    noted = []
    return Quality(noted.append), noted


def test_a_leg_is_summed_up_in_both_directions_when_its_call_ends():
    summed, noted = quality()
    summed.hear(begins())
    summed.report(report(lost=0.0, jitter=5))
    summed.report(report(lost=0.5, jitter=20))
    summed.report(report(by_us=False, lost=0.25, jitter=7, round_trip=80.0))
    summed.report(report(by_us=False, lost=0.25, jitter=3, round_trip=40.0))
    assert noted == []

    summed.hear(ends())

    assert noted == [
        CallQuality(
            at=60,
            call="c",
            channel="c",
            reports=4,
            lost_in=0.25,
            worst_in=0.5,
            jitter_in=20,
            lost_out=0.25,
            worst_out=0.25,
            jitter_out=7,
            round_trip=80,
        )
    ]


def test_each_leg_of_a_call_has_its_own():
    summed, noted = quality()
    summed.hear(begins())
    summed.report(report())
    summed.report(report(channel="agent"))
    summed.hear(ends())

    assert [fact.channel for fact in noted] == ["c", "agent"]


def test_a_direction_of_which_nobody_told_stays_open():
    summed, noted = quality()
    summed.hear(begins())
    summed.report(report())
    summed.hear(ends())

    (fact,) = noted
    assert (fact.lost_in, fact.lost_out, fact.round_trip) == (0, None, None)


def test_calls_that_are_not_ours_leave_nothing():
    summed, noted = quality()
    summed.report(report(call="other"))
    summed.hear(begins("other"))
    summed.hear(ends("other"))

    assert noted == []


def test_nothing_is_kept_of_a_call_that_is_over():
    summed, noted = quality()
    summed.hear(begins())
    summed.hear(ends())
    summed.report(report())
    summed.hear(ends())

    assert noted == []


def test_a_call_that_goes_on_after_a_restart_is_summed_up_from_there():
    summed, noted = quality()
    summed.hear(CallResumed(at=1, call="c", flow="f", step="s", number=3, away=1.0))
    summed.report(report())
    summed.hear(ends())

    assert len(noted) == 1


def test_legs_of_one_call_have_an_end():
    summed, noted = quality()
    summed.hear(begins())
    for number in range(LEGS + 5):
        summed.report(report(channel=f"leg{number}"))
    summed.hear(ends())

    assert len(noted) == LEGS


def test_it_is_told_in_words():
    summed, noted = quality()
    summed.hear(begins())
    summed.report(report(lost=0.02, jitter=14))
    summed.report(report(by_us=False, lost=0.0, jitter=3, round_trip=81.0))
    summed.report(report(channel="agent", lost=0.5))
    summed.hear(ends())

    assert [told(fact) for fact in noted] == [
        "sound of the caller's line: heard with 2.0% lost, at worst 2.0%, jitter 14 "
        "ms; hears with 0.0% lost, at worst 0.0%, jitter 3 ms; round trip 81 ms",
        "sound of another phone: heard with 50.0% lost, at worst 50.0%, jitter 1 ms",
    ]


SETTINGS = """\
site: site
database: sqlite:///ivrflow.db
pepper_file: pepper
ari: {password_file: ari}
api: {token_file: token}
"""


def heard_by(folder, more):
    (folder / "ivrflow.yaml").write_text(SETTINGS + more)
    settings = read_settings(folder / "ivrflow.yaml", {})
    return quality_heard(settings, lambda fact: None)


@pytest.mark.parametrize("more", ["", "ami: {password_file: ami}\n"])
def test_nobody_hears_unless_the_settings_say_so(tmp_path, more):
    assert heard_by(tmp_path, more) is None


def test_who_hears_needs_a_password_of_his_own(tmp_path):
    more = "ami: {password_file: ami, quality: {password_file: theirs}}\n"

    with pytest.raises(BadConfig, match="theirs: cannot read this secret"):
        heard_by(tmp_path, more)
    (tmp_path / "theirs").write_text("s3cret\n")
    assert heard_by(tmp_path, more) is not None
