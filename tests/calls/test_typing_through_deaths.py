"""Who is typing when the service dies does not notice: each key is typed once.

Somebody keeps the keys of callers here, as the relay does for Asterisk.
"""

import asyncio
from decimal import Decimal

import pytest

from ivrflow.facts import IdentityJudged
from ivrflow.sim import clock
from ivrflow.sim.rehearsal.answers import Answer
from tests.calls.lives import Outside
from tests.calls.test_resume import CARD, LI, PROVE, heard, logged, scene_of

PIN = "4711"
BEGINS, APART = 2.0, 0.5
"""When the caller types the first key, and the seconds from one to the next."""


def goes_through(
    folder, flow, typed, *deaths, dies_at=None, away=1.2, keepers=None, **answers
):
    """A call whose caller types *typed*: time -> keys, each once.

    *keepers*: time -> who keeps them from then on.
    """
    site, scene = scene_of(folder, flow, **answers)

    async def main():
        outside = Outside(site, scene)
        channel, loop = outside.channel, asyncio.get_running_loop()
        channel.keeps_keys()
        for at, keeper in (keepers or {}).items():
            loop.call_at(at, channel.keeps_keys, keeper)
        for at, keys in typed.items():
            for number, key in enumerate(keys):
                loop.call_at(at + number * APART, channel.press, key)
        if dies_at is not None:
            await outside.live(dies_at)
            await asyncio.sleep(away)
        for death in deaths:
            await outside.live(dies_after=death - loop.time())
            await asyncio.sleep(away)
        if not outside.over:
            await outside.live()
        assert outside.over
        return outside

    return clock.run(main())


def tried(outside):
    """How many attempts are counted against the card."""
    cards = outside.stage.world.lock_outs._counted.cards
    return sum(len(count.tried) for count in cards.values())


FLOW = f"""steps:
  prove:{PROVE}    save: who
    lock: {{after: 5, within: 1h, for: 1h}}
    failed: hangup
    locked: hangup
  note: {{log: {{card: who.card, name: who.name}}, then: hangup}}
"""
PROVED = [{"card": "******0002", "name": "Li"}]


@pytest.mark.parametrize("n", range(1, len(CARD + PIN) + 1))
def test_a_card_and_a_pin_are_typed_once_wherever_the_service_dies(tmp_path, n):
    outside = goes_through(
        tmp_path, FLOW, {BEGINS: CARD + PIN}, BEGINS + (n - 1) * APART + 0.05
    )

    assert heard(outside).count("card") == 1
    assert heard(outside).count("pin") <= 1
    assert logged(outside) == PROVED
    assert tried(outside) == 0


def test_a_question_goes_on_that_plays_while_the_answer_before_it_comes_again(tmp_path):
    typed = {BEGINS: CARD, 12.0: PIN}

    outside = goes_through(tmp_path, FLOW, typed, BEGINS + 5.6, away=0.1)

    assert heard(outside) == ["card", "pin"]
    assert logged(outside) == PROVED


def test_it_may_die_again_and_again_in_one_entry(tmp_path):
    deaths = [BEGINS + seconds for seconds in (1.1, 3.1, 5.1, 7.1)]

    outside = goes_through(tmp_path, FLOW, {BEGINS: CARD + PIN}, *deaths, away=0.6)

    assert heard(outside).count("card") == 1
    assert logged(outside) == PROVED


WRONG = {BEGINS: CARD + "1234", 15.0: "9999", 25.0: CARD + "5555"}
"""Three wrong PINs; after the second one the card is asked for again."""


def judged_wrong(folder, dies_at=None):
    li = Answer("row", {**LI, "pin_hash": PIN})
    return goes_through(folder, FLOW, WRONG, dies_at=dies_at, people=li)


def test_each_wrong_pin_counts_once_at_whatever_moment_the_service_dies(tmp_path):
    undisturbed = judged_wrong(tmp_path)
    moments = undisturbed.lives[0].moments

    for moment, what in enumerate(moments, 1):
        outside = judged_wrong(tmp_path, moment)

        assert tried(outside) == 3, what
        assert len(heard(outside)) <= len(heard(undisturbed)) + 1, what
        assert [d for d in outside.decisions() if d[0] == "prove"] == [
            ("prove", "hangup")
        ], what


def verdicts(outside):
    return [fact.verdict for fact in outside.of(IdentityJudged)]


@pytest.mark.parametrize("changes", [BEGINS + 5.75, BEGINS + 3.25])
def test_a_pin_is_not_tried_with_another_card_than_it_was_typed_for(tmp_path, changes):
    # Who keeps the keys is another one behind the card, or in the middle of it.
    typed = {BEGINS: CARD + "1234", 15.0: CARD + PIN}
    keepers = {changes: "another"}
    li = Answer("row", {**LI, "pin_hash": PIN})
    undisturbed = goes_through(tmp_path, FLOW, typed, keepers=keepers, people=li)
    judging = undisturbed.lives[0].moments.index("before verifier.matches") + 1

    outside = goes_through(
        tmp_path, FLOW, typed, dies_at=judging, keepers=keepers, people=li
    )

    assert verdicts(outside) == ["right"]
    assert logged(outside) == PROVED


WITH_CODE = f"""steps:
  prove:{PROVE}    code: {{send: sms, to: name, text: one, ask: number, digits: 6}}
    tries: 1
    lock: {{after: 5, within: 1h, for: 1h}}
    failed: hangup
    locked: hangup
"""


def test_a_pin_that_follows_another_one_is_counted_when_it_is_typed(tmp_path):
    # The service dies in the question for the code; later he takes another card.
    typed = {BEGINS: CARD + PIN, 20.0: "*", 22.0: CARD[::-1] + "1234"}
    li = Answer("row", {**LI, "pin_hash": PIN})

    outside = goes_through(tmp_path, WITH_CODE, typed, 13.0, people=li)

    cards = outside.stage.world.lock_outs._counted.cards
    [counted] = [at for card in cards.values() for at in card.tried]
    assert verdicts(outside) == ["right", "right", "wrong"]
    assert counted == pytest.approx(outside.of(IdentityJudged)[-1].at, abs=0.5)


KEPT = """steps:
  card: {ask: number, digits: 12, masked: yes, save: card, failed: hangup}
  pause: {wait: 20s}
  find: {lookup: cards, with: {card: card}, save: found, error: hangup}
  then: {log: {amount: found.amount, card: card}, then: hangup}
"""


def test_a_card_that_was_entered_before_the_restart_is_still_known(tmp_path):
    row = Answer("row", {"amount": Decimal(5)})

    outside = goes_through(tmp_path, KEPT, {BEGINS: CARD}, 12, 18, cards=row)

    assert heard(outside) == ["number"]
    assert logged(outside) == [{"amount": "5", "card": "******0002"}]
    assert CARD not in repr(outside.facts) + outside.channel.remembered


def test_a_pin_that_begins_with_what_was_typed_before_it_is_not_taken(tmp_path):
    flow = FLOW.replace("digits: 4}", "digits: 4, type_ahead: no, barge_in: yes}")
    typed = {BEGINS: CARD, 10.0: PIN}
    for death in (3.2, 9.0, 10.2, 10.8, 11.2, 11.51):
        outside = goes_through(tmp_path, flow, typed, death, away=0.7)

        assert heard(outside).count("card") == 1
        assert heard(outside).count("pin") <= 2
        assert logged(outside) == PROVED


VARIES = """steps:
  n: {ask: number, digits: 1..6, between_keys: 2s, confirm: confirm, save: amount,
    failed: hangup}
  then: {log: {amount: amount}, then: hangup}
"""


def test_a_pause_that_ended_an_entry_still_ends_it(tmp_path):
    # 12, a pause, and then 1 for "right".
    typed = {BEGINS: "12", 7.0: "1"}
    for death in (2.2, 2.7, 4.8, 5.0, 6.9, 7.001):
        outside = goes_through(tmp_path, VARIES, typed, death, away=0.05)

        assert heard(outside).count("number") == 1
        assert logged(outside) == [{"amount": "12"}], death


MENUS = """steps:
  hello: {say: one}
  first: {menu: which, keys: {1: second}}
  second: {menu: which, keys: {1: first, 2: third}}
  third: {menu: which, keys: {3: end}}
  end: {log: {done: "yes"}, then: hangup}
"""


def test_each_key_leads_on_once_at_whatever_moment_the_service_dies(tmp_path):
    typed = {0.5: "1", 1.0: "2", 4.0: "3"}
    undisturbed = goes_through(tmp_path, MENUS, typed)

    for moment, what in enumerate(undisturbed.lives[0].moments, 1):
        outside = goes_through(tmp_path, MENUS, typed, dies_at=moment)

        assert outside.decisions() == undisturbed.decisions(), what
