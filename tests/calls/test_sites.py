"""Every site of `flows/` checks without a complaint, and its talks go as written."""

import re
import sqlite3
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from ivrflow.flow.load import check_site, load_site
from ivrflow.flow.source import Severity
from ivrflow.sim.rehearsal.read import read_tests
from ivrflow.sim.rehearsal.run import rehearse
from ivrflow.sim.rehearsal.verdict import told

FLOWS = Path(__file__).parents[2] / "flows"
SITES = sorted(found.parent.name for found in FLOWS.glob("*/site.yaml"))


@pytest.mark.parametrize("name", SITES)
def test_a_site_has_neither_errors_nor_warnings(name):
    # On this day the holidays are known for long enough.
    report = check_site(FLOWS / name, today=date(2026, 3, 1))
    grave = report.of(Severity.ERROR) + report.of(Severity.WARNING)

    assert [str(problem) for problem in grave] == []


@pytest.mark.parametrize("name", SITES)
def test_all_talks_of_a_site_go_as_written(name):
    site = load_site(FLOWS / name)
    found = read_tests(site)
    verdicts = [rehearse(site, rehearsal) for rehearsal in found.rehearsals]
    failed = [verdict for verdict in verdicts if verdict.failures]

    assert [str(problem) for problem in found.problems] == []
    assert verdicts
    assert not failed, "\n\n".join("\n".join(told(verdict)) for verdict in failed)


@pytest.mark.parametrize("name", SITES)
def test_a_site_says_all_its_prompts_in_both_languages(name):
    site = load_site(FLOWS / name)

    assert set(site.settings.languages) >= {"zh-CN", "en"}
    assert site.catalogue.lacking() == []


@pytest.mark.parametrize("name", SITES)
def test_the_demo_tables_of_a_site_have_what_its_look_ups_ask_for(name):
    site = load_site(FLOWS / name)
    with closing(sqlite3.connect(":memory:")) as db:
        db.executescript((site.folder / "demo.sql").read_text("utf-8"))
        tables = {row[0] for row in db.execute("select name from sqlite_master")}
        for source in site.data.values():
            if source.sql:
                bound = dict.fromkeys(re.findall(r"(?<!:):([a-z_]+)", source.sql))
                found = db.execute(source.sql, bound)
                columns = {column[0] for column in found.description}
                assert columns >= {*map(str, source.gives), *source.hash_columns}
            if source.insert:
                assert str(source.insert) in tables
            if source.once:
                # Raises unless the column is unique.
                db.execute(
                    f"explain insert into {source.insert} ({source.once}) values (1) "
                    f"on conflict ({source.once}) do nothing"
                )


@pytest.mark.parametrize("name", SITES)
def test_every_look_up_of_a_site_is_used(name):
    site = load_site(FLOWS / name)
    steps = [node.step for flow in site.flows.values() for node in flow.nodes.values()]
    used = {str(getattr(step, "source", "")) for step in steps}
    used |= {str(getattr(getattr(step, "card", None), "by", "")) for step in steps}

    assert {str(source) for source in site.data} - used == set()
