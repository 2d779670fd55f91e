"""`choose`, `browse`, `wait`, `reject`, `answer`, and what else a menu can do."""

import pytest

from ivrflow.facts import CallEnded, Decided, Logged, Said
from ivrflow.flow.load import BadSite
from ivrflow.flow.steps.choose import lot_of
from ivrflow.sim.memory import MemoryLookups
from ivrflow.sim.scripted import Person
from ivrflow.telephony.channel import Cause
from tests.unit.flow.one_call import World_, call, site

PROMPTS = """
which: {first: Which?, wrong: Wrong., silent: Silent.}
parcel: "Number ${position} of ${total}: ${parcel.code | digits}."
"""


def made(folder, flow, **more):
    return site(folder, flow, prompts__en=PROMPTS, **more)


# choose -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("caller", "step"),
    [("13800138000", "mobile"), ("057188888888", "city"), ("", "other")],
)
def test_choose_takes_the_first_way_that_holds(tmp_path, caller, step):
    flow = made(tmp_path, """
steps:
  pick:
    choose:
      - {if: 'starts_with(call.from, "1")', then: mobile}
      - {if: 'starts_with(call.from, "05")', then: city}
      - {else: other}
  mobile: {hangup: yes}
  city: {hangup: yes}
  other: {hangup: yes}
""")  # fmt: skip

    assert call(flow, caller=caller).steps == ["pick", step]


def test_choose_without_else_that_fits_nothing_is_an_error(tmp_path):
    flow = made(tmp_path, """
on_error: lost
steps:
  pick: {choose: [{if: now.hour > 23, then: never}]}
  never: {hangup: yes}
  lost: {hangup: yes}
""")  # fmt: skip

    assert call(flow).steps == ["pick", "lost"]


SHARES = """
steps:
  pick: {choose: {share: {a: 90, b: 10}}}
  a: {hangup: yes}
  b: {hangup: yes}
"""


def test_choose_by_lot_says_what_was_drawn(tmp_path):
    flow = made(tmp_path, SHARES)

    [first, again] = [call(flow).of(Decided)[0] for _ in range(2)]
    assert first.target == again.target  # the same call, the same lot
    assert first.why.startswith("the call drew ")


def test_lots_are_spread_evenly():
    lots = [lot_of(f"call {n}", "top", "pick") for n in range(1000)]

    assert 60 < sum(lot >= 90 for lot in lots) < 140
    assert 0 <= min(lots) <= max(lots) < 100


@pytest.mark.parametrize(
    ("choose", "says"),
    [
        ("{share: {a: 90, b: 20}}", "the shares make 110, and must make 100"),
        (
            "[{else: a}, {if: now.hour > 3, then: b}]",
            "what follows it is never reached",
        ),
        ("[{if: now.hour > 3}]", "a choice is {if: ..., then: STEP} or {else: STEP}"),
        ("[{if: now.hour > 3, then: a}, {then: b, share: 100}]", "can't be mixed"),
        ("[{else: a, then: b}]", "`else` stands alone"),
        ("{a: 90}", "`choose` is a list"),
        ("[]", "nothing to choose from"),
    ],
)
def test_choose_that_can_not_work_is_refused(tmp_path, choose, says):
    with pytest.raises(BadSite) as refused:
        made(tmp_path, SHARES.replace("{share: {a: 90, b: 10}}", choose))
    assert says in str(refused.value)


# say ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("barge_in", "waits"), [("yes", False), ("no", True)])
def test_what_is_said_to_its_end_keeps_the_key_for_the_question(
    tmp_path, barge_in, waits
):
    there = site(tmp_path, f"""
steps:
  tell: {{say: long, barge_in: {barge_in}}}
  ask: {{menu: which, keys: {{1: over}}, failed: lost}}
  over: {{hangup: yes}}
  lost: {{hangup: yes}}
""", prompts__en=PROMPTS + f"long: {'A long text. ' * 20}\n")  # fmt: skip

    left = call(there, keys={0.5: "1"})

    assert left.steps == ["tell", "ask", "over"]
    assert (left.seconds > 5) is waits


# browse -------------------------------------------------------------------------------

DATA = """
parcels:
  get: https://erp.example.com/parcels
  many: 5
  gives: {code: text}
  timeout: 2s
"""

BROWSE = """
steps:
  find: {lookup: parcels, save: found, not_found: nothing}
  show:
    browse: found
    as: parcel
    say: parcel
    keys: {1: next, 2: previous, 3: again, 9: detail}
    tries: 2
    none: nothing
    end: over
    failed: lost
  detail: {menu: which, keys: {1: back, 2: note}, failed: lost}
  note: {log: {code: parcel.code}, then: over}
  nothing: {hangup: yes}
  over: {hangup: yes}
  lost: {hangup: yes}
"""


def browse(folder, keys, rows=3, flow=BROWSE):
    found = [{"code": f"{n}{n}"} for n in range(1, rows + 1)]
    world = World_(lookups=MemoryLookups({"parcels": found}))
    plan = made(folder, flow, data=DATA, site="hosts: [erp.example.com]\n")
    if not isinstance(keys, dict):
        keys = dict(enumerate(keys, start=1))
    return call(plan, keys=keys, world=world)


WORDS = ["", "one", "two", "three"]


def places(left):
    """Which items were said, by their numbers."""
    said = [f.words for f in left.of(Said) if f.prompt == "parcel"]
    return [WORDS.index(words.split()[1]) for words in said]


def test_browse_goes_on_and_back_and_ends_after_the_last(tmp_path):
    left = browse(tmp_path, "1213111")

    assert places(left) == [1, 2, 1, 2, 2, 3]
    assert left.steps == ["find", "show", "over"]


def test_previous_on_the_first_says_it_again(tmp_path):
    assert places(browse(tmp_path, "2"))[:2] == [1, 1]


def test_an_item_may_be_said_to_its_end_and_keeps_the_key(tmp_path):
    flow = BROWSE.replace("tries: 2", "tries: 2\n    barge_in: no")
    stopped, whole = browse(tmp_path, ["1"]), browse(tmp_path, ["1"], flow=flow)

    assert places(stopped)[:2] == places(whole)[:2] == [1, 2]
    [first, second] = [
        [f.at for f in left.of(Said) if f.prompt == "parcel"][:2]
        for left in (stopped, whole)
    ]
    assert first[1] - first[0] < second[1] - second[0]


def test_an_item_waits_for_a_key_as_long_as_it_says(tmp_path):
    flow = BROWSE.replace("tries: 2", "tries: 1\n    wait: 30s")

    assert places(browse(tmp_path, {25: "1"}, flow=flow))[:2] == [1, 2]
    assert places(browse(tmp_path, {45: "1"}, flow=flow)) == [1]


def test_who_comes_back_is_at_the_item_that_he_left(tmp_path):
    left = browse(tmp_path, "191911")

    assert left.steps[:5] == ["find", "show", "detail", "show", "detail"]
    assert places(left)[:3] == [1, 2, 2]


def test_the_item_is_there_in_the_step_after(tmp_path):
    left = browse(tmp_path, "1192")

    assert [f.data for f in left.of(Logged)] == [{"code": "33"}]


def test_silence_uses_up_the_tries_of_an_item(tmp_path):
    left = browse(tmp_path, "")

    assert places(left) == [1, 1]
    assert left.ways[-2][1:] == ("failed", "lost")


def test_a_list_that_is_not_there_is_none(tmp_path):
    flow = BROWSE.replace("not_found: nothing", "not_found: show")
    left = browse(tmp_path, "", rows=0, flow=flow)

    assert left.steps == ["find", "show", "nothing"]


def test_next_needs_an_end(tmp_path):
    with pytest.raises(BadSite, match="where `next` leads after the last"):
        browse(tmp_path, "", flow=BROWSE.replace("    end: over\n", ""))


def test_a_key_that_leads_nowhere_is_told(tmp_path):
    with pytest.raises(BadSite, match="no step of this flow is called 'detial'"):
        browse(tmp_path, "", flow=BROWSE.replace("9: detail", "9: detial"))


# wait ---------------------------------------------------------------------------------


def test_wait_lets_time_pass_and_keeps_the_keys(tmp_path):
    left = call(made(tmp_path, """
steps:
  hold: {wait: 20s, say: hello, music: default}
  ask: {menu: which, keys: {1: over}, failed: over}
  over: {hangup: yes}
"""), keys={5.0: "1"})  # fmt: skip

    assert left.said == ["hello"]
    assert left.entries == [("1", "accepted")]
    assert 20 < left.seconds < 25


def test_a_hang_up_ends_the_wait(tmp_path):
    flow = made(tmp_path, "steps:\n  hold: {wait: 1h}\n")

    left = call(flow, hangs_up_at=3.0)
    assert (left.by, left.seconds) == ("caller", pytest.approx(3.0, abs=0.1))


# reject, answer -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("busy", Cause.USER_BUSY),
        ("declined", Cause.CALL_REJECTED),
        ("not_found", Cause.UNALLOCATED),
    ],
)
def test_reject_refuses_the_call_with_its_cause(tmp_path, reason, cause):
    left = call(made(tmp_path, f"answer: no\nsteps:\n  out: {{reject: {reason}}}\n"))

    assert not left.phone.answered
    assert left.phone.gone.result() is cause
    [end] = left.of(CallEnded)
    assert (end.by, end.cause) == ("flow", int(cause))


def test_a_flow_may_answer_later(tmp_path):
    left = call(made(tmp_path, """
answer: no
steps:
  pick: {choose: [{if: call.from == none, then: out}, {else: take}]}
  out: {reject: declined}
  take: {answer: yes}
  hello: {hangup: hello}
"""))  # fmt: skip

    assert left.phone.answered
    assert left.said == ["hello"]


# menu ---------------------------------------------------------------------------------

MENU = """
steps:
  ask:
    menu: which
    keys: {1: one, 10: ten, 7: {then: seven, if: now.hour > 20}}
    dial_extension: reach
    failed: none
  one: {hangup: yes}
  ten: {hangup: yes}
  seven: {hangup: yes}
  reach:
    log: {name: extension.name, phone: extension.endpoint, flow: extension.flow}
    then: none
  none: {hangup: yes}
"""

AGENTS = """
agents:
  "1001": {name: Li, endpoint: PJSIP/1001, queues: [desk]}
  "300": {name: Wang, queues: [desk]}
"""


def menu(folder, keys):
    files = {"agents": AGENTS, "queues": "desk: {title: Desk}\n"}
    files["numbers"] = '"200": {flow: top}\n'
    return call(made(folder, MENU, **files), keys=keys)


@pytest.mark.parametrize(
    ("keys", "step"),
    [("1", "one"), ("10", "ten"), ("1001", "reach"), ("200", "reach")],
)
def test_the_longest_that_fits_is_meant(tmp_path, keys, step):
    assert menu(tmp_path, {0.1: keys}).steps[1] == step


@pytest.mark.parametrize(
    ("keys", "who"),
    [
        ("1001", {"name": "Li", "phone": "PJSIP/1001", "flow": None}),
        ("200", {"name": "top", "phone": None, "flow": "top"}),
    ],
)
def test_who_was_dialled_is_known_in_the_step_after(tmp_path, keys, who):
    left = menu(tmp_path, {0.1: keys})

    assert [f.data for f in left.of(Logged)] == [who]


def test_an_extension_is_reached(tmp_path):
    flow = MENU.replace(
        "log: {name: extension.name, phone: extension.endpoint, flow: extension.flow}",
        "transfer: {endpoint: '${extension.endpoint}'}",
    )
    files = {"agents": AGENTS, "queues": "desk: {title: Desk}\n"}
    world = World_(people={"PJSIP/1001": Person(talks_for=5)})
    left = call(made(tmp_path, flow, **files), keys={0.1: "1001"}, world=world)

    assert left.ways[:2] == [
        ("ask", "dial_extension", "reach"),
        ("reach", "then", "none"),
    ]


@pytest.mark.parametrize("keys", ["7", "1002", "*11", "300"])
def test_what_is_not_offered_now_is_wrong(tmp_path, keys):
    assert menu(tmp_path, {0.1: keys}).entries[0][1] == "wrong"


def test_a_key_that_begins_another_waits_for_it(tmp_path):
    left = menu(tmp_path, {0.1: "1"})

    assert left.seconds == pytest.approx(3.1, abs=0.1)
