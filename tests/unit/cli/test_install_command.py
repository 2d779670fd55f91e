"""`ivrflow install --systemd`: a unit that fits this machine, and what is left."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.cli.install import program
from ivrflow.cli.units import Fitting, fitted
from ivrflow.shipped import shipped
from tests.unit.service.test_service import SETTINGS, installed

UNIT = shipped("packaging") / "systemd/ivrflow.service"
TEMPLATE = shipped("packaging") / "systemd/ivrflow@.service"
MOST = 1.5
"""How open a unit may be, as `systemd-analyze security` counts: 10 is open."""


def run(folder, *words):
    """The command, writing to *folder*/units."""
    (folder / "units").mkdir(exist_ok=True)
    config = folder / "ivrflow.yaml"
    words = ["install", "--systemd", "--dir", folder / "units", "-c", config, *words]
    return CliRunner().invoke(main, [str(word) for word in words])


def written(folder, name="ivrflow.service"):
    return (folder / "units" / name).read_text()


def lines_of(text, key):
    return re.findall(rf"(?m)^{key}=(.*)$", text)


def test_the_unit_starts_this_ivrflow_with_these_settings(tmp_path):
    installed(tmp_path)

    result = run(tmp_path, "--user-name", "calls")
    unit = written(tmp_path)

    assert result.exit_code == 0, result.output
    config = tmp_path / "ivrflow.yaml"
    start = f"{' '.join(program())} serve --keep --config {config}"
    assert lines_of(unit, "ExecStart") == [start]
    assert lines_of(unit, "User") == lines_of(unit, "Group") == ["calls"]
    assert Path(program()[0]).is_absolute()
    assert (tmp_path / "units/ivrflow.service").stat().st_mode & 0o777 == 0o644


def test_the_program_that_is_named_is_there():
    said = subprocess.run(
        [*program(), "--version"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert said.stdout.startswith("ivrflow, version ")


def test_folders_that_the_settings_name_are_open_to_it(tmp_path):
    more = (
        f"queue_log: {tmp_path}/log/queue_log\ndatabases: {{crm: 'sqlite:///c/m.db'}}\n"
    )
    installed(tmp_path, SETTINGS + more)

    run(tmp_path)
    opened = lines_of(written(tmp_path), "ReadWritePaths")

    # The database lies beside the settings, and what is heard in mailboxes beside that.
    wanted = [tmp_path, tmp_path / "c", tmp_path / "log", tmp_path / "site"]
    assert opened == ["-/etc/ivrflow", *(f"-{path}" for path in wanted)]


def test_what_lies_in_the_usual_folders_needs_no_line():
    folders = [Path("/etc/ivrflow/hotline"), Path("/var/lib/ivrflow"), Path("/srv/x")]

    unit = fitted(UNIT.read_text(), Fitting(writes=folders))

    assert lines_of(unit, "ReadWritePaths") == ["-/etc/ivrflow", "-/srv/x"]
    assert lines_of(unit, "ProtectHome") == ["yes"]


@pytest.mark.parametrize(
    "fitting",
    [
        Fitting(program=["/home/ann/.venv/bin/ivrflow"]),
        Fitting(config=Path("/root/ivrflow.yaml")),
        Fitting(writes=[Path("/home/ann/site")]),
    ],
)
def test_what_lies_in_somebodys_home_can_be_read(fitting):
    assert lines_of(fitted(UNIT.read_text(), fitting), "ProtectHome") == ["read-only"]


def test_as_it_is_shipped_it_fits_opt_and_etc():
    assert fitted(UNIT.read_text(), Fitting()) == UNIT.read_text()
    assert (
        fitted(TEMPLATE.read_text(), Fitting(), template=True) == TEMPLATE.read_text()
    )


def test_words_that_systemd_would_read_otherwise_are_written_so_that_it_does_not():
    fitting = Fitting(
        program=["/opt/50%/my $HOME/ivrflow"], writes=[Path('/srv/"a" b'), Path("/c$")]
    )
    unit = fitted(UNIT.read_text(), fitting)

    assert lines_of(unit, "ExecStart") == ['"/opt/50%%/my $$HOME/ivrflow" serve --keep']
    assert lines_of(unit, "ReadWritePaths") == [
        "-/etc/ivrflow",
        "-/c$",
        r'-"/srv/\"a\" b"',
    ]


def test_written_again_it_is_as_it_should_be(tmp_path):
    installed(tmp_path)
    run(tmp_path)

    assert "ivrflow.service: is as it should be" in run(tmp_path).output


def test_a_unit_that_was_changed_is_shown_and_stays(tmp_path):
    installed(tmp_path)
    run(tmp_path)
    mine = written(tmp_path).replace("WatchdogSec=20", "WatchdogSec=60")
    (tmp_path / "units/ivrflow.service").write_text(mine)

    result = run(tmp_path)

    assert result.exit_code == 1
    assert "-WatchdogSec=60\n+WatchdogSec=20\n" in result.output
    assert "--force" in result.output
    assert written(tmp_path) == mine

    assert run(tmp_path, "--force").exit_code == 0
    assert "WatchdogSec=20" in written(tmp_path)
    assert written(tmp_path, "ivrflow.service.before") == mine


def test_as_what_has_to_be_said():
    result = CliRunner().invoke(main, ["install"])

    assert result.exit_code == 2
    assert "ivrflow install --systemd" in result.output


def test_a_dry_run_prints_the_unit_and_writes_nothing(tmp_path):
    installed(tmp_path)

    dry = run(tmp_path, "--dry-run")
    nothing = list((tmp_path / "units").iterdir())
    run(tmp_path)

    assert nothing == []
    assert dry.output == written(tmp_path)


def test_a_folder_that_can_not_be_written_is_told_with_the_cure(tmp_path):
    result = run(tmp_path, "--dir", tmp_path / "nowhere")

    assert result.exit_code == 1
    assert "run this as root" in result.output
    assert "Traceback" not in result.output


def test_settings_that_are_not_there_yet_are_told_and_the_unit_is_written(tmp_path):
    result = run(tmp_path)

    assert result.exit_code == 0
    assert "cannot read the settings" in result.output
    assert f"write {tmp_path}/ivrflow.yaml" in result.output
    assert "systemctl enable --now ivrflow" in result.output
    assert lines_of(written(tmp_path), "ReadWritePaths") == ["-/etc/ivrflow"]


def test_a_database_that_is_no_url_is_told_and_the_unit_is_written(tmp_path):
    installed(tmp_path, SETTINGS.replace("sqlite:///ivrflow.db", "nonsense"))

    result = run(tmp_path)

    assert result.exit_code == 0
    assert "this is no url of a database" in result.output
    assert lines_of(written(tmp_path), "ReadWritePaths") == ["-/etc/ivrflow"]


def test_a_user_who_is_not_there_is_told_with_how_to_make_one(tmp_path):
    installed(tmp_path)

    assert "useradd --system" in run(tmp_path, "--user-name", "nobody-of-here").output
    assert "useradd" not in run(tmp_path, "--user-name", "root", "--force").output


def test_the_template_leaves_the_settings_to_its_instances(tmp_path):
    result = run(tmp_path, "--template")
    unit = written(tmp_path, "ivrflow@.service")

    (start,) = lines_of(unit, "ExecStart")
    assert start.endswith(" serve --keep --config /etc/ivrflow/%i/ivrflow.yaml")
    assert "systemctl enable --now ivrflow@NAME" in result.output
    assert not (tmp_path / "units/ivrflow.service").exists()


def test_the_template_differs_from_the_unit_only_by_its_instance():
    one = UNIT.read_text().split("[Unit]")[1]
    several = TEMPLATE.read_text().split("[Unit]")[1]
    several = several.replace("ivrflow %i,", "ivrflow,")
    several = several.replace(" --config /etc/ivrflow/%i/ivrflow.yaml", "")

    assert several.replace("ivrflow/%i", "ivrflow") == one


# What systemd itself says -------------------------------------------------------------

analyzed = pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="no systemd-analyze here"
)
both = pytest.mark.parametrize("unit", [UNIT, TEMPLATE], ids=["one", "several"])


def here(unit, folder):
    """A copy of *unit* that starts something which is there, as `verify` wants it."""
    copy = folder / unit.name.replace("@", "@x")
    start = f"ExecStart={sys.executable}"
    copy.write_text(re.sub(r"(?m)^ExecStart=\S+", start, unit.read_text()))
    return copy


@analyzed
@both
def test_systemd_reads_the_unit_without_a_word(unit, tmp_path):
    done = subprocess.run(
        ["systemd-analyze", "verify", here(unit, tmp_path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.stdout, done.stderr, done.returncode) == ("", "", 0)


@analyzed
@both
def test_the_unit_is_shut_in_as_far_as_it_is_to_be(unit, tmp_path):
    done = subprocess.run(
        [
            *("systemd-analyze", "security", "--offline=true", "--no-pager"),
            *(f"--threshold={MOST * 10:.0f}", here(unit, tmp_path)),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
