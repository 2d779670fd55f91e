"""The site of the floor: three queues, twenty agents, and short talks.

Skills and levels are mixed, one queue rings all its agents at once, and one number
leads to a need that only two agents meet.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path

from ivrflow.asterisk.home.run import PrivateAsterisk
from ivrflow.hashing import make_pepper

AGENTS = tuple(str(1001 + n) for n in range(20))

NUMBERS = {"12301": "service", "12302": "orders", "12303": "everybody", "12304": "rare"}
"""What is dialled -> the flow that answers."""

RING = 3
WRAP_UP = 1

_QUEUES = f"""\
service:
  title: {{en: Service}}
  choose: longest_idle
  ring: {RING}s
  wrap_up: {WRAP_UP}s
orders:
  title: {{en: Orders}}
  choose: best_skill
  ring: {RING}s
  wrap_up: {WRAP_UP}s
team:
  title: {{en: The team}}
  choose: ring_all
  ring: {RING}s
  wrap_up: {WRAP_UP}s
"""

_FLOW = """\
flow: {flow}
steps:
  wait:
    queue: {queue}
    skills: {skills}
    widen: {widen}
    max_wait: 20s
    keys: {{"9": bye}}
    no_agents: bye
    timeout: bye
  bye: {{hangup: yes}}
"""

_FLOWS = {
    "service": ("service", "{language: \"'en'\"}", "[]"),
    "orders": ("orders", "{product: 3}", "[{after: 5s, lower: {product: 1}}]"),
    "everybody": ("team", "{}", "[]"),
    "rare": ("service", "{language: \"'fr'\"}", "[{after: 8s, drop: language}]"),
}


def _agent(number: int) -> str:
    queues = ["service"] if number % 2 else ["service", "orders"]
    if number < 6:
        queues = [*queues, "team"]
    languages = {"en": 1 + number % 5}
    if number in (3, 12):
        languages["fr"] = 4
    skills = {"language": languages, "product": 1 + number % 5}
    return (
        f'  "{AGENTS[number]}": {{name: Agent {number}, '
        f"endpoint: PJSIP/{AGENTS[number]}, "
        f"queues: {json.dumps(queues)}, skills: {json.dumps(skills)}}}\n"
    )


@dataclass(frozen=True, kw_only=True)
class Installed:
    """An installation of the floor: where it is, and who may ask its API."""

    settings: Path
    database: Path
    queue_log: Path
    api_port: int
    api_token: str


def install(folder: Path, pbx: PrivateAsterisk, api_port: int) -> Installed:
    """Write the site, its settings and its secrets below *folder*. Blocks."""
    site = folder / "site"
    (site / "flows").mkdir(parents=True)
    (site / "prompts").mkdir()
    texts = {
        "site.yaml": "title: {en: The floor}\nlanguages: [en]\ntimezone: UTC\n"
        "human: {seconds: 120, keys: 10}\n",
        "queues.yaml": _QUEUES,
        "agents.yaml": "agents:\n" + "".join(map(_agent, range(len(AGENTS)))),
        "numbers.yaml": "".join(f'"{n}": {{flow: {f}}}\n' for n, f in NUMBERS.items()),
        "prompts/en.yaml": "",
    }
    for flow, (queue, skills, widen) in _FLOWS.items():
        texts[f"flows/{flow}.yaml"] = _FLOW.format(
            flow=flow, queue=queue, skills=skills, widen=widen
        )
    for name, text in texts.items():
        (site / name).write_text(text, "utf-8")
    (folder / "sounds").mkdir()
    (folder / "sounds/manifest.json").write_text('{"clips": {}}', "utf-8")
    token = secrets.token_urlsafe(24)
    for name, secret in (
        ("ari", pbx.ari_password),
        ("ami", pbx.credentials.ami_password),
        ("token", token),
    ):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(secret + "\n", "utf-8")
    make_pepper(folder / "pepper")
    settings = folder / "ivrflow.yaml"
    settings.write_text(
        f"""\
site: site
sounds: sounds
database: sqlite:///ivrflow.db
queue_log: queue_log
pepper_file: pepper
ari: {{url: "{pbx.ari_url}", user: {pbx.ari_user}, password_file: ari}}
ami: {{port: {pbx.ports.ami}, password_file: ami}}
api: {{port: {api_port}, token_file: token}}
""",
        "utf-8",
    )
    return Installed(
        settings=settings,
        database=folder / "ivrflow.db",
        queue_log=folder / "queue_log",
        api_port=api_port,
        api_token=token,
    )
