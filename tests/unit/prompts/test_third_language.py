"""A language that comes by files only: its words, and a table for what is counted."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from ivrflow.flow.load import check_site, load_site
from ivrflow.prompts.inventory import needed
from ivrflow.prompts.say import About, speller_for

ONES = (
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze "
    "quinze seize dix-sept dix-huit dix-neuf vingt vingt-et-un vingt-deux vingt-trois"
)
FRENCH = {str(number): word for number, word in enumerate(ONES.split())} | {
    "34": "trente-quatre",
    "50": "cinquante",
    "100": "cent",
    "200": "deux cents",
    "1000": "mille",
    "thousand": "mille",
    "point": "virgule",
    "minus": "moins",
    "march": "mars",
    "hour": "heure",
    "hours": "heures",
    "minutes": "minutes",
    "euro": "euro",
    "euros": "euros",
    "cents": "centimes",
    "to": "à",
    "star": "étoile",
    "hash": "dièse",
}
ABOUT = About(date(2026, 1, 1), "EUR")


def said(filter, value, words=FRENCH):
    speller = speller_for("fr", words)
    return speller.written(speller.say(filter, value, ABOUT))


@pytest.mark.parametrize(
    ("filter", "value", "words"),
    [
        ("number", 1234, "mille deux cents trente-quatre"),
        ("number", 2000, "deux mille"),
        ("number", Decimal("-12.5"), "moins douze virgule cinq"),
        ("money", Decimal("1.50"), "un euro cinquante centimes"),
        ("money", 200, "deux cents euros"),
        ("digits", "102*", "un zéro deux étoile"),
        ("date", date(2026, 3, 15), "quinze mars"),
        ("time", time(8, 34), "huit heures trente-quatre"),
        ("minutes", (120, 240), "deux à quatre minutes"),
        ("number", 99, "99"),
        ("number", 1_000_001, "1000001"),
    ],
)
def test_values_are_said_with_the_words_of_the_table(filter, value, words):
    assert said(filter, value) == words


@pytest.mark.parametrize(
    ("filter", "value", "words"),
    [
        ("number", Decimal("1234.5"), "1234.5"),
        ("money", Decimal("12.50"), "12 euro 50 cent"),
        ("date", date(2027, 3, 15), "15 3 2027"),
        ("time", time(8, 5), "8:05"),
        ("duration", 90, "1 min 30 s"),
    ],
)
def test_what_the_table_lacks_is_written_in_figures_for_a_voice(filter, value, words):
    assert said(filter, value, {}) == words


def test_each_word_of_the_table_has_a_recording_of_its_own():
    speller = speller_for("fr", FRENCH)

    clips = [piece.clip for piece in speller.say("number", 1234, ABOUT)]

    assert clips == ["fr/spelling.1000", "fr/spelling.200", "fr/spelling.34"]


def test_language_with_a_speller_keeps_it():
    assert speller_for("en", FRENCH).key("star") == "star"
    with pytest.raises(LookupError, match="table 'spelling'"):
        speller_for("fr", None)


SITE = {
    "site.yaml": "title: {fr: Essai}\nlanguages: [fr, en]\ntimezone: Europe/Paris\n"
    "currency: EUR\n",
    "numbers.yaml": "'100': {flow: main}\n",
    "flows/main.yaml": "flow: main\nsteps:\n  hello: {say: balance}\n"
    "  ask: {menu: choice, keys: {1: hello, hash: bye}, failed: bye}\n"
    "  bye: {hangup: goodbye}\n",
    "prompts/en.yaml": "balance: You owe ${12.5 | money}.\n"
    "choice: {choices: {hello: For your balance, bye: To end}}\ngoodbye: Goodbye.\n",
    "prompts/fr.yaml": "menu_choice: '${choice}, appuyez sur ${key}.'\n"
    "balance: Vous devez ${12.5 | money}.\n"
    "choice: {choices: {hello: Pour votre solde, bye: Pour terminer}}\n"
    "goodbye: Au revoir.\n"
    "spelling: {1: un, 12: douze, 50: cinquante, euros: euros, hash: dièse}\n",
}


def write(folder, **changed):
    for name, text in (SITE | changed).items():
        path = Path(folder, name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder


def utterance(site, prompt, **more):
    (one,) = site.catalogue.utterances(
        prompt,
        language="fr",
        value=lambda slot: Decimal("12.5"),
        recorded=lambda clip: None,
        **more,
    )
    return one


def test_site_speaks_a_language_that_only_its_files_know(tmp_path):
    site = load_site(write(tmp_path))

    assert utterance(site, "balance").words == "Vous devez douze euros cinquante cent."
    assert utterance(
        site, "choice", offered=[("1", "hello"), ("hash", "bye")]
    ).words == ("Pour votre solde, appuyez sur un. Pour terminer, appuyez sur dièse.")
    names = {clip.name: clip.words for clip in needed(site.catalogue)}
    assert names["fr/menu_choice.hash"] == ", appuyez sur dièse."
    assert names["fr/spelling.euros"] == "euros"


def test_word_of_the_table_that_is_never_said_is_told(tmp_path):
    prompts = SITE["prompts/fr.yaml"].replace("12: douze", "twelve: douze")

    report = check_site(write(tmp_path, **{"prompts/fr.yaml": prompts}))

    (told,) = [p for p in report.problems if p.code == "P001"]
    assert "'twelve'" in told.message
    assert told.at.file == "prompts/fr.yaml"


def test_language_without_speller_or_table_is_told_what_it_needs(tmp_path):
    prompts = SITE["prompts/fr.yaml"].partition("spelling:")[0]

    report = check_site(write(tmp_path, **{"prompts/fr.yaml": prompts}))

    assert any(p.code == "P003" and "'spelling'" in p.message for p in report.problems)
