"""What is written for an Asterisk of one's own, and what is told of it."""

import os
import re
import stat

import pytest
from click.testing import CliRunner

from ivrflow.asterisk.beside.existing import existing
from ivrflow.asterisk.beside.writing import File, Taken, write_all
from ivrflow.cli import main
from ivrflow.config import read_settings

REST = """\
site: site
database: sqlite:///ivrflow.db
pepper_file: pepper
api: {token_file: token}
"""


@pytest.fixture
def etc(tmp_path):
    folder = tmp_path / "asterisk"
    folder.mkdir()
    (folder / "ari.conf").write_text("[general]\nenabled = yes ; on\n")
    (folder / "http.conf").write_text("[general]\nbindaddr = 127.0.0.1\n")
    (folder / "manager.conf").write_text("[general]\nenabled = no\n")
    return folder


def write(etc, *words, status=0):
    arguments = ["--write", str(etc / "ivrflow"), "--service", str(etc.parent / "ours")]
    result = CliRunner().invoke(main, ["asterisk", "config", *arguments, *words])
    assert result.exit_code == status, result.output
    return result.output


def settings(etc):
    path = etc.parent / "ours/ivrflow.yaml"
    path.write_text(REST)
    return read_settings(path, {})


def text(etc, name):
    return (etc / "ivrflow" / name).read_text()


def test_both_sides_have_the_same_password_and_asterisks_only_its_hash(etc):
    write(etc)

    ours = settings(etc)
    secret = ours.secret(ours.ari.password_file).reveal()
    assert len(secret) == 32
    assert "password = $5$rounds=1000$" in text(etc, "ari.conf")
    assert secret not in text(etc, "ari.conf")
    ami = ours.secret(ours.ami.password_file).reveal()
    assert f"\nsecret = {ami}\n" in text(etc, "manager.conf")
    assert ami != secret


def test_no_password_is_printed_or_stands_where_others_can_read_it(etc):
    said = write(etc)

    ours = settings(etc)
    for name in (ours.ari.password_file, ours.ami.password_file):
        path = ours.path(name)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        secret = path.read_text().strip()
        assert secret not in said
        for other in (etc.parent).rglob("*"):
            if other.is_file() and stat.S_IMODE(other.stat().st_mode) & 0o007:
                assert secret not in other.read_text(), other


def test_users_have_the_least_rights_and_come_from_this_machine(etc):
    write(etc, "--user", "callcenter")

    for name in ("ari.conf", "manager.conf"):
        section = text(etc, name).split("\n[callcenter]\n")[1]
        assert "\ndeny = 0.0.0.0/0.0.0.0\n" in section
        assert "\npermit = 127.0.0.1/255.255.255.255\n" in section
    assert "\nread =\nwrite = call,reporting\n" in text(etc, "manager.conf")


def test_channelvars_that_others_need_stay(etc):
    (etc / "ari.conf").write_text("[general]\nchannelvars = MINE, IVRFLOW_LINE\n")
    write(etc)

    assert "\nchannelvars = MINE,IVRFLOW_LINE,IVRFLOW_STATE,IVRFLOW_LANGUAGE\n" in text(
        etc, "ari.conf"
    )


def test_channelvars_that_may_stand_in_files_that_are_included_are_told_of(etc):
    (etc / "ari.conf").write_text("[general]\n#include ari_more.conf\n")

    assert "ari.conf includes ari_more.conf: if channelvars is set there" in write(etc)


def test_addresses_and_ports_that_are_set_stay_as_they_are(etc):
    (etc / "http.conf").write_text("[general]\nbindaddr = 10.0.0.1\nbindport=8188\n")
    said = write(etc)

    assert "bind" not in text(etc, "http.conf")
    assert settings(etc).ari.url == "http://127.0.0.1:8188/ari"
    assert "http.conf listens at 10.0.0.1: ARI's passwords and calls go over" in said


def test_what_nobody_has_set_listens_on_the_loopback_address(etc):
    (etc / "http.conf").write_text("[general]\n")
    write(etc)

    assert text(etc, "http.conf").endswith(
        "\n[general](+)\n; In clear text it must not leave the machine.\n"
        "bindaddr = 127.0.0.1\nbindport = 8088\n"
    )


def test_each_file_of_asterisk_gets_its_last_line_told(etc):
    said = write(etc)

    for name in ("ari.conf", "http.conf", "manager.conf"):
        assert f"{etc}/{name}: #tryinclude ivrflow/{name}\n" in said
        assert f"#tryinclude ivrflow/{name}\n" in text(etc, name)


def test_a_line_that_is_there_already_is_told_so(etc):
    with (etc / "ari.conf").open("a") as file:
        file.write("#tryinclude ivrflow/ari.conf\n")

    assert f"{etc}/ari.conf: has it already\n" in write(etc)


def test_a_file_without_general_is_told_to_need_one(etc):
    (etc / "http.conf").write_text("; nothing\n")
    (etc / "manager.conf").unlink()
    said = write(etc)

    assert f"{etc}/http.conf: has no [general]; write it, and as the last line" in said
    assert f"{etc}/manager.conf: is not there; make it of two lines: [general]" in said


def test_without_ami_neither_side_has_any(etc):
    write(etc, "--no-ami")

    assert settings(etc).ami is None
    assert not (etc / "ivrflow/manager.conf").exists()
    assert not (etc.parent / "ours/secrets/ami").exists()


def test_who_hears_how_calls_sound_is_a_user_of_his_own_who_can_do_nothing(etc):
    write(etc, "--quality")

    ours = settings(etc).ami.quality
    secret = settings(etc).secret(ours.password_file).reveal()
    section = text(etc, "manager.conf").split("\n[ivrflow-quality]\n")[1]
    assert ours.user == "ivrflow-quality"
    assert section.startswith(f"secret = {secret}\n")
    assert "\nread = reporting\nwrite =\n" in section
    assert "\nread =\n" in text(etc, "manager.conf").split("-quality]")[0]


def test_quality_without_ami_is_refused(etc):
    assert "--quality needs AMI" in write(etc, "--quality", "--no-ami", status=2)


def test_beside_freepbx_its_custom_files_include_ours(etc):
    said = write(etc, "--beside", "freepbx")

    assert f"{etc}/ari_additional_custom.conf: #tryinclude ivrflow/ari.conf\n" in said
    line = "extensions_custom.conf: #tryinclude ivrflow/extensions.conf\n"
    assert f"{etc}/{line}" in said
    assert not (etc / "ivrflow/http.conf").exists()
    assert "HTTP Session Limit 2000" in said


def test_nothing_is_overwritten_and_all_that_is_there_is_named(etc):
    write(etc)
    before = text(etc, "ari.conf")

    said = write(etc, status=1)

    assert str(etc / "ivrflow/ari.conf") in said
    assert str(etc.parent / "ours/secrets/ari") in said
    assert text(etc, "ari.conf") == before


def test_one_file_that_is_there_keeps_all_from_being_written(etc):
    (etc.parent / "ours/conf.d").mkdir(parents=True)
    (etc.parent / "ours/conf.d/asterisk.yaml").write_text("mine\n")

    write(etc, status=1)

    assert not (etc / "ivrflow").exists()
    assert (etc.parent / "ours/conf.d/asterisk.yaml").read_text() == "mine\n"


def test_with_force_both_sides_are_new_and_the_old_files_are_kept(etc):
    write(etc)
    before = text(etc, "manager.conf")

    write(etc, "--force")

    assert text(etc, "manager.conf") != before
    (kept,) = (etc / "ivrflow").glob("manager.conf.before-*")
    assert kept.read_text() == before
    assert stat.S_IMODE(kept.stat().st_mode) == 0o640


def test_with_include_asterisks_own_files_get_their_line_and_copies_are_kept(etc):
    own = etc / "manager.conf"
    own.write_text("; mine\n")
    own.chmod(0o640)
    (etc / "http.conf").unlink()

    said = write(etc, "--include")

    assert own.read_text() == ("; mine\n[general]\n#tryinclude ivrflow/manager.conf\n")
    assert stat.S_IMODE(own.stat().st_mode) == 0o640
    (kept,) = etc.glob("manager.conf.before-*")
    assert kept.read_text() == "; mine\n"
    assert (etc / "http.conf").read_text().startswith("[general]\n#tryinclude ")
    assert said.count("has it already") == 5


def test_a_line_that_is_there_is_not_written_twice(etc):
    write(etc, "--include")
    before = (etc / "ari.conf").read_text()

    write(etc, "--include", "--force")

    assert (etc / "ari.conf").read_text() == before


def test_dry_run_writes_nothing(etc):
    said = write(etc, "--dry-run")

    assert not (etc / "ivrflow").exists()
    assert not (etc.parent / "ours").exists()
    assert "would be written" in said


def test_where_others_are_included_ours_says_nothing_of_addresses(etc):
    (etc / "http.conf").write_text("[general]\n#include http_more.conf\n")
    said = write(etc)

    assert "bind" not in text(etc, "http.conf")
    assert "http.conf includes http_more.conf: see there that it listens at" in said


def test_a_port_that_asterisk_says_otherwise_is_refused(etc):
    (etc / "http.conf").write_text("[general]\nbindport = 8188\n")
    said = write(etc, "--ari-port", "8088", status=2)

    assert "http.conf says bindport = 8188, and not 8088" in said


@pytest.mark.parametrize("user", ["a b", "x;y", "x]\n[y", "", "ü=1"])
def test_a_user_that_would_break_a_file_is_refused(etc, user):
    said = write(etc, "--user", user, status=2)

    assert "letters, digits, _ . and - alone" in said


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written_is_told_with_the_cure(etc):
    etc.chmod(0o500)
    try:
        assert "run it as root, or name folders" in write(etc, status=1)
    finally:
        etc.chmod(0o700)


def test_the_template_for_phones_is_that_of_the_private_asterisk(etc):
    write(etc)

    template = text(etc, "pjsip.conf")
    assert "\n[ivrflow-phone](!)\n" in template
    assert "\ndtmf_mode = rfc4733\n" in template
    assert "transport" not in re.sub(";.*", "", template)
    assert "${" not in template


# Reading and writing ------------------------------------------------------------------


def test_of_a_file_of_asterisk_the_last_value_of_general_counts(tmp_path):
    path = tmp_path / "x.conf"
    path.write_text(
        "; [no]\n[general]\nPort=1 ; first\nport => 2\n[other](!)\nport = 3\n"
        '[general](+)\nmore = yes\n#include "a/b.conf"\n#tryinclude c.conf\n'
    )

    said = existing(path)

    assert said.sections == {"general", "other"}
    assert said.general == {"port": "2", "more": "yes"}
    assert said.includes == {"a/b.conf", "c.conf"}


def test_a_file_that_is_not_there_says_nothing(tmp_path):
    assert not existing(tmp_path / "x.conf").there


def test_a_file_has_its_mode_whatever_the_umask_is(tmp_path):
    was = os.umask(0o077)
    try:
        write_all([File(tmp_path / "a/b", "x", 0o644)])
    finally:
        os.umask(was)

    assert stat.S_IMODE((tmp_path / "a/b").stat().st_mode) == 0o644


def test_a_link_in_the_place_of_a_file_is_something_that_is_there(tmp_path):
    (tmp_path / "b").symlink_to(tmp_path / "nowhere")

    with pytest.raises(Taken):
        write_all([File(tmp_path / "b", "x", 0o600)])
    write_all([File(tmp_path / "b", "x", 0o600)], over=".old")

    assert (tmp_path / "b").read_text() == "x"
    assert not (tmp_path / "nowhere").exists()
