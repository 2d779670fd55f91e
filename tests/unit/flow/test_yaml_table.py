"""What YAML does to a telephone: each row of the language's table, with its message."""

import pytest
from small_site import check, serious

MAIN = "flows/main.yaml"
GREET = "  greet: {say: hello}\n"

ROWS = {
    "a hash in a text that is said": (
        "  greet:\n    say: Please press # to end\n",
        "13:23: Y002 what follows ` #` is a comment to YAML and is never said; put the "
        'whole text in quotes: "..."',
    ),
    "hash as a key": (
        "  greet:\n    menu: which\n    keys:\n      1: desk\n      #: repeat\n"
        "    failed: desk\n",
        "16:7: Y003 this line is a comment to YAML; write `hash:`",
    ),
    "hash as a key, on one line": (
        "  greet: {menu: which, keys: {1: desk, #: repeat}, failed: desk}\n",
        "12:40: Y003 `#:` is a comment to YAML; write `hash:`",
    ),
    "star as a key": (
        "  greet:\n    menu: which\n    keys:\n      *: back\n    failed: desk\n",
        "15:7: Y004 `*:` is an alias to YAML; write `star:`",
    ),
    "star as a key, on one line": (
        "  greet: {menu: which, keys: {*: back}, failed: desk}\n",
        "12:31: Y004 `*:` is an alias to YAML; write `star:`",
    ),
    "a key that stands twice": (
        "  greet:\n    menu: which\n    keys:\n      1: desk\n      1: box\n"
        "    failed: desk\n",
        "16:7: Y005 '1' again; it stands on line 15 already, and YAML would keep one "
        "of them only",
    ),
    "a colon in a text": (
        "  greet:\n    say: Welcome: press 1\n",
        "13:17: Y006 `: ` inside a text that is not quoted; put the whole text in "
        'quotes: "..."',
    ),
    "a brace at the beginning of a text": (
        "  greet:\n    say: {balance} yuan\n",
        "13:10: Y007 a text can't begin with { or [, which begin a table or a list; "
        'values are written ${...}, and put the whole text in quotes: "..."',
    ),
    "a value inside a table": (
        "  greet: {set: {n: ${n + 1}}}\n",
        '12:20: Y007 inside { } a text with ${...} needs quotes: "${...}"',
    ),
}


@pytest.mark.parametrize("row", ROWS)
def test_each_trap_has_a_message_of_its_own(tmp_path, row):
    step, expected = ROWS[row]

    found = serious(check(tmp_path, (MAIN, GREET, step)))

    assert any(line.startswith(f"{MAIN}:{expected}") for line in found), found


@pytest.mark.parametrize(
    "word", ["01", "010", "0123", "9:00", "on", "off", "0x1F", "1e3", "~"]
)
def test_what_others_take_for_a_number_or_a_boolean_stays_a_text(tmp_path, word):
    report = check(tmp_path, (MAIN, GREET, f"  greet: {{set: {{n: {word}}}}}\n"))

    assert serious(report) == []
    [(_, kept)] = report.site.flows["main"].nodes["greet"].step.values.items()
    assert str(kept) == word


def test_a_number_that_is_dialled_keeps_its_zeros(tmp_path):
    report = check(tmp_path, ("numbers.yaml", '"100"', "0057"))

    assert serious(report) == []
    assert list(report.site.numbers) == ["0057"]


def test_in_prompts_too_a_swallowed_hash_is_told(tmp_path):
    prompt = "card: Your card, then # please."

    found = serious(
        check(tmp_path, ("prompts/en.yaml", "card: Your card, please.", prompt))
    )

    assert found[0].startswith("prompts/en.yaml:6:23: Y002 ")
