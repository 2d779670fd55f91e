"""The site in which the examples of the rules' manuals stand.

An example is a list of steps, which become the flow `main`, or files, each begun by a
comment with its name; they take the place of the site's own. Prompts are added to the
site's.
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
    "mailboxes.yaml": "box: {title: Box, greeting: hello}\n",
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


def site_of(example):
    """The whole site with the example in it: file -> text."""
    if not example.startswith("# "):
        steps = textwrap.indent(example, "  ")
        return {**FILES, "flows/main.yaml": f"flow: main\nsteps:\n{steps}"}
    parts = re.split(r"^# (\S+\.yaml)\n", example, flags=re.MULTILINE)[1:]
    files = {**FILES, **dict(zip(parts[::2], parts[1::2], strict=True))}
    if "prompts/en.yaml" in parts and "site.yaml" not in parts:
        files["prompts/en.yaml"] += _others(files["prompts/en.yaml"])
    return files


def _others(prompts):
    """The prompts of the site that an example does not have: other files say them."""
    lines = FILES["prompts/en.yaml"].splitlines(keepends=True)
    return "".join(
        line for line in lines if f"\n{line.split(':')[0]}:" not in f"\n{prompts}"
    )
