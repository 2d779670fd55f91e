"""Talks as authors write them, about lists, letters and codes."""

import pytest

from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.verdict import told

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\nhosts: [hooks.example.com]\n",
    "numbers.yaml": '"100": {flow: main}\n',
    "data.yaml": """\
people:
  database: crm
  sql: select id, mobile, mail from person where card = :card
  gives: {id: number, mobile: text, mail: text}
  verify: {code: mobile}
  timeout: 2s
orders:
  get: https://hooks.example.com/orders/${id}
  gives: {number: text, sum: money}
  many: 20
  timeout: 2s
""",
    "prompts/en.yaml": """\
card: Your card, please.
code: Your code, please.
code_text: "Code: ${code}"
subject: Order ${order.number}
receipt: "Order ${order.number}: ${order.sum | money}."
thanks: Thank you.
none_there: There is no order.
""",
    "flows/main.yaml": """\
flow: main
on_error: bye
steps:
  who:
    authenticate: people
    card: {ask: card, digits: 4}
    code: {send: sms, to: mobile, text: code_text, ask: code, digits: 6}
    save: who
    failed: bye
  find: {lookup: orders, with: {id: who.id}, save: list, not_found: nothing}
  first: {set: {order: "${list[0]}"}}
  mail: {send: {email: "${who.mail}", subject: subject, text: receipt}}
  hook:
    send:
      webhook: https://hooks.example.com/called
      with: {order: order.number, sum: order.sum}
  bye: {hangup: thanks}
  nothing: {hangup: none_there}
""",
}


@pytest.fixture
def site(tmp_path):
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return load_site(tmp_path)


def plays(site, talk):
    found = read_test(f"tests: main\n{talk}", "talk.yaml", site)
    assert not found.problems
    (rehearsal,) = found.rehearsals
    verdict = rehearse(site, rehearsal)
    assert verdict.passed, "\n".join(told(verdict))


def test_a_code_a_list_and_letters_in_one_talk(site):
    plays(
        site,
        """
receipt:
  data:
    people: {id: 7, mail: li@example.com}
    orders: [{number: A1, sum: 1234.5}, {number: A2, sum: 2}]
  talk:
    - keys: "1234"
    - keys: "123456"
    - hears: thanks
  email: {to: li@example.com, subject: Order A1, text: "Order A1: 1234.50 CNY."}
  webhook: {to: "https://hooks.example.com/called", data: {order: A1, sum: "1234.5"}}
  never: {logged: "123456"}
""",
    )


def test_an_empty_list_is_not_found(site):
    plays(
        site,
        """
nothing:
  data: {people: {id: 7, mail: li@example.com}, orders: not found}
  talk: [{keys: "1234"}, {keys: "123456"}, {hears: none_there}]
  ends in: nothing
""",
    )


def test_a_wrong_code_proves_nobody(site):
    plays(
        site,
        """
wrong:
  data: {people: {id: 7, mail: li@example.com}}
  talk:
    - keys: "1234"
    - keys: "000000"
    - keys: "000000"
    - keys: "1234"
    - keys: "000000"
  ends in: bye
  never: {reached: find}
""",
    )
