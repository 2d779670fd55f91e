"""Whole calls through the sample hotline: self-service, and who calls."""

import pytest

from ivrflow.sim import clock
from ivrflow.sim.memory import MemoryLockOuts
from ivrflow.sim.rehearsal.answers import Answer
from ivrflow.sim.rehearsal.read import read_tests
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.scene import opening
from ivrflow.sim.rehearsal.stage import Stage
from ivrflow.sim.rehearsal.verdict import told
from tests.hotline_stage import (
    LI,
    MONDAY,
    RIGHT_PIN,
    SITE,
    WRONG_PIN,
    decided,
    plays,
    press,
    steps,
)

SAMPLE = {r.talk.name: r for r in read_tests(SITE).rehearsals}


@pytest.mark.parametrize("name", SAMPLE)
def test_sample_talk_goes_as_written(name):
    verdict = rehearse(SITE, SAMPLE[name])

    assert verdict.passed, "\n".join(told(verdict))


def test_all_talks_of_the_sample_can_be_read():
    assert not read_tests(SITE).problems
    assert "balance in English, at night" in SAMPLE


# Self-service ----------------------------------------------------------------------


def test_balance_is_said_in_chinese():
    plays("""
balance:
  at: 2026-03-02 23:10
  data:
    retailers: {id: 7, name: 李, district: north, level: 1}
    balance: {amount: 1234.50, due: 2026-03-15}
  talk:
    - hears: welcome
    - keys: 1
    - hears: enter_card
    - keys: "330106123459"
    - hears: enter_pin
    - keys: "246810"
    - says: 查询余额请按一。查询订单请按二。人工服务请按零。
    - keys: 1
    - says: 您的应付金额是一千二百三十四元五角，请于三月十五日前付清。
    - hears: main_menu
    - hangs up: caller
  never: {logged: ["246810", "330106123459"], reached: [agent]}
  ends in: main_menu
""")


def test_retailer_without_an_account_hears_so_and_is_back_in_the_menu():
    plays("""
no account:
  given: {step: balance, customer: {id: 7}}
  data: {balance: not found}
  talk:
    - hears: no_account
    - hears: main_menu
""")


def test_only_higher_levels_are_offered_the_line_for_complaints():
    plays("""
level 1:
  given: {step: main_menu, customer: {id: 7, level: 1}, language: en}
  talk:
    - keys: 3
    - hears: main_menu.wrong
  never: {said: [For complaints], reached: [complaints]}
level 2:
  at: 2026-03-02 10:00
  given: {step: main_menu, customer: {id: 7, level: 2}, language: en}
  agents: {"1003": ready}
  talk:
    - says: >
        For your balance, press one. For orders, press two. For complaints, press three.
        To talk to a person, press zero.
    - keys: 3
    - agent: 1003 answers
  queued: {queue: service, skills: {language: en}, priority: 2}
  shown: {retailer: 7, topic: complaint}
""")


def test_orders_are_found_or_not_or_the_server_is_slow():
    plays("""
found:
  given: {step: orders, customer: {id: 7}, language: en}
  data: {last_order: {number: "4711", state: sent}}
  talk:
    - says: Order four seven one one is on its way.
    - hears: main_menu
not found:
  given: {step: orders, customer: {id: 7}}
  data: {last_order: not found}
  talk:
    - hears: no_orders
    - hears: main_menu
slow:
  given: {step: orders, customer: {id: 7}}
  data: {last_order: slow}
  talk:
    - hears: one_moment
    - hears: try_later
    - hears: main_menu
""")


def test_key_pressed_while_an_order_is_told_counts_in_the_menu_after_it():
    async def call():
        stage = Stage(
            SITE,
            opening(
                SITE,
                "hotline",
                at=MONDAY,
                answers={"last_order": Answer("row", {"number": "1", "state": "sent"})},
                variables={"customer": LI},
            ).starting_at("orders"),
        )
        async with stage.open():
            await stage.until(lambda: stage.channel.playing, 5)
            stage.channel.press("0")
            await stage.until(lambda: stage.call.step_name == "wait_for_agent", 1)
        return steps(stage)

    assert clock.run(call()) == [
        "orders", "find", "tell", "main_menu", "agent", "wait_for_agent"
    ]  # fmt: skip


# Who calls -------------------------------------------------------------------------


def test_star_before_the_first_digit_of_the_pin_asks_for_the_card_again():
    plays("""
star:
  data: {retailers: wrong}
  talk:
    - keys: 2
    - keys: "330106123459"
    - hears: enter_pin
    - keys: star
    - says: Please enter your twelve-digit licence number.
    - keys: "330106123459"
    - says: Now enter your six-digit PIN.
""")


def test_star_inside_an_entry_begins_it_again_and_costs_no_try():
    plays("""
cleared:
  data: {retailers: {id: 7, level: 1}}
  talk:
    - keys: 2
    - keys: "3301*9*330106123459"
    - hears: enter_pin
    - keys: "24*246810"
    - hears: main_menu
  never: {said: [enter_card.wrong, enter_pin.wrong]}
""")


def test_card_with_a_wrong_check_digit_is_asked_again_three_times_in_all():
    plays("""
luhn:
  at: 2026-03-02 10:00
  talk:
    - keys: 2
    - keys: "330106123450"
    - hears: enter_card.wrong
    - keys: "330106123451"
    - hears: enter_card.wrong
    - keys: "330106123452"
    - hears: not_identified
    - hears: queue_position
  never: {logged: ["330106123450"], said: [enter_pin]}
""")


def test_the_right_pin_is_accepted_after_a_wrong_one():
    plays("""
second try:
  data: {retailers: {id: 7, level: 1, pin_hash: "246810"}}
  talk:
    - keys: 1
    - keys: "330106123459"
    - keys: "135791"
    - hears: enter_pin.wrong
    - keys: "246810"
    - hears: main_menu
""")


def test_silent_caller_is_never_left_alone():
    plays("""
silence:
  at: 2026-03-02 10:00
  talk:
    - hears: choose_language
    - hears: choose_language
    - hears: choose_language
    - hears: enter_card
    - hears: enter_card.silent
    - hears: enter_card.silent
    - hears: not_identified
    - hears: queue_position
    - hears: nobody_free
    - hears: goodbye
  queued: {queue: service}
  ends in: goodbye
""")


def test_card_is_locked_after_five_wrong_pins_over_all_calls():
    lock_outs = MemoryLockOuts()

    def calls(answer, pins):
        async def call():
            scene = opening(SITE, "hotline", at=MONDAY, answers={"retailers": answer})
            stage = Stage(SITE, scene.starting_at("identify"), lock_outs=lock_outs)
            async with stage.open():
                await press(stage, "330106123459")
                for pin in pins:
                    await press(stage, pin)
                await stage.until(lambda: stage.waiting, 30)
            return decided(stage, "identify")

        return clock.run(call())

    # A third wrong pair asks for card and PIN again.
    third = ["111111", "222222", "330106123459", "333333"]
    assert calls(WRONG_PIN, third) == ["not_identified"]
    assert calls(WRONG_PIN, ["444444", "555555"]) == []
    assert calls(RIGHT_PIN, ["246810"]) == ["card_locked"]


# Keys that work everywhere -----------------------------------------------------------


def test_repeat_says_the_menu_again_without_losing_a_try():
    plays("""
repeat:
  at: 2026-03-02 10:00
  given: {step: main_menu, customer: {id: 7, level: 1}}
  talk:
    - keys: 5
    - hears: main_menu.wrong
    - keys: 9
    - hears: main_menu.first
    - keys: 9
    - hears: main_menu.first
    - keys: 5
    - hears: main_menu.wrong
    - keys: 5
    - hears: queue_position
""")


def test_back_goes_to_the_question_before_and_repeats_the_first_one():
    plays("""
back:
  data: {retailers: {id: 7, level: 1}}
  talk:
    - hears: choose_language
    - keys: star
    - hears: choose_language
    - keys: 2
    - keys: "330106123459"
    - keys: "246810"
    - hears: main_menu
    - keys: star
    - hears: enter_card
""")


def test_zero_reaches_a_person_where_an_entry_of_digits_does_not_need_it():
    plays("""
zero in the language menu:
  at: 2026-03-02 10:00
  talk:
    - keys: 0
    - hears: queue_position
zero belongs to the score:
  given: {step: survey}
  talk:
    - keys: 0
    - hears: rate_agent
    - keys: 4
    - hears: thanks
  stored: {survey: {score: 4}}
  never: {reached: [agent]}
""")


# When something is away -----------------------------------------------------------


def test_caller_reaches_a_person_when_a_look_up_is_away():
    plays("""
balance is away:
  at: 2026-03-02 10:00
  given: {step: balance, customer: {id: 7, level: 1}}
  data: {balance: error}
  talk:
    - hears: system_trouble
    - hears: queue_position
retailers are away:
  at: 2026-03-02 10:00
  data: {retailers: slow}
  talk:
    - keys: 1
    - keys: "330106123459"
    - keys: "246810"
    - hears: system_trouble
    - hears: queue_position
  queued: {skills: {language: zh-CN}}
""")


def test_caller_is_thanked_even_when_the_score_can_not_be_stored():
    plays("""
survey is away:
  given: {step: survey}
  data: {survey: error}
  talk:
    - keys: 5
    - hears: thanks
    - hears: goodbye
  never: {said: [system_trouble]}
  ends in: goodbye
""")


def test_outage_notice_is_said_to_its_end_while_its_switch_is_thrown():
    async def call():
        scene = opening(SITE, "hotline", at=MONDAY, thrown=frozenset({"outage"}))
        stage = Stage(SITE, scene)
        async with stage.open():
            await stage.until(lambda: stage.channel.playing, 5)
            stage.channel.press("2")
            await stage.until(lambda: stage.call.step_name == "identify", 60)
            await stage.until(lambda: stage.waiting, 60)
        return [(said.prompt, said.language) for _, said in stage.channel.heard]

    # The key waits until the notice is over, and is then for the menu.
    assert clock.run(call()) == [("outage_notice", "zh-CN"), ("enter_card", "en")]
