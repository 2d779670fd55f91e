"""What a caller in line waits for lasts as long as it should, whoever dies then."""

import asyncio

from ivrflow.facts import AgentOffered
from ivrflow.sim import clock
from ivrflow.sim.rehearsal.people import AgentAs
from ivrflow.sim.rehearsal.scene import opening
from tests.calls.lives import Outside
from tests.unit.flow.one_call import site as site_of

FLOW = """steps:
  q:
    queue: desk
    agent: {is: "1002", wait: 20s}
    no_agents: hangup
    then: hangup
"""
FILES = {
    "agents": "agents:\n"
    '  "1001": {name: Ann, endpoint: PJSIP/1001, queues: [desk]}\n'
    '  "1002": {name: Bob, endpoint: PJSIP/1002, queues: [desk]}\n',
    "queues": "desk: {title: Desk}\n",
}


def offered_after(folder, *deaths):
    """Seconds until Ann is offered one who waits for Bob; he is busy."""

    async def main():
        site = site_of(folder, FLOW, **FILES)
        ann = AgentAs.model_validate("ready")
        outside = Outside(site, opening(site, "top", agents={"1001": ann}))
        began = outside.seconds()
        async with asyncio.timeout(200):
            for seconds in deaths:
                await outside.live(dies_after=seconds)
            async with asyncio.TaskGroup() as group:
                life = group.create_task(outside.live())
                await outside.until(lambda: outside.of(AgentOffered))
                outside.lives[-1].die()
                await life
        return outside.of(AgentOffered)[0].at - began

    return clock.run(main())


def test_the_agent_who_is_named_is_waited_for_no_longer_by_a_death(tmp_path):
    whole = offered_after(tmp_path)
    for deaths in ((15,), (5, 6), (18, 1)):
        assert whole <= offered_after(tmp_path, *deaths) <= whole + 1.5, deaths
