"""The tutorial as a whole: spoken by a voice, answered by a real Asterisk."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tutorial_rig import Reader, chapters

pytestmark = pytest.mark.asterisk

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


@pytest.mark.timeout(300)
def test_the_tutorial_can_be_followed_to_its_end(tmp_path):
    with Reader(tmp_path) as reader:
        for blocks in chapters(PAGE.read_text("utf-8")).values():
            reader.follow(blocks)
    heard = tmp_path / "my-hotline/heard.wav"
    assert heard.stat().st_size > 8000 * 2 * 5, "five seconds at least"
