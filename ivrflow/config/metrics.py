"""Who may fetch metrics."""

from __future__ import annotations

from pydantic import Field

from ivrflow.config.kinds import SecretFile
from ivrflow.flow.kind import Part


class MetricsAt(Part):
    """Who may fetch `/metrics` of the API. Left out: this machine alone."""

    token_file: SecretFile = Field(
        description=(
            "The file with a token that opens `/metrics` and nothing else, 20 "
            "characters at least: for a Prometheus on another machine."
        ),
        examples=["/etc/ivrflow/metrics"],
    )
