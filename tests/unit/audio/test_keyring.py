"""The keys that sounds are sealed with, from files."""

import logging

import pytest

from ivrflow.audio.keyring import (
    BadKeys,
    Keyring,
    make_key,
    read_key,
    read_keyring,
)


def key_file(folder, name, text=None):
    path = folder / name
    path.write_text(make_key().reveal() + "\n" if text is None else text)
    path.chmod(0o400)
    return path


def test_the_first_key_seals_and_all_open(tmp_path):
    new, old = key_file(tmp_path, "new"), key_file(tmp_path, "old")
    ring = read_keyring([new, old])

    assert ring.seals is not None
    assert ring.seals.id == read_key(new).id == ring.ids[0]
    assert ring.opens(read_key(old).id) is not None
    assert ring.opens("00" * 8) is None


def test_without_keys_nothing_is_sealed():
    assert read_keyring([]).seals is None


def test_a_keyring_may_only_open(tmp_path):
    key = read_key(key_file(tmp_path, "old"))
    ring = Keyring([key], seals=False)
    assert ring.seals is None
    assert ring.opens(key.id) is key


def test_a_key_is_named_by_its_content_alone(tmp_path):
    text = make_key().reveal()
    one = read_key(key_file(tmp_path, "one", text))
    same = read_key(key_file(tmp_path, "same", f"  {text.upper()}\n"))
    assert one.id == same.id
    assert len(one.id) == 16


def test_no_key_is_shown(tmp_path):
    path = key_file(tmp_path, "key")
    text = path.read_text().strip()
    ring = read_keyring([path])
    assert text not in f"{ring!r} {ring.seals!r} {make_key()!r}"
    assert read_key(path).id not in text


@pytest.mark.parametrize(
    "text", ["", "12ab", "g" * 64, "ab" * 33, "é" * 32, "ab" * 31 + "\n" + "ab"]
)
def test_what_is_no_key_says_what_one_is(tmp_path, text):
    path = key_file(tmp_path, "key", text)
    with pytest.raises(BadKeys, match="64 hexadecimal digits") as bad:
        read_key(path)
    assert str(path) in str(bad.value)


@pytest.mark.parametrize("text", ["0" * 64, "0123456789abcdef" * 4, "00ff" * 16])
def test_a_key_that_somebody_made_up_is_refused(tmp_path, text):
    with pytest.raises(BadKeys, match="can be guessed; `openssl rand -hex 32`"):
        read_key(key_file(tmp_path, "key", text))


def test_what_is_wrong_with_several_files_is_told_in_one_go(tmp_path):
    good = key_file(tmp_path, "good")
    again = key_file(tmp_path, "again", good.read_text())
    with pytest.raises(BadKeys) as bad:
        read_keyring([good, tmp_path / "none", again, tmp_path])
    told = str(bad.value).splitlines()
    assert len(told) == 3
    assert "none: there is no such key; `openssl rand -hex 32` makes one" in told[0]
    assert f"again: holds the same key as {good}" in told[1]
    assert "cannot read this key: Is a directory" in told[2]


def test_a_key_for_everybodys_eyes_is_told(tmp_path, caplog):
    path = key_file(tmp_path, "key")
    path.chmod(0o444)
    with caplog.at_level(logging.WARNING):
        read_key(path)
    assert f"{path} can be read by every user here; chmod 400 it" in caplog.text
