from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from ivrflow.prompts.catalogue import Catalogue, UnknownPrompt
from ivrflow.prompts.inventory import missing, needed
from ivrflow.prompts.phrase import Clip
from ivrflow.prompts.say import CannotSay
from ivrflow.prompts.text import Titled, parse_text

ROOT = Path(__file__).parents[3]
ENGLISH = {
    "menu_choice": "${choice}, press ${key}.",
    "welcome": "Welcome.",
    "choose_language": [{"zh-CN": "中文请按一。"}, {"en": "For English, press two."}],
    "enter_card": {
        "first": "Please enter your card number.",
        "silent": ["I did not hear any keys.", "Use the keys of your phone."],
        "wrong": "That number is not right.",
    },
    "main_menu": {
        "choices": {"balance": "For your balance", "agent": "To talk to a person"},
        "silent": "I did not hear any keys.",
    },
    "nobody_free": {
        "first": "All agents are busy.",
        "choices": {"leave_message": "To leave a message"},
    },
    "your_balance": "Your balance is ${amount | money}, due on ${due | date}.",
    "order_status": "Order ${number | digits} is ${state | word order_states}.",
    "order_states": {"packed": "being packed", "in transit": "on its way"},
    "whisper": "${queue.title}, waited ${waited | minutes}.",
    "only_english": "Hello.",
}
CHINESE = {
    "menu_choice": "${choice}请按${key}。",
    "welcome": "欢迎。",
    "main_menu": {"choices": {"balance": "查询余额", "agent": "人工服务"}},
    "your_balance": "您的余额是${amount | money}，请于${due | date}前付清。",
    "order_states": {"packed": "正在配货"},
}
TODAY = date(2026, 3, 2)


def build(english=ENGLISH, chinese=CHINESE):
    wrong = []
    made = Catalogue.build(
        ["en", "zh-CN"],
        {"en": english, "zh-CN": chinese},
        lambda language, path, message: wrong.append((language, path, message)),
    )
    return made, wrong


@pytest.fixture(scope="module")
def catalogue():
    made, wrong = build()
    assert wrong == []
    return made


def hear(catalogue, prompt, *, values=None, recorded=lambda clip: 1.0, **more):
    more.setdefault("language", "en")
    return catalogue.utterances(
        prompt,
        value=lambda slot: (values or {}).get(slot.expression),
        recorded=recorded,
        today=TODAY,
        **more,
    )


def words(catalogue, prompt, **more):
    return [said.words for said in hear(catalogue, prompt, **more)]


def test_a_plain_prompt_is_its_words_and_one_recording(catalogue):
    [said] = hear(catalogue, "welcome", recorded=lambda clip: 1.25)

    assert (said.prompt, said.words, said.language) == ("welcome", "Welcome.", "en")
    assert said.clips == ("en/welcome",)
    assert said.seconds == 1.25


def test_each_language_says_its_own_words(catalogue):
    assert words(catalogue, "welcome", language="zh-CN") == ["欢迎。"]


def test_what_a_language_lacks_is_said_in_the_default_language(catalogue):
    [said] = hear(catalogue, "only_english", language="zh-CN")

    assert (said.words, said.language) == ("Hello.", "en")
    assert ("zh-CN", "only_english") in catalogue.lacking()


def test_a_text_in_several_languages_is_said_in_each(catalogue):
    said = hear(catalogue, "choose_language")

    assert [(it.language, it.words) for it in said] == [
        ("zh-CN", "中文请按一。"),
        ("en", "For English, press two."),
    ]
    assert said[0].clips == ("en/choose_language.zh-CN",)
    assert {it.prompt for it in said} == {"choose_language"}


@pytest.mark.parametrize(
    ("variant", "attempt", "name", "said", "clip"),
    [
        ("first", 1, "enter_card", "Please enter your card number.", ""),
        ("silent", 1, "enter_card.silent", "I did not hear any keys.", ".silent.1"),
        ("silent", 2, "enter_card.silent", "Use the keys of your phone.", ".silent.2"),
        ("silent", 9, "enter_card.silent", "Use the keys of your phone.", ".silent.2"),
        ("wrong", 1, "enter_card.wrong", "That number is not right.", ".wrong"),
    ],
)
def test_an_ask_says_its_variant_instead_of_the_first(
    catalogue, variant, attempt, name, said, clip
):
    [heard] = hear(catalogue, "enter_card", variant=variant, attempt=attempt)

    assert (heard.prompt, heard.words) == (name, said)
    assert heard.clips == (f"en/enter_card{clip}",)


def test_a_missing_variant_is_the_first_one_under_its_own_name(catalogue):
    [said] = hear(catalogue, "welcome", variant="wrong")

    assert (said.prompt, said.words) == ("welcome", "Welcome.")


def test_a_menu_says_its_choices_with_the_keys_that_are_offered(catalogue):
    offered = [("1", "balance"), ("3", "no_phrase_for_this"), ("*", "agent")]
    [said] = hear(catalogue, "main_menu", offered=offered)

    assert said.words == (
        "For your balance, press one. To talk to a person, press star."
    )
    assert said.clips == (
        "en/main_menu.balance",
        "en/menu_choice.1",
        "en/main_menu.agent",
        "en/menu_choice.star",
    )
    assert said.prompt == "main_menu"


def test_a_menu_says_what_went_wrong_before_its_choices(catalogue):
    [said] = hear(catalogue, "main_menu", variant="silent", offered=[("1", "balance")])

    assert said.prompt == "main_menu.silent"
    assert said.words == "I did not hear any keys. For your balance, press one."


def test_a_menu_without_the_variant_says_its_first_words_and_choices(catalogue):
    offered = [("1", "leave_message")]
    expected = ["All agents are busy. To leave a message, press one."]

    for variant in ("first", "silent", "wrong"):
        heard = words(catalogue, "nobody_free", variant=variant, offered=offered)
        assert heard == expected


def test_a_chinese_menu_runs_on_without_blanks(catalogue):
    offered = [("1", "balance"), ("0", "agent")]
    heard = words(catalogue, "main_menu", language="zh-CN", offered=offered)

    assert heard == ["查询余额请按一。人工服务请按零。"]


def test_a_menu_with_nothing_to_offer_says_nothing(catalogue):
    assert hear(catalogue, "main_menu") == []


def test_values_are_spelled_out_and_joined_from_pieces(catalogue):
    values = {"amount": Decimal("1234.50"), "due": date(2026, 3, 15)}
    [said] = hear(catalogue, "your_balance", values=values)

    assert said.words == (
        "Your balance is one thousand two hundred thirty-four yuan fifty, "
        "due on March the fifteenth."
    )
    assert said.clips == (
        "en/your_balance.part1",
        *(f"en/pieces/{name}" for name in ("1", "thousand", "200", "34", "yuan", "50")),
        "en/your_balance.part2",
        "en/pieces/march",
        "en/pieces/15th",
    )
    assert words(catalogue, "your_balance", values=values, language="zh-CN") == [
        "您的余额是一千二百三十四元五角，请于三月十五日前付清。"
    ]


def test_a_table_gives_words_for_codes(catalogue):
    values = {"number": "1001", "state": "in transit"}
    [said] = hear(catalogue, "order_status", values=values)

    assert said.words == "Order one zero zero one is on its way."
    assert said.clips[-1] == "en/order_states.inu20transit"


def test_a_code_that_the_table_lacks_is_refused_by_the_name_of_the_table(catalogue):
    with pytest.raises(CannotSay, match="'order_states' has no words"):
        hear(catalogue, "order_status", values={"number": "1", "state": "lost"})


def test_a_title_is_said_with_its_own_recording(catalogue):
    title = Titled.of("en", "queue", "service", "Retail service")
    [said] = hear(catalogue, "whisper", values={"queue.title": title, "waited": 130})

    assert said.words == "Retail service, waited two minutes."
    assert said.clips[0] == "en/titles/queue.service"


def test_a_value_that_is_not_there_names_its_slot(catalogue):
    with pytest.raises(CannotSay, match=r"\$\{amount \| money\}.*nothing"):
        hear(catalogue, "your_balance", values={"due": TODAY})


def test_only_what_is_recorded_is_played_and_the_rest_is_estimated(catalogue):
    values = {"queue.title": "Ann's own queue", "waited": 130}
    recorded = {"en/whisper.part1": 0.8}
    [said] = hear(catalogue, "whisper", values=values, recorded=recorded.get)

    assert said.clips == ("en/whisper.part1",)
    assert said.words == "Ann's own queue, waited two minutes."
    assert 1.5 < said.seconds < 5


def test_where_nothing_is_recorded_there_is_nothing_to_play(catalogue):
    text = parse_text("Call ${number | phone}")
    [said] = catalogue.text(
        text,
        language="en",
        value=lambda slot: "13800138000",
        recorded=lambda clip: None,
    )

    assert (
        said.words == "Call one three eight, zero zero one three, eight zero zero zero"
    )
    assert said.clips == ()
    assert said.prompt == ""


def test_a_text_of_the_flow_plays_the_pieces_of_its_values(catalogue):
    text = parse_text("Opens at ${opens | time} on ${opens}")
    [said] = catalogue.text(
        text,
        language="en",
        value=lambda slot: datetime(2026, 3, 9, 8, 30),
        recorded=lambda clip: 0.5,
        today=TODAY,
    )

    assert said.words == "Opens at eight thirty on March the ninth eight thirty"
    assert said.clips[:2] == ("en/pieces/8", "en/pieces/30")


def test_a_key_that_is_entered_is_said_digit_by_digit_without_a_filter(catalogue):
    [said] = catalogue.text(
        parse_text("${entry}"),
        language="en",
        value=lambda slot: "0571",
        recorded=lambda clip: None,
    )
    assert said.words == "zero five seven one"


def test_an_unknown_prompt_is_an_error_and_not_silence(catalogue):
    with pytest.raises(UnknownPrompt, match="'welcom'"):
        hear(catalogue, "welcom")
    assert not catalogue.has("order_states")


def test_the_checker_sees_all_texts_and_values(catalogue):
    assert catalogue.variants("enter_card", "en") == ("first", "silent", "wrong")
    assert catalogue.variants("main_menu", "en") == ("silent", "choices")
    assert list(catalogue.choices("main_menu", "en")) == ["balance", "agent"]
    assert [s.expression for s in catalogue.slots("your_balance", "en")] == [
        "amount",
        "due",
    ]
    places = [path for path, _ in catalogue.texts("enter_card", "en")]
    assert ("silent", 1) in places
    assert catalogue.tables() == {"order_states"}


@pytest.mark.parametrize(
    ("name", "value", "path", "cure"),
    [
        ("Bad-Name", "x", ("Bad-Name",), "lower-case"),
        ("../up", "x", ("../up",), "lower-case"),
        ("x", "", ("x",), "is empty"),
        ("x", None, ("x",), "a text is needed"),
        ("x", 5, ("x",), "a text is needed"),
        ("x", ["one", "two"], ("x",), "several languages"),
        ("x", [{"fr": "un"}], ("x", 0, "fr"), "the site; it has en zh-CN"),
        ("x", {"first": "a", "silnet": "b"}, ("x", "silnet"), "'silent'"),
        ("x", {"first": "a", "silent": ["b", ""]}, ("x", "silent", 1), "empty"),
        ("x", {"first": "${a"}, ("x", "first"), "never closed"),
        ("x", {"choices": "For orders"}, ("x", "choices"), "names of targets"),
        ("x", {"choices": {"wrong": "a"}}, ("x", "choices", "wrong"), "rename"),
        ("x", {"packed": "${a}"}, ("x", "packed"), "can't hold"),
        ("x", {}, ("x",), "is empty"),
        ("x", "${a | word no_table}", ("x", "first"), "no table 'no_table'"),
        ("menu_choice", "Press ${key}.", ("menu_choice",), "${choice} and ${key}"),
        ("menu_choice", {"first": "a", "wrong": "b"}, ("menu_choice",), "one text"),
    ],
)
def test_each_mistake_is_reported_with_its_place_and_cure(name, value, path, cure):
    made, wrong = build(ENGLISH | {name: value})

    assert [(language, where) for language, where, _ in wrong] == [("en", path)]
    assert cure in wrong[0][2]
    assert made.has("welcome")


def test_all_mistakes_come_at_once():
    _, wrong = build({"a": "", "b": "${", "c": {"first": "x", "frist": "y"}}, {"d": ""})
    assert len(wrong) == 4


def test_two_texts_that_need_one_recording_are_reported():
    prompts = ENGLISH | {"x": {"first": "${a} b", "choices": {"part1": "Other words"}}}
    _, wrong = build(prompts)
    assert "'en/x.part1'" in wrong[0][2]


def test_a_template_may_name_the_key_first():
    made, wrong = build(ENGLISH | {"menu_choice": "Press ${key} ${choice}, please."})
    [said] = hear(made, "main_menu", offered=[("2", "balance")])

    assert wrong == []
    assert said.words == "Press two For your balance, please."
    assert said.clips == (
        "en/menu_choice.2",
        "en/main_menu.balance",
        "en/menu_choice.after",
    )


def test_a_language_that_nobody_can_spell_is_reported():
    wrong = []
    made = Catalogue.build(
        ["en", "fr"],
        {"en": ENGLISH, "fr": {}},
        lambda language, path, message: wrong.append((language, message)),
    )
    assert wrong[0][0] == "fr"
    assert made.languages == ("en",)


def test_texts_keep_the_type_they_were_read_with():
    class Marked(str):
        line = 3

    made, _ = build(ENGLISH | {"welcome": Marked("Hi.")})
    [(_, text)] = made.texts("welcome", "en")
    assert text.text.line == 3


def test_the_inventory_names_each_recording_once(catalogue):
    clips = needed(catalogue, [Titled.of("en", "queue", "q", "Sales")])
    names = [clip.name for clip in clips]

    assert len(names) == len(set(names))
    assert Clip("en/your_balance.part2", ", due on", "en") in clips
    assert Clip("en/choose_language.zh-CN", "中文请按一。", "zh-CN") in clips
    assert Clip("zh-CN/menu_choice.hash", "请按井号键。", "zh-CN") in clips
    assert Clip("en/titles/queue.q", "Sales", "en") in clips
    assert "en/your_balance.part3" not in names  # a full stop says nothing


def test_what_is_missing_is_what_has_no_recording(catalogue):
    have = {clip.name: 1.0 for clip in needed(catalogue)}
    del have["en/welcome"]

    assert [clip.name for clip in missing(catalogue, have.get)] == ["en/welcome"]


def shipped(language):
    path = ROOT / "ivrflow" / "prompts" / "shipped" / f"{language}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def site(language):
    path = ROOT / "flows" / "hotline" / "prompts" / f"{language}.yaml"
    return yaml.load(path.read_text(encoding="utf-8"), yaml.BaseLoader)


def test_the_shipped_prompts_can_be_read_and_are_the_same_in_both_languages():
    made, wrong = build(shipped("en"), shipped("zh-CN"))

    assert wrong == []
    for name in made.names():
        assert made.variants(name, "en") == made.variants(name, "zh-CN")
        assert list(made.choices(name, "en")) == list(made.choices(name, "zh-CN"))


def test_no_shipped_recording_is_taken_by_the_words_of_the_sample():
    for language in ("en", "zh-CN"):
        ours, its = shipped(language), site(language)
        assert all(ours[name] == its[name] for name in ours.keys() & its.keys())
