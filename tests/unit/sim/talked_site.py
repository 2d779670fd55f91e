"""A site of one menu with three talks, of which each covers another part of it."""

FILES = {
    "site.yaml": "languages: [en]\ntimezone: UTC\nhosts: [erp.example.com]\n",
    "numbers.yaml": '"100": {flow: main}\n',
    "data.yaml": """\
order:
  get: https://erp.example.com/orders/${id}
  gives: {number: text, amount: money}
  timeout: 2s
""",
    "prompts/en.yaml": """\
which:
  first: Welcome.
  choices: {find: For your order, bye: To end the call}
order: Order ${order.number | digits}.
dear: It is dear.
none: There is no order.
bye: Goodbye.
""",
    "flows/main.yaml": """\
flow: main
title: Orders
always: {9: repeat}
on_error: bye
on_end: note
steps:
  which:
    menu: which
    keys:
      1: find
      2: bye
    tries: 2
    failed: bye
  find:
    lookup: order
    with: {id: call.from}
    save: order
    not_found: none
  tell:
    say: [order, {if: order.amount >= 100, say: dear}]
    then: bye
  none:
    say: none
  bye:
    hangup: bye
  note: {log: {order: order.number}}
""",
    "tests/main.test.yaml": """\
tests: main

an order:
  caller: "4711"
  data: {order: {number: "31", amount: 100}}
  talk:
    - keys: 1
    - says: Order three one.
    - says: It is dear.
    - hangs up: flow
  asked: {order: {id: "4711"}}
  logged: {order: "31"}
  way: [which, find, tell, bye]

a cheaper order:
  data: {order: {number: "31", amount: 99}}
  talk: [{keys: 1}, {hangs up: flow}]
  never: {said: [dear]}

no choice:
  talk: [{hangs up: flow}]
  said: {which: 2, bye: 1}
  way: [which, bye]
""",
}


def write(folder, **changed):
    """Write the site into *folder*; *changed* are files with other texts."""
    for name, text in (FILES | changed).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return folder
