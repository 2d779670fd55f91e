"""Ways out when something goes wrong, and that a call always ends in order."""

import asyncio

import pytest

from ivrflow.facts import Logged, StepFailed
from ivrflow.flow.world import Trouble
from ivrflow.sim import clock
from ivrflow.sim.memory import MemoryLookups
from ivrflow.sim.scripted import ScriptedChannel
from ivrflow.telephony.channel import Cause, HungUp, while_up
from tests.unit.flow.one_call import World_, call, site

WEATHER = """
weather: {get: "https://weather.example.com/now", gives: {sky: text}, timeout: 2s}
"""


def away():
    return World_(lookups=MemoryLookups({"weather": Trouble("the weather is away")}))


def weather_site(folder, flow, **more):
    more.setdefault("data", WEATHER)
    folder.joinpath("site.yaml").write_text("")
    return site(folder, flow, site="hosts: [weather.example.com]\n", **more)


def test_error_takes_the_steps_own_way_first(tmp_path):
    there = weather_site(tmp_path, """
on_error: sorry
steps:
  ask: {lookup: weather, on_error: own}
  own: {hangup: bye}
  sorry: {hangup: hello}
""")  # fmt: skip

    left = call(there, world=away())

    assert left.steps == ["ask", "own"]
    assert left.by == "flow"


def test_error_without_a_way_of_its_own_takes_the_flows(tmp_path):
    there = weather_site(tmp_path, """
on_error: sorry
steps:
  ask: {lookup: weather}
  sorry: {hangup: bye}
""")  # fmt: skip

    assert call(there, world=away()).steps == ["ask", "sorry"]


def test_error_without_any_way_says_the_apology_and_hangs_up(tmp_path):
    there = weather_site(tmp_path, "steps:\n  ask: {lookup: weather}\n")

    left = call(there, world=away())

    assert left.said == ["apology"]
    assert left.by == "flow"
    assert left.phone.gone.done()


def test_second_error_in_a_flow_says_the_apology_and_hangs_up(tmp_path):
    there = weather_site(tmp_path, """
on_error: again
steps:
  ask: {lookup: weather}
  again: {lookup: weather}
""")  # fmt: skip

    left = call(there, world=away())

    assert left.steps == ["ask", "again"]
    assert left.said == ["apology"]


SUB = """
flow: sub
{on_error}
steps:
  ask: {{lookup: weather}}
  again: {{lookup: weather}}
"""


def test_error_in_a_sub_flow_takes_the_error_of_the_step_that_called_it(tmp_path):
    there = weather_site(tmp_path, """
on_error: sorry
steps:
  sub: {call: sub, error: no_weather}
  no_weather: {hangup: bye}
  sorry: {hangup: hello}
""", flows__sub=SUB.format(on_error=""))  # fmt: skip

    assert call(there, world=away()).steps == ["sub", "ask", "no_weather"]


def test_error_in_a_sub_flow_takes_the_on_error_of_the_step_that_called_it(tmp_path):
    there = weather_site(tmp_path, """
steps:
  sub: {call: sub, on_error: no_weather}
  no_weather: {hangup: bye}
""", flows__sub=SUB.format(on_error=""))  # fmt: skip

    assert call(there, world=away()).steps == ["sub", "ask", "no_weather"]


def test_second_error_in_a_sub_flow_takes_the_way_of_the_flow_that_called_it(tmp_path):
    there = weather_site(tmp_path, """
on_error: sorry
steps:
  sub: {call: sub}
  sorry: {hangup: bye}
""", flows__sub=SUB.format(on_error="on_error: again"))  # fmt: skip

    assert call(there, world=away()).steps == ["sub", "ask", "again", "sorry"]


def test_error_in_a_sub_flow_without_any_way_says_the_apology(tmp_path):
    there = weather_site(
        tmp_path, "steps:\n  sub: {call: sub}\n", flows__sub=SUB.format(on_error="")
    )

    left = call(there, world=away())

    assert left.said == ["apology"]
    assert left.by == "flow"


def test_flow_that_goes_in_circles_is_ended(tmp_path, caplog):
    there = weather_site(tmp_path, """
steps:
  hello: {say: hello, then: nap}
  nap: {menu: hello, keys: {1: hello}, failed: on, tries: 1, wait: 250ms}
  on: {choose: [{if: now.hour > 24, then: hangup}, {else: hello}]}
""")  # fmt: skip

    left = call(there)

    assert left.by == "limit"
    assert "circle" in caplog.text
    caplog.clear()
    assert left.said[-1] == "apology"
    assert len(left.steps) == 5_000


def test_call_that_is_too_long_is_ended(tmp_path):
    there = site(tmp_path, """
steps:
  nap: {menu: hello, keys: {1: nap}, failed: on}
  on: {choose: [{if: now.hour > 24, then: hangup}, {else: nap}]}
""", site="longest_call: 1m\n")  # fmt: skip

    left = call(there)

    assert left.by == "limit"
    assert left.seconds == pytest.approx(60)


NOTES = """
on_end: note
steps:
  hello: {hangup: hello}
  note: {log: {ended_in: call.step}}
"""


@pytest.mark.parametrize("how", ["flow", "caller", "shutdown"])
def test_on_end_runs_whoever_ended_the_call(tmp_path, how):
    there = site(tmp_path, NOTES)
    more = {"caller": {"hangs_up_at": 0.1}, "shutdown": {"cancelled_at": [0.1]}}

    left = call(there, **more.get(how, {}))

    assert left.by == how
    assert [f.data for f in left.of(Logged)] == [{"ended_in": "hello"}]


def test_on_end_runs_even_if_the_channel_cannot_be_hung_up(tmp_path, caplog):
    class Stubborn(ScriptedChannel):
        async def hang_up(self, cause=None):
            raise OSError("no line to the switch")

    left = call(site(tmp_path, NOTES), phone=Stubborn)

    assert "could not be hung up" in caplog.text
    caplog.clear()

    assert [f.data for f in left.of(Logged)] == [{"ended_in": "hello"}]
    assert left.by == "flow"


def test_notes_after_the_end_are_stored_though_they_take_long(tmp_path):
    class Slow(MemoryLookups):
        async def store(self, source, values, **how):
            await asyncio.sleep(2)
            return await super().store(source, values, **how)

    there = site(tmp_path, """
on_end: keep
steps:
  hello: {hangup: hello}
  keep: {store: marks, with: {ended_in: call.step}}
""", data="marks: {database: crm, insert: m, timeout: 3s, filler: bye}")  # fmt: skip
    world = World_(lookups=Slow({"marks": None}))

    call(there, world=world)

    assert world.lookups.stored == {"marks": [{"ended_in": "hello"}]}


def test_bug_in_a_step_takes_the_way_for_errors(tmp_path, caplog):
    class Broken(MemoryLookups):
        async def find(self, source, values):
            raise ZeroDivisionError("not shown: it might quote a secret")

    there = weather_site(tmp_path, """
on_error: sorry
steps:
  ask: {lookup: weather}
  sorry: {hangup: bye}
""")  # fmt: skip

    left = call(there, world=World_(lookups=Broken({})))

    caplog.clear()
    assert left.steps == ["ask", "sorry"]
    assert [f.error for f in left.of(StepFailed)] == ["ZeroDivisionError"]


def test_number_whose_flow_does_not_exist_is_apologised_for(tmp_path, caplog):
    there = site(tmp_path, NOTES, numbers='"101": {flow: "${call.to}"}\n')

    left = call(there, dialled="101")

    assert left.ended == "over"
    assert left.said == ["apology"]
    assert left.phone.gone.done()
    assert "numbers.yaml:" in caplog.text
    caplog.clear()


def test_unknown_number_hears_so(tmp_path):
    left = call(site(tmp_path, NOTES), dialled="999")

    assert left.said == ["wrong_number"]
    assert left.by == "flow"


def test_lookup_never_shows_the_column_with_the_hash(tmp_path):
    world = World_(
        lookups=MemoryLookups({"people": {"id": 7, "pin_hash": "$argon2id$canary"}})
    )
    there = site(tmp_path, """
steps:
  ask: {lookup: people, with: {card: call.from}, save: who}
  note: {log: {who: who}}
""", data="""
people:
  database: crm
  sql: select id, pin_hash from person where card = :card
  gives: {id: number}
  verify: {pin: pin_hash}
  timeout: 2s
""")  # fmt: skip

    left = call(there, world=world)

    assert [f.data for f in left.of(Logged)] == [{"who": {"id": 7}}]


def test_hang_up_inside_a_group_keeps_its_cause():
    async def refused():
        raise HungUp(Cause.TEMPORARY_FAILURE)

    async def main():
        with pytest.raises(HungUp) as gone:
            async with while_up(ScriptedChannel()), asyncio.TaskGroup() as group:
                group.create_task(refused())
        assert gone.value.cause is Cause.TEMPORARY_FAILURE

    clock.run(main())


def test_time_limit_of_somebody_else_is_not_taken_for_the_longest_call(
    tmp_path, caplog
):
    class Slow(ScriptedChannel):
        async def answer(self):
            raise TimeoutError

    left = call(site(tmp_path, NOTES, site="longest_call: 1m\n"), phone=Slow)

    assert left.by == "fault"
    assert "longest_call" not in caplog.text
    caplog.clear()


NAMED = {
    "data": """
branch:
  get: https://weather.example.com/${id}
  gives:
    hours: {one_of: [office]}
    box: {one_of: [office]}
    desk: {one_of: [help]}
    talk: {one_of: [sub]}
  timeout: 2s
""",
    "hours": "office: {mon-fri: 09:00-17:00}\n",
    "mailboxes": "office: {title: Office, greeting: hello}\n",
    "queues": "help: {title: Help}\n",
    "flows__sub": "flow: sub\nsteps:\n  say: {say: hello}\n",
}


class Careless(MemoryLookups):
    """Gives whatever came, as no look-up of ours does: not held against `gives`."""

    async def find(self, source, values):
        return self.answers[source.name]


@pytest.mark.parametrize("name", [None, "moved"])
@pytest.mark.parametrize(
    "step",
    [
        'open: "${branch.hours}", yes: bye, no: bye',
        'voicemail: "${branch.box}"',
        'queue: "${branch.desk}"',
        'call: "${branch.talk}"',
        'transfer: {flow: "${branch.talk}"}',
        'transfer: {queue: "${branch.desk}"}',
        'callback: "${branch.desk}"',
        'callback: help, when: {within: 1d, slots: "${branch.hours}", ask: hello}',
    ],
)
def test_name_from_data_that_nothing_bears_is_an_error_and_no_fault(
    tmp_path, caplog, step, name
):
    there = weather_site(tmp_path, f"""
on_error: sorry
steps:
  find: {{lookup: branch, with: {{id: 5}}, save: branch, not_found: bye}}
  there: {{{step}}}
  bye: {{hangup: bye}}
  sorry: {{hangup: hello}}
""", **NAMED)  # fmt: skip
    row = dict.fromkeys(["hours", "box", "desk", "talk"], name)

    left = call(there, world=World_(lookups=Careless({"branch": row})))

    assert left.steps == ["find", "there", "sorry"]
    [failed] = left.of(StepFailed)
    assert "top.yaml:6:" in failed.error
    assert "${branch." in failed.error
    assert "a fault of ours" not in caplog.text
