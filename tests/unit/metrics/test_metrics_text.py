"""The page that Prometheus reads: read back as Prometheus does, and its bounds."""

import pytest
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.process_collector import ProcessCollector

from ivrflow.metrics import catalogue as known
from ivrflow.metrics.catalogue import ALL
from ivrflow.metrics.tally import MOST, Tally, Values
from ivrflow.metrics.text import OfProcess, page


class Nothing:
    """No process."""

    def collect(self):
        return []


def read(values, process=None):
    """Series with its labels -> value."""
    text = page(values, process or Nothing()).decode()
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_counters_and_gauges_are_read_back():
    tally = Tally()
    tally.add(known.LEFT, "sales", "abandoned")
    tally.add(known.LEFT, "sales", "abandoned")
    values = tally.copied()
    values.put(known.CALLS_UP, 3)

    assert read(values) == {
        ("ivrflow_queue_left_total", ("how", "abandoned"), ("queue", "sales")): 2,
        ("ivrflow_calls_up",): 3,
    }


def test_a_bucket_holds_those_below_it_and_its_own_end():
    tally = Tally()
    for seconds in (0.5, 1, 1.5, 5000):
        tally.observe(known.WAIT_SECONDS, seconds, "sales")

    found = read(tally.copied())

    def bucket(end):
        name = "ivrflow_queue_wait_seconds_bucket"
        return found[name, ("le", end), ("queue", "sales")]

    assert [bucket(e) for e in ("1.0", "2.0", "1200.0", "+Inf")] == [2, 3, 3, 4]
    assert found["ivrflow_queue_wait_seconds_count", ("queue", "sales")] == 4
    assert found["ivrflow_queue_wait_seconds_sum", ("queue", "sales")] == 5003


@pytest.mark.parametrize("name", ['a"b', "a\\b", "a\nb", "客服", "a{b}"])
def test_whatever_a_site_calls_its_queue_is_read_back(name):
    values = Values()
    values.put(known.LONGEST_WAIT, 1.5, name)

    assert read(values) == {
        ("ivrflow_queue_longest_wait_seconds", ("queue", name)): 1.5
    }


def test_a_copy_does_not_change_any_more():
    tally = Tally()
    tally.observe(known.CALL_SECONDS, 1)
    before = tally.copied()
    tally.observe(known.CALL_SECONDS, 1)

    assert sum(before.spreads[known.CALL_SECONDS][()].counts) == 1


def test_labels_without_end_end(caplog):
    tally = Tally()
    for number in range(MOST + 50):
        tally.add(known.CALLS, str(number))

    series = tally.copied().numbers[known.CALLS]

    assert len(series) == MOST + 1
    assert series["other",] == 50
    assert len(caplog.records) == 1


def test_the_process_is_on_the_page_and_in_the_list():
    names = {name for name, *_ in read(Values(), process=None) if name}
    text = page(Values()).decode()
    process = {
        line.split("{")[0].split(" ")[0]
        for line in text.splitlines()
        if line and not line.startswith("#")
    }

    assert names == set()
    assert process == {metric.name for metric in ALL.values() if not metric.ours}


@pytest.mark.parametrize("metric", ALL.values(), ids=str)
def test_a_metric_is_named_as_prometheus_wants_it(metric):
    assert (metric.kind == "counter") == metric.name.endswith("_total")
    assert (metric.kind == "histogram") == bool(metric.buckets)
    assert list(metric.buckets) == sorted(set(metric.buckets))
    assert metric.says.endswith(".")
    assert "|" not in metric.says  # it stands in a table
    if metric.kind == "histogram":
        assert metric.name.endswith(("_seconds", "_ratio"))


def test_the_process_is_told_of_where_only_processes_can_be_seen(tmp_path):
    # So it is behind `ProcSubset=pid` of our unit: no /proc/stat.
    (tmp_path / "self").symlink_to("/proc/self")
    hidden = read(Values(), OfProcess(proc=str(tmp_path), registry=None))
    usual = read(Values(), ProcessCollector(registry=None))

    assert hidden.keys() == usual.keys()
    began = ("process_start_time_seconds",)
    assert hidden[began] == pytest.approx(usual[began], abs=2)


def test_a_process_begins_but_once():
    values, name = Values(), b"\nprocess_start_time_seconds "
    first, second = (page(values).split(name)[1].split()[0] for _ in range(2))

    assert first == second
