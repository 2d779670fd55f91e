"""Figures for machines that watch machines, as Prometheus reads them.

`catalogue` names every metric; `tally` keeps their values; `counting` is told facts and
counts them; `text` makes the page. What is not a fact (how long a line is, who is
ready) the service reads off its parts when it is asked (`service.metrics`).

They are for alarms and curves. Reports come from `figures`, which agree with the facts
to the second; a counter here begins at 0 with each process.
"""
