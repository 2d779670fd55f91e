"""The guard against toll fraud: what may be dialled, and what may not."""

from contextlib import ExitStack

import pytest

from ivrflow.flow.outbound import DialGuard, OutboundRules, Refused

RULES = {
    "endpoint": "PJSIP/{number}@trunk",
    "prefixes": ("010", "+8610", "400"),
    "at_once": 2,
    "per_minute": 3,
}


class Time:
    now = 1000.0

    def __call__(self):
        return self.now


def guard(time=None, is_open=True, **rules):
    return DialGuard(
        OutboundRules(**{**RULES, **rules}),
        seconds=time or Time(),
        is_open=lambda site, name: is_open,
    )


def refusal(guard, number, **how):
    with pytest.raises(Refused) as refused, guard.placing(number, None, **how):
        pass
    return str(refused.value)


def test_without_settings_no_number_is_dialled():
    nothing = DialGuard(None, seconds=Time(), is_open=lambda site, name: True)

    assert refusal(nothing, "01065521234") == (
        "no number can be dialled: the settings have no outbound:"
    )


@pytest.mark.parametrize(
    ("written", "dialled"),
    [
        ("01065521234", "PJSIP/01065521234@trunk"),
        ("010-6552 1234", "PJSIP/01065521234@trunk"),
        ("+86 (10) 6552.1234", "PJSIP/+861065521234@trunk"),
    ],
)
def test_a_number_is_dialled_as_digits_through_the_trunk(written, dialled):
    with guard(longest=60.0).placing(written, None) as line:
        assert (line.address, line.longest) == (dialled, 60.0)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "0",
        "010&PJSIP/1001",
        "0106552123412345678901",
        "010,,1",
        "010@other",
        "sip:0101",
        "*11",
        "०१०५५५",
        "010\n",
    ],
)
def test_what_is_no_number_is_refused(number):
    assert "is no number" in refusal(guard(), number)


def test_a_number_that_begins_otherwise_is_refused_with_what_may():
    assert refusal(guard(), "0081312345678") == (
        "no number that begins like 0081312345678 may be dialled: outbound.prefixes "
        "has 010, +8610, 400"
    )


def test_a_number_that_may_never_be_dialled_is_known_before_anybody_promises_it():
    lines = guard(is_open=False, hours="office", at_once=0)

    lines.allows("010-65521234")  # not now, but at some time
    for number in ("0081312345678", "*11", ""):
        with pytest.raises(Refused):
            lines.allows(number)
    assert lines.dials
    assert lines.up == 0


def test_without_settings_there_is_nothing_to_dial_with():
    nothing = DialGuard(None, seconds=Time(), is_open=lambda site, name: True)

    assert not nothing.dials
    with pytest.raises(Refused, match="no outbound"):
        nothing.allows("01065521234")


def test_so_many_at_once_and_no_more():
    lines = guard()
    with ExitStack() as calls:
        calls.enter_context(lines.placing("0101111111", None))
        calls.enter_context(lines.placing("0102222222", None))
        assert "outbound.at_once" in refusal(lines, "0103333333")
        assert lines.up == 2

    with lines.placing("0103333333", None):
        assert lines.up == 1


def test_so_many_a_minute_and_no_more():
    time = Time()
    lines = guard(time)
    for _ in range(3):
        with lines.placing("0101111111", None):
            time.now += 10

    assert "outbound.per_minute" in refusal(lines, "0101111111")
    time.now += 30.1
    with lines.placing("0101111111", None):
        pass
    assert "outbound.per_minute" in refusal(lines, "0101111111")


def test_a_call_that_fails_gives_its_place_back():
    lines = guard(at_once=1)
    with pytest.raises(ZeroDivisionError), lines.placing("0101111111", None):
        raise ZeroDivisionError

    assert lines.up == 0


def test_outside_the_hours_nothing_is_dialled():
    assert "outside outbound.hours, office" in refusal(
        guard(is_open=False, hours="office"), "0101111111"
    )
    with guard(is_open=False).placing("0101111111", None):
        pass


def test_a_call_is_handed_over_only_where_the_settings_say_to_what():
    assert "set outbound.hand_over" in refusal(guard(), "0101111", hand_over=True)

    lines = guard(hand_over="PJSIP/sip:{number}@trunk.example.com")
    with lines.placing("0101111", None, hand_over=True) as line:
        assert line.address == "PJSIP/sip:0101111@trunk.example.com"
