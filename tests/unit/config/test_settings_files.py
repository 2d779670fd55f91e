"""The files that settings name: what is wrong with them, with the cure."""

import os

import pytest

from ivrflow.config.files import findings
from ivrflow.config.reading import read_settings

SETTINGS = """\
site: site
database: sqlite:///ivrflow.db
pepper_file: pepper
ari: {password_file: ari}
api: {token_file: token}
"""

not_root = pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "site").mkdir()
    for name in ("pepper", "ari", "token"):
        secret = tmp_path / name
        secret.write_text("secret\n")
        secret.chmod(0o600)
    return tmp_path


def found(folder, more=""):
    path = folder / "ivrflow.yaml"
    path.write_text(SETTINGS + more, "utf-8")
    return [
        f"{one.severity} {one.key}: {one.message}".replace(f"{folder}/", "")
        for one in findings(read_settings(path, {}))
    ]


def test_of_files_that_are_right_nothing_is_said(folder):
    assert found(folder) == []


def test_secret_that_is_not_there_is_an_error(folder):
    (folder / "ari").unlink()

    assert found(folder) == [
        "error ari.password_file: it is not there; it must hold the secret alone, with "
        "mode 600"
    ]


@pytest.mark.parametrize(
    ("name", "cure"),
    [
        ("pepper", "make it, once: ivrflow secret pepper --pepper-file pepper"),
        ("token", "make it: (umask 077; openssl rand -hex 24 > token)"),
    ],
)
def test_secret_that_one_makes_oneself_comes_with_the_command(folder, name, cure):
    (folder / name).unlink()

    [line] = found(folder)
    assert line.endswith(f"it is not there; {cure}")


@pytest.mark.parametrize("text", ["", " \n"])
def test_secret_that_is_empty_is_an_error(folder, text):
    (folder / "token").write_text(text)

    assert found(folder) == [
        "error api.token_file: it is empty; it must hold the secret"
    ]


def test_secret_for_all_eyes_is_a_warning_with_the_command_that_cures_it(folder):
    (folder / "ari").chmod(0o644)

    assert found(folder) == [
        "warning ari.password_file: mode 644 is for everybody on this machine; chmod "
        "600 ari"
    ]


def test_secret_that_a_group_may_read_is_fine(folder):
    (folder / "ari").chmod(0o640)

    assert found(folder) == []


@not_root
def test_secret_that_we_cannot_read_is_an_error(folder):
    (folder / "ari").chmod(0)

    [line] = found(folder)
    assert "can't read it; ask as the service's user" in line


def test_folder_in_place_of_a_secret_is_an_error(folder):
    (folder / "ari").unlink()
    (folder / "ari").mkdir()

    assert found(folder) == ["error ari.password_file: can't be read: Is a directory"]


def test_secrets_in_lists_and_tables_are_looked_at_too(folder):
    lines = found(folder, "secrets: {erp: no-erp}\nvoicemail: {keys: [no-key]}\n")

    assert [line.split(": ")[0] for line in lines] == [
        "error secrets.erp",
        "error voicemail.keys.0",
    ]


def test_credential_of_systemd_is_a_note_for_who_has_none(folder, monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)

    [line] = found(folder, "webhook_key_file: credential:webhook\n")

    assert line.startswith("note webhook_key_file: only the service has it")


def test_credential_that_systemd_hands_out_is_looked_at(folder, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))

    [line] = found(folder, "webhook_key_file: credential:webhook\n")

    assert line.startswith("error webhook_key_file: it is not there")


def test_site_that_is_not_there_is_an_error(folder):
    (folder / "site").rmdir()

    [line] = found(folder)
    assert line.startswith("error site: it is not there; name the folder that has site")


def test_folder_that_the_service_makes_need_not_be_there(folder):
    assert found(folder, "voicemail: {folder: messages}\n") == []


def test_folder_of_messages_for_all_eyes_is_a_warning(folder):
    (folder / "messages").mkdir(mode=0o755)

    [line] = found(folder, "voicemail: {folder: messages}\n")
    assert line.endswith("it is open to everybody on this machine; chmod 700 messages")


def test_folder_of_the_database_must_be_there(folder):
    path = folder / "ivrflow.yaml"
    path.write_text(SETTINGS.replace("///ivrflow.db", "///no/ivrflow.db"))

    [one] = findings(read_settings(path, {}))
    assert (one.key, one.severity) == ("database", "error")
    assert one.path == str(folder / "no/ivrflow.db")


def test_database_for_all_eyes_is_a_warning(folder):
    (folder / "ivrflow.db").touch(mode=0o600)
    (folder / "ivrflow.db").chmod(0o644)

    [line] = found(folder)
    assert line.startswith("warning database: it is open to everybody")
