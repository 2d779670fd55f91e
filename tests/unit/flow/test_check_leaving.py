"""What the checker says of transfers and recordings."""

import pytest

from tests.unit.flow.small_site import check, serious


def said(tmp_path, step, *more):
    report = check(
        tmp_path,
        ("flows/main.yaml", "  greet: {say: hello}\n", f"  greet: {{{step}}}\n"),
        *more,
    )
    return [line.partition(": ")[2] for line in serious(report)]


GOOD = [
    "transfer: 01065521234, busy: desk",
    "transfer: PJSIP/1001, mode: attended, announce: hello",
    "transfer: PJSIP/1001, mode: blind, failed: desk",
    "transfer: {queue: desk}, ring: 20s, show: {who: who.id}",
    'transfer: "${who.name}"',
    "record: all",
    "record: share 10%",
    "conference: board, announce: {joins: Somebody comes.}",
    "conference: board, pin: {ask: pin, digits: 4, check: pin == who.id}",
]


@pytest.mark.parametrize("step", GOOD)
def test_what_is_right_is_right(tmp_path, step):
    assert said(tmp_path, step) == []


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        (
            "transfer: PJSIP/1001, mode: attended",
            "F040 an attended transfer needs `announce`: who answers is asked by it",
        ),
        (
            "transfer: PJSIP/1001, mode: blind, ring: 5s",
            "F040 'ring' means nothing with a blind transfer; leave it out",
        ),
        (
            "transfer: {queue: desk}, announce: hello",
            "F040 'announce' means nothing with a queue; leave it out",
        ),
        (
            "transfer: {flow: main}, busy: desk",
            "F040 'busy' means nothing with a flow; leave it out",
        ),
        (
            "transfer: {flow: sub}",
            "F040 the flow 'sub' takes 'person'; a transfer hands nothing over",
        ),
        (
            "transfer: {queue: dest}",
            "Q010 queues.yaml has no queue 'dest'; did you mean 'desk'?",
        ),
        (
            "transfer: {flow: mian}",
            "F025 there is no flow 'mian'; did you mean 'main'?",
        ),
        (
            "record: pause",
            "F041 'pause' does nothing: no step of the site begins a recording",
        ),
        (
            "conference: board, announce: hello",
            "F014 'by' can't be 'hello'; there are: tones",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path, step, problem):
    assert said(tmp_path, step) == [problem]


@pytest.mark.parametrize(
    "step", ['transfer: "${who.pin}"', 'conference: "room_${who.card}"']
)
def test_a_secret_names_neither_a_number_nor_a_room(tmp_path, step):
    [problem] = said(tmp_path, step)
    assert problem.startswith("S010 ")


def test_a_number_is_told_to_whoever_writes_the_settings(tmp_path):
    report = check(
        tmp_path,
        (
            "flows/main.yaml",
            "  greet: {say: hello}\n",
            "  greet: {transfer: 01065521234}\n",
        ),
    )

    [note] = [p for p in report.problems if p.code == "D091"]
    assert note.message.startswith("dials '01065521234': `outbound`")
