import asyncio
import json
import re
import shutil
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.db.engine import Database
from ivrflow.db.records import Records
from ivrflow.db.tables import metadata
from ivrflow.db.versions import SqlVersions
from ivrflow.facts import CallEnded, CallStarted, Decided, StepEntered
from ivrflow.flow.folder import read_texts
from ivrflow.flow.load import load_site

TOP = Path(__file__).parents[3]
HOTLINE = TOP / "flows/hotline"
MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=ZoneInfo("Asia/Shanghai")).timestamp()


def draw(*words):
    return CliRunner().invoke(main, ["draw", *map(str, words)], env={"COLUMNS": "80"})


@pytest.fixture
def site(tmp_path):
    folder = tmp_path / "hotline"
    shutil.copytree(HOTLINE, folder)
    return folder


def write(path, calls, texts=None):
    """A database with *calls* at the menu: (version, key that was pressed or "")."""

    async def run():
        database = Database(f"sqlite:///{path}")
        await database.write(lambda db: db.run_sync(metadata.create_all))
        records = Records(database)
        for number, (version, step, key) in enumerate(calls):
            about = {"at": MONDAY + number, "call": str(number)}
            records.note(
                CallStarted(
                    **about, caller="1", dialled="2", flow="hotline", version=version
                )
            )
            records.note(
                StepEntered(
                    **about, flow="hotline", step=step, verb="menu", place="", number=1
                )
            )
            if key:
                records.note(
                    Decided(
                        **about,
                        step=step,
                        outcome=f"key {key}",
                        target="balance",
                        why="",
                    )
                )
            ended = CallEnded(
                at=MONDAY + number + 12,
                call=str(number),
                by="flow" if key else "caller",
                cause=16,
                flow="hotline",
                step=step,
                seconds=12,
            )
            records.note(ended)
        await records.flush()
        for version, text in (texts or {}).items():
            await SqlVersions(database).went_live(
                version, text, by="test", at=MONDAY, tested=True
            )
        await database.close()

    asyncio.run(run())
    return f"sqlite:///{path}"


DAY = ("--from", "2026-03-02", "--to", "2026-03-03")


# What is drawn ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("x.svg", "<svg "),
        ("x.SVG", "<svg "),
        ("x.mmd", '---\ntitle: "'),
        ("x.dot", "digraph "),
        ("x.gv", "digraph "),
        ("x.html", "<!DOCTYPE html>"),
    ],
)
def test_the_ending_of_the_file_says_what_is_written(tmp_path, name, begins):
    result = draw(HOTLINE, "-o", tmp_path / name)

    assert result.exit_code == 0, result.output
    assert (tmp_path / name).read_text("utf-8").startswith(begins)


def test_without_a_file_it_is_printed(monkeypatch):
    monkeypatch.chdir(HOTLINE)

    assert draw("orders").stdout.startswith("<svg ")
    assert draw("orders", "--format", "mermaid").stdout.startswith("---")


def test_a_site_and_a_flow_can_be_named():
    result = draw(HOTLINE, "survey", "--format", "dot")

    assert '"survey.ask_score"' in result.stdout
    assert "hotline.welcome" not in result.stdout


def test_all_flows_are_drawn_with_what_ties_them_together(tmp_path):
    result = draw(HOTLINE, "--all", "-o", tmp_path / "x.svg")

    assert "3 flows" in result.stdout
    text = (tmp_path / "x.svg").read_text("utf-8")
    assert "All flows" in text
    assert 'data-step="ask_score"' in text


def test_a_page_has_the_flows_that_are_called_too(tmp_path):
    draw(HOTLINE, "hotline", "-o", tmp_path / "x.html")

    text = (tmp_path / "x.html").read_text("utf-8")
    assert re.findall(r'data-flow="([^"]*)"', text) == [
        "&gt;flows",
        "hotline",
        "orders",
        "survey",
    ]


def test_pages_name_no_folder_of_the_machine_unless_asked(site, tmp_path):
    draw(site, "-o", tmp_path / "x.html")
    quiet = (tmp_path / "x.html").read_text("utf-8")
    draw(site, "--vscode", "-o", tmp_path / "x.html")

    assert str(tmp_path) not in quiet
    link = f"vscode://file{site.resolve()}/flows/hotline.yaml:15"
    assert link in (tmp_path / "x.html").read_text("utf-8")


def test_a_link_to_a_folder_with_signs_of_urls_in_its_name_leads_there(site, tmp_path):
    odd = site.rename(tmp_path / "a b#c?d")
    draw(odd, "--vscode", "-o", tmp_path / "x.html")

    links = json.loads(_data((tmp_path / "x.html").read_text("utf-8")))
    [path] = {unquote(urlsplit(one["link"]).path) for one in links if one["line"] == 15}
    assert path == f"{odd.resolve()}/flows/hotline.yaml:15"


def _data(page):
    """What the script of a page knows of its steps, as JSON."""
    return page.split('id="steps">')[1].split("</script>")[0]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["hotlin"], "did you mean 'hotline'?"),
        (["hotline", "--all"], "name a flow, or say --all"),
        (["--language", "fr"], "does not speak 'fr', but zh-CN, en"),
        (["-o", "x.png"], "end its name with one of .svg"),
        (["--calls", "soon"], "'soon' is not"),
        (["--calls", "1d", "--from", "2026-03-01"], "two ways to say one thing"),
        (["--from", "2026-03-02", "--to", "2026-03-01"], "--from must be before --to"),
        (["a", "b", "c"], "only a site's folder and a flow"),
        (["--vscode", "-o", "x.svg"], "--vscode is for a page"),
    ],
)
def test_what_can_not_be_drawn_is_told_with_what_to_do(words, told, monkeypatch):
    monkeypatch.chdir(HOTLINE)
    result = draw(*words)

    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())


def test_a_site_with_errors_is_not_drawn(site):
    path = site / "flows/hotline.yaml"
    path.write_text(
        path.read_text("utf-8").replace("1: balance", "1: balanse"), "utf-8"
    )
    result = draw(site)

    assert result.exit_code == 2
    assert "balanse" in result.stderr


def test_a_folder_that_is_not_there_is_told(tmp_path):
    result = draw(HOTLINE, "-o", tmp_path / "no" / "x.svg")

    assert result.exit_code == 1
    assert "No such file" in result.stderr


# Past calls ---------------------------------------------------------------------------


def test_calls_are_painted_on_steps_and_ways(tmp_path):
    version = load_site(HOTLINE).version
    calls = [(version, "main_menu", "1")] * 9 + [(version, "main_menu", "")]
    url = write(tmp_path / "x.db", calls)

    result = draw(HOTLINE, *DAY, "--database", url, "-o", tmp_path / "x.svg")

    assert result.exit_code == 0, result.stderr
    assert "1 flow, 10 calls" in result.stdout
    assert "warning" not in result.stderr
    text = (tmp_path / "x.svg").read_text("utf-8")
    assert "10 visits · 12.0 s" in text
    assert "10 % hung up" in text
    assert ">9 (90 %)<" in text
    assert "heat3" in text
    assert text.count("nobody came here") == 19  # all the others, but not note_call
    assert "10 calls from 2026-03-02 00:00 to 2026-03-03 00:00" in text


@pytest.mark.parametrize("form", ["mermaid", "dot"])
def test_calls_are_counted_in_the_other_formats_too(form, tmp_path):
    url = write(tmp_path / "x.db", [(load_site(HOTLINE).version, "main_menu", "1")])
    result = draw(HOTLINE, *DAY, "--database", url, "--format", form)

    assert "1 visit" in result.stdout
    assert '查询余额 1"' in result.stdout


def test_calls_of_another_version_are_told_and_so_are_steps_that_are_gone(tmp_path):
    calls = [("0ld", "old_menu", ""), ("0ld", "main_menu", "1")]
    url = write(tmp_path / "x.db", calls)
    result = draw(HOTLINE, *DAY, "--database", url, "-o", tmp_path / "x.html")

    assert "2 of 2 calls ran other versions" in result.stderr
    assert "0ld (2)" in result.stderr
    assert "not there any more were visited: hotline.old_menu (1)" in result.stderr
    page = (tmp_path / "x.html").read_text("utf-8")
    assert "hotline.old_menu (1)" in page


def test_an_older_version_is_drawn_with_its_own_calls(site, tmp_path):
    new = load_site(site).version
    path = site / "flows/hotline.yaml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("nobody_free", "all_busy"), "utf-8")
    prompts = [site / "prompts/en.yaml", site / "prompts/zh-CN.yaml"]
    for prompt in prompts:
        words = prompt.read_text("utf-8")
        prompt.write_text(words.replace("nobody_free", "all_busy"), "utf-8")
    old = load_site(site).version
    texts = read_texts(site)
    calls = [(old, "all_busy", ""), (new, "main_menu", "1")]
    url = write(tmp_path / "x.db", calls, {old: texts})

    result = draw(
        HOTLINE, "--version", old[:6], "--database", url, "-o", tmp_path / "x.svg"
    )

    assert result.exit_code == 0, result.stderr
    assert "1 flow, 1 call\n" in result.stdout
    assert "warning" not in result.stderr
    assert 'data-step="all_busy"' in (tmp_path / "x.svg").read_text("utf-8")


def test_the_settings_say_where_the_calls_are(tmp_path):
    version = load_site(HOTLINE).version
    url = write(tmp_path / "x.db", [(version, "main_menu", "1")])
    for secret in ("pepper", "ari", "events", "token"):
        (tmp_path / secret).write_text("x" * 40)
        (tmp_path / secret).chmod(0o600)
    settings = {
        "site": str(HOTLINE),
        "database": url,
        "pepper_file": "pepper",
        "ari": {
            "url": "http://127.0.0.1:8088/ari",
            "user": "a",
            "password_file": "ari",
        },
        "events": {"port": 8089, "user": "b", "password_file": "events"},
        "api": {"port": 8090, "token_file": "token"},
        "sounds": str(tmp_path),
    }
    (tmp_path / "ivrflow.yaml").write_text(json.dumps(settings))

    result = draw(
        HOTLINE, *DAY, "-c", tmp_path / "ivrflow.yaml", "-o", tmp_path / "x.svg"
    )

    assert "1 flow, 1 call\n" in result.stdout


def test_a_database_without_calls_in_that_time_is_told(tmp_path):
    url = write(tmp_path / "x.db", [])
    result = draw(HOTLINE, "--calls", "7d", "--database", url)

    assert "there are no calls in that time" in result.stderr
    assert result.stdout.startswith("<svg")


def test_the_oldest_date_there_is_is_no_fault(tmp_path):
    url = write(tmp_path / "x.db", [])
    result = draw(HOTLINE, "--from", "0001-01-01", "--database", url)

    assert result.exit_code == 0, result.output
    assert "0 calls, all before" in result.stdout


def test_a_database_that_is_not_there_is_told_and_not_made(tmp_path):
    result = draw(HOTLINE, "--calls", "7d", "--database", f"sqlite:///{tmp_path}/n.db")

    assert result.exit_code == 1
    assert "there is no such file" in result.stderr
    assert not (tmp_path / "n.db").exists()
