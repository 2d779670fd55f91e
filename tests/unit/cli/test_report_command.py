"""`ivrflow report` on an installation with the facts of a day."""

import asyncio
import csv
import json
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner
from sqlalchemy import delete

from ivrflow.cli import main
from ivrflow.db.audit import Entry, SqlAudit
from ivrflow.db.engine import Database
from ivrflow.db.forgetting import FACTS_GONE
from ivrflow.db.record_rows import write_facts
from ivrflow.db.tables import call_records, metadata
from ivrflow.facts import CallbackAsked, CallbackEnded, EstimateSaid
from tests.unit.figures.day import Day
from tests.unit.service.test_service import installed, write

ZONE = ZoneInfo("Asia/Shanghai")
MORNING = datetime(2026, 10, 20, 9, tzinfo=ZONE).timestamp()
DAY = ("--from", "2026-10-20")
QUEUES = """\
desk: {title: Desk, answer_within: 10s}
service: {title: 客服, answer_within: 1m}
"""


def facts():
    day = Day(MORNING).agent(0, "1001", queues=("desk",))
    for n in range(10):
        call, offer, at = f"c{n}", f"o{n}", 300 * n + 10
        day.starts(at, call, f"+86{n}").queued(at, call, "desk")
        day.add(EstimateSaid, at, call, queue="desk", low=5, high=25)
        day.rings(at + 2, call, "1001", offer, "desk")
        day.talks(at + 6 + n, call, "1001", offer, "desk")
        day.done(at + 66 + n, call, "1001", offer, 60, queue="desk")
        day.ends(at + 66 + n, call).agent(at + 66 + n, "1001", work="wrap-up")
        day.agent(at + 76 + n, "1001")
    day.starts(4000, "a1").queued(4000, "a1", "service").leaves(
        4030, "a1", queue="service"
    )
    day.add(CallbackAsked, 4100, "c9", queue="desk", number="138")
    more = {"how": "kept", "in_time": True}
    day.add(CallbackEnded, 4900, "c9", queue="desk", number="138", **more)
    day.ends(4030, "a1").agent(5000, "1001", "logged out")
    return sorted(day.facts, key=lambda fact: fact.at)


def add(facts):
    return lambda rows: write_facts(rows, facts)


class Installation:
    """The facts are there; no figures are kept of them yet."""

    def __init__(self, folder):
        self.settings, _ = installed(folder, queues=QUEUES)
        self.folder = folder
        self.url = self.settings.url(self.settings.database)
        for work in (lambda rows: rows.run_sync(metadata.create_all), add(facts())):
            self.on_database(lambda db, work=work: db.write(work))

    def on_database(self, work):
        async def run():
            database = Database(self.url)
            try:
                return await work(database)
            finally:
                await database.close()

        return asyncio.run(run())

    def run(self, *words, code=0):
        config = ("--config", str(self.folder / "ivrflow.yaml"))
        result = CliRunner().invoke(main, ["report", words[0], *config, *words[1:]])
        assert result.exit_code == code, result.output
        return result

    def rebuilt(self):
        self.run("rebuild", *DAY)
        return self


@pytest.fixture
def installation(tmp_path):
    return Installation(tmp_path)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """One with its figures, for tests that only read them."""
    return Installation(tmp_path_factory.mktemp("kept")).rebuilt()


def test_what_is_not_kept_yet_says_how_it_is_made(installation):
    result = installation.run("queues", *DAY)
    assert "ivrflow report rebuild" in result.stderr
    assert result.stdout == ""

    told = installation.run("rebuild", *DAY).output
    assert "11 records of calls" in told
    assert "desk" in installation.run("queues", *DAY).stdout
    (entry,) = installation.on_database(lambda db: SqlAudit(db).newest(9))
    assert entry.what == "figures of 2026-10-20 to 2026-10-20 made again"


@pytest.mark.parametrize("what", ["queue", "agent"])
def test_a_name_that_nothing_is_kept_of_is_told(kept, what):
    told = kept.run(f"{what}s", *DAY, f"--{what}", "nosuch").stderr

    assert f"nothing is kept of {what} 'nosuch'" in told
    assert "rebuild" not in told


def test_queues_with_their_own_thresholds_as_a_table(kept):
    lines = kept.run("queues", *DAY).stdout.splitlines()

    head, desk, service = lines
    assert head.split()[:4] == ["from", "queue", "offered", "answered"]
    assert "50.0 %" in desk  # 5 of 10 within 10 s
    assert service.split()[:6] == ["2026-10-20", "00:00", "service", "1", "0", "1"]


def test_intervals_as_csv_and_json_have_all_figures(kept):
    text = kept.run("queues", *DAY, "--by", "30m", "--csv").stdout
    rows = list(csv.DictReader(text.splitlines()))

    assert [(row["from"][11:], row["queue"], row["offered"]) for row in rows] == [
        ("09:00:00+08:00", "desk", "6"),
        ("09:30:00+08:00", "desk", "4"),
        ("10:00:00+08:00", "desk", "0"),  # a callback was asked for
        ("10:00:00+08:00", "service", "1"),
    ]
    found = json.loads(kept.run("queues", *DAY, "--json").stdout)
    assert found[0]["service_level_negative"] == 0.5
    assert found[0]["aht"] == 70
    within = ("--within", "8s")
    found = json.loads(kept.run("queues", *DAY, *within, "--json").stdout)
    assert found[0]["answered_within"] == 3


def test_agents_and_their_timeline(kept):
    (row,) = json.loads(kept.run("agents", *DAY, "--json").stdout)
    assert (row["agent"], row["signed_in"], row["talk"]) == ("1001", 5000, 600)
    assert row["wrap_up"] == 100

    lines = kept.run("timeline", *DAY, "--csv").stdout.splitlines()
    found = list(csv.DictReader(lines))
    assert [row["state"] for row in found[:5]] == [
        "ready",
        "ring",
        "talk",
        "wrap-up",
        "ready",
    ]
    assert sum(float(row["seconds"]) for row in found) == 5000


def test_calls_estimates_and_promises(kept):
    text = kept.run("calls", *DAY, "--csv").stdout
    rows = list(csv.DictReader(text.splitlines()))
    assert len(rows) == 11
    assert rows[0]["caller"] == "'+860"
    assert (rows[0]["queues"], rows[0]["agents"]) == ("desk", "1001")
    only = kept.run("calls", *DAY, "--queue", "service", "--json").stdout
    assert [row["outcome"] for row in json.loads(only)] == ["abandoned"]

    (row,) = json.loads(kept.run("estimates", *DAY, "--json").stdout)
    assert (row["estimates"], row["covered"]) == (10, 1.0)
    (row,) = json.loads(kept.run("promises", *DAY, "--json").stdout)
    assert (row["asked"], row["promise_kept"]) == (1, 1.0)


def test_a_day_as_asterisk_would_have_logged_it(kept):
    lines = kept.run("queue-log", "--day", "2026-10-20").stdout.splitlines()

    events = [line.split("|")[4] for line in lines]
    assert events.count("CONNECT") == 10
    assert f"{int(MORNING) + 4030}|a1|service|NONE|ABANDON|1|1|30" in lines


def test_the_check_finds_nothing_and_then_what_is_missing(installation):
    installation.rebuilt()
    day = ("--day", "2026-10-20")
    assert "0 differences" in installation.run("check", *day).output

    async def lose(database):
        gone = delete(call_records).where(call_records.c.call == "c3")
        await database.write(lambda db: db.execute(gone))

    installation.on_database(lose)
    told = installation.run("check", *day, code=1).output
    assert "call records: c3 is missing" in told
    assert "ivrflow report rebuild --from 2026-10-20 --to 2026-10-20" in told


def test_the_check_reads_the_queue_log_that_the_settings_name(installation):
    settings = (installation.folder / "ivrflow.yaml").read_text()
    write(installation.folder, "ivrflow.yaml", f"{settings}queue_log: queue_log\n")
    log = installation.run("queue-log", "--day", "2026-10-20").stdout
    lines = log.splitlines(keepends=True)
    write(installation.folder, "queue_log", "".join(lines[:-4] + lines[-3:]))
    installation.rebuilt()

    told = installation.run("check", "--day", "2026-10-20", code=1).output
    assert f"queue_log: missing: {lines[-4].strip()}" in told


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("queues", "--from", "yesterdy"), "write 2026-11-22, today or yesterday"),
        (("queues", *DAY, "--to", "2026-10-19"), "is before the first"),
        (("queues", *DAY, "--within", "soon"), "write 20s or 1m"),
        (("check", "--day", "today"), "not over"),
        (("rebuild",), "not over"),
    ],
)
def test_what_can_t_be_asked_for_says_what_can(kept, words, says):
    assert says in kept.run(*words, code=2).output


def test_days_are_those_of_the_site(installation):
    """At 1:00 in Shanghai it is another day than in most of the world."""
    night = datetime(2026, 10, 21, 1, tzinfo=ZONE).timestamp()
    day = (
        Day(night).starts(0, "n1").queued(0, "n1", "desk").leaves(9, "n1", queue="desk")
    )
    more = day.ends(9, "n1").facts
    installation.on_database(lambda db: db.write(add(more)))
    installation.run("rebuild", *DAY, "--to", "2026-10-21")

    rows = json.loads(
        installation.run(
            "queues", *DAY, "--to", "2026-10-21", "--by", "day", "--json"
        ).stdout
    )
    desk = [
        (row["from"][:10], row["offered"]) for row in rows if row["queue"] == "desk"
    ]
    assert desk == [(str(date(2026, 10, 20)), 10), (str(date(2026, 10, 21)), 1)]


@pytest.mark.parametrize(
    ("gone_before", "keep", "code"),
    [
        (None, "", 0),
        ("2026-10-18", "", 0),
        ("2026-10-20", "", 1),  # whatever the settings say by now
        (None, "keep: {facts: 35d}\n", 0),
        ("2026-10-21", "keep: {facts: 400d}\n", 1),
    ],
)
def test_figures_whose_facts_have_gone_are_not_made_again(
    installation, monkeypatch, gone_before, keep, code
):
    monkeypatch.setattr("ivrflow.cli.report.asked.now", lambda: MORNING + 3 * 86_400)
    settings = installation.folder / "ivrflow.yaml"
    settings.write_text(settings.read_text() + keep)
    if gone_before is not None:
        entry = Entry(at=1.0, who="retention", what=f"{FACTS_GONE}{gone_before} went")
        installation.on_database(lambda db: SqlAudit(db).add(entry))

    told = installation.run("rebuild", *DAY, code=code).output

    assert ("have gone" in told) is bool(code)
