"""The written list of metrics, made of the catalogue.

    python -m ivrflow.metrics.reference docs/reference

`make reference` writes it, `make check` tells if it is out of date. What stands there
is said in `catalogue`.
"""

from __future__ import annotations

import sys
from pathlib import Path

from ivrflow.metrics.catalogue import ALL, Metric

MADE = "<!-- Written by `python -m ivrflow.metrics.reference docs/reference`. -->\n"

NAME = "metrics.md"

HEAD = """
# Metrics

What `GET /metrics` of the [API](../api.md) tells: `ivrflow_...` of the service, and of
its process what every exporter on Linux has. Where Prometheus gets it, dashboards and
rules for alarms: [operating.md](../operating.md#prometheus).

Counters begin at 0 with each start of the process; `rate()` and `increase()` bear that.
A histogram has the series `..._bucket`, `..._sum` and `..._count`; its ends are
seconds, or shares of 1. Labels are names of the site, or words that stand in this list:
a queue or source that is none of the site's is `other`.
"""


def page() -> str:
    """The whole page."""
    groups: dict[str, list[Metric]] = {}
    for metric in ALL.values():
        groups.setdefault(metric.group, []).append(metric)
    parts = [MADE + HEAD]
    for group, metrics in groups.items():
        rows = "\n".join(map(_row, metrics))
        head = "| metric | kind | labels | meaning |\n|---|---|---|---|"
        parts.append(f"\n## {group}\n\n{head}\n{rows}\n")
    return "".join(parts)


def _row(metric: Metric) -> str:
    labels = ", ".join(f"`{label}`" for label in metric.labels)
    ends = ", ".join(f"{end:g}" for end in metric.buckets)
    says = f"{metric.says} Ends: {ends}." if ends else metric.says
    return f"| `{metric.name}` | {metric.kind} | {labels} | {says} |"


def main(arguments: list[str]) -> None:
    """Write the page into a folder; with `--check`, only say whether it is stale."""
    path = Path(arguments[-1]) / NAME
    if "--check" not in arguments:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(page(), "utf-8")
    elif not path.is_file() or path.read_text("utf-8") != page():
        sys.exit(
            f"{path} is out of date; write it again: "
            f"python -m ivrflow.metrics.reference {path.parent}"
        )


if __name__ == "__main__":
    main(sys.argv[1:])
