"""`ivrflow new`: what it makes is right, tested and runnable, and nothing is lost."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from pre_commit.clientlib import load_config, load_manifest

from ivrflow.asterisk.home.credentials import load
from ivrflow.cli import main
from ivrflow.config import read_settings
from ivrflow.flow.folder import files_in
from ivrflow.flow.load import check_site
from ivrflow.flow.schema import names_of
from ivrflow.flow.source import Severity
from tests.editor_rig import Editor

LANGUAGES = ["en", "zh-CN", "zh-CN,en", "en,zh-CN"]


def run(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def site(tmp_path):
    """A new site in two languages, with everything."""
    folder = tmp_path / "my-hotline"
    made = run("new", folder, "--language", "zh-CN,en", "--ci")
    assert made.exit_code == 0, made.output
    return folder


@pytest.mark.parametrize("languages", LANGUAGES)
def test_a_new_site_has_no_error_and_no_warning(tmp_path, languages):
    assert run("new", tmp_path / "s", "--language", languages, "--ci").exit_code == 0

    report = check_site(tmp_path / "s")

    assert report.site is not None
    assert list(report.site.catalogue.languages) == languages.split(",")
    assert not report.of(Severity.ERROR)
    assert not report.of(Severity.WARNING), "of recordings nobody has made any"


@pytest.mark.parametrize("languages", LANGUAGES)
def test_its_talks_pass_and_take_every_way(tmp_path, languages):
    run("new", tmp_path / "s", "--language", languages)

    tested = run("test", tmp_path / "s", "--coverage-min", "100", "-j", "1")

    assert tested.exit_code == 0, tested.output


@pytest.mark.parametrize("languages", LANGUAGES)
def test_an_editor_marks_nothing_in_it(tmp_path, languages):
    folder = tmp_path / "s"
    run("new", folder, "--language", languages)
    editor = Editor(names_of(folder))

    marks = {str(path): editor.marks_file(path, folder) for path in files_in(folder)}

    assert not any(marks.values()), marks


def test_every_file_names_its_schema_which_is_there(site):
    for path in files_in(site):
        first = path.read_text("utf-8").split("\n")[0]
        name = first.removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / name).resolve().is_file(), first
        assert name.endswith(".json")


def test_its_settings_are_those_of_its_asterisk(site):
    settings = read_settings(site / "run/ivrflow.yaml")
    kept = load(site / "run/asterisk/credentials.json")

    assert kept is not None
    assert settings.path(settings.site).resolve() == site.resolve()
    assert str(settings.ari.url) == f"http://127.0.0.1:{kept.ports.ari}/ari"
    assert settings.events is None
    assert kept.ports.events == 0
    password = settings.secret(settings.ari.password_file)
    assert password.reveal() == kept.credentials.ari_password


def test_its_secrets_are_for_its_owner_alone_and_not_for_git(site):
    secrets = [
        *(site / "run/secrets").iterdir(),
        site / "run/asterisk/credentials.json",
    ]

    assert len(secrets) == 5
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in secrets)
    assert "/run/" in (site / ".gitignore").read_text().split("\n")


def test_its_title_is_that_of_the_folder_or_the_one_that_was_given(tmp_path):
    run("new", tmp_path / "my-hotline")
    run("new", tmp_path / "other", "--title", 'Li & "Sons": service')

    titles = [
        str(next(iter(check_site(tmp_path / name).site.settings.title.values())))
        for name in ("my-hotline", "other")
    ]

    assert titles == ["My hotline", 'Li & "Sons": service']


@pytest.mark.parametrize(
    ("folder", "title"),
    [
        ("s", "a\x1b[31mb\n# c\u2028d\x85e\x7f"),
        ("s", " "),
        (".x/..", None),
        ("q\udcff", None),
    ],
)
def test_no_title_and_no_folders_name_can_break_the_site(tmp_path, folder, title):
    (tmp_path / ".x").mkdir()

    given = ("--title", title) if title is not None else ()
    made = run("new", tmp_path / folder, *given)

    assert made.exit_code == 0, made.output
    assert check_site((tmp_path / folder).resolve()).site is not None
    written = (tmp_path / folder / "README.md").read_text("utf-8")
    assert all(line.isprintable() for line in written.split("\n"))
    assert written.startswith("# ")
    assert written.split("\n")[1] == ""


def test_a_folder_with_a_space_can_be_copied_from_what_is_told(tmp_path):
    told = run("new", tmp_path / "my site").output

    assert f"cd '{tmp_path / 'my site'}'" in told


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "site.yaml").write_text("mine")

    refused = run("new", tmp_path)

    assert refused.exit_code == 2
    assert "is not empty: it has 'site.yaml'" in refused.output
    assert "name a folder that is not there yet" in refused.output
    assert [path.name for path in tmp_path.iterdir()] == ["site.yaml"]
    assert (tmp_path / "site.yaml").read_text() == "mine"


def test_a_folder_that_git_has_just_made_is_empty_enough(tmp_path):
    (tmp_path / ".git").mkdir()

    assert run("new", tmp_path).exit_code == 0
    assert check_site(tmp_path).site is not None


def test_a_file_of_the_same_name_in_a_hidden_folder_is_not_overwritten(tmp_path):
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode/settings.json").write_text("mine")

    refused = run("new", tmp_path)

    assert refused.exit_code == 2
    assert ".vscode/settings.json is there already" in refused.output
    assert (tmp_path / ".vscode/settings.json").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == [".vscode"]


def test_a_language_or_a_zone_that_nobody_knows_is_refused_with_those_there_are(
    tmp_path,
):
    language = run("new", tmp_path / "s", "--language", "en,fr")
    zone = run("new", tmp_path / "s", "--timezone", "Beijing")

    assert (language.exit_code, zone.exit_code) == (2, 2)
    assert "'fr' is not a language that can be said yet" in language.output
    assert "en and zh-CN" in language.output
    assert "Asia/Shanghai" in zone.output
    assert not (tmp_path / "s").exists()


def test_it_says_what_comes_next(tmp_path):
    told = run("new", tmp_path / "s").output

    assert "ivrflow check" in told
    assert "ivrflow test" in told
    assert "ivrflow try" in told


# At each commit -----------------------------------------------------------------------


def test_its_pre_commit_configuration_is_valid(site):
    config = load_config(str(site / ".pre-commit-config.yaml"))

    hooks = [hook["id"] for repo in config["repos"] for hook in repo["hooks"]]
    assert hooks == ["ivrflow-check", "ivrflow-test"]


def test_its_workflow_checks_and_tests(site):
    workflow = yaml.safe_load((site / ".github/workflows/ivrflow.yaml").read_text())

    steps = [step.get("run", "") for step in workflow["jobs"]["site"]["steps"]]
    assert "ivrflow check --format github" in steps
    assert "ivrflow test --junit talks.xml" in steps


def test_without_ci_nothing_of_the_kind_is_there(tmp_path):
    run("new", tmp_path / "s")

    assert not (tmp_path / "s/.github").exists()
    assert not (tmp_path / "s/.pre-commit-config.yaml").exists()


def test_vs_code_is_told_which_schema_is_for_which_file(site):
    settings = json.loads((site / ".vscode/settings.json").read_text())

    for schema, files in settings["yaml.schemas"].items():
        assert (site / schema).is_file(), schema
        there = list(site.glob(files))
        assert there or files in ("data.yaml", "wording.yaml"), files


HOOKS = str(Path(__file__).parents[3] / ".pre-commit-hooks.yaml")


def test_the_hooks_for_other_repositories_are_valid():
    hooks = {hook["id"]: hook for hook in load_manifest(HOOKS)}

    assert set(hooks) == {"ivrflow-check", "ivrflow-test"}
    assert not any(hook["pass_filenames"] for hook in hooks.values())


@pytest.mark.parametrize("hook", ["ivrflow-check", "ivrflow-test"])
def test_a_hook_passes_a_good_site_and_stops_a_bad_one(site, monkeypatch, hook):
    [command] = [h["entry"].split() for h in load_manifest(HOOKS) if h["id"] == hook]
    monkeypatch.chdir(site)

    assert run(*command[1:]).exit_code == 0
    flow = site / "flows/main.yaml"
    flow.write_text(
        flow.read_text("utf-8").replace("no: closed", "no: closde"), "utf-8"
    )
    assert run(*command[1:]).exit_code != 0
