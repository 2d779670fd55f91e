"""The story of a call, told from its facts: what a person reads to see how it went.

10:00:04  language  (menu, flows/hotline.yaml:20)
10:00:04    says choose_language: "中文服务请按一。"
10:00:08    keys 1: accepted, the entry is complete
10:00:08    -> identify: the caller pressed 1  [flows/hotline.yaml:20]
"""

from __future__ import annotations

from datetime import datetime, tzinfo

from ivrflow.facts import CallEnded, CallStarted, Decided, Fact, StepEntered
from ivrflow.telling import told


class Story:
    """Tells facts one by one, each as one line; "" for what is not worth a line."""

    def __init__(self, zone: tzinfo) -> None:
        self._zone = zone
        self._places: dict[str, str] = {}
        """Step -> file:line, as it was entered last."""

    def line(self, fact: Fact) -> str:
        """The line that tells *fact*, its time in front."""
        if isinstance(fact, StepEntered):
            self._places[fact.step] = fact.place
        words = told(fact)
        if not words:
            return ""
        if isinstance(fact, Decided):
            # Where the way stands that was taken; some are written nowhere.
            written = ":".join(fact.written.split(":")[:2])
            words += f"  [{written or self._places.get(fact.step, '-')}]"
        indent = "" if isinstance(fact, StepEntered | CallStarted | CallEnded) else "  "
        at = datetime.fromtimestamp(fact.at, self._zone)
        return f"{at:%H:%M:%S}  {indent}{words}"
