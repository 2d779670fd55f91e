"""`ivrflow check`: what it prints, and its exit status."""

import json
import re
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivrflow.cli.check import check

SAMPLE = Path(__file__).parents[3] / "flows/hotline"


@pytest.fixture
def site(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "prompts").mkdir()
    (tmp_path / "site.yaml").write_text("languages: [en]\ntimezone: UTC\n")
    (tmp_path / "prompts/en.yaml").write_text("hello: Hello.\n")
    flow = "flow: a\ntitle: 你好\nsteps:\n  hello: {say: hello}\n"
    (tmp_path / "flows/a.yaml").write_text(flow)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(check, [str(one) for one in arguments])


def broken(site):
    text = (site / "flows/a.yaml").read_text().replace("say: hello", "say: helo")
    (site / "flows/a.yaml").write_text(text)
    return site


def test_the_sample_is_good_and_its_notes_are_printed():
    result = run(SAMPLE)

    assert result.exit_code == 0
    assert "needs the database 'crm'" in result.output
    # Late in a year a warning says that the next one's holidays are not known.
    assert re.fullmatch(
        r"(1 warning, )?\d+ notes( \(\d+ not shown; see --notes\))?; "
        r"3 flows, version [0-9a-f]{12}",
        result.output.splitlines()[-1],
    )


def test_of_many_notes_of_one_kind_a_few_are_shown(site):
    sources = [f"a{n}: {{database: b{n}, insert: a, timeout: 2s}}\n" for n in range(5)]
    (site / "data.yaml").write_text("".join(sources))

    few, every = run(site).output, run(site, "--notes").output

    assert few.count(" D090 note: ") == 3
    assert every.count(" D090 note: ") == 5
    assert "not shown; see --notes" in few.splitlines()[-1]
    assert "not shown" not in every


def test_with_strict_notes_fail_too():
    assert run(SAMPLE, "--strict").exit_code == 1


def test_a_problem_is_shown_with_its_line_and_a_caret(site):
    result = run(broken(site))

    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"{site}/flows/a.yaml:4:16: P010 error: there is no prompt 'helo'; "
        "did you mean 'hello'?",
        "      hello: {say: helo}",
        "                   ^",
        "1 error; the site can't start",
    ]


def test_without_a_folder_the_current_one_is_checked(site, monkeypatch):
    monkeypatch.chdir(broken(site))

    assert run().output.startswith("flows/a.yaml:4:16: P010 error: ")


def test_a_folder_that_is_no_site_can_not_be_checked(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert run(tmp_path).exit_code == 2
    assert run().exit_code == 2
    assert "has no site.yaml" in run().output


def test_programs_read_json(site):
    result = run(broken(site), "--format", "json")

    report = json.loads(result.output)
    assert report["good"] is False
    assert report["problems"] == [
        {
            "file": f"{site}/flows/a.yaml",
            "line": 4,
            "column": 16,
            "code": "P010",
            "severity": "error",
            "message": "there is no prompt 'helo'; did you mean 'hello'?",
        }
    ]


def test_github_gets_one_annotation_per_problem(site):
    text = (site / "flows/a.yaml").read_text().replace("say: hello", 'say: "${100 %}"')
    (site / "flows/a.yaml").write_text(text)

    result = run(site, "--format", "github")

    assert result.output.startswith(f"::error file={site}/flows/a.yaml,line=4,col=")
    assert len(result.output.splitlines()) == 1
    assert "%}" not in result.output


def test_errors_come_first_and_notes_do_not_drown_them(site):
    broken(site)
    (site / "aaa.yaml").write_text("x: y\n")  # a warning, in the first of all files
    (site / "hours.yaml").write_text("office: {mon: 9:00-17:00}\n")
    (site / "data.yaml").write_text("a: {database: crm, insert: a, timeout: 2s}\n")

    lines = run(site).output.splitlines()

    told = [line for line in lines if not line.startswith("    ")]
    assert [line.split()[1] for line in told[:-1]] == ["P010", "Y017"]
    assert told[-1].startswith("1 error, 1 warning, ")
    assert told[-1].endswith("not shown; see --notes); the site can't start")


def test_several_sites_are_checked_at_once(site, tmp_path):
    other = shutil.copytree(SAMPLE, tmp_path / "hotline")

    result = run(broken(site), other)

    assert result.exit_code == 1
    assert f"{site}: 1 error; the site can't start" in result.output
    assert "3 flows, version" in result.output.splitlines()[-1]
    report = json.loads(run(site, other, "--format", "json").output)
    assert [one["good"] for one in report["sites"]] == [False, True]
    assert report["good"] is False


def test_a_folder_that_is_no_site_does_not_keep_the_others_from_being_checked(
    site, tmp_path
):
    (tmp_path / "empty").mkdir()

    result = run(tmp_path / "empty", broken(site))

    assert result.exit_code == 2
    assert "P010" in result.output


def test_a_folder_of_sites_names_them(site, tmp_path):
    shutil.copytree(site, tmp_path / "sites/bakery")

    result = run(tmp_path / "sites")

    assert result.exit_code == 2
    assert f"did you mean {tmp_path / 'sites/bakery'}?" in result.output


def test_a_terminal_gets_colours_unless_they_are_not_wanted(site, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    coloured = CliRunner().invoke(check, [str(broken(site))], color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    plain = CliRunner().invoke(check, [str(site)], color=True)

    assert "\x1b[31merror" in coloured.output
    assert "\x1b" not in plain.output
    assert "\x1b" not in run(site).output


def test_recordings_are_measured_where_they_are_asked_for(site, tmp_path):
    folder = tmp_path / "recorded"
    (folder / "en").mkdir(parents=True)
    listed = {"en/hello": {"seconds": 1.0, "text": "Goodbye.", "language": "en"}}
    (folder / "manifest.json").write_text(json.dumps({"clips": listed}))

    result = run(site, "--sounds", folder)

    assert result.exit_code == 0
    assert "prompts/en.yaml:1:8: P020 warning: the recording 'en/hello': " in (
        result.output
    )
    (folder / "manifest.json").write_text("[]")
    assert run(site, "--sounds", folder).exit_code == 2
