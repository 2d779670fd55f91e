import pytest

from ivrflow.asterisk.home.credentials import (
    BadCredentials,
    Credentials,
    Kept,
    Ports,
    load,
    save,
)

KEPT = Kept(
    credentials=Credentials(),
    ports=Ports(ari=1, sip=2, events=3, rtp=(10, 19)),
    sip_host="192.0.2.7",
)


def test_what_was_kept_comes_back(tmp_path):
    save(tmp_path / "kept.json", KEPT)
    assert load(tmp_path / "kept.json") == KEPT


def test_it_is_for_its_owner_alone(tmp_path):
    save(tmp_path / "kept.json", KEPT)
    assert (tmp_path / "kept.json").stat().st_mode & 0o777 == 0o600


def test_without_a_file_nothing_was_kept(tmp_path):
    assert load(tmp_path / "kept.json") is None


@pytest.mark.parametrize(
    "text", ["", "junk", "[]", "{}", '{"ports": {"rtp": 5}}', "\x00"]
)
def test_a_file_with_something_else_is_named_with_the_cure(tmp_path, text):
    path = tmp_path / "kept.json"
    path.write_text(text)
    with pytest.raises(BadCredentials, match=r"kept\.json can't be used.*remove it"):
        load(path)
