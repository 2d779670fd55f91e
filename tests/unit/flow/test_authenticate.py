"""Who calls: cards that are known, one-time codes, core systems, limits, twins."""

import pytest

from ivrflow.flow.load import BadSite
from ivrflow.flow.outbound import DialGuard, OutboundRules
from ivrflow.flow.world import Limit, PinLimits, Trouble
from ivrflow.sim.memory import MemoryLockOuts, MemoryLookups, MemoryOutbox
from ivrflow.sim.scripted import Person, ScriptedSwitch
from ivrflow.telephony.channel import Unreached
from tests.unit.flow.one_call import World_, call, site

CARD, PIN = "1234", "739146"
PROMPTS = (
    "card: Your card.\npin: Your PIN.\ncode: Your code.\noffer: Use this card?\n"
    'code_text: "Your code is ${code}."\n'
)
DATA = """\
people:
  database: crm
  sql: select id, mobile, hash from person where card = :card
  gives: {id: number, mobile: text}
  verify: {pin: hash}
  timeout: 2s
card_of:
  database: crm
  sql: select card from person where mobile = :number
  gives: {card: text}
  many: 2
  timeout: 2s
"""
CODE = "code: {send: sms, to: mobile, text: code_text, ask: code, digits: 6}"
FLOW = """\
steps:
  who:
    authenticate: people
    card: {ask: card, digits: 4%s}
    %s
    save: who
    failed: no
    locked: shut
    error: away
  yes_: {hangup: bye}
  no: {log: {a: 1}, then: hangup}
  shut: {log: {a: 2}, then: hangup}
  away: {log: {a: 3}, then: hangup}
"""
KNOWN = ", known: call.from, by: card_of, offer: offer"
PIN_ASKED = "pin: {ask: pin, digits: 6}"


def lookups(**more):
    def person(values):
        row = {"id": 7, "mobile": "13800138000", "hash": PIN}
        return row if values["card"] == CARD else None

    return MemoryLookups({"people": person, "card_of": [{"card": CARD}], **more})


def run(folder, keys, proof=PIN_ASKED, *, known="", data=DATA, ends=None, **world):
    hosts = {"site": "hosts: [core.example.com]\n"}
    made = site(folder, FLOW % (known, proof), **hosts, data=data, prompts__en=PROMPTS)
    world = World_(**{"lookups": lookups(), **world})
    typed, at = {}, 0.5
    for one in keys:
        typed[at] = one
        at += 2.5
    return call(made, keys=typed, world=world, **(ends or {}))


# A card that is known ---------------------------------------------------------------


def test_a_card_that_belongs_to_the_calling_number_is_offered_and_used(tmp_path):
    left = run(tmp_path, ["1", PIN], known=KNOWN)

    assert left.said[:2] == ["offer", "pin"]
    assert left.steps[-1] == "yes_"


def test_a_caller_may_take_another_card_than_the_one_offered(tmp_path):
    left = run(tmp_path, ["2", CARD, PIN], known=KNOWN)

    assert left.said[:3] == ["offer", "card", "pin"]
    assert left.steps[-1] == "yes_"


@pytest.mark.parametrize(
    "found",
    [[], [{"card": CARD}, {"card": "9999"}], [{"card": "12"}], Trouble("away")],
    ids=["no card", "two cards", "no right card", "away"],
)
def test_without_one_right_card_none_is_offered(tmp_path, found):
    left = run(tmp_path, [CARD, PIN], known=KNOWN, lookups=lookups(card_of=found))

    assert left.said[:2] == ["card", "pin"]
    assert left.steps[-1] == "yes_"


def test_the_pin_is_asked_for_a_known_card_as_for_any(tmp_path):
    left = run(tmp_path, ["1", "000000", "000000", CARD, "000000"], known=KNOWN)

    assert left.steps[-1] == "no"


# One-time codes ---------------------------------------------------------------------


def test_a_code_that_was_sent_proves_the_caller(tmp_path):
    sms = MemoryOutbox()
    left = run(tmp_path, [CARD, "123456"], CODE, couriers={"sms": sms})

    [letter] = sms.delivered
    assert (letter.to, letter.text.reveal()) == ("13800138000", "Your code is 123456.")
    assert left.steps[-1] == "yes_"
    assert left.entries[-1] == ("******", "accepted")


def test_pin_and_code_are_both_needed(tmp_path):
    sms = MemoryOutbox()
    left = run(
        tmp_path,
        [CARD, PIN, "123456"],
        f"{PIN_ASKED}\n    {CODE}",
        couriers={"sms": sms},
    )
    assert left.said[:3] == ["card", "pin", "code"]
    assert left.steps[-1] == "yes_"


def test_after_a_wrong_pin_no_code_is_sent(tmp_path):
    sms = MemoryOutbox()
    run(
        tmp_path,
        [CARD, "000000", "000000", CARD, "000000"],
        f"{PIN_ASKED}\n    {CODE}",
        couriers={"sms": sms},
    )
    assert sms.delivered == []


def test_wrong_codes_are_counted_as_wrong_pins_are(tmp_path):
    sms = MemoryOutbox()
    wrong = [CARD, "000000", "000000", CARD, "000000"]
    left = run(tmp_path, wrong, CODE, couriers={"sms": sms})

    assert left.steps[-1] == "no"
    assert len(sms.delivered) == 3


def test_to_a_card_that_does_not_exist_nothing_is_sent_and_all_sounds_the_same(
    tmp_path,
):
    sms, keys = MemoryOutbox(), ["123456", "123456", "9999", "123456"]
    unknown = run(tmp_path, ["9999", *keys], CODE, couriers={"sms": sms})
    assert sms.delivered == []
    wrong = [CARD, "000000", "000000", CARD, "000000"]
    known = run(tmp_path, wrong, CODE, couriers={"sms": sms})

    assert unknown.said == known.said
    assert unknown.seconds == known.seconds


def test_a_code_is_worth_nothing_when_its_time_is_over(tmp_path):
    sms = MemoryOutbox()
    code = CODE.replace("digits: 6", "digits: 6, valid: 1s")
    left = run(
        tmp_path, [CARD, "", "123456"], f"tries: 1\n    {code}", couriers={"sms": sms}
    )
    assert left.steps[-1] == "no"


VOICE = CODE.replace("sms", "voice").replace("code_text", '"It is ${code | digits}."')
PHONE = "PJSIP/13800138000@trunk"


class Remembers(ScriptedSwitch):
    """Keeps the legs that it made, also when they are gone."""

    def __init__(self, people):
        super().__init__(people)
        self.made = []

    async def dial(self, order):
        leg = await super().dial(order)
        self.made.append(leg)
        return leg


def by_voice(folder, keys, person, ends=None, **rules):
    allowed = {"endpoint": "PJSIP/{number}@trunk", "prefixes": ("1",), **rules}
    guard = DialGuard(
        OutboundRules(**allowed), seconds=lambda: 0.0, is_open=lambda site, name: True
    )
    its = {"outbound": guard, "switch": Remembers, "phones": {PHONE: person}}
    return run(folder, keys, VOICE, ends=ends, **its)


def test_a_code_is_said_on_the_phone_that_belongs_to_the_card(tmp_path):
    person = Person(answers_after=1, talks_for=None)
    left = by_voice(tmp_path, [CARD, "", "", "", "123456"], person)

    assert left.steps[-1] == "yes_"
    [leg] = left.world.used.made
    words = [one.words for _, one in leg.heard]
    assert words == ["It is ******."] * 3
    assert leg.gone.done()


def test_the_phone_is_let_go_when_the_code_has_been_entered(tmp_path):
    left = by_voice(
        tmp_path, [CARD, "", "123456"], Person(answers_after=1, talks_for=None)
    )
    assert left.steps[-1] == "yes_"
    [leg] = left.world.used.made
    assert leg.gone.done()


@pytest.mark.parametrize("answers", [1, 20])
@pytest.mark.parametrize("ends", [{"hangs_up_at": 5.0}, {"cancelled_at": [5.0]}])
def test_a_call_that_ends_while_the_code_is_said_or_it_rings_leaves_no_phone_behind(
    tmp_path, answers, ends
):
    person = Person(answers_after=answers, talks_for=None)
    left = by_voice(tmp_path, [CARD], person, ends)

    assert left.seconds == pytest.approx(5.0, abs=0.1)
    assert len(left.world.used.made) == (answers < 5)
    assert all(leg.gone.done() for leg in left.world.used.made)
    assert not left.world.used.ringing


def test_who_hangs_up_while_the_code_is_said_may_enter_it_all_the_same(tmp_path):
    person = Person(answers_after=0.2, talks_for=0.5)
    left = by_voice(tmp_path, [CARD, "", "123456"], person)
    assert left.steps[-1] == "yes_"


@pytest.mark.parametrize(
    ("person", "rules"),
    [
        (Person(refuses=Unreached.BUSY), {}),
        (Person(answers_after=1), {"prefixes": ("0571",)}),
    ],
    ids=["busy", "a number that may not be dialled"],
)
def test_a_code_that_can_not_be_said_is_an_error(tmp_path, person, rules):
    assert by_voice(tmp_path, [CARD], person, **rules).steps[-1] == "away"


def test_a_code_that_can_not_be_sent_is_an_error(tmp_path):
    sms = MemoryOutbox(Trouble("the gateway is away"))
    assert run(tmp_path, [CARD], CODE, couriers={"sms": sms}).steps[-1] == "away"
    assert run(tmp_path, [CARD], CODE).steps[-1] == "away"


# A core system ----------------------------------------------------------------------

CORE = DATA.replace(
    "verify: {pin: hash}",
    "verify: {pin: {post: 'https://core.example.com/pin', encrypt: core}}",
)


class Core:
    def __init__(self, trouble=None):
        self.asked = []
        self.trouble = trouble

    async def right(self, source, card, pin):
        self.asked.append((card.reveal(), pin.reveal()))
        if self.trouble:
            raise self.trouble
        return pin.reveal() == PIN


def test_a_core_system_judges_the_pin(tmp_path):
    core = Core()
    left = run(tmp_path, [CARD, "000000", PIN], data=CORE, judge=core)

    assert core.asked == [(CARD, "000000"), (CARD, PIN)]
    assert left.steps[-1] == "yes_"


def test_what_the_core_system_says_of_an_unknown_card_does_not_help(tmp_path):
    core = Core()
    left = run(tmp_path, ["9999", PIN, PIN, "9999", PIN], data=CORE, judge=core)

    assert len(core.asked) == 3
    assert left.steps[-1] == "no"


def test_a_core_system_that_is_away_is_an_error_and_no_attempt(tmp_path):
    locks = MemoryLockOuts()
    lock = f"{PIN_ASKED}\n    lock: {{after: 1, within: 24h, for: 30m}}"
    away = Core(Trouble("away"))
    left = run(tmp_path, [CARD, PIN], lock, data=CORE, judge=away, lock_outs=locks)
    assert left.steps[-1] == "away"

    again = run(tmp_path, [CARD, PIN], lock, data=CORE, judge=Core(), lock_outs=locks)
    assert again.steps[-1] == "yes_"


def test_a_locked_card_is_not_shown_to_the_core_system(tmp_path):
    locks, core = MemoryLockOuts(), Core()
    lock = f"{PIN_ASKED}\n    lock: {{after: 1, within: 24h, for: 30m}}"
    left = run(
        tmp_path, [CARD, "000000", PIN], lock, data=CORE, judge=core, lock_outs=locks
    )
    assert left.steps[-1] == "shut"
    assert core.asked == [(CARD, "000000")]


# Limits over all calls --------------------------------------------------------------


@pytest.mark.parametrize("which", ["caller", "dialled", "all"])
def test_a_limit_locks_whatever_card_is_tried(tmp_path, which):
    locks = MemoryLockOuts()
    limits = PinLimits(**{which: Limit(2, 3600, 3600)})
    world = {"pin_limits": limits, "lock_outs": locks}
    assert run(tmp_path, ["9999", "000000"], **world).steps[-1] == "no"
    left = run(tmp_path, ["8888", "000000", PIN], **world)

    assert left.steps[-1] == "shut"
    assert run(tmp_path, [CARD, PIN], **world).steps[-1] == "shut"


def test_right_pins_never_fill_a_limit(tmp_path):
    limits = PinLimits(caller=Limit(2, 3600, 3600), all=Limit(2, 3600, 3600))
    world = {"pin_limits": limits, "lock_outs": MemoryLockOuts()}
    for _ in range(5):
        assert run(tmp_path, [CARD, PIN], **world).steps[-1] == "yes_"


# What is told when the site is read ---------------------------------------------------


@pytest.mark.parametrize(
    ("proof", "known", "told"),
    [
        ("tries: 3", "", "add `pin` or `code`"),
        (CODE.replace("sms", "pigeon"), "", "sms, email, voice|sms.*voice"),
        (CODE.replace("sms", "email"), "", "needs a `subject`"),
        (CODE.replace("to: mobile", "to: mobil"), "", "D018.*did you mean 'mobile'"),
        (CODE.replace("digits: 6", "digits: 4..8"), "", "one length"),
        (PIN_ASKED, ", known: call.from", "belong together"),
        (PIN_ASKED, KNOWN.replace("card_of", "people"), "D018"),
    ],
)
def test_what_can_not_be_right_is_told(tmp_path, proof, known, told):
    with pytest.raises(BadSite, match=told):
        run(tmp_path, [], proof, known=known)


@pytest.mark.parametrize(
    ("verify", "told"),
    [
        ("{pin: {post: 'https://core.example.com/x'}}", "belong together"),
        ("{pin: {post: 'https://other.example.com/x', encrypt: core}}", "D016"),
        ("{code: mobile}", "has no `pin`"),
    ],
)
def test_a_verify_that_proves_nothing_is_told(tmp_path, verify, told):
    data = DATA.replace("{pin: hash}", verify)
    with pytest.raises(BadSite, match=told):
        run(tmp_path, [], data=data)
