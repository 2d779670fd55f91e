"""Skills, needs and what widening makes of them."""

from ivrflow.acd.model import (
    Agent,
    Need,
    Presence,
    Waiting,
    Widening,
    Work,
    flat_skills,
    need,
    skill,
)


def test_skills_with_values_are_flattened():
    written = {"billing": 3, "district": {"north": 5, "east": 2}}

    assert flat_skills(written) == {
        "billing": 3,
        "district=north": 5,
        "district=east": 2,
    }
    assert skill("district", "north") == "district=north"
    assert skill("billing") == "billing"


def test_needs_are_equal_in_whatever_order_they_were_written():
    assert need({"a": 1, "b": 2}) == need({"b": 2, "a": 1})
    assert need({"a": 0}) == Need()


def test_a_need_is_met_by_equal_or_better_levels_of_all_its_skills():
    asked = need({"district=north": 2, "billing": 3})

    assert asked.met_by({"district=north": 2, "billing": 10, "zh": 1})
    assert not asked.met_by({"district=north": 1, "billing": 10})
    assert not asked.met_by({"billing": 10})


def test_a_skill_is_dropped_with_whatever_value():
    asked = need({"district=north": 2, "districts": 1, "billing": 3})

    assert asked.without("district") == need({"districts": 1, "billing": 3})


def test_a_level_is_lowered_and_never_raised():
    asked = need({"language=zh-CN": 3})

    assert asked.lowered("language", 2) == need({"language=zh-CN": 2})
    assert asked.lowered("language", 5) == asked
    assert asked.lowered("language", 0) == Need()


def test_a_need_is_spelled_as_a_flow_writes_it():
    asked = need({"district=north": 1, "language=a=b": 3, "billing": 2})

    assert asked.spelled() == {
        "district": "north",
        "language": {"is": "a=b", "level": 3},
        "billing": 2,
    }
    assert str(asked) == "billing at 2, district=north, language=a=b at 3"
    assert str(Need()) == "anyone"


def test_the_widest_need_is_what_is_left_when_all_widening_is_done():
    waiting = Waiting(
        call="c",
        queue="q",
        joined=0,
        need=need({"a": 3, "b": 2, "c": 1}),
        widening=(Widening(after=9, drop=("a",)), Widening(after=5, lower={"b": 1})),
    )

    assert waiting.widest() == need({"b": 1, "c": 1})


def test_a_wrap_up_that_has_run_out_is_over_though_the_row_does_not_say_so():
    ann = Agent(number="1", presence=Presence.READY, work=Work.WRAP_UP, free_at=9)

    assert (ann.work_at(8.9), ann.free(8.9)) == (Work.WRAP_UP, False)
    assert (ann.work_at(9), ann.free(9), ann.idle_since) == (Work.IDLE, True, 9)
