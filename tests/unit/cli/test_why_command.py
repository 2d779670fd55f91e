"""`ivrflow why` on an installation whose database has some calls."""

import asyncio
import json
from datetime import datetime

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.db.engine import Database
from ivrflow.db.records import Records
from ivrflow.db.upgrade import upgrade
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import CallStarted
from ivrflow.flow.folder import read_texts
from ivrflow.flow.load import load_site
from ivrflow.sim.rehearsal.read import read_test
from ivrflow.sim.rehearsal.run import rehearse
from tests.unit.service.test_service import installed, write

FLOW = """\
flow: top
steps:
  ask:
    menu: choose
    keys: {1: who, 2: bye}
    failed: bye
  who:
    ask: number
    digits: 4
    secret: yes
    save: pin
    failed: bye
  find: {lookup: people, with: {number: call.from}, save: person, not_found: bye}
  vip:
    choose:
      - {if: person.level > 3, then: gold}
      - {else: bye}
  gold: {say: gold}
  bye: {hangup: hello}
"""
PROMPTS = {
    "en": "hello: Goodbye.\ngold: Gold.\nchoose: Press one.\nnumber: Your number.\n",
    "zh-CN": "hello: 再见。\ngold: 金。\nchoose: 请按一。\nnumber: 号码。\n",
}
DATA = """\
people:
  database: crm
  sql: select name, level from person where number = :number
  gives: {name: text, level: number}
  timeout: 1s
"""
TALK = """\
tests: top
talk:
  at: 2026-03-02 10:00
  caller: "13900139000"
  data: {people: {name: Ann, level: 2}}
  talk:
    - keys: 1
    - waits: 7s
    - keys: "7391"
"""


class Installation:
    """An installation with two calls in its database: of an hour ago and of now."""

    def __init__(self, folder):
        self.settings, _ = installed(folder, flows=FLOW)
        self.site = folder / "site"
        write(self.site, "site.yaml", "languages: [en, zh-CN]\ntimezone: UTC\n")
        write(self.site, "flows/top.yaml", FLOW)
        write(self.site, "data.yaml", DATA)
        for language, text in PROMPTS.items():
            write(self.site, f"prompts/{language}.yaml", text)
        self.facts = []
        site = load_site(self.site)
        [rehearsal] = read_test(TALK, "tests/t.test.yaml", site).rehearsals
        assert rehearse(site, rehearsal, note=self.facts.append).passed
        url = self.settings.url(self.settings.database)
        upgrade(url)
        now = datetime.now().timestamp()
        asyncio.run(self._fill(url, site, now))

    async def _fill(self, url, site, now):
        database = Database(url)
        texts = read_texts(self.site)
        await SqlVersions(database).went_live(
            site.version, texts, by="test", at=now, tested=True
        )
        records = Records(database)
        for call, began in (("1731.1", now - 3600), ("1731.2", now)):
            shift = began - self.facts[0].at
            for fact in self.facts:
                values = {**fact.details(), "at": fact.at + shift, "call": call}
                if isinstance(fact, CallStarted):
                    values["caller"] = "13900139000" if call == "1731.1" else ""
                records.note(type(fact)(**values))
        await records.flush()
        await database.close()

    def why(self, *arguments):
        config = str(self.settings.path("ivrflow.yaml"))
        return CliRunner().invoke(main, ["why", "-c", config, *arguments])


@pytest.fixture(scope="module")
def there(tmp_path_factory):
    return Installation(tmp_path_factory.mktemp("installation"))


def test_every_decision_is_told_with_the_line_that_made_it(there):
    result = there.why("1731.1")

    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert lines[0].startswith("call 1731.1: 13900139000 called 100, flow top, version")
    assert "ended by the flow in bye (cause 16)" in lines[1]
    for told in (
        "     3 | ask: menu: choose",
        "       -> who: the caller pressed 1",
        "     5 | keys: {1: who, 2: bye}",
        "         no keys: silent, no key for 6 s",
        "         keys ******: accepted, the entry is complete",
        "         looks up people with number 13900139000: name Ann, level 2",
        "         if person.level > 3: no  (person.level 2)",
        "    16 | - {if: person.level > 3, then: gold}",
        "       -> bye: no condition holds",
    ):
        assert told in lines, f"{told}\n{result.output}"
    assert "7391" not in result.output
    assert "\x1b" not in result.output


def test_lines_are_those_of_the_version_that_ran_though_the_file_has_gone(there):
    path = there.site / "flows" / "top.yaml"
    path.unlink()
    try:
        assert "5 | keys: {1: who, 2: bye}" in there.why("1731.1").output
    finally:
        path.write_text(FLOW)


def test_a_call_is_found_by_its_beginning_its_number_or_as_the_last(there):
    assert "call 1731.2:" in there.why("--last").output
    assert "call 1731.1:" in there.why("--caller", "13900139000").output
    assert "call 1731.2:" in there.why("--caller", "withheld", "--today").output
    assert "call 1731.2:" in there.why("1731", "--last").output

    several = there.why("1731")
    assert several.exit_code == 1
    assert "several calls could be meant; give more of the id, or --last:" in (
        several.output
    )
    assert "ended by flow in bye" in several.output


def test_no_such_call_is_told(there):
    for arguments in (("99",), ("--caller", "1"), ("1731.1", "--caller", "1")):
        result = there.why(*arguments)
        assert result.exit_code == 1
        assert "no call" in result.output
    assert there.why().exit_code == 2


def test_all_of_it_as_json(there):
    told = json.loads(there.why("1731.1", "--json").output)

    assert [step["step"] for step in told["steps"]] == [
        *("ask", "who", "find", "vip", "bye")
    ]
    assert told["ended_by"] == "flow"
    [tested] = [
        one
        for step in told["steps"]
        for one in step["happened"]
        if one["kind"] == "ConditionTested"
    ]
    assert tested["facts"]["values"] == {"person.level": 2}
    assert tested["line"] == "- {if: person.level > 3, then: gold}"


def test_what_was_said_in_another_language(there):
    assert (
        'says choose: "请按一。"' in there.why("1731.1", "--language", "zh-CN").output
    )
    result = there.why("1731.1", "--language", "de")
    assert result.exit_code == 2
    assert "the site speaks en, zh-CN, and not 'de'" in result.output


def test_saved_as_a_test_it_passes_and_holds_no_secret(there):
    result = there.why("1731.1", "--save", "tests/of_ann.test.yaml")

    assert result.exit_code == 0, result.output
    assert "its test passes, through the same 5 steps" in result.output
    text = (there.site / "tests" / "of_ann.test.yaml").read_text()
    assert "7391" not in text
    assert "data:" in text
    assert "version" in text
    tested = CliRunner().invoke(main, ["test", str(there.site)])
    assert "1 passed, 0 failed" in tested.output


def test_saved_on_a_changed_flow_the_test_tells_what_is_different(there):
    path = there.site / "flows" / "top.yaml"
    path.write_text(FLOW.replace("level > 3", "level > 1"))
    try:
        result = there.why("1731.1", "--save", "tests/changed.test.yaml")
    finally:
        path.write_text(FLOW)
        (there.site / "tests" / "changed.test.yaml").unlink()

    assert result.exit_code == 1
    assert "but after vip it goes to gold, and the call to bye" in result.output
    assert "the files are" in result.output


def test_a_place_where_no_test_is_looked_for_is_refused(there):
    result = there.why("1731.1", "--save", "x.yaml")

    assert result.exit_code == 1
    assert "'x.yaml' is no test file: write tests/x.test.yaml" in result.output
