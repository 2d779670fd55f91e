"""`transfer`: to phones, numbers, queues and flows, on virtual time."""

import pytest

from ivrflow.facts import CallEnded, DialRefused, TransferBegan, TransferEnded
from ivrflow.flow.load import BadSite
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.sim.scripted import Person, ScriptedSwitch
from ivrflow.telephony.channel import Cause, HungUp, Unreached
from tests.unit.flow.one_call import World_, call, site

PHONE = "PJSIP/2001"
NUMBER = "PJSIP/01065521234@trunk"

WAYS = """
  over: {say: hello, then: end}
  is_busy: {say: hello, then: end}
  nobody: {say: hello, then: end}
  broken: {say: hello, then: end}
  end: {hangup: bye}
"""


def flow(step):
    return f"steps:\n  out: {{{step}, then: over, {LEFT}}}\n{WAYS}"


LEFT = "busy: is_busy, no_answer: nobody, failed: broken"


def guard(**rules):
    rules = {"endpoint": "PJSIP/{number}@trunk", "prefixes": ("010",), **rules}
    return DialGuard(
        OutboundRules(**rules),
        seconds=lambda: 0.0,
        is_open=lambda site, name: True,
    )


def world(person=None, address=PHONE, **more):
    return World_(phones={address: person or Person(talks_for=60.0)}, **more)


def ended(left):
    return [(f.to, f.how, f.seconds) for f in left.of(TransferEnded)]


# To a phone ---------------------------------------------------------------------------


def test_caller_talks_and_goes_on_when_the_other_hangs_up(tmp_path):
    its = world(Person(answers_after=4.0, talks_for=60.0))
    left = call(site(tmp_path, flow(f"transfer: {PHONE}")), world=its)

    assert left.steps == ["out", "over", "end"]
    assert [(f.to, f.mode) for f in left.of(TransferBegan)] == [(PHONE, "connect")]
    assert ended(left) == [(PHONE, "talked", 60.0)]
    assert [what for _, what in its.used.log if "joins" in what] == [
        "joins caller and id1"
    ]


@pytest.mark.parametrize(
    ("person", "way"),
    [
        (Person(refuses=Unreached.BUSY), "is_busy"),
        (Person(refuses=Unreached.REJECTED), "is_busy"),
        (Person(answers_after=None), "nobody"),
        (Person(refuses=Unreached.UNREACHABLE), "broken"),
    ],
)
def test_who_is_not_reached_leads_to_the_way_for_that(tmp_path, person, way):
    left = call(site(tmp_path, flow(f"transfer: {PHONE}")), world=world(person))

    assert left.steps == ["out", way, "end"]
    assert ended(left)[0][2] == 0


def test_what_is_shown_goes_to_the_screen_without_what_is_not_set(tmp_path):
    show = "show: {topic: topic, from: call.from, order: order}"
    steps = flow(f"transfer: {PHONE}, {show}").replace(
        "steps:\n", "steps:\n  first: {set: {topic: loss, order: none}}\n"
    )
    left = call(site(tmp_path, steps), world=world())

    [began] = left.of(TransferBegan)
    assert began.shown == {"topic": "loss", "from": "13800138000"}


def test_it_rings_as_long_as_ring_says(tmp_path):
    step = f"transfer: {PHONE}, ring: 7s"
    left = call(site(tmp_path, flow(step)), world=world(Person(answers_after=None)))

    assert left.of(TransferEnded)[0].at - left.of(TransferBegan)[0].at == 7


def test_the_other_hears_the_announcement_before_the_caller_is_there(tmp_path):
    its = world()
    left = call(
        site(tmp_path, flow(f"transfer: {PHONE}, announce: Here comes a caller.")),
        world=its,
    )

    said = [(f.words, f.to) for f in left.facts if type(f).__name__ == "Said"]
    assert said[0] == ("Here comes a caller.", "agent")
    joined = next(at for at, what in its.used.log if "joins" in what)
    assert joined > 3.0


def test_who_hangs_up_during_the_announcement_has_not_taken_the_call(tmp_path):
    its = world(Person(answers_after=1.0, talks_for=0.5))
    step = f"transfer: {PHONE}, announce: Here comes a caller."
    left = call(site(tmp_path, flow(step)), world=its)

    assert left.steps == ["out", "nobody", "end"]
    assert ended(left) == [(PHONE, "not accepted", 0)]


class Accepting(ScriptedSwitch):
    """Who answers presses 1 a second later."""

    keys = "1"

    async def dial(self, order):
        import asyncio

        leg = await super().dial(order)
        asyncio.get_running_loop().call_later(1, leg.press, self.keys)
        return leg


class Declining(Accepting):
    keys = "2"


ATTENDED = f"transfer: {PHONE}, mode: attended, announce: Press 1 to talk."


def test_attended_talks_only_with_who_presses_1(tmp_path):
    left = call(site(tmp_path, flow(ATTENDED)), world=world(switch=Accepting))
    assert ended(left)[0][1] == "talked"

    left = call(site(tmp_path, flow(ATTENDED)), world=world(switch=Declining))
    assert left.steps == ["out", "nobody", "end"]
    assert ended(left) == [(PHONE, "not accepted", 0)]


def test_an_answering_machine_does_not_get_the_call(tmp_path):
    left = call(site(tmp_path, flow(ATTENDED)), world=world())

    assert left.steps == ["out", "nobody", "end"]


@pytest.mark.parametrize("tenths", range(0, 120, 3))
def test_a_hang_up_at_any_moment_leaves_nothing(tmp_path, tenths):
    its = world(Person(answers_after=3.0, talks_for=5.0), switch=Accepting)
    left = call(site(tmp_path, flow(ATTENDED)), world=its, hangs_up_at=tenths / 10)

    assert left.ended == "over"
    assert len(left.of(CallEnded)) == 1
    assert len(left.of(TransferBegan)) == len(left.of(TransferEnded))


@pytest.mark.parametrize("tenths", range(0, 120, 7))
def test_a_shutdown_at_any_moment_leaves_nothing(tmp_path, tenths):
    its = world(Person(answers_after=3.0, talks_for=5.0), switch=Accepting)
    at = tenths / 10
    left = call(site(tmp_path, flow(ATTENDED)), world=its, cancelled_at=(at, at + 0.01))

    assert left.ended in ("over", "cancelled")


class NoBridge(ScriptedSwitch):
    def bridge(self, *channels):
        raise HungUp(Cause.TEMPORARY_FAILURE)


def test_two_who_cannot_be_joined_are_an_error_and_the_caller_stays(tmp_path):
    text = flow(f"transfer: {PHONE}, on_error: broken")
    left = call(site(tmp_path, text), world=world(switch=NoBridge))

    assert left.steps == ["out", "broken", "end"]


# To a number --------------------------------------------------------------------------


def test_a_number_is_dialled_through_the_trunk_of_the_settings(tmp_path):
    its = world(address=NUMBER, outbound=guard())
    left = call(site(tmp_path, flow("transfer: 010-6552 1234")), world=its)

    assert left.steps == ["out", "over", "end"]
    assert "rings PJSIP/01065521234@trunk" in [what for _, what in its.used.log]


def test_a_number_may_come_from_data(tmp_path):
    its = world(address=NUMBER, outbound=guard())
    text = "steps:\n  get: {set: {to: '01065521234'}}\n" + flow(
        'transfer: "${to}"'
    ).removeprefix("steps:\n")
    left = call(site(tmp_path, text), world=its)

    assert left.steps == ["get", "out", "over", "end"]


@pytest.mark.parametrize(
    ("outbound", "why"),
    [
        (None, "no number can be dialled: the settings have no outbound:"),
        (guard(prefixes=("400",)), "no number that begins like 01065521234"),
        (guard(at_once=0), "0 calls to numbers at once: outbound.at_once"),
    ],
)
def test_a_number_that_may_not_be_dialled_fails_with_a_fact(tmp_path, outbound, why):
    its = world(address=NUMBER, outbound=outbound)
    left = call(site(tmp_path, flow("transfer: 01065521234")), world=its)

    assert left.steps == ["out", "broken", "end"]
    [refused] = left.of(DialRefused)
    assert refused.why.startswith(why)
    assert its.used.log == []


def test_a_call_to_a_number_ends_when_it_is_long_enough(tmp_path):
    its = world(Person(talks_for=None), NUMBER, outbound=guard(longest=120.0))
    left = call(site(tmp_path, flow("transfer: 01065521234")), world=its)

    assert ended(left) == [("01065521234", "talked", 120.0)]
    assert left.steps == ["out", "over", "end"]


def test_a_call_counts_as_one_at_once_while_they_talk_only(tmp_path):
    lines = guard(at_once=1)
    its = world(Person(talks_for=5.0), NUMBER, outbound=lines)
    text = """steps:
  out: {transfer: 01065521234}
  again: {transfer: 01065521234, then: end}
  end: {hangup: bye}
"""
    left = call(site(tmp_path, text), world=its)

    assert [how for _, how, _ in ended(left)] == ["talked", "talked"]
    assert lines.up == 0


@pytest.mark.parametrize("data", ["PJSIP/0101@trunk", "Local/0101@out", "PJSIP/a&b"])
def test_data_that_is_no_phone_of_the_house_is_not_dialled(tmp_path, data):
    its = world(Person(), data, outbound=guard())
    text = f"steps:\n  get: {{set: {{to: '{data}'}}}}\n" + flow(
        'transfer: {endpoint: "${to}"}'
    ).removeprefix("steps:\n")
    left = call(site(tmp_path, text), world=its)

    assert left.steps == ["get", "out", "broken", "end"]
    assert its.used.log == []


# Blind --------------------------------------------------------------------------------


def test_blind_lets_the_call_go(tmp_path):
    left = call(site(tmp_path, flow(f"transfer: {PHONE}, mode: blind")), world=world())

    assert left.steps == ["out"]
    assert ended(left) == [(PHONE, "handed over", 0)]


def test_a_blind_transfer_that_is_refused_goes_on_here(tmp_path):
    its = world(Person(refuses=Unreached.REJECTED))
    left = call(site(tmp_path, flow(f"transfer: {PHONE}, mode: blind")), world=its)

    assert left.steps == ["out", "is_busy", "end"]


# To a queue and to a flow -------------------------------------------------------------

QUEUES = "desk: {ring: 10s}\n"


def test_a_queue_is_joined_as_the_queue_step_does(tmp_path):
    its = World_(people={"PJSIP/1001": Person(talks_for=30.0)})
    left = call(
        site(tmp_path, flow("transfer: {queue: desk}"), queues=QUEUES), world=its
    )

    assert left.steps == ["out", "over", "end"]
    assert [type(f).__name__ for f in left.facts].count("Connected") == 1


def test_a_queue_that_takes_too_long_is_no_answer(tmp_path):
    its = World_(people={"PJSIP/1001": Person(answers_after=None)})
    text = flow("transfer: {queue: desk}, ring: 5s")
    left = call(site(tmp_path, text, queues=QUEUES), world=its)

    assert left.steps == ["out", "nobody", "end"]


OTHER = """flow: other
on_end: last
steps:
  there: {say: hello}
  back_again: {transfer: {flow: top}}
  last: {log: {it: call.step}}
"""

TOP = """
steps:
  inside: {call: between, then: never}
  never: {say: bye}
"""

BETWEEN = "flow: between\nsteps:\n  out: {transfer: {flow: other}}\n"


def test_another_flow_takes_the_place_of_all_that_called_each_other(tmp_path):
    other = OTHER.replace("  back_again: {transfer: {flow: top}}\n", "")
    left = call(site(tmp_path, TOP, flows__between=BETWEEN, flows__other=other))

    assert left.steps[:3] == ["inside", "out", "there"]
    assert "never" not in left.steps
    assert ("out", "then", "other") in left.ways
    assert left.by == "flow"


def test_flows_that_hand_a_call_to_and_fro_end_at_the_limit_of_steps(tmp_path, caplog):
    left = call(site(tmp_path, TOP, flows__between=BETWEEN, flows__other=OTHER))

    assert left.by == "limit"
    assert len(left.steps) == 5000
    caplog.clear()


# What an author may write -------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("complaints", "'complaints' is not a telephone number; write a number, "),
        ("PJSIP/010@trunk", "'PJSIP/010@trunk' is not a phone of the house"),
        ("Local/1@out", "'Local/1@out' is not a phone of the house"),
        ("{queue: desk, flow: top}", "write one of number, endpoint, queue and flow"),
    ],
)
def test_what_can_be_no_target_is_refused_when_it_is_read(tmp_path, written, message):
    with pytest.raises(BadSite) as bad:
        site(tmp_path, flow(f"transfer: {written}"), queues=QUEUES)

    assert message in str(bad.value)
