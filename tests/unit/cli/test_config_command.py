"""`ivrflow config`: shows, checks and begins the settings."""

import json

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.config import read_settings

SETTINGS = """\
site: site
database: postgresql://ivr:canary-1@db/ivrflow
pepper_file: secrets/pepper
ari: {password_file: secrets/ari}
api: {token_file: secrets/token}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "site").mkdir()
    (tmp_path / "secrets").mkdir()
    for name in ("pepper", "ari", "token"):
        (tmp_path / "secrets" / name).write_text("canary-2\n")
        (tmp_path / "secrets" / name).chmod(0o600)
    (tmp_path / "ivrflow.yaml").write_text(SETTINGS)
    return tmp_path


def run(folder, *words, **environ):
    environ = {"IVRFLOW_CONFIG": str(folder / "ivrflow.yaml"), **environ}
    result = CliRunner().invoke(main, ["config", *words], env=environ)
    assert "canary" not in result.output
    return result.exit_code, result.output.replace(f"{folder}/", "")


def test_show_prints_what_counts_and_no_secret(folder):
    status, said = run(folder, "show", IVRFLOW_DRAIN="8s")

    assert status == 0
    assert "\ndrain: 8s\n" in said
    assert '\ndatabase: "postgresql://ivr:******@db/ivrflow"\n' in said


def test_show_says_where_each_comes_from(folder):
    _, said = run(folder, "show", "--origin", IVRFLOW_DRAIN="8s")

    lines = [" ".join(line.split()) for line in said.splitlines()]
    assert "site: site # ivrflow.yaml:1:1" in lines
    assert "drain: 8s # IVRFLOW_DRAIN" in lines
    assert "upgrade: yes # default" in lines


def test_show_as_json_is_for_programs(folder):
    _, said = run(folder, "show", "--json")

    first = json.loads(said)[0]
    assert first == {"key": "site", "value": "site", "origin": "ivrflow.yaml:1:1"}


@pytest.mark.parametrize("command", ["show", "check"])
def test_settings_that_cannot_be_used_are_told_with_place_and_cure(folder, command):
    (folder / "ivrflow.yaml").write_text(SETTINGS + "drian: 5s\n")

    status, said = run(folder, command)

    assert status == 1
    assert said == (
        "Error: ivrflow.yaml:6:1: C001 there is no setting 'drian'; did you mean "
        "'drain'?\n"
    )


def test_check_says_what_was_read_and_that_it_is_right(folder):
    (folder / "conf.d").mkdir()
    (folder / "conf.d/x.yaml").write_text("drain: 7s\n")

    status, said = run(folder, "check", IVRFLOW_API__PORT="9000")

    assert status == 0
    assert said == (
        "read: ivrflow.yaml\nread: conf.d/x.yaml\nread: IVRFLOW_API__PORT\n"
        "no errors, no warnings\n"
    )


def test_check_names_files_that_lack_and_ends_with_1(folder):
    (folder / "secrets/ari").unlink()

    status, said = run(folder, "check")

    assert status == 1
    assert "error: ari.password_file: secrets/ari: it is not there" in said
    assert said.endswith("1 error, no warnings\n")


def test_a_warning_ends_with_1_only_if_it_is_to(folder):
    environ = {"IVRFLOW_DRIAN": "8s"}

    assert run(folder, "check", **environ)[0] == 0
    status, said = run(folder, "check", "--strict", **environ)
    assert status == 1
    assert "warning: IVRFLOW_DRIAN is no setting; did you mean 'drain'?\n" in said


def test_default_is_a_file_that_can_be_read(folder):
    status, said = run(folder, "default")
    (folder / "new.yaml").write_text(said)

    assert status == 0
    assert read_settings(folder / "new.yaml", {}).api.port == 8090
