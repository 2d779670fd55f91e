"""Facts in words, as people read them in a talk, a log and `ivrflow why`."""

from __future__ import annotations

import pytest

from ivrflow.acd.model import need
from ivrflow.telling import needs_told


@pytest.mark.parametrize(
    ("needs", "told"),
    [
        (need({}), "anyone"),
        (need({"district=north": 1, "billing": 3}), "billing 3, district north"),
        (
            need({"mail": 2}, any=[{"french": 1}, {"lang=en": 3}], none={"trainee": 1}),
            "mail 2, one of (french 1; lang en at 3), not (trainee 1)",
        ),
    ],
)
def test_needs_are_told_in_words(needs, told):
    assert needs_told(needs.spelled()) == told
