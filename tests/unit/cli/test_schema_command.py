"""`ivrflow schema` as a person uses it, and `ivrflow asterisk call` before it calls."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time

import pytest
from click.testing import CliRunner

from ivrflow.asterisk.home.credentials import Credentials, Kept, save
from ivrflow.asterisk.home.ports import free_ports
from ivrflow.cli import main
from ivrflow.flow.schema import globs

SITE = "languages: [en]\ntimezone: UTC\n"
FLOW = "flow: f\nsteps: {first: {wait: 1s}}\n"


def run(*arguments):
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def site(tmp_path):
    (tmp_path / "flows").mkdir()
    (tmp_path / "site.yaml").write_text(SITE)
    (tmp_path / "flows/f.yaml").write_text(FLOW)
    return tmp_path


def targets(site):
    flow = json.loads((site / "schema/flow-f.json").read_text("utf-8"))
    return flow["definitions"]["Target"]["enum"]


def test_the_schemas_are_written_into_the_sites_folder(site):
    told = run("schema", site)

    assert told.exit_code == 0
    written = {path.stem for path in (site / "schema").iterdir()}
    assert written == set(globs())


def test_or_into_another_one(site, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")

    assert run("schema", site, "-o", other).exit_code == 0
    assert (other / "flow.json").is_file()
    assert not (site / "schema").exists()


def test_without_here_no_site_is_needed(tmp_path):
    assert run("schema", tmp_path).exit_code == 0


def test_here_needs_a_site_and_says_so(tmp_path):
    refused = run("schema", tmp_path, "--here")

    assert refused.exit_code == 2
    assert "is no site: it has no site.yaml" in refused.output
    assert not (tmp_path / "schema").exists()


def test_here_knows_the_steps_of_a_site_that_has_errors(site):
    (site / "flows/f.yaml").write_text("flow: f\nsteps: {first: {sya: 1}, other: {}}\n")

    assert run("schema", site, "--here").exit_code == 0
    assert targets(site)[:2] == ["first", "other"]


def test_a_second_time_nothing_is_new(site):
    run("schema", site, "--here")

    assert "nothing new" in run("schema", site, "--here").output


def test_a_flow_that_is_gone_has_no_schema_any_more_and_others_files_stay(site):
    run("schema", site, "--here")
    mine = {"flow-mine.json": b'{"title": "mine"}', "flow-odd.json": b"\xff"}
    for name, text in mine.items():
        (site / "schema" / name).write_bytes(text)
    (site / "flows/f.yaml").write_text(FLOW.replace("flow: f", "flow: g"))

    assert run("schema", site, "--here").exit_code == 0

    there = {path.name for path in (site / "schema").glob("flow-*")}
    assert there == {"flow-g.json", "flow-any.json", *mine}
    assert all((site / "schema" / name).read_bytes() == mine[name] for name in mine)


def test_what_stands_in_a_schemas_place_is_replaced_whatever_it_is(site):
    (site / "schema").mkdir()
    (site / "schema/flow.json").write_bytes(b"\xff")

    assert run("schema", site).exit_code == 0
    assert json.loads((site / "schema/flow.json").read_bytes())["title"] == "A flow"


def test_it_stays_and_writes_them_anew_when_a_file_is_saved(site):
    command = [
        sys.executable,
        "-m",
        "ivrflow",
        "schema",
        str(site),
        "--here",
        "--watch",
    ]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as watching:
        assert watching.stdout is not None
        assert "flow-f.json" in watching.stdout.readline()
        # It looks at the files after it has told what it wrote.
        deadline = time.monotonic() + 60
        while "second" not in targets(site) and time.monotonic() < deadline:
            (site / "flows/f.yaml").write_text(
                "flow: f\nsteps: {first: {wait: 1s}, second: {wait: 1s}}\n"
            )
            time.sleep(0.3)
        watching.send_signal(signal.SIGINT)
        told = watching.stdout.read()

    assert targets(site)[:2] == ["first", "second"]
    assert "flow-f.json" in told
    assert watching.returncode == 0


def test_to_watch_is_for_names_only(site):
    assert "--watch is for --here" in run("schema", site, "--watch").output


# A robot's phone ----------------------------------------------------------------------


def test_who_calls_an_asterisk_that_never_ran_is_told_how_to_start_it(tmp_path):
    refused = run("asterisk", "call", "100", "--dir", tmp_path / "asterisk")

    assert refused.exit_code == 2
    assert "start `ivrflow asterisk run --dir" in " ".join(refused.output.split())


def test_who_would_keep_the_sound_in_no_folder_is_told_before_the_call(tmp_path):
    folder = tmp_path / "s"
    run("new", folder)

    wav = tmp_path / "no" / "x.wav"
    refused = run(
        "asterisk", "call", "100", "--save", wav, "--dir", folder / "run/asterisk"
    )

    assert refused.exit_code == 2
    assert "there is no folder" in refused.output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--rejects", "--ignores"], "one of --answers, --rejects and --ignores"),
        (["--ignores", "--talks", "3s"], "--talks is for calls that are answered"),
        (["--answers", "soon"], "'soon' is not a duration"),
        ([], "this Asterisk has no account '9999'; there are 1001"),
    ],
)
def test_a_robot_agent_that_can_not_be_is_refused_with_the_reason(
    tmp_path, options, told
):
    kept = Kept(credentials=Credentials(), ports=free_ports("127.0.0.1"))
    save(tmp_path / "credentials.json", kept)

    refused = run("asterisk", "agent", "9999", "--dir", tmp_path, *options)

    assert refused.exit_code == 2
    assert told in " ".join(refused.output.split())


def test_a_key_that_no_telephone_has_is_refused(tmp_path):
    refused = run("asterisk", "call", "100", "--keys", "1 a", "--dir", tmp_path)

    assert refused.exit_code == 2
    assert "'a' is on no telephone" in refused.output
