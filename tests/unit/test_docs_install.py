"""The page on installing: its settings, with what its command writes, are whole."""

import re

from click.testing import CliRunner

from ivrflow.cli import main
from ivrflow.config import read_settings
from tests.unit.pages import blocks, text_of

PAGE = text_of("docs/install.md")


def test_its_settings_and_what_is_written_for_asterisk_make_a_service(tmp_path):
    (settings,) = blocks(PAGE, "yaml")
    (tmp_path / "ivrflow.yaml").write_text(settings)
    etc = tmp_path / "asterisk"
    etc.mkdir()

    result = CliRunner().invoke(
        main,
        ["asterisk", "config", "--write", f"{etc}/ivrflow", "--service", str(tmp_path)],
    )
    read = read_settings(tmp_path / "ivrflow.yaml")

    assert result.exit_code == 0, result.output
    assert read.ari.url == "http://127.0.0.1:8088/ari"
    assert read.secret(read.ari.password_file)
    assert read.ami is not None


def test_the_contexts_that_it_names_are_those_of_the_dialplan():
    dialplan = text_of("dialplan/ivrflow.conf")
    named = re.findall(r"include => ([\w-]+)|Goto\(([\w-]+),", PAGE)

    assert named
    for first, second in named:
        assert f"[{first or second}]" in dialplan
