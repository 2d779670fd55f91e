"""`ivrflow serve` logs as its settings say, from the moment it has read them."""

import json
import logging

import pytest
from click.testing import CliRunner

from ivrflow.cli import main

SETTINGS = """\
site: nowhere
database: sqlite:///ivrflow.db
pepper_file: pepper
ari: {password_file: password}
api: {port: 0, token_file: token}
"""

log = logging.getLogger("ivrflow.somewhere")


def serve(folder, more, *options):
    """Let it read its settings; it can't begin, as there is no site."""
    path = folder / "ivrflow.yaml"
    path.write_text(SETTINGS + more, "utf-8")
    words = ["serve", "--config", str(path), *options]
    assert CliRunner().invoke(main, words).exit_code == 2


def said(capsys):
    capsys.readouterr()
    log.info("all is well")
    log.debug("in detail")
    log.warning("take care")
    return capsys.readouterr().err.splitlines()


def test_left_out_it_is_text_from_info_on(tmp_path, capsys):
    serve(tmp_path, "")

    first, second = said(capsys)
    assert first.endswith(" INFO ivrflow.somewhere: all is well")
    assert second.endswith(" WARNING ivrflow.somewhere: take care")


def test_json_and_a_level_are_taken_from_the_settings(tmp_path, capsys):
    serve(tmp_path, "logs: {format: json, level: warning}\n")

    (line,) = said(capsys)
    assert json.loads(line)["message"] == "take care"


@pytest.mark.parametrize("more", ["", "logs: {format: json, level: error}\n"])
def test_verbose_wins(tmp_path, capsys, more):
    serve(tmp_path, more, "--verbose")

    assert len(said(capsys)) == 3
