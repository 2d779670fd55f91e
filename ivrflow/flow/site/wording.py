"""wording.yaml: prompts whose words may be changed live, and by whom.

    outage_notice: {who: supervisor, expires: 7d, record: yes}

What is not listed is changed in its file only: who has the API's token must not be able
to make a bank ask for other numbers than it means to.
"""

from __future__ import annotations

from datetime import datetime

from pydantic import Field

from ivrflow.flow.kind import Named
from ivrflow.flow.kinds import Duration, Plain, YesNo
from ivrflow.flow.site.ending import end_of
from ivrflow.flow.site.settings import Title
from ivrflow.flow.site.switches import may


class Wording(Named):
    """One prompt, by its name; it stands for all its variants in all languages."""

    title: Title = Field(default_factory=dict, description="What it is for.")
    who: Plain = Field(
        Plain("supervisor"), description="Who may change it: a role, or an agent."
    )
    expires: Duration | None = Field(
        None, description="The words of the file come back by themselves after this."
    )
    record: YesNo = Field(
        False, description="Whether it may be spoken by phone, with `announce`."
    )

    def may(self, number: str, role: str) -> bool:
        """Whether the agent of this number and role may change it."""
        return may(self.who, number, role)

    def end(self, now: datetime, wanted: datetime | None = None) -> datetime | None:
        """When what is changed at *now* ends; None: it stays.

        *wanted* None means `expires`. Raises `ending.BadEnd` for what lies beyond that.
        """
        return end_of(self.expires, now, wanted, file="wording.yaml")
