"""Traces, if the settings want them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ivrflow.config import Settings

if TYPE_CHECKING:
    from ivrflow.traces.sending import Sender

log = logging.getLogger(__name__)


def traced(settings: Settings) -> Sender | None:
    """What makes spans of facts; None where nobody wants any. Raises `BadConfig`.

    Takes half a second, in which the libraries are loaded: not in the loop.
    """
    said = settings.traces
    if said is None:
        return None
    headers = {}
    if said.token_file is not None:
        token = settings.secret(said.token_file).reveal()
        headers["Authorization"] = f"Bearer {token}"
    try:
        # Loaded here, as few want them. No call waits for traces, and none goes without
        # a service for their sake: the libraries may lack, or an upgrade may have put
        # others there than those that run.
        from ivrflow.traces.sending import spans_to

        return spans_to(str(said.url), headers, share=float(said.share))
    except Exception as lacking:
        log.error(
            "no traces are made: %s; traces: needs OpenTelemetry's libraries: install "
            "ivrflow[otel] and start the service anew, or take traces: out",
            lacking,
        )
        return None
