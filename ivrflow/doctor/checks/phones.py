"""Agents' phones: whether Asterisk knows them, and can reach them.

Each agent of agents.yaml with a phone of his own rings there. A phone that Asterisk
does not know is never rung; one that is not registered can't be. That some are not is
usual: people go home.

Cure: the endpoint in pjsip.conf and the one in agents.yaml must have the same name;
`asterisk -rx 'pjsip show endpoints'` shows those that there are.
"""

from __future__ import annotations

from ivrflow.doctor.checks import Area
from ivrflow.doctor.finding import Findings, error, note, ok
from ivrflow.doctor.patient import Patient

AREA = Area.ASTERISK

TOLD = 5
"""Phones that are named."""


async def look(patient: Patient) -> Findings:
    site = await patient.site()
    wanted = {
        str(agent.endpoint): str(number)
        for number, agent in site.agents.items()
        if agent.endpoint is not None
    }
    if not wanted:
        yield ok("no agent has a phone of his own")
        return
    listed = await (await patient.ari()).json("/endpoints")
    states = {
        f"{one.get('technology')}/{one.get('resource')}": str(one.get("state"))
        for one in listed
        if isinstance(one, dict)
    }
    # Only those without a further address are in its list: not a number at a trunk.
    own = {name: agent for name, agent in wanted.items() if "@" not in name}
    strangers = [name for name in own if name not in states]
    offline = [name for name in own if states.get(name) == "offline"]
    if strangers:
        yield error(
            f"Asterisk knows no phone {_some(strangers)} of agents.yaml",
            "make it in pjsip.conf, or mend `endpoint:` in agents.yaml",
        )
    if offline and len(offline) == len(own) - len(strangers):
        yield note(
            f"none of {len(offline)} agents' phones is registered",
            "if somebody works now: are the phones' passwords and addresses right? "
            "asterisk -rx 'pjsip show contacts'",
        )
    elif not strangers:
        yield ok(f"{len(own) - len(offline)} of {len(own)} agents' phones can be rung")


def _some(names: list[str]) -> str:
    more = f" and {len(names) - TOLD} more" if len(names) > TOLD else ""
    return ", ".join(names[:TOLD]) + more
