"""A small site that is right, and ways to make it wrong, for the checker's tests."""

from pathlib import Path

from ivrflow.flow.load import Report, check_site
from ivrflow.flow.source import Severity

SAMPLE = Path(__file__).parents[3] / "flows/hotline"

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
  gives: {number: text, state: {one_of: [sent, lost]}}
  timeout: 2s
marks: {database: crm, insert: marks, timeout: 2s}
""",
    "queues.yaml": "desk: {title: Desk, announce: [{say: waiting, after: 10s}]}\n",
    "agents.yaml": 'agents:\n  "1": {name: Li, queues: [desk], skills: {mail: 3}}\n',
    "mailboxes.yaml": "box: {title: Box, greeting: hello, heard_by: [admin]}\n",
    "prompts/en.yaml": """\
hello: Hello ${who.name}.
waiting: You are number ${queue.position | number}.
which:
  first: Please choose.
  choices: {tell: For your order, desk: For a person}
card: Your card, please.
pin: Your PIN, please.
""",
    "flows/main.yaml": """\
flow: main
always: {0: desk}
on_error: desk
on_end: last
steps:
  prove:
    authenticate: people
    card: {ask: card, digits: 4}
    pin: {ask: pin, digits: 4}
    save: who
    failed: desk
  greet: {say: hello}
  which:
    menu: which
    keys: {1: tell, 2: desk}
    failed: desk
  tell:
    call: sub
    with: {person: who}
    save: found
    then: which
  desk:
    queue: desk
    skills: {mail: 2}
    timeout: box
    then: hangup
  box: {voicemail: box, then: hangup}
  last: {log: {who: who.id, state: found.state}}
""",
    "flows/sub.yaml": """\
flow: sub
takes: {person: people}
gives: {state: text}
steps:
  find: {lookup: order, with: {id: person.id}, save: order, not_found: return}
  keep: {set: {state: "${order.state}"}}
""",
}


def write(folder: Path, files: dict[str, str | None]) -> Path:
    """Write files into *folder*; None leaves one out."""
    for name, text in files.items():
        if text is not None:
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
    return folder


def changed(*changes: tuple[str, str, str]) -> dict[str, str | None]:
    """The small site, with each (file, old text, new text) put in once."""
    files: dict[str, str | None] = dict(FILES)
    for name, old, new in changes:
        text = files[name]
        assert text is not None
        assert text.count(old) >= 1, (name, old)
        files[name] = text.replace(old, new, 1)
    return files


def check(folder: Path, *changes: tuple[str, str, str]) -> Report:
    """What the checker says of the small site with these changes."""
    return check_site(write(folder, changed(*changes)))


def serious(report: Report) -> list[str]:
    """Its errors and warnings as lines."""
    return [str(p) for p in report.problems if p.severity is not Severity.NOTE]
