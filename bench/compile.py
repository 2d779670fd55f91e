"""How long a large site takes to read and to check: 100 flows, 5,000 steps.

    python -m bench.compile [flows]

The flows look up, ask, choose, say values and call each other, as real ones do. The
files are read and checked from nothing, in a fresh process: as at a start of the
service, without the time to import Python's modules.
"""

from __future__ import annotations

import gc
import sys
import tempfile
import time
from pathlib import Path

from bench.machine import beside_goal, machine
from ivrflow.flow.check import check
from ivrflow.flow.load import read_site
from ivrflow.flow.source import Severity

FLOWS = 100
BLOCKS = 10
"""Blocks of five steps in a flow."""

READ, CHECKED = 1.0, 1.5
"""Seconds in which 100 flows with 5,000 steps are read and built, and checked too."""

SITE = {
    "site.yaml": "languages: [en, zh-CN]\ntimezone: Asia/Shanghai\n"
    "hosts: [erp.example.com]\n"
    "human: {seconds: 1000000, keys: 1000000}\n",
    "hours.yaml": "office:\n  mon-fri: 09:00-17:00\n",
    "data.yaml": """\
order:
  get: https://erp.example.com/orders/${id}
  gives: {number: text, state: {one_of: [sent, lost]}, due: date, amount: money}
  timeout: 2s
marks: {database: crm, insert: marks, timeout: 2s}
""",
    "queues.yaml": "desk: {title: Desk}\n",
    "agents.yaml": 'agents:\n  "1": {name: Li, queues: [desk], skills: {mail: 3}}\n',
    "mailboxes.yaml": "box: {title: Box, greeting: hello, heard_by: [admin]}\n",
}

BEGIN = """\
  begin:
    choose:
{choices}
      - {{else: {last}}}
"""

BLOCK = """\
  find{n}:
    lookup: order
    with: {{id: customer + {n}}}
    save: order{n}
    not_found: menu{n}
    error: menu{n}
  tell{n}:
    say:
      - {{if: order{n}.amount > {n} and now.hour < 12, say: state{f}}}
      - "It is due on ${{order{n}.due | date}}, number ${{order{n}.number | digits}}."
  menu{n}:
    menu: which{f}
    keys:
      1: ask{n}
      2: {{then: tell{n}, if: order{n}.state == 'sent'}}
      3: {{then: keep{n}, set: {{chosen: "${{order{n}.amount}}"}}}}
    failed: agent
  ask{n}:
    ask: enter
    digits: 4..8
    check: entry{n} != '0000'
    save: entry{n}
    failed: agent
  keep{n}:
    store: marks
    with: {{customer: customer, entry: entry{n}, amount: order{n}.amount}}
    error: agent
"""

END = """\
  next:
    call: {next}
    with: {{customer: customer}}
  agent:
    queue: desk
    skills: {{mail: 2}}
    priority: default(chosen, 0)
    max_wait: 5m
    timeout: leave
    full: leave
    no_agents: leave
    closed: leave
    then: hangup
  leave: {{voicemail: box, then: hangup, failed: hangup}}
"""


def write_site(folder: Path, flows: int = FLOWS) -> int:
    """Write a site with so many flows into *folder*; return its number of steps."""
    files = dict(SITE)
    prompts = ["hello: Hello.", "enter: Please enter it."]
    for f in range(flows):
        blocks = "".join(BLOCK.format(n=n, f=f) for n in range(BLOCKS))
        last = "next" if f < flows - 1 else "agent"
        ways = (
            f"      - {{if: customer == {n}, then: find{n}}}" for n in range(BLOCKS)
        )
        blocks = BEGIN.format(choices="\n".join(ways), last=last) + blocks
        end = END.format(next=f"flow{f + 1}")
        if f == flows - 1:
            end = end[end.index("  agent:") :]
        files[f"flows/flow{f}.yaml"] = (
            f"flow: flow{f}\ntakes: {{customer: number}}\non_error: agent\n"
            f"steps:\n{blocks}{end}"
        )
        prompts.append(f"which{f}: Please choose, in part {f}.")
        prompts.append(f"state{f}: At ${{now.hour | number}} in part {f}.")
    files["numbers.yaml"] = '"100": {flow: top}\n'
    files["flows/top.yaml"] = (
        'flow: top\nsteps:\n  go: {call: flow0, with: {customer: "5"}}\n'
    )
    for language in ("en", "zh-CN"):
        files[f"prompts/{language}.yaml"] = "\n".join(prompts) + "\n"
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    return flows * (BLOCKS * 5 + 1)


def main(flows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_site(folder, flows)
        gc.disable()  # as `check_site` does
        begun, before = time.perf_counter(), time.process_time()
        site = read_site(folder)
        read = time.process_time() - before
        grave = [p for p in check(site) if p.severity is not Severity.NOTE]
        both = time.process_time() - before
        whole = time.perf_counter() - begun
    assert not grave, grave[0]
    steps = sum(len(flow.nodes) for flow in site.flows.values())
    share = flows / FLOWS
    print(machine())
    print(f"{len(site.flows)} flows with {steps:,} steps")
    print(beside_goal("read and built", read, READ * share, "s", more=False))
    print(beside_goal("that, and checked", both, CHECKED * share, "s", more=False))
    print(f"(seconds of the processor; by the clock it took {whole:.2f} s)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else FLOWS)
