"""Who may hear a mailbox: numbers, PINs, and what wrong ones lead to."""

import pytest

from ivrflow.facts import MailboxEntered, MailboxRefused
from ivrflow.flow.world import Limit, Pin, PinLimits, Trouble
from ivrflow.sim.memory import MemoryAgents
from tests.unit.flow.hearing_rig import (
    ANNS_PIN,
    BOBS_PIN,
    ENTERS,
    EVES_PIN,
    FLOW,
    PIN,
    WUS_PIN,
    House,
    dial,
    here,
    said,
)

UNKNOWN = [("box_number", "899#"), ("box_pin", "4711#")]
WRONG = [("box_number", "800#"), ("box_pin", "4712#")]
LEAVES = [("box_menu", "#")]


def entered(left):
    return [(f.mailbox, f.by) for f in left.of(MailboxEntered)]


def refused(left):
    return [f.why for f in left.of(MailboxRefused)]


def test_number_and_pin_of_a_mailbox_open_it(tmp_path):
    left = dial(tmp_path, House(), *ENTERS, *LEAVES)

    assert said(left) == [
        "box_number",
        "box_pin",
        "box_none",
        "box_menu",
        "box_goodbye",
    ]
    assert entered(left) == [("box", "mailbox 800")]


def test_an_agent_hears_with_his_own_number_and_pin_what_names_him(tmp_path):
    keys = [("box_number", "1001#"), ("box_pin", f"{ANNS_PIN}#")]
    left = dial(tmp_path, House(), *keys, *LEAVES)

    assert entered(left) == [("box", "agent 1001")]


def test_who_may_hear_several_is_asked_which(tmp_path):
    keys = [("box_number", "1003#"), ("box_pin", f"{WUS_PIN}#")]
    which = [("box_number", "802#"), ("box_number", "801#")]
    left = dial(tmp_path, House(), *keys, *which, *LEAVES)

    assert "box_unknown" in said(left)  # that one does not name his role
    assert entered(left) == [("sales", "agent 1003")]


def test_a_right_pin_of_who_may_hear_nothing_opens_nothing(tmp_path):
    keys = [("box_number", "1004#"), ("box_pin", f"{EVES_PIN}#")]
    left = dial(tmp_path, House(), *keys)

    assert said(left)[-1] == "box_not_now"
    assert (entered(left), refused(left)) == ([], ["not allowed"])


def test_three_wrong_pairs_end_it(tmp_path):
    left = dial(tmp_path, House(), *WRONG * 3)

    assert refused(left) == ["wrong"] * 3
    assert said(left).count("box_wrong") == 3
    assert left.by == "flow"


def test_five_wrong_pins_lock_over_all_calls_and_then_no_right_one_helps(tmp_path):
    house = House()
    dial(tmp_path, house, *WRONG * 3)
    dial(tmp_path, house, *WRONG * 2)
    left = dial(tmp_path, house, *ENTERS)

    assert refused(left) == ["locked"]
    assert said(left) == ["box_number", "box_pin", "box_locked"]


def test_a_right_pin_forgets_the_wrong_ones(tmp_path):
    house = House()
    for _ in range(4):
        left = dial(tmp_path, house, *WRONG * 2, *ENTERS, *LEAVES)

        assert entered(left) == [("box", "mailbox 800")]


def test_a_number_that_nobody_has_sounds_like_a_wrong_pin_and_locks_like_one(tmp_path):
    heard = []
    for keys in (WRONG, UNKNOWN):
        house = House()
        calls = [dial(tmp_path, house, *keys * 3) for _ in range(2)]
        heard.append([(said(left), refused(left)) for left in calls])

    assert heard[0] == heard[1]
    assert heard[0][1][1] == ["wrong", "wrong", "locked"]


def test_wrong_pins_of_an_agent_lock_his_sign_in_too(tmp_path):
    house, keys = House(), [("box_number", "1001#"), ("box_pin", "1111#")]
    dial(tmp_path, house, *keys * 3)
    dial(tmp_path, house, *keys * 2)
    left = dial(tmp_path, house, dialled="*11", keys={0.1: "1001#", 0.2: "2580#"})

    assert said(left)[-1] == "sign_in_locked"


def test_a_limit_on_the_calling_number_locks_whatever_box_is_tried(tmp_path):
    house = House()
    house.world.pin_limits = PinLimits(caller=Limit(2, 3600, 3600))
    dial(tmp_path, house, *WRONG, *UNKNOWN)
    left = dial(tmp_path, house, *ENTERS)

    assert refused(left) == ["locked"]


@pytest.mark.parametrize(
    "keys", [[("box_number", "*")], [*ENTERS[:1], ("box_pin", "*")]]
)
def test_star_leads_out(tmp_path, keys):
    left = dial(tmp_path, House(), *keys, dialled="100", there=here(tmp_path, FLOW))

    assert left.steps == ["hear", "sorry"]
    assert left.world.lock_outs.cards == {}


def test_who_enters_nothing_is_asked_three_times(tmp_path):
    left = dial(tmp_path, House())

    assert said(left).count("box_number") == 3
    assert left.by == "flow"


def test_a_mailbox_that_has_no_pin_is_opened_by_none(tmp_path):
    house = House()
    house.boxes.pins.clear()
    left = dial(tmp_path, house, *ENTERS)

    assert refused(left) == ["wrong"]


def test_a_step_that_names_a_mailbox_asks_for_its_pin_alone(tmp_path):
    there = here(tmp_path, FLOW.replace("any", "box"))
    left = dial(tmp_path, House(), *ENTERS[1:], *LEAVES, dialled="100", there=there)

    assert said(left)[0] == "box_pin"
    assert entered(left) == [("box", "mailbox 800")]
    assert left.steps == ["hear", "bye"]


def test_a_named_mailbox_without_a_pin_asks_who_it_is(tmp_path):
    there = here(tmp_path, FLOW.replace("any", "closed"))
    keys = [("box_number", "1002#"), ("box_pin", f"{BOBS_PIN}#")]
    left = dial(tmp_path, House(), *keys, *LEAVES, dialled="100", there=there)

    assert entered(left) == [("closed", "agent 1002")]


def test_at_his_phone_an_agent_is_asked_for_the_pin_of_his_mailbox_alone(tmp_path):
    house = House()
    house.world.agents.phones["PJSIP/1001"] = "1001"
    keys = [*ENTERS[1:], *LEAVES]
    left = dial(tmp_path, house, *keys, dialled="*97", at="PJSIP/1001")

    assert said(left)[0] == "box_pin"
    assert entered(left) == [("box", "mailbox 800")]


def test_where_his_mailbox_has_none_it_is_his_own_pin(tmp_path):
    house = House()
    house.boxes.pins.clear()
    house.world.agents.phones["PJSIP/1001"] = "1001"
    keys = [("box_pin", f"{ANNS_PIN}#"), *LEAVES]
    left = dial(tmp_path, house, *keys, dialled="*97", at="PJSIP/1001")

    assert entered(left) == [("box", "agent 1001")]


def test_at_any_other_phone_one_is_asked_for_the_number(tmp_path):
    left = dial(tmp_path, House(), *ENTERS, *LEAVES, dialled="*97", at="PJSIP/1009")

    assert entered(left) == [("box", "mailbox 800")]


def test_a_pin_that_somebody_else_has_chosen_is_changed_before_anything(tmp_path):
    house = House().has("1" * 24)
    house.boxes.pins["box"] = Pin(hashed=PIN, must_change=True)
    new = [("box_new_pin", "9034#"), ("box_new_pin_again", "9034#")]
    left = dial(tmp_path, house, *ENTERS, *new, *LEAVES)

    assert said(left)[2] == "box_must_change"
    assert house.boxes.pins["box"] == Pin(hashed="9034")
    assert said(left)[-1] == "box_goodbye"


def test_who_does_not_change_it_hears_nothing(tmp_path):
    house = House().has("1" * 24)
    house.boxes.pins["box"] = Pin(hashed=PIN, must_change=True)
    keys = [*ENTERS, ("box_new_pin", "*")]
    left = dial(tmp_path, house, *keys, dialled="100", there=here(tmp_path, FLOW))

    assert left.steps == ["hear", "sorry"]
    assert "box_new_one" not in said(left)


def test_no_number_and_no_pin_is_in_any_fact_or_log(tmp_path, caplog):
    caplog.set_level("DEBUG")
    house = House()
    numbers = [("box_number", "80012345#"), ("box_pin", "98765432#")]
    left = dial(tmp_path, house, *numbers, *ENTERS, *LEAVES)

    told = repr(left.facts) + caplog.text
    for secret in ("80012345", "98765432", PIN):
        assert secret not in told


def test_a_database_that_is_away_opens_nothing(tmp_path):
    house = House()

    async def away(*args, **how):
        raise Trouble("away")

    house.boxes.pin = away
    left = dial(tmp_path, house, *ENTERS)

    assert said(left)[-1] == "apology"
    assert entered(left) == []


def test_a_person_who_is_unknown_is_looked_up_as_one_who_is_there(tmp_path):
    """Whatever was entered, the same questions are asked of the same tables."""
    asked = []
    for keys in (WRONG, UNKNOWN, [("box_number", "1001#"), ("box_pin", "1111#")]):
        house, seen = House(), []
        pins, hashes = house.boxes.pin, MemoryAgents({"1001": ANNS_PIN}).pin_hash

        async def pin(box, pins=pins, seen=seen):
            seen.append("mailboxes")
            return await pins(box)

        async def pin_hash(agent, hashes=hashes, seen=seen):
            seen.append("agents")
            return await hashes(agent)

        house.boxes.pin, house.world.agents.pin_hash = pin, pin_hash
        dial(tmp_path, house, *keys)
        asked.append(seen)

    assert asked[0] == asked[1] == asked[2] != []
