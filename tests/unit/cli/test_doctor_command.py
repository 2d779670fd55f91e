"""`ivrflow doctor`, as an operator and a monitoring system use it."""

import asyncio
import json

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.doctor.checks import checks
from tests.doctor_rig import patient_in


def doctor(*words):
    return CliRunner().invoke(main, ["doctor", *map(str, words)])


async def told(tmp_path, *words, ill=lambda world: None):
    """What the command says of a patient in *tmp_path*."""
    async with patient_in(tmp_path) as world:
        ill(world)
        await asyncio.to_thread(world.write)
        return await asyncio.to_thread(
            doctor,
            "--config",
            tmp_path / "ivrflow.yaml",
            "--asterisk-conf",
            tmp_path / "asterisk",
            *words,
        )


async def test_what_is_well_is_told_and_the_status_is_0(tmp_path):
    said = await told(tmp_path, "--only", "ari-login", "--only", "site")

    assert said.exit_code == 0, said.output
    assert "settings and site:\n  ok             site: " in said.output
    assert "Asterisk:\n  ok             ari-login: " in said.output
    assert said.output.endswith("all is well\n")


async def test_what_is_wrong_is_told_with_its_cure_and_the_status_is_2(tmp_path):
    said = await told(
        tmp_path,
        "--only",
        "ari-rights",
        "--quiet",
        ill=lambda world: setattr(world.ari, "read_only", True),
    )

    assert said.exit_code == 2
    assert "  error          ari-rights: ivrflow may only read" in said.output
    assert "                 -> read_only = no in [ivrflow] of ari.conf" in said.output
    assert "  ok " not in said.output


async def test_as_json_it_is_one_object(tmp_path):
    said = await told(
        tmp_path,
        "--json",
        "--only",
        "http-sessions",
        ill=lambda world: world.conf.update({"http.conf": "[general]\n"}),
    )

    found = json.loads(said.output)
    assert (said.exit_code, found["status"]) == (1, 1)
    assert [one["name"] for one in found["checks"]] == ["http-sessions"]


async def test_what_is_skipped_is_not_made(tmp_path):
    names = [check.name for check in checks()]
    skipped = [word for name in names if name != "site" for word in ("--skip", name)]

    said = await told(tmp_path, "--json", *skipped)

    assert [one["name"] for one in json.loads(said.output)["checks"]] == ["site"]


async def test_nothing_of_a_far_end_can_reach_the_terminal(tmp_path):
    said = await told(
        tmp_path,
        "--only",
        "version",
        ill=lambda world: setattr(world.ari, "version", "\x1b]0;mine\x07"),
    )

    assert "\x1b" not in said.output
    assert said.exit_code == 3


def test_settings_that_are_not_there_are_an_error_with_the_way_on(tmp_path):
    said = doctor("--config", tmp_path / "none.yaml", "--only", "settings")

    assert said.exit_code == 2
    assert "cannot read the settings" in said.output


def test_the_list_names_every_check():
    said = doctor("--list")

    assert said.exit_code == 0
    for check in checks():
        assert f"  {check.name} " in said.output


def test_a_check_has_a_page():
    said = doctor("--explain", "http-sessions")

    assert "sessionlimit" in said.output
    assert "Cure: " in said.output


@pytest.mark.parametrize("option", ["--only", "--skip", "--explain"])
def test_a_check_that_there_is_not_is_told_with_one_that_there_is(option):
    said = doctor(option, "ari-logn")

    assert said.exit_code == 2
    assert "did you mean ari-login" in said.output
