"""What the checker says of PINs and private numbers, and of names from data."""

import pytest
from manual_site import site_of
from small_site import check, serious, write

from ivrflow.flow.load import check_site
from ivrflow.flow.source import Severity

MAIN = "flows/main.yaml"
GREET = "greet: {say: hello}"


def told(folder, *steps, code):
    """What a rule says of *steps*, without its place."""
    text = "\n".join(steps)
    problems = check_site(write(folder, site_of(text + "\n"))).problems
    return [p.message for p in problems if p.code == code]


@pytest.mark.parametrize(
    ("save", "keys", "found"),
    [
        ("pin", "", "pin"),
        ("my_pin", "", "my_pin"),
        ("cvv", "", "cvv"),
        ("one_time_code", "", "one_time_code"),
        ("pin", ", secret: yes", ""),
        ("pin", ", masked: yes", "pin"),
        ("spin", "", ""),
        ("pinned", "", ""),
        ("postcode", "", ""),
    ],
)
def test_an_entry_that_looks_like_a_pin_is_to_be_secret(tmp_path, save, keys, found):
    step = f"a: {{ask: enter, digits: 4, save: {save}{keys}, failed: hangup}}"
    messages = told(tmp_path, step, code="S011")

    assert [m.split(" ")[0] for m in messages] == ([repr(found)] if found else [])


def test_the_prompt_tells_what_is_asked_too(tmp_path):
    report = check(
        tmp_path,
        (MAIN, GREET, "a: {ask: pin, digits: 4, save: number, failed: desk}"),
    )

    assert any("S011 'pin' looks like a PIN" in line for line in serious(report))


@pytest.mark.parametrize(
    ("keys", "is_private"),
    [
        ("as: id_card, save: who", True),
        ("digits: 16, check: luhn, save: card_number", True),
        ("as: id_card, masked: yes, save: who", False),
        ("digits: 16, check: luhn, secret: yes, save: card_number", False),
        ("digits: 12, check: luhn, save: parcel", False),
        ("as: id_card", False),
    ],
)
def test_a_private_number_is_to_be_masked(tmp_path, keys, is_private):
    step = f"a: {{ask: enter, {keys}, failed: hangup}}"

    assert bool(told(tmp_path, step, code="S012")) is is_private


@pytest.mark.parametrize(
    ("check_", "written"),
    [
        ("pin == '2468'", True),
        ("pin in ['1111', '2222']", True),
        ("pin == number", False),
        ("pin != none", False),
    ],
)
def test_a_pin_is_not_written_into_the_flow(tmp_path, check_, written):
    found = told(
        tmp_path,
        "n: {set: {number: '2468'}}",
        f'r: {{conference: board, pin: {{ask: enter, digits: 4, check: "{check_}"}}}}',
        code="S013",
    )

    assert bool(found) is written


def test_a_secret_is_told_together_with_a_key_that_nobody_knows(tmp_path):
    report = check(tmp_path, (MAIN, "who.id, state: found.state}", "who.pin}, lgo: 1"))

    assert [line.split(" ")[1] for line in serious(report)] == ["S010", "F011"]


def test_whether_a_secret_is_set_may_be_asked(tmp_path):
    report = check(tmp_path, (MAIN, "who: who.id", "who: who.pin != none"))

    assert serious(report) == []


def test_a_card_in_the_url_of_an_authenticate_is_told(tmp_path):
    report = check(
        tmp_path,
        ("data.yaml", "database: crm\n  sql: select id, name, pin_hash from person "
         "where card = :card", "get: https://erp.example.com/people/${card}"),
    )  # fmt: skip

    assert any("has the card in a URL" in line for line in serious(report))


# Names from data ----------------------------------------------------------------------

BRANCH = """\
# data.yaml
branch:
  get: https://erp.example.com/branch/${id}
  gives: {times: %s, notice: {one_of: [shut]}}
  timeout: 2s
# flows/main.yaml
flow: main
steps:
  find: {lookup: branch, with: {id: 5}, save: branch, not_found: hangup, error: hangup}
  tell: {say: "We open at ${hours[branch.times].%s | time}."}
  note: {log: {shut: "switch[branch.notice]"}}
"""


@pytest.mark.parametrize(
    ("times", "member", "found"),
    [
        ("{one_of: [office]}", "opens", []),
        ("text", "opens", ["F032"]),
        ("{one_of: [office, mall]}", "opens", ["F032"]),
        ("{one_of: [office]}", "opnes", ["T010"]),
    ],
)
def test_a_timetable_may_be_named_by_data_where_that_is_proved(
    tmp_path, times, member, found
):
    files = site_of(BRANCH % (times, member))
    problems = check_site(write(tmp_path, files)).problems

    errors = [p.code for p in problems if p.severity is Severity.ERROR]
    assert [code for code in errors if code[0] in "FTD"] == found


LIKE = """\
# data.yaml
order:
  get: https://erp.example.com/orders/${id}
  gives: {number: text, state: {one_of: [sent, lost]}}
  timeout: 2s
last_order: {get: "https://erp.example.com/last/${id}", like: %s, timeout: 2s%s}
# flows/main.yaml
flow: main
steps:
  find: {lookup: last_order, with: {id: 5}, save: o, not_found: hangup, error: hangup}
  go: {call: sub, with: {order: o}, error: hangup}
# flows/sub.yaml
flow: sub
takes: {order: order}
steps:
  tell: {say: [{if: "order.state == 'sent'", say: "It is ${order.number | digits}."}]}
"""


@pytest.mark.parametrize(
    ("like", "more", "found"),
    [
        ("order", "", []),
        ("oder", "", ["data.yaml has no 'oder'; did you mean 'order'?"]),
        ("last_order", "", ["'last_order' is like another one itself"]),
        ("order", ", gives: {a: text}", ["'like' and 'gives' don't go together"]),
    ],
)
def test_two_look_ups_may_have_one_record_type(tmp_path, like, more, found):
    problems = check_site(write(tmp_path, site_of(LIKE % (like, more)))).problems
    errors = [p.message for p in problems if p.code[0] in "D" and p.code != "D090"]

    first = [m for m in errors if any(m.startswith(f) for f in found)]
    assert len(first) == len(found), errors
    if not found:
        assert [p.message for p in problems if p.severity is Severity.ERROR] == []


def test_an_entry_that_nothing_uses_is_a_note(tmp_path):
    data = "more: {database: crm, insert: more, timeout: 2s}\nmarks:"
    report = check(
        tmp_path,
        ("data.yaml", "marks:", data),
        (MAIN, GREET, "greet: {store: marks, with: {a: who.id}}"),
    )

    notes = [p for p in report.problems if p.code == "D030"]
    assert [(p.message, p.severity) for p in notes] == [
        ("nothing uses 'more'", Severity.NOTE)
    ]
