"""Writes the dashboards: what they show is a table here, and Grafana's JSON is made.

    python monitoring/dashboards.py

A panel is a title, its unit, and queries with the names of their lines. The files are
kept beside this one, so that nobody needs to run it who only wants to import them.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "grafana"

I = 'instance=~"$instance"'  # noqa: E741  # stands in every query
Q = f'{I}, queue=~"$queue"'

SHORT, SECONDS, SHARE, BYTES, YES_NO = (
    "short",
    "s",
    "percentunit",
    "bytes",
    "bool_yes_no",
)

SOURCE = {"type": "prometheus", "uid": "${datasource}"}


@dataclass(frozen=True)
class Panel:
    """One panel. *lines* are queries with how each is called; of a `stat` one."""

    title: str
    lines: Sequence[tuple[str, str]]
    unit: str = SHORT
    kind: str = "timeseries"
    width: int = 12
    says: str = ""


def stat(title: str, query: str, unit: str = SHORT, says: str = "") -> Panel:
    """A big number of now."""
    return Panel(title, [(query, "")], unit, "stat", 4, says)


def p95(histogram: str, by: str, where: str) -> str:
    """What 95 of 100 don't exceed."""
    inside = (
        f"sum by ({by}, le) (rate({histogram}_bucket{{{where}}}[$__rate_interval]))"
    )
    return f"histogram_quantile(0.95, {inside})"


SERVICE = [
    stat("Takes calls", f"min(ivrflow_ready{{{I}}})", YES_NO),
    stat("Asterisk is there", f"min(ivrflow_asterisk_ready{{{I}}})", YES_NO),
    stat("Calls up", f"sum(ivrflow_calls_up{{{I}}})"),
    stat("Alarms", f"sum(ivrflow_alarms_standing{{{I}}}) or vector(0)"),
    stat(
        "Refused in the last hour",
        f"sum(increase(ivrflow_calls_refused_total{{{I}}}[1h]))",
    ),
    stat("Deaths in a day", f"sum(changes(process_start_time_seconds{{{I}}}[1d]))"),
    Panel(
        "Calls up",
        [
            (f"ivrflow_calls_up{{{I}}}", "{{instance}}"),
            (f"ivrflow_calls_most{{{I}}}", "at most"),
        ],
    ),
    Panel(
        "Calls that begin, a minute",
        [
            (
                "60 * sum by (flow) "
                f"(rate(ivrflow_calls_total{{{I}}}[$__rate_interval]))",
                "{{flow}}",
            )
        ],
    ),
    Panel(
        "How calls end, a minute",
        [
            (
                "60 * sum by (by) "
                f"(rate(ivrflow_calls_ended_total{{{I}}}[$__rate_interval]))",
                "{{by}}",
            )
        ],
        says="`fault` is a mistake in ivrflow: report it.",
    ),
    Panel(
        "Alarms that stand",
        [
            (
                f"sum by (alarm, queue, what) (ivrflow_alarms_standing{{{I}}})",
                "{{alarm}} {{queue}}{{what}}",
            )
        ],
    ),
    Panel(
        "The loop is late by",
        [
            (f"ivrflow_loop_lag_p99_seconds{{{I}}}", "worst hundredth"),
            (f"ivrflow_loop_lag_longest_seconds{{{I}}}", "at most"),
        ],
        SECONDS,
    ),
    Panel(
        "What waits inside",
        [(f"ivrflow_backlog{{{I}}} > 0", "{{line}}")],
        says="Lines of the service itself, not of callers.",
    ),
    Panel(
        "Look-ups, 95 of 100 take at most",
        [(p95("ivrflow_lookup_seconds", "source", I), "{{source}}")],
        SECONDS,
    ),
    Panel(
        "Look-ups that fail",
        [
            (
                "sum by (source) "
                f'(rate(ivrflow_lookups_total{{{I}, way="error"}}[$__rate_interval]))'
                " / sum by (source) "
                f"(rate(ivrflow_lookups_total{{{I}}}[$__rate_interval]))",
                "{{source}}",
            )
        ],
        SHARE,
    ),
    Panel(
        "PINs and codes, a minute",
        [
            (
                "60 * sum by (verdict) "
                f"(rate(ivrflow_identity_checks_total{{{I}}}[$__rate_interval]))",
                "{{verdict}}",
            )
        ],
        says="Many that are wrong: somebody tries them through.",
    ),
    Panel(
        "Events of Asterisk, a second",
        [
            (f"rate(ivrflow_asterisk_events_total{{{I}}}[$__rate_interval])", "events"),
            (
                f"rate(ivrflow_asterisk_events_failed_total{{{I}}}[$__rate_interval])",
                "failed",
            ),
        ],
    ),
    Panel(
        "Lost packets, of 95 of 100 legs at most",
        [(p95("ivrflow_sound_lost_ratio", "leg, way", I), "{{leg}} {{way}}")],
        SHARE,
        says="From 2 % on it is heard. Needs `ami: {quality: ...}` in the settings.",
    ),
    Panel(
        "Jitter, of 95 of 100 legs at most",
        [(p95("ivrflow_sound_jitter_seconds", "leg, way", I), "{{leg}} {{way}}")],
        SECONDS,
    ),
    Panel(
        "Memory",
        [(f"process_resident_memory_bytes{{{I}}}", "{{instance}}")],
        BYTES,
    ),
    Panel(
        "Processor",
        [
            (
                f"rate(process_cpu_seconds_total{{{I}}}[$__rate_interval])",
                "{{instance}}",
            )
        ],
        SHARE,
        says="100 % is all of one core: the service has one loop.",
    ),
    Panel("Open files", [(f"process_open_fds{{{I}}}", "{{instance}}")]),
    Panel("Tasks", [(f"ivrflow_tasks{{{I}}}", "{{instance}}")]),
]

QUEUES = [
    stat("Waiting", f'sum(ivrflow_queue_waiting{{{Q}, item="call"}})'),
    stat("Longest wait", f"max(ivrflow_queue_longest_wait_seconds{{{Q}}})", SECONDS),
    stat("Free agents", f'sum(ivrflow_queue_agents{{{Q}, state="ready"}})'),
    stat("In time, last hour", f"min(ivrflow_queue_service_level_ratio{{{Q}}})", SHARE),
    stat(
        "Given up, last hour",
        f'sum(increase(ivrflow_queue_left_total{{{Q}, how="abandoned"}}[1h]))',
    ),
    stat("Open", f"sum(ivrflow_queue_open{{{Q}}})"),
    Panel("Who waits", [(f"ivrflow_queue_waiting{{{Q}}}", "{{queue}} {{item}}")]),
    Panel(
        "Longest wait",
        [(f"ivrflow_queue_longest_wait_seconds{{{Q}}}", "{{queue}}")],
        SECONDS,
    ),
    Panel(
        "Callers that come, in 15 minutes",
        [
            (
                "sum by (queue, item) "
                f"(increase(ivrflow_queue_joined_total{{{Q}}}[15m]))",
                "{{queue}} {{item}}",
            )
        ],
    ),
    Panel(
        "Answered, in 15 minutes",
        [
            (
                "sum by (queue) "
                f"(increase(ivrflow_queue_wait_seconds_count{{{Q}}}[15m]))",
                "{{queue}}",
            )
        ],
    ),
    Panel(
        "Waited until answered, 95 of 100 at most",
        [(p95("ivrflow_queue_wait_seconds", "queue", Q), "{{queue}}")],
        SECONDS,
    ),
    Panel(
        "Waited until they gave up, 95 of 100 at most",
        [(p95("ivrflow_queue_abandon_seconds", "queue", Q), "{{queue}}")],
        SECONDS,
    ),
    Panel(
        "Left without an agent, in 15 minutes",
        [
            (
                f"sum by (queue, how) (increase(ivrflow_queue_left_total{{{Q}}}[15m]))",
                "{{queue}} {{how}}",
            )
        ],
    ),
    Panel(
        "Answered in time, of the last hour",
        [(f"ivrflow_queue_service_level_ratio{{{Q}}}", "{{queue}}")],
        SHARE,
    ),
    Panel(
        "Callbacks that ended, in an hour",
        [
            (
                "sum by (queue, how, in_time) "
                f"(increase(ivrflow_callbacks_ended_total{{{Q}}}[1h]))",
                "{{queue}} {{how}}, in time: {{in_time}}",
            )
        ],
    ),
    Panel(
        "Messages as work, in an hour",
        [
            (
                f"sum by (queue) (increase(ivrflow_work_begun_total{{{Q}}}[1h]))",
                "{{queue}} came",
            ),
            (
                f"sum by (queue, how) (increase(ivrflow_work_ended_total{{{Q}}}[1h]))",
                "{{queue}} {{how}}",
            ),
        ],
    ),
]

AGENTS = [
    stat("Ready", f'sum(ivrflow_agents{{{I}, state="ready"}})'),
    stat("Talking", f'sum(ivrflow_agents{{{I}, state="talking"}})'),
    stat("Not ready", f'sum(ivrflow_agents{{{I}, state="not_ready"}})'),
    stat("Not reached", f"sum(ivrflow_agents_unreached{{{I}}})"),
    stat("In other calls", f"sum(ivrflow_agents_elsewhere{{{I}}})"),
    stat("Logged out", f'sum(ivrflow_agents{{{I}, state="logged_out"}})'),
    Panel(
        "What agents do",
        [
            (
                f'sum by (state) (ivrflow_agents{{{I}, state!="logged_out"}})',
                "{{state}}",
            )
        ],
        width=24,
    ),
    Panel(
        "Free agents by queue",
        [(f'ivrflow_queue_agents{{{Q}, state="ready"}}', "{{queue}}")],
    ),
    Panel(
        "Signed in by queue",
        [(f'ivrflow_queue_agents{{{Q}, state="signed_in"}}', "{{queue}}")],
    ),
    Panel(
        "Talks, 95 of 100 last at most",
        [(p95("ivrflow_queue_talk_seconds", "queue", Q), "{{queue}}")],
        SECONDS,
    ),
    Panel(
        "Mean talk",
        [
            (
                "sum by (queue) "
                f"(rate(ivrflow_queue_talk_seconds_sum{{{Q}}}[$__rate_interval]))"
                " / sum by (queue) "
                f"(rate(ivrflow_queue_talk_seconds_count{{{Q}}}[$__rate_interval]))",
                "{{queue}}",
            )
        ],
        SECONDS,
    ),
    Panel(
        "Phones that rang in vain, in 15 minutes",
        [
            (
                "sum by (queue, how) "
                f"(increase(ivrflow_queue_offers_ended_total{{{Q}}}[15m]))",
                "{{queue}} {{how}}",
            )
        ],
    ),
    Panel(
        "Of the phones that rang, in vain",
        [
            (
                "sum by (queue) "
                f"(increase(ivrflow_queue_offers_ended_total{{{Q}}}[15m])) / "
                f"sum by (queue) (increase(ivrflow_queue_offers_total{{{Q}}}[15m]))",
                "{{queue}}",
            )
        ],
        SHARE,
    ),
    Panel(
        "How talks end, in 15 minutes",
        [
            (
                "sum by (queue, by) "
                f"(increase(ivrflow_queue_talks_ended_total{{{Q}}}[15m]))",
                "{{queue}} {{by}}",
            )
        ],
        width=24,
    ),
]

DASHBOARDS = {
    "service": ("ivrflow: the service", SERVICE, False),
    "queues": ("ivrflow: queues", QUEUES, True),
    "agents": ("ivrflow: agents", AGENTS, True),
}
"""File name -> title, panels, and whether a queue may be chosen."""


def dashboard(name: str) -> str:
    """One of them as Grafana imports it."""
    title, panels, by_queue = DASHBOARDS[name]
    chosen = [_chosen("instance", "ivrflow_ready", "instance")]
    if by_queue:
        chosen.append(_chosen("queue", "ivrflow_queue_open", "queue"))
    made = {
        "uid": f"ivrflow-{name}",
        "title": title,
        "tags": ["ivrflow"],
        "schemaVersion": 39,
        "editable": True,
        "refresh": "15s",
        "time": {"from": "now-6h", "to": "now"},
        "links": [
            {
                "type": "dashboards",
                "title": "ivrflow",
                "tags": ["ivrflow"],
                "keepTime": True,
            }
        ],
        "templating": {
            "list": [
                {
                    "name": "datasource",
                    "type": "datasource",
                    "query": "prometheus",
                    "label": "Prometheus",
                },
                *chosen,
            ]
        },
        "panels": _placed(panels),
    }
    return json.dumps(made, indent=1, ensure_ascii=False) + "\n"


def _chosen(name: str, metric: str, label: str) -> dict[str, Any]:
    return {
        "name": name,
        "type": "query",
        "datasource": SOURCE,
        "query": f"label_values({metric}, {label})",
        "refresh": 2,
        "multi": True,
        "includeAll": True,
        "current": {"text": "All", "value": "$__all"},
    }


def _placed(panels: Sequence[Panel]) -> list[dict[str, Any]]:
    """The panels from left to right, a new row where one is full."""
    placed: list[dict[str, Any]] = []
    x = y = tallest = 0
    for number, panel in enumerate(panels, 1):
        height = 4 if panel.kind == "stat" else 8
        if x + panel.width > 24:
            x, y, tallest = 0, y + tallest, 0
        placed.append(_panel(number, panel, x, y, height))
        x, tallest = x + panel.width, max(tallest, height)
    return placed


def _panel(number: int, panel: Panel, x: int, y: int, height: int) -> dict[str, Any]:
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": SOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": height},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "targets": [
            {
                "refId": chr(ord("A") + place),
                "datasource": SOURCE,
                "expr": query,
                "legendFormat": called,
            }
            for place, (query, called) in enumerate(panel.lines)
        ],
    }


def main() -> None:
    """Write all of them."""
    HERE.mkdir(exist_ok=True)
    for name in DASHBOARDS:
        (HERE / f"{name}.json").write_text(dashboard(name), "utf-8")


if __name__ == "__main__":
    main()
