"""`masked: yes`: a number that names somebody is used whole, and shown by its end."""

from dataclasses import replace

import pytest
from one_call import World_, call, site
from small_site import check, serious

from ivrflow.facts import (
    CallRecordingPaused,
    ConditionTested,
    Connected,
    DigitsCollected,
    Logged,
    LookedUp,
    Said,
)
from ivrflow.sim.memory import MemoryLookups
from ivrflow.sim.scripted import Person
from ivrflow.telephony.sound import BEEP, Utterance, for_others

CARD = "622202000002"
PROMPTS = """\
your_card: Your card, please.
is_it: "Your card is ${card | digits}. If this is right, press one."
told: "Card ${card | digits}, of ${row.name | text}."
"""
DATA = """\
cards:
  database: crm
  sql: select name from card where number = :card
  gives: {name: text}
  timeout: 2s
lost: {database: crm, insert: lost, timeout: 2s}
"""
ASK = "{ask: your_card, digits: 12, masked: yes, save: card, failed: hangup%s}"


def card_of(values):
    return {"name": "Li"} if values["card"] == CARD else None


def played(folder, steps, keys=None, option="", **world):
    text = f"steps:\n  card: {ASK % option}\n{steps}"
    made = site(folder, text, prompts__en=PROMPTS, data=DATA, **world.pop("files", {}))
    lookups = MemoryLookups({"cards": card_of})
    meets = World_(lookups=lookups, **world)
    left = call(made, keys=keys or {0.1: CARD}, world=meets)
    assert CARD not in repr([(f, f.details()) for f in left.facts])
    return left


def test_it_is_looked_up_with_and_stored_whole(tmp_path):
    left = played(tmp_path, """\
  find: {lookup: cards, with: {card: card}, save: row, not_found: hangup}
  keep: {store: lost, with: {card: card, name: row.name}}
  over: {hangup: yes}
""")  # fmt: skip

    assert left.steps == ["card", "find", "keep", "over"]
    assert left.world.lookups.stored == {"lost": [{"card": CARD, "name": "Li"}]}
    assert left.entries == [("******0002", "accepted")]


def test_no_fact_has_it_from_a_column_in_which_it_stands_too(tmp_path):
    def twice(values):
        card = values["card"]
        return {"name": "Li", "bare": card, "account": f"XX {card}", "count": int(card)}

    find = "{lookup: cards, with: {card: card}, save: row, not_found: hangup}"
    text = f"steps:\n  card: {ASK % ''}\n  find: {find}\n  over: {{hangup: yes}}\n"
    made = site(tmp_path, text, prompts__en=PROMPTS, data=DATA)

    for card in (CARD, "002202000002"):
        world = World_(lookups=MemoryLookups({"cards": twice}))
        left = call(made, keys={0.1: card}, world=world)

        assert [f.rows for f in left.of(LookedUp)] == [({"name": "Li"},)]
        assert card.lstrip("0") not in repr([f.details() for f in left.facts])


def test_no_fact_has_it_from_a_table_that_was_asked_with_something_else(tmp_path):
    flow = f"""steps:
  card: {ASK % ""}
  find: {{lookup: cards, with: {{card: call.from}}, save: row, not_found: hangup}}
  over: {{hangup: yes}}
"""
    made = site(tmp_path, flow, prompts__en=PROMPTS, data=DATA)
    found = {"name": "Li", "last": f"XX {CARD}"}
    world = World_(lookups=MemoryLookups({"cards": lambda values: found}))
    left = call(made, keys={0.1: CARD}, world=world)

    assert [f.rows for f in left.of(LookedUp)] == [({"name": "Li"},)]


def test_nobody_else_hears_it():
    spoken = Utterance("came", "Card ******0002.", "en", clips=("en/2",), masked=True)

    assert for_others([BEEP, spoken]) == [BEEP, replace(spoken, clips=())]


def test_its_caller_hears_it_whole_and_the_records_its_end(tmp_path):
    left = played(
        tmp_path, "  over: {hangup: yes}\n", {0.1: CARD, 9: "1"}, ", confirm: is_it"
    )

    assert left.said == ["your_card", "is_it"]
    words = [f.words for f in left.of(Said)]
    assert words[1] == "Your card is ******0002. If this is right, press one."
    heard = [u for _, u in left.phone.heard if u.prompt == "is_it"]
    assert [u.masked for u in heard] == [True]
    # A pause a clip between groups, and each digit its own: more than the end is said.
    assert heard[0].seconds > 5


def test_a_recording_of_the_call_has_neither_its_tones_nor_its_words(tmp_path):
    steps = "  told: {say: told}\n  over: {hangup: yes}\n"
    text = f"steps:\n  on: {{record: all}}\n  card: {ASK % ''}\n"
    find = "  find: {lookup: cards, with: {card: card}, save: row, not_found: hangup}\n"
    made = site(tmp_path, text + find + steps, prompts__en=PROMPTS, data=DATA)
    left = call(
        made,
        keys={0.1: CARD},
        world=World_(lookups=MemoryLookups({"cards": card_of})),
    )

    assert left.steps[-1] == "over"
    assert [f.why for f in left.of(CallRecordingPaused)] == [
        "something secret is asked or said"
    ] * 2


def test_logs_and_screens_show_its_end(tmp_path):
    queues = "desk: {title: Desk}\n"
    agents = 'agents:\n  "1": {name: Li, queues: [desk]}\n'
    left = played(
        tmp_path,
        "  note: {log: {card: card}}\n"
        "  desk: {queue: desk, show: {card: card}, then: hangup}\n",
        files={"queues": queues, "agents": agents},
        people={"PJSIP/1": Person(talks_for=5)},
    )

    assert [f.data for f in left.of(Logged)] == [{"card": "******0002"}]
    assert [f.shown for f in left.of(Connected)] == [{"card": "******0002"}]


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("{log: {last: card == '1'}}", "can't be compared or reckoned with"),
        ("{transfer: '${card}', then: desk}", "can't be used here"),
        ("{queue: desk, whisper: '${card}'}", "can't be said to anybody but"),
        ("{lookup: order, with: {id: card}}", "can't be a part of a URL or a header"),
        ("{set: {last: '${len(card)}'}}", "can't be compared or reckoned with"),
        ("{set: {other: '${card}'}}", ""),
        ("{log: {card: card}}", ""),
        ("{log: {there: card != none}}", ""),
        ("{say: 'Card ${card | digits}.'}", ""),
        ("{store: marks, with: {card: card}}", ""),
    ],
)
def test_the_checker_knows_where_it_may_go(tmp_path, step, wrong):
    asked = "{ask: card, digits: 4, masked: yes, save: card, failed: desk}"
    report = check(
        tmp_path,
        ("flows/main.yaml", "{say: hello}", f"{asked}\n  use: {step}\n  greeted: "
         "{say: hello}"),
    )  # fmt: skip

    found = [line for line in serious(report) if "S010" in line]
    assert len(found) == bool(wrong), found
    assert all(wrong in line and "'card' is masked" in line for line in found)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("secret: yes, masked: yes", "`secret` and `masked` are two things"),
        ("as: number, masked: yes", "what is masked is kept as it is typed"),
    ],
)
def test_what_can_not_be_masked_is_told(tmp_path, keys, message):
    report = check(
        tmp_path,
        ("flows/main.yaml", "{say: hello}", "{ask: card, digits: 4, save: n, "
         f"failed: desk, {keys}}}"),
    )  # fmt: skip

    assert any(message in line for line in serious(report))


@pytest.mark.parametrize("typed", ["4711", "0815"])
def test_no_fact_quotes_the_check_of_a_secret_entry(tmp_path, typed):
    flow = """
steps:
  ask: {ask: hello, digits: 4, check: pin == '4711', secret: yes, save: pin, failed: no}
  no: {hangup: bye}
"""
    left = call(site(tmp_path, flow), keys={1.0: typed})

    assert left.of(DigitsCollected)
    assert "4711" not in repr(left.facts)


def test_no_fact_has_it_from_a_condition_that_asks_whether_its_row_is_there(tmp_path):
    find = "{lookup: cards, with: {card: card}, save: row, not_found: hangup}"
    text = (
        f"steps:\n  card: {ASK % ''}\n  find: {find}\n"
        "  which: {choose: [{if: row != none, then: over}]}\n"
        "  over: {hangup: yes}\n"
    )
    data = DATA.replace("  gives: {name: text}\n", "")
    made = site(tmp_path, text, prompts__en=PROMPTS, data=data)
    rows = MemoryLookups({"cards": lambda values: {"account": values["card"]}})

    left = call(made, keys={0.1: CARD}, world=World_(lookups=rows))

    assert [f.values for f in left.of(ConditionTested)] == [{"row": "a record"}]
    assert CARD not in repr([f.details() for f in left.facts])
