"""docs/voicemail.md has each option of app_voicemail, with the words of the table."""

import re
from pathlib import Path

import pytest

from ivrflow.flow.importing.voicemail_options import TABLES

PAGE = Path(__file__).parents[4] / "docs/voicemail.md"
ROW = re.compile(r"^\| `([^`]+)` \| ([a-z ]+) \| (.*) \|$", re.MULTILINE)


@pytest.fixture(scope="module")
def tables():
    """The page's tables of three columns, in order."""
    text = PAGE.read_text("utf-8").partition("## Coming from app_voicemail")[2]
    tables = [ROW.findall(part) for part in text.split("|---|---|---|")[1:]]
    return [
        [(n, f, said.replace("\\|", "|")) for n, f, said in rows] for rows in tables
    ]


def test_the_page_has_each_option_with_what_becomes_of_it(tables):
    assert tables == [
        [(name, row.fate.value, row.said) for name, row in rows.items()]
        for rows in TABLES.values()
    ]
