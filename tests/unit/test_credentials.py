"""What systemd hands to a service, where a setting could name a file."""

import pytest

from ivrflow.config import BadConfig, Settings
from ivrflow.credentials import BadCredential, credential, located


def test_a_credential_is_a_file_of_systemd(tmp_path):
    path = credential("voicemail", {"CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert path == tmp_path / "voicemail"


def test_a_setting_names_a_credential_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/ivrflow")
    named = "/run/credentials/ivrflow/voicemail"
    assert str(located("credential:voicemail", tmp_path.joinpath)) == named
    assert located("keys/old", tmp_path.joinpath) == tmp_path / "keys" / "old"


def test_without_credentials_it_says_how_to_get_them():
    with pytest.raises(BadCredential, match="write LoadCredential=voicemail:FILE into"):
        credential("voicemail", {})


@pytest.mark.parametrize("name", ["", "../etc/shadow", "a/b", ".", "..", "a\n", "é"])
def test_a_credentials_name_leads_nowhere_else(tmp_path, name):
    with pytest.raises(BadCredential, match="no name of a credential"):
        credential(name, {"CREDENTIALS_DIRECTORY": str(tmp_path)})


def settings():
    return Settings.model_validate(
        {
            "site": "site",
            "database": "sqlite:///ivrflow.db",
            "pepper_file": "credential:pepper",
            "ari": {"password_file": "ari"},
            "api": {"token_file": "credential:token"},
        }
    )


def test_each_secret_of_the_settings_may_be_a_credential(tmp_path, monkeypatch):
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    (tmp_path / "token").write_text("a token\n")
    read = settings()

    assert read.secret(read.api.token_file).reveal() == "a token"
    assert read.path(read.pepper_file) == tmp_path / "pepper"


def test_a_setting_names_a_credential_where_there_is_none(monkeypatch):
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    with pytest.raises(BadConfig, match="LoadCredential=token:FILE"):
        settings().secret("credential:token")
