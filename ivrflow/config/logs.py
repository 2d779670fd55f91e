"""How the service logs."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from ivrflow.flow.kind import Part


class LogsAt(Part):
    """The service's log."""

    format: Literal["text", "json", "journal"] = Field(
        "text",
        description=(
            "`text`: lines on standard error. `json`: there too, an object a line. "
            "`journal`: systemd's journal, each with its fields (IVRFLOW_CALL= and "
            "others); where there is none, text."
        ),
    )
    level: Literal["debug", "info", "warning", "error"] = Field(
        "info",
        description="All that is less than this is not logged; `serve -v`: all is.",
    )
