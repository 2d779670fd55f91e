"""Dialplans run flows by AGI, in a service without an Asterisk: that is the test."""

import asyncio
from contextlib import asynccontextmanager

import pytest
from agi_rig import script

from ivrflow.facts import CallEnded, CallResumed, CallStarted, StepEntered, StepFailed
from ivrflow.service.run import serving
from ivrflow.sim.scripted import ScriptedChannel
from tests.unit.service.test_service import SETTINGS, installed

BALANCE = """\
flow: top
agi: yes
takes: {card: text, amount: number, vip: yes/no}
gives: {rest: number, told: text, nothing: text}
steps:
  hello: {say: hello}
  work: {set: {rest: "${amount * 2}", told: "${card} \\"and\\" \\\\ ${vip}"}}
  quiet: {set: {nothing: "${none}"}}
"""
MENU = """\
flow: top
agi: yes
gives: {chosen: text}
steps:
  hello: {menu: hello, keys: {1: one, 2: two}, failed: hangup}
  one: {set: {chosen: one}, then: return}
  two: {set: {chosen: two}, then: return}
"""
QUEUE = """\
flow: top
agi: yes
steps:
  hello: {say: hello}
  line: {queue: desk, no_agents: bye, on_error: sorry}
  bye: {say: hello, then: return}
  sorry: {say: hello, then: return}
"""
LONG = "a_name_of_forty_letters_is_a_long_one_00"
THERE = {"DIALPLAN_EXISTS(ivrflow-script,s,1)": "1"}
GIVEN = "flow/top?card=+62%2022&amount=21&vip=yes"


class House:
    def __init__(self, running, facts):
        self.running, self.facts = running, facts
        self.port = running.scripts.server.port

    async def script(self, asked="flow/top", variables=None, **told):
        return await script(
            self.port, asked, variables, sounds={"en/hello": 0.3}, **told
        )

    async def run(self, asked="flow/top", variables=None, **told):
        """A whole script of somebody who only listens; return it when it has ended."""
        one = await self.script(asked, variables, **told)
        async with asyncio.timeout(20):
            await one.run()
        return one

    def of(self, kind):
        return [fact for fact in self.facts if isinstance(fact, kind)]


@asynccontextmanager
async def house(folder, flow, more="agi: {port: 0}\n"):
    facts = []
    files = {"flows/top": flow, "numbers": '"*11": {agent: sign_in}\n'}
    settings, site = installed(folder, SETTINGS + more, **files)
    async with serving(settings, site, listener=facts.append) as running:
        await running.scripts.server.listens()
        yield House(running, facts)


async def until(look):
    async with asyncio.timeout(10):
        while not (found := look()):
            await asyncio.sleep(0.01)
    return found


async def test_a_flow_runs_and_gives_its_results_to_the_dialplan(tmp_path):
    async with house(tmp_path, BALANCE) as ours:
        ended = await ours.run(GIVEN)

    assert ended.variables["IVR_rest"] == "42"
    assert ended.variables["IVR_told"] == '+62 22 "and" \\ yes'
    assert ended.variables["IVR_nothing"] == ""
    assert ended.variables["IVRFLOW_ENDED"] == "flow"
    assert ended.set[-1] == "IVRFLOW_ENDED", "so a dialplan may believe in it"
    assert not ended.hung_up, "the dialplan goes on with the call"
    (started,), (over,) = ours.of(CallStarted), ours.of(CallEnded)
    assert (started.call, started.caller, started.dialled, started.flow) == (
        "1767312000.7",
        "13800138000",
        "500",
        "top",
    )
    assert over.by == "flow"


async def test_a_value_that_no_command_holds_costs_no_other_one(tmp_path, caplog):
    flow = (
        "flow: top\nagi: yes\ntakes: {a: text, b: text}\n"
        f"gives: {{{LONG}: text, short: text}}\nsteps:\n"
        f'  put: {{set: {{{LONG}: "${{a}}${{b}}", short: ok}}}}\n'
    )
    async with house(tmp_path, flow) as ours:
        # A quote takes two bytes in a command.
        quotes = "%22" * 500
        ended = await ours.run(f"flow/top?a={quotes}&b={quotes}")

    assert f"IVR_{LONG} is not set" in caplog.text
    caplog.clear()
    assert f"IVR_{LONG}" not in ended.variables
    assert ended.variables["IVR_short"] == "ok"
    assert ended.variables["IVRFLOW_ENDED"] == "flow"


async def test_keys_choose_while_a_sound_plays_and_behind_it(tmp_path):
    async with house(tmp_path, MENU) as ours:
        early = await ours.script()
        async with asyncio.TaskGroup() as group:
            group.create_task(early.run())
            await early.heard("en/hello")
            early.press("2")
        late = await ours.script()
        async with asyncio.TaskGroup() as group:
            group.create_task(late.run())
            await late.heard("en/hello")
            await until(lambda: late.said[-1][0] == "WAIT")
            late.press("1")

    assert early.variables["IVR_chosen"] == "two"
    assert late.variables["IVR_chosen"] == "one"


async def test_a_key_that_stops_nothing_lets_the_sound_go_on_from_there(tmp_path):
    flow = (
        "flow: top\nagi: yes\nsteps:\n"
        "  hello: {say: hello, barge_in: no}\n  wait: {wait: 10ms}\n"
    )
    async with house(tmp_path, flow) as ours:
        one = await ours.script()
        async with asyncio.TaskGroup() as group:
            group.create_task(one.run())
            await one.heard("en/hello")
            one.press("5")
    begins = [int(words[4]) for words in one.said if words[0] == "STREAM"]

    assert begins[0] == 0
    assert len(begins) == 2
    assert begins[1] > 0


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        ("hotline", "no-flow", "ask for agi://HOST/flow/NAME"),
        ("flow/other", "no-flow", "there is no flow 'other'"),
        ("flow/top", "bad-values", "takes 'amount': write ?amount=..."),
        (f"{GIVEN}&x=1", "bad-values", "takes no 'x'"),
        (GIVEN.replace("21", "much"), "bad-values", "'amount' is no number"),
        (GIVEN.replace("vip=yes", "vip=1"), "bad-values", "'vip' is no yes/no"),
        (f"flow/top?card={'x' * 501}", "bad-values", "more than 500 characters"),
    ],
)
async def test_what_cannot_be_run_is_refused_with_the_reason(
    tmp_path, caplog, asked, code, said
):
    before = {"IVRFLOW_ENDED": "flow"}
    async with house(tmp_path, BALANCE) as ours:
        ended = await ours.run(asked, before)

    assert ended.variables["IVRFLOW_REFUSED"] == code
    assert ended.variables["IVRFLOW_ENDED"] == "", "what stood there was another's"
    assert not ended.hung_up
    assert said in caplog.text
    assert "much" not in caplog.text, "a value may be a card's number"
    assert not ours.facts or not ours.of(CallStarted)


async def test_only_flows_that_say_so_are_run(tmp_path, caplog):
    async with house(tmp_path, MENU.replace("agi: yes\n", "")) as ours:
        ended = await ours.run()

    assert ended.variables["IVRFLOW_REFUSED"] == "no-flow"
    assert "write `agi: yes` into its head" in caplog.text


async def test_a_hang_up_ends_the_call(tmp_path):
    async with house(tmp_path, MENU) as ours:
        one = await ours.script()
        async with asyncio.TaskGroup() as group:
            group.create_task(one.run())
            await one.heard("en/hello")
            one.hang_up()
        await until(lambda: ours.of(CallEnded))

    assert ours.of(CallEnded)[0].by == "caller"
    assert not one.variables["IVRFLOW_ENDED"]


async def test_a_withheld_number_is_not_told(tmp_path):
    async with house(tmp_path, MENU) as ours:
        for told in ({"presentation": "35"}, {"caller": "unknown"}):
            one = await ours.script(id=f"1.{len(ours.facts)}", **told)
            async with asyncio.TaskGroup() as group:
                group.create_task(one.run())
                await one.heard("en/hello")
                one.hang_up()

    assert [fact.caller for fact in ours.of(CallStarted)] == ["", ""]


async def test_a_step_that_joins_channels_hands_the_call_over(tmp_path):
    async with house(tmp_path, QUEUE) as ours:
        ended = await ours.run(variables=dict(THERE))
        assert ["SET", "CONTEXT", "ivrflow-script"] in ended.said
        assert ended.said[-2:] == [["SET", "EXTENSION", "s"], ["SET", "PRIORITY", "1"]]
        assert ended.variables["IVRFLOW_BACK"] == "from-trunk,500,4"
        assert ended.variables["IVRFLOW_NUMBER"] == "500"
        assert not ended.variables["IVRFLOW_ENDED"]
        assert not ours.of(CallEnded), "it goes on where channels are joined"
        assert ours.running.live.of("1767312000.7") is None

        channel = ScriptedChannel(id="1767312000.7")
        channel.remembered = ended.variables["IVRFLOW_STATE"].removeprefix("0:")
        ours.running.drain._door.take(channel)
        await until(lambda: channel.gone.done())

    (resumed,) = ours.of(CallResumed)
    assert (resumed.step, resumed.number, resumed.how) == ("line", 2, "handed over")
    assert [f.step for f in ours.of(StepEntered)] == ["hello", "line", "bye"]
    assert channel.given_back == {"IVRFLOW_ENDED": "flow"}, "the dialplan has it again"
    assert ours.of(CallEnded)[0].by == "flow"


async def test_a_dialplan_without_the_way_there_is_an_error_of_the_step(
    tmp_path, caplog
):
    async with house(tmp_path, QUEUE) as ours:
        ended = await ours.run()

    assert ended.variables["IVRFLOW_ENDED"] == "flow"
    assert "the dialplan has no [ivrflow-script]" in ours.of(StepFailed)[0].error
    assert ours.of(StepEntered)[-1].step == "sorry"


async def test_a_call_goes_on_with_its_step_when_the_dialplan_tries_again(tmp_path):
    async with house(tmp_path, MENU) as ours:
        first = await ours.script()
        async with asyncio.TaskGroup() as group:
            group.create_task(first.run())
            await first.heard("en/hello")
            first.close()
        await until(lambda: ours.of(CallEnded))
        again = await ours.script(variables=first.variables)
        async with asyncio.TaskGroup() as group:
            group.create_task(again.run())
            await again.heard("en/hello")
            again.press("1")

    (resumed,) = ours.of(CallResumed)
    assert (resumed.flow, resumed.step, resumed.number) == ("top", "hello", 1)
    assert not resumed.how
    assert again.variables["IVR_chosen"] == "one"
    # Told again where the end of the first script has taken its bookmark out of the
    # database: that is one row there, as it has the same number.
    entered = [f.number for f in ours.of(StepEntered) if f.step == "hello"]
    assert set(entered) == {1}


async def test_a_second_script_on_a_call_counts_its_steps_on(tmp_path):
    async with house(tmp_path, BALANCE) as ours:
        first = await ours.run(GIVEN)
        steps = ours.of(StepEntered)[-1].number
        second = await ours.run(GIVEN, first.variables)

    assert second.variables["IVRFLOW_ENDED"] == "flow"
    numbers = [fact.number for fact in ours.of(StepEntered)]
    assert numbers == list(range(1, 2 * steps + 1)), "no number names two things"


async def test_a_channel_that_was_given_back_begins_anew_at_the_other_door(tmp_path):
    async with house(tmp_path, BALANCE) as ours:
        ended = await ours.run(GIVEN)
        channel = ScriptedChannel(id="1767312000.7")
        channel.remembered = ended.variables["IVRFLOW_STATE"].removeprefix("0:")
        ours.running.drain._door.take(channel)
        await until(lambda: channel.gone.done())

    assert channel.given_back is None
    assert len(ours.of(CallStarted)) == 2


async def test_one_call_runs_one_script_at_a_time(tmp_path, caplog):
    async with house(tmp_path, MENU) as ours:
        first = await ours.script()
        async with asyncio.TaskGroup() as group:
            group.create_task(first.run())
            await first.heard("en/hello")
            second = await ours.run()
            first.press("1")

    assert second.variables["IVRFLOW_REFUSED"] == "busy"
    assert first.variables["IVRFLOW_ENDED"] == "flow"


async def test_while_the_service_leaves_no_script_begins(tmp_path):
    async with house(tmp_path, MENU) as ours:
        ours.running.drain._door.hold()
        ended = await ours.run()

    assert ended.said == [], "so the dialplan tries again, and the next service has it"


async def test_more_calls_than_may_be_up_are_left_to_the_dialplan(tmp_path, caplog):
    more = "agi: {port: 0}\nlimits: {calls: 1}\n"
    async with house(tmp_path, MENU, more) as ours:
        first = await ours.script()
        async with asyncio.TaskGroup() as group:
            group.create_task(first.run())
            await first.heard("en/hello")
            second = await ours.run(id="1.2")
            first.hang_up()

    assert second.said == []
    assert "limits: calls: is 1" in caplog.text


async def test_a_bookmark_is_never_longer_than_can_be_read_again(tmp_path):
    flow = MENU.replace("gives:", "takes: {a: text, b: text, c: text}\ngives:")
    text = "".join(f"{n:x}" for n in range(170))
    async with house(tmp_path, flow) as ours:
        one = await ours.script(f"flow/top?a={text}&b={text[::-1]}&c={text}")
        async with asyncio.TaskGroup() as group:
            group.create_task(one.run())
            await one.heard("en/hello")
            one.press("1")

    assert 100 < len(one.variables["IVRFLOW_STATE"].encode()) <= 1023
    assert one.variables["IVR_chosen"] == "one"
