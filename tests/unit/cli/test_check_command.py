"""`ivrflow check`: what it prints, and its exit status."""

import json
import re
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
    assert re.fullmatch(
        r"\d+ notes; 3 flows, version [0-9a-f]{12}", result.output.splitlines()[-1]
    )


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
