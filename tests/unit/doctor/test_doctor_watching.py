"""What watches the service, looked at: the log, metrics, traces."""

import socket

import pytest_asyncio

from ivrflow.doctor.finding import State
from tests.doctor_rig import bad, patient_in


@pytest_asyncio.fixture
async def world(tmp_path):
    async with patient_in(tmp_path) as world:
        yield world


async def test_without_any_of_it_the_log_is_text(world):
    [one] = await world.look("watching")

    assert [(f.state, f.said) for f in one.findings] == [(State.OK, "the log is text")]


async def test_a_collector_that_is_away_is_told_and_what_that_means(world):
    world.settings["traces"] = {"url": "http://127.0.0.1:9/secret?key=hush"}

    [(_, state, said, cure)] = bad(await world.look("watching"))

    assert state is State.WARNING
    assert "is not reached" in said
    assert "hush" not in said
    assert "calls are not harmed" in cure


async def test_a_collector_that_is_there_is_well(world):
    with socket.create_server(("127.0.0.1", 0)) as there:
        port = there.getsockname()[1]
        world.settings["traces"] = {"url": f"http://127.0.0.1:{port}"}

        [one] = await world.look("watching")

    assert [finding.state for finding in one.findings] == [State.OK, State.OK]


async def test_metrics_that_nobody_else_can_fetch_are_a_note(world):
    world.settings["api"]["host"] = "192.0.2.7"

    [one] = await world.look("watching")

    (note,) = [f for f in one.findings if f.state is State.NOTE]
    assert "metrics: {token_file: ...}" in note.cure
