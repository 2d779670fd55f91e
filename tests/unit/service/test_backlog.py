"""What waits in the service, and how much of it may."""

import pytest

from ivrflow.service.backlog import Backlogs, Line


def test_each_line_is_told_as_it_is_now():
    waiting = [1, 2]
    lines = Backlogs()
    lines.add("facts", lambda: len(waiting), 10, lambda: 3)
    lines.add("acts", lambda: 0, None)
    waiting.append(3)

    assert list(lines) == [
        Line(name="facts", length=3, most=10, dropped=3),
        Line(name="acts", length=0, most=None, dropped=0),
    ]


def test_a_name_stands_for_one_line():
    lines = Backlogs()
    lines.add("facts", lambda: 0, 10)
    with pytest.raises(ValueError, match="facts"):
        lines.add("facts", lambda: 0, 10)
