"""The demo's story: what is told of a call, and waiting for what happens in it."""

import asyncio
import io

import pytest

from ivrflow.demo.story import NeverHappened, Story
from ivrflow.facts import AgentChanged, CallStarted, DigitsCollected, Said, StepEntered
from ivrflow.sim import clock


def started(call, caller):
    return CallStarted(
        at=100.0, call=call, caller=caller, dialled="100", flow="top", version="1"
    )


def said(call, prompt, words="Hello."):
    return Said(at=101.5, call=call, prompt=prompt, words=words, language="en")


def told(*facts):
    story = Story(out=io.StringIO())
    for fact in facts:
        story.note(fact)
    return story, story.out.getvalue()


def test_each_line_has_time_caller_place_and_step():
    entered = StepEntered(
        at=101.0, call="c", flow="top", step="hi", verb="say", place="flows/top.yaml:4",
        number=1,
    )  # fmt: skip
    _, text = told(started("c", "555"), entered, said("c", "hello"))

    last = text.splitlines()[-1]
    assert last.split()[:4] == ["1.5", "555", "top.yaml:4", "hi"]
    assert "Hello." in last


def test_masked_keys_stay_masked():
    digits = DigitsCollected(
        at=102.0, call="c", step="pin", digits="******", result="accepted", why="full"
    )
    _, text = told(started("c", "555"), digits)

    assert "******" in text


def test_facts_about_agents_belong_to_no_call():
    ready = AgentChanged(at=1.0, agent="1003", presence="ready", work="idle", why="")
    _, text = told(ready)

    assert "agents" in text
    assert "agent 1003 is ready, idle" in text


def test_what_has_been_said_already_counts_by_its_bare_name_too():
    story, _ = told(
        started("c", "555"),
        said("c", "pin"),
        said("c", "pin.wrong", "Wrong."),
        said("d", "pin", "to another caller"),
    )

    assert clock.run(story.said("555", "pin", nth=2)).words == "Wrong."
    assert clock.run(story.said("555", "pin.wrong")).words == "Wrong."


def test_what_is_said_later_is_waited_for():
    async def main():
        story = Story(tell=False)
        loop = asyncio.get_running_loop()
        loop.call_at(1, story.note, started("c", "555"))
        for at in (2, 3):
            loop.call_at(at, story.note, said("c", "pin", f"at {at}"))
        found = await story.said("555", "pin", nth=2)
        return found.words, loop.time()

    assert clock.run(main()) == ("at 3", 3.0)


def test_what_never_happens_is_told_with_caller_and_prompt():
    async def main():
        with pytest.raises(NeverHappened, match="555 never heard 'pin'"):
            await Story(tell=False).said("555", "pin")

    clock.run(main())
