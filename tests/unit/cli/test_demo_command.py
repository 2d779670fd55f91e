"""`ivrflow demo`, as far as it needs no Asterisk."""

import fcntl

from click.testing import CliRunner

from ivrflow.cli.demo import demo


def test_a_second_demo_in_one_folder_touches_nothing_and_says_what_to_do(tmp_path):
    with (tmp_path / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        result = CliRunner().invoke(demo, ["--dir", str(tmp_path)])

    assert result.exit_code == 2
    assert "another demo runs in" in result.output
    assert "--dir" in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
