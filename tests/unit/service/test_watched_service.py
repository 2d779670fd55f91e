"""What watches a running service, asked as Prometheus, an operator and the CLI do."""

import asyncio
import socket
from contextlib import asynccontextmanager

import aiohttp
import pytest
from click.testing import CliRunner
from prometheus_client.parser import text_string_to_metric_families

from ivrflow.cli import main
from ivrflow.config import BadConfig
from ivrflow.metrics.catalogue import ALL
from ivrflow.service.run import serving
from tests.unit.service.test_service import BEARER, SETTINGS, installed, write


@asynccontextmanager
async def watched(folder, settings=SETTINGS):
    """A service without an Asterisk, and what asks it."""
    async with serving(*installed(folder, settings)) as running:
        url = "http://{}:{}".format(*running.api)
        async with aiohttp.ClientSession(url) as web:
            yield running, web


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as free:
        return free.getsockname()[1]


async def test_without_asterisk_it_lives_and_is_not_ready(tmp_path, caplog):
    async with watched(tmp_path) as (running, web):
        async with web.get("/livez") as answer:
            assert answer.status == 200
        async with web.get("/readyz") as answer:
            assert answer.status == 503
            told = await answer.json()

        assert told == {"ready": False, "lacks": running.readiness.lacks()}
        assert told["lacks"] == ["Asterisk is away, or its events do not come"]
    caplog.clear()


async def test_its_metrics_are_those_of_the_list(tmp_path, caplog):
    async with watched(tmp_path) as (running, web):
        await running.desk.until_loaded()
        async with web.get("/metrics") as answer:
            assert answer.status == 200
            families = list(text_string_to_metric_families(await answer.text()))

    names = [family.name for family in families]
    assert len(names) == len(set(names))  # Prometheus refuses the whole page else
    samples = {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in families
        for sample in family.samples
    }
    series = {name for metric in ALL.values() for name in metric.series}
    assert {name for name, *_ in samples} <= series
    assert samples["ivrflow_ready",] == 0
    assert samples["ivrflow_queue_waiting", ("item", "call"), ("queue", "desk")] == 0
    assert samples["ivrflow_queue_open", ("queue", "desk")] == 1
    assert samples["ivrflow_agents", ("state", "logged_out")] == 1
    assert samples["ivrflow_facts_total",] > 0
    assert samples["process_resident_memory_bytes",] > 0
    caplog.clear()


async def test_with_a_token_of_their_own_metrics_are_for_who_has_it(tmp_path, caplog):
    write(tmp_path, "metrics", "m" * 24)
    settings = SETTINGS + "metrics: {token_file: metrics}\n"
    own = {"Authorization": f"Bearer {'m' * 24}"}
    async with watched(tmp_path, settings) as (_, web):
        for headers, status in ((own, 200), ({}, 401), (BEARER, 401)):
            async with web.get("/metrics", headers=headers) as answer:
                assert answer.status == status
    caplog.clear()


async def test_a_token_that_is_too_short_keeps_it_from_beginning(tmp_path, caplog):
    write(tmp_path, "metrics", "short")
    settings = SETTINGS + "metrics: {token_file: metrics}\n"

    with pytest.raises(BadConfig, match="metrics: the token is too short"):
        async with watched(tmp_path, settings):
            pass
    caplog.clear()


async def test_one_callers_calls_are_logged_from_the_command_line(tmp_path, caplog):
    settings = SETTINGS.replace("api: {port: 0", f"api: {{port: {free_port()}")

    async def ask(*words):
        config = ("--config", str(tmp_path / "ivrflow.yaml"))
        result = await asyncio.to_thread(CliRunner().invoke, main, [*words, *config])
        return result.exit_code, result.output

    async with watched(tmp_path, settings):
        begun = await ask("log", "caller", "13800138000", "--for", "1h")
        listed = await ask("log", "list")
        ended = await ask("log", "end", "13800138000")
        nobody = await ask("log", "list")
        again = await ask("log", "end", "13800138000")
        audit = await ask("audit")

    assert begun[0] == 0
    assert begun[1].startswith("13800138000: its calls log more until 20")
    assert listed[1].startswith("13800138000: until 20")
    assert "for api (cli " in listed[1]
    assert ended == (0, "13800138000: its calls log as all others\n")
    assert nobody == (0, "all calls log as usual\n")
    assert again[0] == 1
    assert "log as all others do" in again[1]
    assert audit[1].count("log of caller 13800138000") == 2
    caplog.clear()


async def test_a_collector_that_is_away_keeps_nobody_from_beginning(tmp_path, caplog):
    pytest.importorskip("opentelemetry.exporter", reason="needs the extra `otel`")
    settings = SETTINGS + 'traces: {url: "http://127.0.0.1:9"}\n'
    async with watched(tmp_path, settings) as (_, web), web.get("/livez") as answer:
        assert answer.status == 200
    caplog.clear()
