"""Rules and dashboards ask for metrics that there are, by labels that those have."""

import json
import re
import runpy
import shutil
import subprocess

import pytest
import yaml

from ivrflow.metrics.catalogue import ALL
from ivrflow.metrics.tally import Values
from ivrflow.metrics.text import page
from tests.unit.monitoring.promql import Wrong, read
from tests.unit.pages import TOP, text_of

OF_PROMETHEUS = {"up"}
SCRAPED = {"instance", "job"}
"""Labels that Prometheus itself adds."""

SERIES = {name: metric for metric in ALL.values() for name in metric.series}

RULES = [
    rule
    for group in yaml.safe_load(text_of("monitoring/alerts.yml"))["groups"]
    for rule in group["rules"]
]
DASHBOARDS = {
    path.stem: json.loads(path.read_text("utf-8"))
    for path in sorted((TOP / "monitoring/grafana").glob("*.json"))
}


def labels_of(name):
    if name in OF_PROMETHEUS:
        return SCRAPED
    return {*SERIES[name].labels, *SCRAPED, "le"}


QUERIES = [(rule["alert"], rule["expr"]) for rule in RULES] + [
    (f"{name}: {panel['title']}", target["expr"])
    for name, dashboard in DASHBOARDS.items()
    for panel in dashboard["panels"]
    for target in panel["targets"]
]


@pytest.mark.parametrize(("where", "query"), QUERIES)
def test_a_query_asks_for_what_there_is(where, query):
    found = read(query)

    for name, matched in found.series:
        assert name in SERIES or name in OF_PROMETHEUS, name
        assert set(matched) <= labels_of(name), (name, matched)
    known = set().union(*(labels_of(name) for name, _ in found.series))
    assert found.grouped <= known
    if "le" in found.grouped:
        assert all(name.endswith("_bucket") for name, _ in found.series)


@pytest.mark.parametrize(("where", "query"), QUERIES)
def test_counters_are_asked_for_their_growth_and_gauges_for_their_value(where, query):
    for name, metric in SERIES.items():
        for found in re.finditer(rf"(\w+)?\(?\b{name}\b", query):
            grows = found[1] in ("rate", "increase")
            counts = metric.kind != "gauge"
            assert grows == counts or found[1] == "changes", query


@pytest.mark.parametrize(
    "wrong",
    [
        "ivrflow_ready ==",
        "rate(ivrflow_calls_total)",
        "ivrflow_ready[5m]",
        'ivrflow_ready{queue="a"',
        "sum by (ivrflow_ready)",
        "rate(ivrflow_calls_total[soon])",
        "ivrflow_ready 1",
        "nothing(ivrflow_ready)",
    ],
)
def test_what_is_no_query_is_found_out(wrong):
    with pytest.raises(Wrong):
        read(wrong)


def test_a_query_is_read_whole():
    found = read(
        'sum by (queue) (increase(a_total{how="x", b=~"y"}[5m])) > 0.2 * (c + 1) '
        "and on (queue) d"
    )
    assert found.series == [("a_total", {"how": "x", "b": "y"}), ("c", {}), ("d", {})]
    assert found.grouped == {"queue"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_what_it_is_and_what_to_do(rule):
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"]["summary"]
    page, _, anchor = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^### (.+)$", text_of(page), re.MULTILINE)
    assert rule["alert"] in headings
    if "{{" in anchor:
        assert rule["alert"].startswith("IvrflowAlarm")  # one heading for each alarm
    else:
        assert anchor == rule["alert"].lower()


def test_every_runbook_has_its_rule():
    headings = re.findall(r"^### (Ivrflow\w+)$", text_of("docs/operating.md"), re.M)

    assert sorted(headings) == sorted(rule["alert"] for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_what_a_rule_says_uses_labels_that_it_has(rule):
    said = " ".join(rule["annotations"].values())
    named = set(re.findall(r"\$labels\.(\w+)", said))
    found = read(rule["expr"])

    if "sum by" in rule["expr"]:
        assert named <= found.grouped
    else:
        assert named <= set().union(*(labels_of(name) for name, _ in found.series))


@pytest.mark.parametrize("name", DASHBOARDS)
def test_a_dashboard_is_what_its_table_makes(name):
    made = runpy.run_path(str(TOP / "monitoring/dashboards.py"))

    assert set(DASHBOARDS) == set(made["DASHBOARDS"])
    path = TOP / f"monitoring/grafana/{name}.json"
    assert path.read_text("utf-8") == made["dashboard"](name), (
        "run python monitoring/dashboards.py"
    )


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=lambda d: d["uid"])
def test_panels_stand_beside_each_other(dashboard):
    taken = set()
    for panel in dashboard["panels"]:
        at = panel["gridPos"]
        assert at["x"] + at["w"] <= 24
        cells = {
            (x, y)
            for x in range(at["x"], at["x"] + at["w"])
            for y in range(at["y"], at["y"] + at["h"])
        }
        assert not cells & taken, panel["title"]
        taken |= cells
    assert len({panel["id"] for panel in dashboard["panels"]}) == len(
        dashboard["panels"]
    )


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=lambda d: d["uid"])
def test_what_a_dashboard_lets_choose_is_used_and_the_other_way_round(dashboard):
    offered = {one["name"] for one in dashboard["templating"]["list"]} - {"datasource"}
    queries = " ".join(
        target["expr"] for panel in dashboard["panels"] for target in panel["targets"]
    )
    used = set(re.findall(r"\$(\w+)", queries)) - {"__rate_interval"}

    assert used == offered


# Prometheus' own opinion --------------------------------------------------------------

needs_promtool = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="no promtool here"
)


def promtool(*words, given=None):
    done = subprocess.run(["promtool", *words], input=given, capture_output=True)
    return done.returncode, (done.stdout + done.stderr).decode()


@needs_promtool
def test_prometheus_takes_the_rules():
    status, said = promtool("check", "rules", str(TOP / "monitoring/alerts.yml"))

    assert status == 0, said


@needs_promtool
def test_prometheus_takes_the_queries_of_the_dashboards(tmp_path):
    asked = [
        {"record": "a:b", "expr": query.replace("$__rate_interval", "5m")}
        for _, query in QUERIES
    ]
    rules = [{**one, "labels": {"n": str(n)}} for n, one in enumerate(asked)]
    path = tmp_path / "rules.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "g", "rules": rules}]}))
    status, said = promtool("check", "rules", str(path))

    assert status == 0, said


@needs_promtool
def test_prometheus_takes_the_page_and_finds_nothing_to_better_in_it():
    values = Values()
    for metric in ALL.values():
        if metric.ours and metric.kind != "histogram":
            values.put(metric, 1.0, *metric.labels)
    status, said = promtool("check", "metrics", given=page(values))

    assert (status, said) == (0, "")
