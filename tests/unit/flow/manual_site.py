"""The site in which the examples of the rules' manuals stand.

An example is a list of steps, which become the flow `main`, then files, each begun by a
comment with its name; they take the place of the site's own, and `# no FILE` leaves one
out. Prompts are added to the site's. A line with nothing but `^` points at the mistake
in the line above it, as the command does.
"""

import re
import textwrap

FILES = {
    "site.yaml": "languages: [en]\ntimezone: Asia/Shanghai\nhosts: [erp.example.com]\n",
    "numbers.yaml": '"100": {flow: main}\n',
    "hours.yaml": "office:\n  mon-fri: 09:00-17:00\n  closed_by: shut\n",
    "switches.yaml": "shut: {title: Shut, expires: 8h}\n",
    "data.yaml": """\
people:
  database: crm
  sql: select id, name, pin_hash from person where card = :card
  gives: {id: number, name: text}
  verify: {pin: pin_hash}
  timeout: 2s
order:
  get: https://erp.example.com/orders/${id}
  gives: {number: text, state: {one_of: [sent, lost]}, due: date, amount: money}
  timeout: 2s
marks: {database: crm, insert: marks, timeout: 2s}
""",
    "queues.yaml": "desk: {title: Desk}\nsales: {title: Sales}\n",
    "agents.yaml": """\
agents:
  "1": {name: Li, queues: [desk, sales], skills: {mail: 3}}
""",
    "mailboxes.yaml": "box: {title: Box, greeting: hello, heard_by: [admin]}\n",
    "prompts/en.yaml": "hello: Hello.\nwhich: Which one?\nenter: Please enter it.\n",
    "flows/main.yaml": "flow: main\nsteps:\n  greet: {say: hello}\n",
    "flows/closing.yaml": "flow: closing\nsteps:\n  bye: {say: hello}\n",
    "flows/look.yaml": """\
flow: look
takes: {id: number}
gives: {state: text}
steps:
  keep: {set: {state: "order ${id}"}}
""",
}


MARK = re.compile(r"^( *)\^\n", flags=re.MULTILINE)
"""A line that only points at the place of the mistake above it."""

SIGNS = str.maketrans({"␉": "\t", "␇": "\a"})
"""Signs that can't be seen, as examples show them."""


def site_of(example):
    """The whole site with the example in it: file -> text; None: there is no such."""
    return {
        name: None if text is None else MARK.sub("", text).translate(SIGNS)
        for name, text in _marked(example).items()
    }


def places_of(example):
    """Where the example says that its mistakes are: (file, line, column)."""
    found = set()
    for name, text in _marked(example).items():
        line = 0
        for written in (text or "").splitlines():
            if MARK.fullmatch(f"{written}\n"):
                found.add((name, line, len(written)))
            else:
                line += 1
    return found


def _marked(example):
    steps, *parts = re.split(r"^# (no )?(\S+\.yaml)\n?", example, flags=re.MULTILINE)
    files = dict(FILES)
    if steps:
        steps = textwrap.indent(steps, "  ")
        files["flows/main.yaml"] = f"flow: main\nsteps:\n{steps}"
    given = {
        name: None if no else text
        for no, name, text in zip(parts[::3], parts[1::3], parts[2::3], strict=True)
    }
    if "prompts/en.yaml" in given and "site.yaml" not in given:
        given["prompts/en.yaml"] += _others(given["prompts/en.yaml"])
    return files | given


def _others(prompts):
    """The prompts of the site that an example does not have: other files say them."""
    lines = FILES["prompts/en.yaml"].splitlines(keepends=True)
    return "".join(
        line for line in lines if f"\n{line.split(':')[0]}:" not in f"\n{prompts}"
    )
